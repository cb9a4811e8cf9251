// From what a person does to what is asked of the server, and back: typing, tabs, links, runs.
"use strict";

(() => {
  const PAUSE = 300; // ms after the last key before a sentence is run
  const LATER = 200; // ms
  const RETRY = 5000; // ms after which a question that the full queue turned away is asked again

  // name -> {trigger, asked: number of the newest request, sent: its inputs, open: still unanswered, extra: {pick} or
  // {controls} that it carries beside the state, fresh: whether arrays that are gone were asked for again}
  const stages = {};
  let page = null;
  let count = 0;
  let timer = 0;
  let later = 0;
  let composing = false;
  let touched = false;
  let ready = false;

  const state = () => glassbox.state;
  const first = () => glassbox.boot.explainers[0].name;
  const running = () => (stages[state().tab] ? state().tab : first()); // a tab without a picture still has the strip

  /** What the picture of an explainer depends on, as text. */
  function inputsOf(name) {
    const kinds = glassbox.explainer(name).controls.filter((c) => !c.live && c.kind !== "action");
    const controls = glassbox.controlsOf(state(), name);
    return JSON.stringify([state().text, state().model, kinds.map((c) => controls[c.name])]);
  }

  // -- the link -------------------------------------------------------------------------------------------------------

  function remember(push = false) {
    touched = true;
    clearTimeout(later);
    try {
      history[push ? "pushState" : "replaceState"]({ glassbox: true }, "", glassbox.address(state()));
    } catch { // some browsers take only so many in a few seconds: the next one will tell it all
    }
  }

  /** While a slider moves, the address follows it once in a while. */
  function rememberSoon() {
    clearTimeout(later);
    later = setTimeout(remember, LATER);
  }

  /** The text as it stands in the box, into the address: the page is about to be loaded again. */
  function keep() {
    const box = document.querySelector("#gb-sentence textarea");
    if (box) take(box.value);
    remember();
  }

  async function copyLink() {
    const url = glassbox.address(state());
    if (url.length > glassbox.MOST_LINK) {
      glassbox.note(glassbox.words("refusals", "link_too_long", { limit: glassbox.MOST_LINK }), "bad");
      return;
    }
    remember();
    try {
      await navigator.clipboard.writeText(url);
    } catch { // no right to the clipboard, in a frame or without https: the old way
      const box = Object.assign(document.createElement("textarea"), { value: url });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    glassbox.note(glassbox.words("shell", "copied"), "good", 4000);
  }

  /** Puts a link's state on the screen. */
  function go(fragment) {
    const { state: next, nonsense, projector } = glassbox.parse(fragment);
    clearTimeout(timer);
    glassbox.state = next;
    document.documentElement.classList.toggle("gb-projector", projector);
    glassbox.note(nonsense ? glassbox.words("refusals", "link_nonsense") : "", "bad");
    place();
    show(next.tab);
  }

  // -- gradio's components --------------------------------------------------------------------------------------------

  const widgetsOf = (name) => glassbox.explainer(name).controls.filter((c) => c.name !== "model" && !c.inside);

  /** The values that gradio's components of the page, or of an explainer, are to take. */
  function assigned(name) {
    if (!name) return [state().text, state().model];
    return widgetsOf(name).map((c) => state().controls[name][c.name]);
  }

  /** Shows the state in gradio's components and in the pictures' own controls. */
  function place() {
    page?.("assign");
    for (const [name, stage] of Object.entries(stages)) {
      if (widgetsOf(name).length) stage.trigger("assign");
      glassbox.emit("knobs", name);
    }
  }

  function take(typedText) {
    const text = typedText.toWellFormed?.() ?? typedText; // half a character fits into no address
    if (text === state().text) return false;
    state().text = text;
    forgetPlaces();
    clearTimeout(timer);
    return true;
  }

  function typed(text) {
    if (ready && take(text) && !composing) timer = setTimeout(settle, PAUSE);
  }

  function entered(text) {
    if (!ready || composing) return;
    take(text);
    settle(true);
  }

  function settle(force = false) {
    clearTimeout(timer);
    remember();
    run(running(), { force });
  }

  /** A control of gradio's moved: of an explainer, or of the page where name is null. */
  function changed(name, controlName, value) {
    if (!ready || value === null || value === undefined) return;
    if (name) {
      const taken = glassbox.read(glassbox.control(name, controlName), String(value));
      if (taken !== undefined) set(name, controlName, taken, false);
      return;
    }
    if (value === state().model) return;
    state().model = value;
    forgetPlaces();
    settle();
  }

  /** Moves a control; a live one is redrawn here, any other runs the trace or its views again. */
  function set(name, controlName, value, move = true) {
    if (glassbox.same(state().controls[name][controlName], value)) return;
    state().controls[name][controlName] = value;
    rememberSoon();
    const kind = glassbox.control(name, controlName);
    if (move && !kind.inside) stages[name].trigger("assign");
    if (kind.live) glassbox.emit("knobs", name);
    else run(name);
  }

  /** What was appended, or chosen by its place, belongs to one sentence and one model: another of either lets it go. */
  function forgetPlaces() {
    for (const { name } of glassbox.boot.explainers) {
      for (const c of places(name)) state().controls[name][c.name] = c.default;
    }
  }

  const places = (name) => glassbox.explainer(name).controls.filter((c) => c.per_sentence);

  /** Whether tokens were appended to this explainer's sentence, or a place in it chosen. */
  const displaced = (name) => places(name).some((c) => !glassbox.same(state().controls[name][c.name], c.default));

  /** Back to the sentence as it was typed. */
  function forget(name) {
    for (const c of places(name)) state().controls[name][c.name] = c.default;
    remember();
    run(name, { force: true });
  }

  // -- runs -----------------------------------------------------------------------------------------------------------

  function run(name, { force = false, extra = null } = {}) {
    const stage = stages[name];
    const inputs = inputsOf(name);
    if (!force && !extra && stage.sent === inputs) return;
    if (!(stage.open && stage.sent === inputs)) stage.extra = null; // a pick in something that is no longer asked
    stage.extra = extra ?? stage.extra;
    stage.sent = inputs;
    stage.open = true;
    stage.asked = ++count;
    stage.trigger("run");
    glassbox.waiting(name, true);
  }

  /** The body of a request. Gradio may ask for it later than `run`, when the request before has come back. */
  function request(name) {
    const stage = stages[name];
    stage.sent = inputsOf(name);
    const { controls = {}, pick = null } = stage.extra ?? {};
    const all = { ...glassbox.controlsOf(state(), name), ...controls };
    return JSON.stringify({ n: stage.asked, text: state().text, model: state().model, controls: all, pick });
  }

  function received(name, answer) {
    const stage = stages[name];
    if (answer.n !== stage.asked) return; // an answer to a question that is no longer asked
    if (answer.done) close(name);
    if (stage.sent !== inputsOf(name)) return; // typed or moved since: that asks for itself when it settles
    if (answer.refusal) stage.sent = null;
    else if (answer.controls && Object.keys(answer.controls).length) {
      Object.assign(state().controls[name], answer.controls);
      stage.sent = inputsOf(name);
      remember();
      if (widgetsOf(name).length) stage.trigger("assign");
    }
    glassbox.draw_stage(name, answer).then(() => { stage.fresh = false; }, () => gone(name));
  }

  /** Whether the answer to what stands on the page has come. */
  const settled = (name) => !stages[name].open && (stages[name].sent === inputsOf(name) || stages[name].sent === null);

  function close(name) {
    stages[name].open = false;
    stages[name].extra = null;
    glassbox.waiting(name, false);
  }

  /** The arrays of an answer were dropped before they were fetched: it is asked for once more, then said. */
  function gone(name) {
    const again = !stages[name].fresh;
    stages[name].fresh = true;
    if (again) run(name, { force: true });
    else glassbox.note(glassbox.words("refusals", "gone"), "bad");
  }

  /** The queue was full, or gradio gave up: nothing is waited for, and the open question is asked once more. */
  function turnedAway() {
    for (const name of Object.keys(stages).filter((one) => stages[one].open)) {
      close(name);
      stages[name].sent = null;
      setTimeout(() => { if (name === running() && !stages[name].open) run(name); }, RETRY);
    }
  }

  // -- tabs -----------------------------------------------------------------------------------------------------------

  function show(tab) {
    state().tab = tab;
    for (const panel of document.querySelectorAll(".gb-panel")) panel.classList.toggle("gb-on", panel.id === `panel-${tab}`);
    for (const link of document.querySelectorAll(".gb-tab")) {
      if (link.dataset.tab === tab) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const title = document.querySelector(`.gb-tab[data-tab="${tab}"]`)?.textContent ?? "";
    document.title = title ? `${title} · Glassbox` : "Glassbox";
    nameInputs();
    run(running());
    glassbox.emit("shown", tab);
  }

  function open(tab) {
    if (tab === state().tab) return;
    if (!touched) remember(); // Back returns to the tab before, as it was
    state().tab = tab;
    remember(true);
    show(tab);
  }

  function example(name, index) {
    const chosen = glassbox.explainer(name).examples[index];
    state().text = chosen.text;
    if (chosen.model) state().model = chosen.model;
    forgetPlaces();
    place();
    settle(true);
  }

  // -- listening ------------------------------------------------------------------------------------------------------

  const ACTS = {
    copy: copyLink,
    projector() {
      document.documentElement.classList.toggle("gb-projector");
      remember();
      glassbox.emit("shown", state().tab);
    },
    reset() {
      history.pushState({}, "", `${location.pathname}${location.search}`);
      document.documentElement.classList.remove("gb-projector");
      const { tab } = state();
      clearTimeout(timer);
      glassbox.state = { ...glassbox.defaults(), tab };
      touched = false;
      glassbox.note("");
      place();
      run(running(), { force: true });
    },
    example: (button) => example(button.dataset.explainer, Number(button.dataset.index)),
  };

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a link in a new tab is the browser's
    const tab = event.target.closest?.("a[data-tab]");
    const language = event.target.closest?.("[data-language]");
    const act = event.target.closest?.("[data-act]");
    if (tab || language) event.preventDefault();
    if (tab) open(tab.dataset.tab);
    else if (language) location.href = glassbox.address(state(), language.dataset.language);
    else if (act) ACTS[act.dataset.act]?.(act);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("textarea, select, [contenteditable], input:not([type=range], [type=checkbox])");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
    if (event.code === "KeyP" && plain && !typing) ACTS.projector(); // the key, whatever script it types
  });

  document.addEventListener("compositionstart", () => { composing = true; clearTimeout(timer); }, true);
  document.addEventListener("compositionend", () => {
    composing = false;
    clearTimeout(timer);
    timer = setTimeout(settle, PAUSE);
  }, true);

  // what was typed into a number box and is no value of its control gives way to the value that holds
  document.addEventListener("focusout", (event) => {
    const panel = event.target.matches?.(".gb-controls input[type=number]") && event.target.closest(".gb-panel");
    if (panel) stages[panel.id.replace("panel-", "")]?.trigger("assign");
  });

  addEventListener("popstate", () => go(location.hash));
  addEventListener("hashchange", () => { if (!history.state?.glassbox) go(location.hash); });

  // -- the components that gradio mounts for us ------------------------------------------------------------------------

  function begin() {
    if (ready || !page || Object.keys(stages).length < glassbox.boot.explainers.length) return;
    ready = true;
    nameInputs();
    const main = document.querySelector("main") ?? document.body;
    new MutationObserver(nameInputs).observe(main, { attributes: true, attributeFilter: ["aria-label"], subtree: true });
    document.body.dataset.ready = "1";
    go(location.hash);
  }

  /** What each control is called and does. Gradio names the two halves of a slider in English; here both bear the label that stands above them. */
  function nameInputs() {
    document.querySelector("#gb-sentence textarea")?.setAttribute("dir", "auto");
    for (const input of document.querySelectorAll(".gb-controls input[type=range], .gb-controls input[type=number]")) {
      const label = input.closest(".block").querySelector("[data-testid=block-info]")?.textContent.trim();
      if (label && input.getAttribute("aria-label") !== label) input.setAttribute("aria-label", label);
    }
    for (const one of glassbox.boot.explainers) {
      for (const c of widgetsOf(one.name)) {
        const block = document.querySelector(`#panel-${one.name} .gb-control-${c.name}`);
        if (block) block.title = c.info; // under the pointer, so that the row of controls stays low
      }
    }
  }

  Object.assign(glassbox, {
    typed, entered, changed, assigned, request, set, run, stages, turnedAway, displaced, forget, keep, settled,
    page(element, trigger) { page = trigger; begin(); },
    stage(element, trigger, watch, props, name) {
      stages[name] = { trigger, asked: 0, sent: null, open: false, extra: null, fresh: false };
      glassbox.mount_stage(element, name);
      watch("value", () => { if (props.value) received(name, JSON.parse(props.value)); });
      begin();
    },
  });
})();
