// What is asked of the server, and what comes back: one question of each stage at a time, and only its answer is heeded.
"use strict";

(() => {
  const AGAIN = 1500; // ms after which a page asks how far a model is that is being fetched
  const RETRY = 5000; // ms after which a question that the full queue turned away is asked again

  // name -> {trigger, asked: number of the newest request, sent: its inputs, views: the names of those it asks for, open:
  // still unanswered, extra: {pick} or {controls} that it carries beside the state, fresh: whether arrays that are gone
  // were asked for again, learnt: what the newest run was started with, begun: the number of the request that starts one}
  const stages = {};
  const texts = new Map(); // number of a request -> what the strip that comes with its answer is of
  let count = 0;
  let fetch = null; // the model that a person chose in a list last: it may be fetched

  const state = () => glassbox.state;

  /** The stage that is at work: a tab without a picture still has the strip. */
  const running = () => (stages[state().tab] ? state().tab : glassbox.boot.explainers[0].name);

  /** The values of those controls of an explainer that are asked for. */
  function valuesOf(name, fits) {
    const controls = glassbox.controlsOf(state(), name);
    return glassbox.explainer(name).controls.filter(fits).map((c) => controls[c.name]);
  }

  /** What the strip depends on, as text. */
  const textOf = () => JSON.stringify([state().text, state().special_tokens, state().model]);

  /** What the picture of an explainer depends on, as text. */
  const inputsOf = (name) => JSON.stringify([textOf(), valuesOf(name, (c) => !c.live && c.kind !== "action")]);

  /** What a run was started with, as text: the inputs that do not reach it while it lasts. */
  const learntOf = (name) =>
    JSON.stringify([state().text, state().special_tokens, valuesOf(name, (c) => c.input && !c.during)]);

  /** What the trace of an explainer depends on, as text; its knobs only redraw. */
  const traceOf = (name) =>
    JSON.stringify([textOf(), valuesOf(name, (c) => c.input && c.kind !== "action"), glassbox.run_of(name)?.id]);

  /** What the strip is of that answers a request, which is heard of once; those before it are let go. */
  function take_text(n) {
    const text = texts.get(n);
    for (const before of [...texts.keys()].filter((other) => other <= n)) texts.delete(before);
    return text;
  }

  /** Asks for the views in sight that do not show what is chosen now; views: for those, whatever they show. */
  function run(name, { force = false, extra = null, views = null } = {}) {
    const stage = stages[name];
    const inputs = inputsOf(name);
    const same = stage.open && stage.sent === inputs; // that question is on its way: this one takes its place
    const stale = glassbox.stale(name);
    glassbox.mark(name);
    const asked = same ? stage.views : [];
    const old = !same && glassbox.strip_of() !== textOf(); // another tab has been answered since
    const known = stage.sent === inputs && !old && (views ?? stale).every((view) => asked.includes(view));
    if (known && !force && !extra) return;
    if (stage.learnt !== learntOf(name)) glassbox.run_left(name);
    else if (glassbox.run_going(name) || stage.begun === stage.asked) return; // it draws itself, and once more when over
    const wanted = views ?? (stale.length && !force && !extra ? stale : glassbox.in_sight(name));
    stage.views = [...new Set([...asked, ...wanted])];
    if (!same) stage.extra = null; // a pick in something that is no longer asked
    stage.extra = extra ?? stage.extra;
    stage.sent = inputs;
    stage.open = true;
    stage.asked = ++count;
    stage.trigger("run");
    glassbox.waiting(name, true);
  }

  /** Starts what lasts. Its answers come as those of a trace do, until it ends or something else is asked. */
  function launch(name) {
    const stage = stages[name];
    if (stage.open) close(name);
    stage.sent = inputsOf(name);
    stage.learnt = learntOf(name);
    stage.views = glassbox.in_sight(name);
    stage.begun = stage.asked = ++count;
    glassbox.run_heard(name, null);
    stage.trigger("begin");
  }

  /** A control told a run that goes on: the picture need not be asked for. */
  function told(name) {
    stages[name].sent = inputsOf(name);
  }

  /** The body of a request. Gradio may ask for it later than `run`, when the request before has come back. */
  function request(name) {
    const stage = stages[name];
    stage.sent = inputsOf(name);
    const { controls = {}, pick = null } = stage.extra ?? {};
    const all = { ...glassbox.controlsOf(state(), name), ...controls };
    const learnt = glassbox.run_of(name)?.id ?? null;
    const { text, special_tokens, model } = state();
    const { asked: n, views } = stage;
    texts.set(n, textOf());
    return JSON.stringify({ n, text, special_tokens, model, controls: all, pick, run: learnt, fetch, views });
  }

  function received(name, answer) {
    const stage = stages[name];
    if (answer.n !== stage.asked) return; // an answer to a question that is no longer asked
    if ("run" in answer) {
      stage.begun = null; // it has begun, or has been refused
      glassbox.run_heard(name, answer.run);
    }
    if (answer.done) close(name);
    if (answer.absent) return replace(name, answer.absent);
    if (answer.arriving) setTimeout(() => repeat(name, answer), AGAIN);
    const apart = stage.sent !== inputsOf(name);
    if (answer.run ? stage.learnt !== learntOf(name) : apart) return; // typed or moved since: that asks when it settles
    if (answer.refusal) stage.sent = null;
    else if (answer.controls && Object.keys(answer.controls).length) {
      Object.assign(state().controls[name], answer.controls);
      stage.sent = inputsOf(name);
      glassbox.remember();
      glassbox.assign(name);
    }
    glassbox.draw_stage(name, answer).then(() => { stage.fresh = false; }, (error) => undrawn(name, error));
    // what it has learnt, under the knobs and in the views as they are now; a refusal stays until something else is asked
    if (answer.run && answer.done && (apart || !answer.refusal)) run(name);
  }

  /** A model was on its way: what was asked is asked again, unless something else has been since. */
  function repeat(name, answer) {
    if (stages[name].asked !== answer.n || name !== running()) return;
    if ("run" in answer) launch(name);
    else run(name, { force: true });
  }

  /** A link names a model that is not here: another one answers, which is said. */
  function replace(name, { control, model, instead, offered }) {
    if (control === "model") state().model = instead;
    else state().controls[name][control] = "";
    glassbox.remember();
    glassbox.place();
    glassbox.note(glassbox.words("shell", offered ? "absent.offered" : "absent.closed", { model, other: instead }), "bad");
    run(name, { force: true });
  }

  /** Whether the answer to what stands on the page has come. */
  const settled = (name) => !stages[name].open && (stages[name].sent === inputsOf(name) || stages[name].sent === null);

  function close(name) {
    stages[name].open = false;
    stages[name].extra = null;
    glassbox.waiting(name, false);
  }

  /** An answer came and was not drawn: its arrays are gone, or this browser cannot, and would not the next time. */
  function undrawn(name, error) {
    if (error.between) return glassbox.note(error.between, "bad");
    if (error.gone) return gone(name);
    console.error(error);
    return glassbox.note(glassbox.words("refusals", "not_drawn"), "bad");
  }

  /** The arrays of an answer were dropped before they were fetched: it is asked for once more, then said. */
  function gone(name) {
    const again = !stages[name].fresh;
    stages[name].fresh = true;
    if (again) return run(name, { force: true });
    return glassbox.note(glassbox.words("refusals", "gone"), "bad");
  }

  /** The queue was full, or gradio gave up: nothing is waited for, and the open question is asked once more. */
  function turnedAway(again = true) {
    for (const stage of Object.values(stages)) stage.begun = null;
    for (const name of Object.keys(stages).filter((one) => stages[one].open)) {
      close(name);
      stages[name].sent = null;
      if (again) setTimeout(() => { if (name === running() && !stages[name].open) run(name); }, RETRY);
    }
  }

  Object.assign(glassbox, {
    run, launch, told, request, trace_of: traceOf, take_text, settled, stages, running, turnedAway,
    wish(model) { fetch = model; },
    stage(element, trigger, watch, props, name) {
      const nothing = { sent: null, extra: null, learnt: null, begun: null };
      stages[name] = { trigger, asked: 0, views: [], open: false, fresh: false, ...nothing };
      glassbox.mount_stage(element, name);
      watch("value", () => { if (props.value) received(name, JSON.parse(props.value)); });
      glassbox.begin();
    },
  });
})();
