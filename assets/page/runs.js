// What lasts: the bar that starts a run, pauses and stops it, and says how far it is; what it is asked while it goes on.
"use strict";

(() => {
  const bars = {}; // stage name -> {element, buttons, line}
  const states = {}; // stage name -> what was last heard of its run: {id, state, end, step, left, most, record}, or null

  const say = (key, facts) => glassbox.words("shell", `runs.${key}`, facts);
  const going = (name) => ["going", "paused"].includes(states[name]?.state);

  /** The bar above the picture of an explainer that can run. */
  function run_bar(name) {
    const { make } = glassbox;
    const element = make("div", "gb-run");
    const line = make("span", "gb-run-line", say("ready"));
    line.setAttribute("role", "status");
    const acts = { start: () => glassbox.launch(name), pause: () => hold(name), stop: () => ask(name, "stop") };
    const buttons = {};
    for (const [act, fn] of Object.entries(acts)) {
      const button = make("button", "gb-button", say(act));
      button.type = "button";
      button.dataset.run = act;
      button.addEventListener("click", fn);
      buttons[act] = button;
    }
    element.append(...Object.values(buttons), line);
    bars[name] = { element, buttons, line };
    show(name);
    return element;
  }

  function show(name) {
    const bar = bars[name];
    const run = states[name];
    const on = going(name);
    bar.buttons.start.textContent = say(run?.state === "over" ? "again" : "start");
    bar.buttons.start.hidden = on;
    bar.buttons.pause.hidden = bar.buttons.stop.hidden = !on;
    bar.buttons.pause.textContent = say(run?.state === "paused" ? "go" : "pause");
    if (!run) bar.line.textContent = say("ready");
    else if (on) bar.line.textContent = say(run.state, { step: run.step, most: run.most, left: run.left });
    else bar.line.textContent = say(`ends.${run.end ?? "stopped"}`, { step: run.step });
  }

  /** News of a run, or null where there is none any more. */
  function run_heard(name, run) {
    states[name] = run;
    show(name);
  }

  /** Asks something of a run by the address that bears its id: this passes by whatever waits in the queue. */
  async function ask(name, act, facts = {}) {
    const run = states[name];
    if (!run) return;
    const query = new URLSearchParams({ lang: glassbox.lang, ...facts });
    try {
      const answer = await fetch(`${glassbox.root()}/runs/${run.id}/${act}?${query}`, { method: "POST" });
      const between = glassbox.between(answer);
      if (between || !answer.ok) glassbox.note(between || (await answer.text()), "bad", 8000);
    } catch { // no connection: the stream of the run is cut, too, and that is said
    }
  }

  const hold = (name) => ask(name, states[name].state === "paused" ? "go" : "pause");

  /** A control that reaches a run: it is told at once; true where there is one to tell. */
  function run_changed(name, control, value) {
    if (!going(name)) return false;
    ask(name, "change", { control, value: JSON.stringify(value) });
    return true;
  }

  /** Another sentence, another model: the run was of the one before. */
  function run_left(name) {
    if (!states[name]) return;
    if (going(name)) ask(name, "stop");
    run_heard(name, null);
  }

  // what a page has learnt goes with it
  addEventListener("pagehide", () => {
    for (const run of Object.values(states)) if (run) navigator.sendBeacon(`${glassbox.root()}/runs/${run.id}/close`);
  });

  Object.assign(glassbox, {
    run_bar, run_heard, run_changed, run_left, run_of: (name) => states[name] ?? null, run_going: going,
  });
})();
