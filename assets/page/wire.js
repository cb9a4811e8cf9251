// From what a person does to what is asked of the server, and back: typing, tabs, links, runs.
"use strict";

(() => {
  const PAUSE = 300; // ms after the last key before a sentence is run
  const stages = {}; // name -> {trigger, asked: number of the newest request, shown: the inputs on screen, pending}
  const again = {}; // name -> what the next request carries beside the state: {pick} or {controls}
  let page = null;
  let count = 0;
  let timer = 0;
  let composing = false;
  let touched = false;
  let ready = false;

  const state = () => glassbox.state;
  const inputsOf = (name) => {
    const kinds = glassbox.explainer(name).controls.filter((c) => !c.live && c.kind !== "action");
    return JSON.stringify([state().text, state().model, kinds.map((c) => state().controls[name][c.name])]);
  };

  // -- the link -------------------------------------------------------------------------------------------------------

  function remember(push = false) {
    touched = true;
    const url = glassbox.address(state());
    if (url.length > glassbox.MOST_LINK) return;
    history[push ? "pushState" : "replaceState"]({ glassbox: true }, "", url);
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
  function go(fragment, { push = false } = {}) {
    const { state: next, nonsense, projector } = glassbox.parse(fragment);
    glassbox.state = next;
    document.documentElement.classList.toggle("gb-projector", projector);
    glassbox.note(nonsense ? glassbox.words("refusals", "link_nonsense") : "", "bad");
    place();
    if (push) remember(true);
    show(next.tab);
  }

  // -- gradio's components --------------------------------------------------------------------------------------------

  const widgetsOf = (name) =>
    glassbox.explainer(name).controls.filter((c) => !c.inside && !["tokens", "action", "model"].includes(c.kind));

  /** The values that gradio's components of the page, or of an explainer, are to take. */
  function assigned(name) {
    if (!name) return [state().text, state().model];
    return widgetsOf(name).map((c) => state().controls[name][c.name]);
  }

  function place() {
    page?.("assign");
    for (const [name, stage] of Object.entries(stages)) if (widgetsOf(name).length) stage.trigger("assign");
  }

  function take(text) {
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
    clearTimeout(timer);
    settle(true);
  }

  function settle(force = false) {
    remember();
    run(state().tab, { force });
  }

  /** A control of gradio's moved: of an explainer, or of the page where name is null. */
  function changed(name, controlName, value) {
    if (!ready || value === null || value === undefined) return;
    if (!name) {
      if (value === state().model) return;
      state().model = value;
      forgetPlaces();
      remember();
      run(state().tab);
      return;
    }
    set(name, controlName, value, false);
  }

  /** Moves a control; a live one is redrawn here, any other runs the trace or its views again. */
  function set(name, controlName, value, move = true) {
    if (glassbox.same(state().controls[name][controlName], value)) return;
    state().controls[name][controlName] = value;
    remember();
    const kind = glassbox.control(name, controlName);
    if (move && !kind.inside) stages[name].trigger("assign");
    if (kind.live) glassbox.emit("knobs", name);
    else run(name);
  }

  /** What was appended, or chosen by its place, belongs to one sentence and one model: another of either lets it go. */
  function forgetPlaces() {
    for (const one of glassbox.boot.explainers) {
      for (const c of one.controls) if (c.per_sentence) state().controls[one.name][c.name] = c.default;
    }
  }

  // -- runs -----------------------------------------------------------------------------------------------------------

  function run(name, { force = false, extra = null } = {}) {
    const stage = stages[name];
    if (!stage) return;
    const inputs = inputsOf(name);
    if (!force && !extra && stage.shown === inputs) return;
    stage.shown = inputs;
    again[name] = extra;
    stage.asked = ++count;
    stage.trigger("run");
    glassbox.waiting(name, true);
  }

  function request(name) {
    const { controls = {}, pick = null } = again[name] ?? {};
    again[name] = null;
    const all = { ...state().controls[name], ...controls };
    return JSON.stringify({ n: stages[name].asked, text: state().text, model: state().model, controls: all, pick });
  }

  function received(name, answer) {
    const stage = stages[name];
    if (answer.n !== stage.asked) return; // an answer to a question that is no longer asked
    if (answer.done) glassbox.waiting(name, false);
    if (answer.refusal) stage.shown = null;
    else if (answer.controls) {
      const before = JSON.stringify(state().controls[name]);
      Object.assign(state().controls[name], answer.controls);
      stage.shown = inputsOf(name);
      if (JSON.stringify(state().controls[name]) !== before) {
        remember();
        if (widgetsOf(name).length) stage.trigger("assign");
      }
    }
    glassbox.draw_stage(name, answer);
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
    run(stages[tab] ? tab : glassbox.boot.explainers[0].name); // a tab without a picture still has the strip above it
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
      const tab = state().tab;
      glassbox.state = glassbox.defaults();
      state().tab = tab;
      touched = false;
      glassbox.note("");
      place();
      run(tab, { force: true });
    },
    example: (button) => example(button.dataset.explainer, Number(button.dataset.index)),
  };

  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.("[data-tab]");
    const language = event.target.closest?.("[data-language]");
    const act = event.target.closest?.("[data-act]");
    if ((tab && tab.tagName === "A") || language) event.preventDefault();
    if (tab && tab.tagName === "A") open(tab.dataset.tab);
    else if (language) location.href = glassbox.address(state(), language.dataset.language);
    else if (act) ACTS[act.dataset.act]?.(act);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "p" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) ACTS.projector();
  });

  document.addEventListener("compositionstart", () => { composing = true; clearTimeout(timer); }, true);
  document.addEventListener("compositionend", () => {
    composing = false;
    clearTimeout(timer);
    timer = setTimeout(settle, PAUSE);
  }, true);

  addEventListener("popstate", () => go(location.hash));
  addEventListener("hashchange", () => { if (!history.state?.glassbox) go(location.hash); });

  // -- the components that gradio mounts for us ------------------------------------------------------------------------

  function begin() {
    if (ready || !page || Object.keys(stages).length < glassbox.boot.explainers.length) return;
    ready = true;
    nameSliders();
    const main = document.querySelector("main") ?? document.body;
    new MutationObserver(nameSliders).observe(main, { attributes: true, attributeFilter: ["aria-label"], subtree: true });
    document.body.dataset.ready = "1";
    go(location.hash);
  }

  /** Gradio names the two halves of a slider in English; here both bear the label that stands above them. */
  function nameSliders() {
    for (const input of document.querySelectorAll(".gb-controls input[type=range], .gb-controls input[type=number]")) {
      const label = input.closest(".block").querySelector("[data-testid=block-info]")?.textContent.trim();
      if (label && input.getAttribute("aria-label") !== label) input.setAttribute("aria-label", label);
    }
  }

  Object.assign(glassbox, {
    typed, entered, changed, assigned, request, received, set, run, stages,
    page(element, trigger) { page = trigger; begin(); },
    stage(element, trigger, watch, props, name) {
      stages[name] = { trigger, asked: 0, shown: null };
      glassbox.mount_stage(element, name);
      watch("value", () => { if (props.value) received(name, JSON.parse(props.value)); });
      begin();
    },
  });
})();
