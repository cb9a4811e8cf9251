// What a person does with the page: types, opens tabs and links, presses its buttons.
"use strict";

(() => {
  const PAUSE = 300; // ms after the last key before a sentence is run
  let page = null;
  let timer = 0;
  let composing = false;
  let chosen = false; // whether a person has written the sentence, or chosen it among the examples

  const state = () => glassbox.state;

  // -- the sentence and the model -------------------------------------------------------------------------------------

  function take(typedText) {
    const text = typedText.toWellFormed?.() ?? typedText; // half a character fits into no address
    if (text === state().text) return false;
    chosen = true;
    state().text = text;
    glassbox.forget_places();
    clearTimeout(timer);
    return true;
  }

  function typed(text) {
    if (glassbox.ready && take(text) && !composing) timer = setTimeout(settle, PAUSE);
  }

  function entered(text) {
    if (!glassbox.ready || composing) return;
    take(text);
    settle(true);
  }

  function settle(force = false) {
    clearTimeout(timer);
    glassbox.remember();
    glassbox.run(glassbox.running(), { force });
  }

  /** The page's model, or how it reads the sentence. */
  function choose(control, value) {
    state()[control] = value;
    glassbox.forget_places();
    settle();
  }

  /** Another sentence, or another way to read it, that the page itself has offered. example: where it is one of a tab. */
  function take_up(change, tab = null, example = null) {
    chosen = true;
    Object.assign(state(), change);
    glassbox.forget_places();
    if (example) glassbox.exemplify(state(), tab, example);
    place();
    settle(true);
  }

  /** The text as it stands in the box, into the address: the page is about to be loaded again. */
  function keep() {
    const box = document.querySelector("#gb-sentence textarea");
    if (box) take(box.value);
    glassbox.remember();
  }

  function example(name, index) {
    const example = glassbox.explainer(name).examples[index];
    take_up({ text: example.text, ...(example.model && { model: example.model }) }, name, example);
  }

  // -- links and tabs -------------------------------------------------------------------------------------------------

  /** Shows the state in gradio's components, in the pictures' own controls and in the folds. */
  function place() {
    page?.("assign");
    glassbox.assign_all();
    glassbox.fold_all();
  }

  /** Puts a link's state on the screen. */
  function go(fragment) {
    const { state: next, nonsense, cut, projector } = glassbox.parse(fragment);
    const said = [cut && glassbox.words("refusals", "link_cut"), nonsense && glassbox.words("refusals", "link_nonsense")];
    clearTimeout(timer);
    chosen = false;
    glassbox.state = next;
    document.documentElement.classList.toggle("gb-projector", projector);
    glassbox.note([...said, typeof nonsense === "string" && nonsense].filter(Boolean).join(" "), "bad");
    place();
    show(next.tab);
  }

  function show(tab) {
    state().tab = tab;
    for (const panel of document.querySelectorAll(".gb-panel")) panel.classList.toggle("gb-on", panel.id === `panel-${tab}`);
    for (const link of document.querySelectorAll(".gb-tab")) {
      if (link.dataset.tab === tab) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const title = document.querySelector(`.gb-tab[data-tab="${tab}"]`)?.textContent ?? "";
    document.title = title ? `${title} · Glassbox` : "Glassbox";
    glassbox.name_inputs();
    glassbox.run(glassbox.running());
    glassbox.emit("shown", tab);
  }

  /** keep: whether the sentence goes along even where nobody has written it; else a tab begins with one of its own. */
  function open(tab, keep = true) {
    const before = state().tab;
    if (tab === before) return;
    glassbox.remember_tab(tab);
    if (!keep && !chosen && tab !== "about" && state().text === glassbox.opening(before).text) begin_with(tab);
    show(tab);
  }

  /** A tab's first example, in place of that of the tab before. */
  function begin_with(tab) {
    state().text = glassbox.opening(tab).text;
    glassbox.forget_places();
    glassbox.exemplify(state(), tab, glassbox.opening(tab));
    glassbox.remember();
    place();
  }

  // -- listening ------------------------------------------------------------------------------------------------------

  const ACTS = {
    copy: glassbox.copy_link,
    projector() {
      document.documentElement.classList.toggle("gb-projector");
      glassbox.remember();
      glassbox.emit("shown", state().tab);
    },
    reset() {
      const { tab } = state();
      clearTimeout(timer);
      glassbox.remember_nothing();
      document.documentElement.classList.remove("gb-projector");
      chosen = false;
      glassbox.state = { ...glassbox.defaults(tab), tab };
      glassbox.exemplify(glassbox.state, tab, glassbox.opening(tab));
      glassbox.note("");
      Object.keys(glassbox.stages).forEach(glassbox.run_left);
      place();
      glassbox.run(glassbox.running(), { force: true });
    },
    example: (button) => example(button.dataset.explainer, Number(button.dataset.index)),
  };

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a link in a new tab is the browser's
    const tab = event.target.closest?.("a[data-tab]");
    const language = event.target.closest?.("[data-language]");
    const act = event.target.closest?.("[data-act]");
    if (tab || language) event.preventDefault();
    if (tab) open(tab.dataset.tab, Boolean(tab.closest(".gb-strip")));
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

  addEventListener("popstate", () => go(location.hash));
  addEventListener("hashchange", () => { if (!history.state?.glassbox) go(location.hash); });

  // -- the beginning --------------------------------------------------------------------------------------------------

  /** Once gradio has mounted the page and each stage: the link's state, and the first answer. */
  function begin() {
    const mounted = page && Object.keys(glassbox.stages).length === glassbox.boot.explainers.length;
    if (glassbox.ready || !mounted) return;
    glassbox.ready = true;
    glassbox.name_inputs();
    const main = document.querySelector("main") ?? document.body;
    const changes = { attributes: true, attributeFilter: ["aria-label"], subtree: true };
    new MutationObserver(glassbox.name_inputs).observe(main, changes);
    new MutationObserver(glassbox.keep_soon).observe(main, { childList: true, subtree: true }); // a fold's text comes late
    document.body.dataset.ready = "1";
    go(location.hash);
  }

  Object.assign(glassbox, {
    ready: false, typed, entered, choose, take_up, keep, begin, place, open_tab: open,
    page(element, trigger) { page = trigger; begin(); },
  });
})();
