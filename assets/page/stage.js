// Draws an answer: the leading picture, the other views below it, each with its title, its caption and its own buttons.
// A view that does not show what is chosen now is asked for once it is in sight.
"use strict";

(() => {
  // stage name -> {element, note, arriving, instead, remarks, box, views: {name: {frame, instance, latest, of: what the trace
  // of that answer depended on}}, drawing: the promise of one at work, resting: of the rest after it, next: what is drawn
  // then, given: the answers that it draws, steps: how many were fed to the components, feeding: of which question}
  const mounted = {};
  const REST = 3; // times as long as the drawing took

  const make = (tag, className = "", text = "") => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  function mount_stage(element, name) {
    const note = make("p", "gb-refusal");
    note.setAttribute("role", "alert");
    note.hidden = true;
    const instead = make("p", "gb-instead");
    instead.setAttribute("role", "status");
    instead.hidden = true;
    const arriving = make("div", "gb-arriving");
    arriving.hidden = true;
    const remarks = glassbox.remark_box();
    const box = make("div", "gb-stage");
    const bar = glassbox.explainer(name).lasts ? [glassbox.run_bar(name)] : [];
    element.replaceChildren(...bar, note, arriving, instead, remarks, box);
    mounted[name] = { element, note, arriving, instead, remarks, box, views: {}, given: {}, next: null, drawing: null, resting: null, steps: 0 };
  }

  async function draw_stage(name, answer) {
    const stage = mounted[name];
    refuse(stage, name, answer.arriving ? "" : answer.refusal);
    arrive(stage, answer.arriving, answer.refusal);
    replaced(stage, name, answer.instead);
    sized(stage, name, answer.instead);
    if (answer.done) glassbox.remark(stage.remarks, answer.remarks ?? []);
    stage.box.classList.toggle("gb-stale", Boolean(answer.refusal) && !("run" in answer));
    if (answer.refusal) for (const view of Object.values(stage.views)) refused(view);
    if (answer.steps) feed(stage, answer);
    if (answer.views && Object.keys(answer.views).length) {
      const of = glassbox.trace_of(name);
      for (const [view, drawn] of Object.entries(answer.views)) stage.given[view] = { drawn, of };
      await inTurn(stage, answer.done, () => draw_views(stage, name, answer.done));
    }
    if (answer.done) stage.box.dataset.answer = String(answer.n);
  }

  /** What it shows is of another sentence. */
  function refused(view) {
    view.of = null;
    view.instance?.refused?.();
  }

  /** Gives the components each new step once: an answer repeats some, for gradio passes on only the newest of several. */
  function feed(stage, { n, at, steps }) {
    if (stage.feeding !== n) Object.assign(stage, { feeding: n, steps: 0 });
    for (const step of steps.slice(Math.max(0, stage.steps - at))) {
      for (const view of Object.values(stage.views)) view.instance?.step?.(step);
    }
    stage.steps = at + steps.length;
  }

  /**
   * One drawing after the other; of those that wait, only the newest is drawn. While steps come, each drawing is followed
   * by a rest, so that a slow machine still heeds a click; the last one need not wait for that.
   */
  async function inTurn(stage, done, draw) {
    const hold = done ? "drawing" : "resting";
    stage.next = draw;
    while (stage[hold]) await stage[hold];
    if (stage.next !== draw) return;
    const began = performance.now();
    const work = draw();
    const drawing = (stage.drawing = work.catch(() => {}).finally(() => { stage.drawing = null; }));
    const rest = () => new Promise((over) => setTimeout(over, REST * (performance.now() - began)));
    const resting = (stage.resting = drawing.then(rest).then(() => { if (stage.resting === resting) stage.resting = null; }));
    await work;
  }

  /** done: the answer is whole, so that each view has its place, drawn or not; while steps come, some cannot be drawn. */
  function draw_views(stage, name, done) {
    const given = stage.given;
    stage.given = {};
    return Promise.all(glassbox.explainer(name).views.map((about, index) => {
      const answer = given[about.name];
      if (!answer && !done) return null;
      const view = (stage.views[about.name] ??= card(stage, name, index));
      return answer && view.draw(answer);
    }));
  }

  /** The views of a stage that a person sees: the leading one, and those that are unfolded. */
  function in_sight(name) {
    return glassbox.explainer(name).views.map((view) => view.name).filter((view, at) => !at || glassbox.is_open(name, view));
  }

  /** Whether a view shows what is chosen now; a live knob of its own component it follows by itself. */
  function is_fresh(name, view, now = glassbox.trace_of(name)) {
    const { given, views } = mounted[name];
    const [latest, of] = given[view] ? [given[view].drawn, given[view].of] : [views[view]?.latest, views[view]?.of];
    if (!latest || of !== now) return false;
    const itself = latest.kind === "component" && latest.component !== "figure";
    return Object.entries(latest.knobs ?? {}).every(([knob, value]) =>
      (itself && glassbox.control(name, knob).live) || glassbox.same(value, glassbox.state.controls[name][knob]));
  }

  function stale(name) {
    const now = glassbox.trace_of(name);
    return in_sight(name).filter((view) => !is_fresh(name, view, now));
  }

  /** What shows what is chosen now is not pale; what is folded and does not is, before anybody unfolds it. */
  function mark(name) {
    const now = glassbox.trace_of(name);
    for (const { frame, latest, about } of Object.values(mounted[name].views)) {
      if (is_fresh(name, about.name, now)) delete frame.dataset.stale;
      else if (latest && frame.open === false) frame.dataset.stale = "";
    }
  }

  /** The sentence of a refusal; where tokens were appended, a way back to the text without them stands beside it. */
  function refuse(stage, name, sentence) {
    stage.note.hidden = !sentence;
    stage.note.replaceChildren(...glassbox.told(sentence));
    if (!sentence || !glassbox.displaced(name)) return;
    const back = make("button", "gb-button gb-small", glassbox.words("shell", "acts.forget"));
    back.type = "button";
    back.addEventListener("click", () => glassbox.forget(name));
    stage.note.append(" ", back);
  }

  /** How far a model is that is being fetched; a share that is not known moves as the browser sees fit. */
  function arrive(stage, arriving, sentence) {
    stage.arriving.hidden = !arriving;
    if (!arriving) return stage.arriving.replaceChildren();
    const [said = make("p"), bar = make("progress")] = stage.arriving.children;
    const [before, ...after] = arriving.terms ? sentence.split(arriving.terms) : [sentence];
    const linked = after.flatMap((part) => [terms(arriving.terms), ...glassbox.told(part)]);
    said.replaceChildren(...glassbox.told(before), ...linked, ` ${glassbox.words("shell", "absent.goes_on")}`);
    if (arriving.share === null) bar.removeAttribute("value");
    else bar.value = arriving.share;
    bar.setAttribute("aria-label", glassbox.words("shell", "absent.progress"));
    return bar.isConnected ? undefined : stage.arriving.append(said, bar);
  }

  function terms(address) {
    const link = make("a", "", address);
    Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer", translate: false });
    return link;
  }

  /** Which model answers here, where the page's own cannot; and why. twin: where only the answer could show that. */
  function replaced(stage, name, twin) {
    const { model } = glassbox.state;
    const [other, lacking] = glassbox.instead(glassbox.state, name) ?? [twin];
    const why = lacking ? `instead.${lacking}` : "no_twin";
    stage.instead.hidden = !other;
    stage.instead.replaceChildren(...glassbox.told(other && glassbox.words("shell", why, { model, other })));
  }

  /** What is said of models as small as the bundled ones is said where such a one answers. */
  function sized(stage, name, twin) {
    const small = glassbox.is_small(twin ?? glassbox.controlsOf(glassbox.state, name).model);
    stage.element.closest(".gb-panel").classList.toggle("gb-large", !small);
    const { caution, caution_large } = glassbox.explainer(name);
    stage.caution = small ? caution : caution_large;
    const line = stage.box.querySelector(".gb-caution");
    if (line) line.textContent = stage.caution;
  }

  /** The frame of a view: the first leads and is open, the others fold. */
  function card(stage, name, index) {
    const { views } = glassbox.explainer(name);
    const about = views[index];
    const leads = index === 0;
    const frame = make(leads ? "section" : "details", "gb-card");
    const head = make(leads ? "div" : "summary", "gb-card-head");
    const title = make("h3", "gb-card-title", about.title);
    head.append(title);
    const body = make("div", "gb-card-body");
    const caption = make("p", "gb-caption");
    caption.append(...glassbox.told(about.caption));
    const tools = make("div", "gb-card-tools");
    const alternative = make("p", "gb-alternative");
    alternative.translate = false; // it names tokens
    frame.append(head, caption, body, alternative, tools);
    if (leads && stage.caution) frame.append(make("p", "gb-caution", stage.caution));
    frame.dataset.view = about.name;
    if (!leads) frame.open = glassbox.is_open(name, about.name);
    const below = views.slice(index + 1).find((other) => stage.views[other.name]);
    stage.box.insertBefore(frame, below ? stage.views[below.name].frame : null);
    const view = { frame, body, tools, alternative, root: null, instance: null, latest: null, of: null, name, about };
    view.draw = ({ drawn, of }) => {
      Object.assign(view, { latest: drawn, of });
      delete frame.dataset.filled;
      view.waiting = !leads && !frame.open;
      return view.waiting ? null : fill(view);
    };
    frame.addEventListener("toggle", () => {
      glassbox.folded(name, about.name, frame.open);
      if (frame.open) unfolded(view);
    });
    return view;
  }

  /** A view came into sight. */
  function unfolded(view) {
    if (!is_fresh(view.name, view.about.name)) ask_for(view);
    else if (view.waiting) fill(view);
  }

  /** Asks for a view that is stale, and shows that it is, until its answer is drawn. */
  function ask_for(view) {
    view.frame.dataset.stale = "";
    if (view.name === glassbox.running()) glassbox.run(view.name, { views: [view.about.name] });
  }

  /** Draws a view's newest answer; its frame says when that is done. */
  async function fill(view) {
    view.waiting = false;
    delete view.frame.dataset.stale;
    const answer = view.latest;
    if (answer.kind === "component") await component(view, answer);
    else glassbox.still(view, answer);
    if (view.latest === answer) view.frame.dataset.filled = "";
  }

  /** A component is mounted once; where the view was something else for a while, it comes back as it was. */
  async function component(view, answer) {
    if (view.mounted !== answer.component) {
      view.mounted = answer.component;
      view.root = make("div", "gb-component");
      view.root.translate = false; // it holds tokens: what in it is words says so itself
      view.body.replaceChildren(view.root);
      view.instance = glassbox.components[answer.component](view.root, context(view));
    }
    if (!view.root.isConnected) view.body.replaceChildren(view.root);
    glassbox.tools(view, [["save_picture", () => glassbox.save_picture(view)]]);
    await view.instance.update(answer.props, { ...glassbox.state.controls[view.name] });
    view.instance.knobs?.({ ...glassbox.state.controls[view.name] }); // one may have moved while arrays were unpacked
    describe(view);
  }

  /** The picture in a sentence or two, for who cannot see it. */
  function describe(view) {
    if (view.instance && view.latest.kind === "component") view.alternative.textContent = view.instance.text?.() ?? "";
  }

  /** What a component is given of the page around it. */
  function context({ name, about }) {
    const { lang, say, dark, css, unpack, on } = glassbox;
    return {
      lang, say, dark, css, unpack, on,
      pick(pick, event) {
        if (!glassbox.explainer(name).picks.includes(pick)) return; // a click that means nothing here
        glassbox.run(name, { extra: { pick: { name: pick, event: { ...event, view: about.name } } } });
      },
      set: (control, value) => glassbox.set(name, control, value),
      act: (control, value) => glassbox.run(name, { extra: { controls: { [control]: value } } }),
    };
  }

  let refresh = 0;
  glassbox.on("knobs", (name) => {
    if (!mounted[name]) return;
    const values = { ...glassbox.state.controls[name] };
    const views = Object.values(mounted[name].views);
    for (const view of views) {
      view.instance?.knobs?.(values);
      describe(view);
    }
    // what else has the same knob is drawn by the server: only while it is in sight, and once the knob rests
    clearTimeout(refresh);
    mark(name);
    const old = () => stale(name).map((view) => mounted[name].views[view]).filter((view) => view?.latest);
    for (const { frame } of old()) frame.dataset.stale = "";
    if (old().length) refresh = setTimeout(() => old().forEach(ask_for), 400);
  });

  /** The newest answer of a view, as it came: for tests and for the curious at the console. */
  const shown = (name, view) => mounted[name].views[view]?.latest;

  Object.assign(glassbox, { mount_stage, draw_stage, make, shown, in_sight, stale, mark });
})();
