// Controls: gradio's components and the pictures' own, kept in step with the state.
"use strict";

(() => {
  const state = () => glassbox.state;
  const widgetsOf = (name) => glassbox.explainer(name).controls.filter((c) => c.name !== "model" && !c.inside);
  const places = (name) => glassbox.explainer(name).controls.filter((c) => c.per_sentence);

  /** The values that gradio's components of the page, or of an explainer, are to take. */
  function assigned(name) {
    if (!name) return [state().text, state().model, state().special_tokens];
    return widgetsOf(name).map((c) => state().controls[name][c.name]);
  }

  /** Shows an explainer's state in gradio's components. */
  function assign(name) {
    if (widgetsOf(name).length) glassbox.stages[name].trigger("assign");
  }

  /** Shows the state of all explainers, in the pictures' own controls, too. */
  function assign_all() {
    for (const name of Object.keys(glassbox.stages)) {
      assign(name);
      glassbox.emit("knobs", name);
    }
  }

  /** A person chose a model in a list, which may be fetched for that; what was said of another one is over. */
  function wish(model) {
    glassbox.wish(model);
    glassbox.note("");
  }

  /** A control of gradio's moved: of an explainer, or of the page where name is null. */
  function changed(name, controlName, value) {
    if (!glassbox.ready || value === null || value === undefined) return;
    if (!name) {
      if (value === state()[controlName]) return;
      if (controlName === "model") wish(value);
      glassbox.choose(controlName, value);
      return;
    }
    const kind = glassbox.control(name, controlName);
    const taken = glassbox.read(kind, String(value));
    if (kind.kind === "model" && taken !== state().controls[name][controlName]) wish(taken);
    if (taken !== undefined) set(name, controlName, taken, false);
  }

  /** Moves a control; a live one is redrawn here, one may reach what lasts, any other runs the trace or its views. */
  function set(name, controlName, value, move = true) {
    if (glassbox.same(state().controls[name][controlName], value)) return;
    state().controls[name][controlName] = value;
    glassbox.remember_soon();
    const kind = glassbox.control(name, controlName);
    if (move && !kind.inside) glassbox.stages[name].trigger("assign");
    if (kind.live) glassbox.emit("knobs", name);
    if (kind.during && glassbox.run_changed(name, controlName, value)) glassbox.told(name);
    else if (!kind.live) glassbox.run(name);
  }

  /** What was appended, or chosen by its place, belongs to one sentence and one model: another of either lets it go. */
  function forget_places() {
    for (const { name } of glassbox.boot.explainers) {
      for (const c of places(name)) state().controls[name][c.name] = c.default;
    }
  }

  /** Whether tokens were appended to this explainer's sentence, or a place in it chosen. */
  const displaced = (name) => places(name).some((c) => !glassbox.same(state().controls[name][c.name], c.default));

  /** Back to the sentence as it was typed. */
  function forget(name) {
    for (const c of places(name)) state().controls[name][c.name] = c.default;
    glassbox.remember();
    glassbox.run(name, { force: true });
  }

  // what was typed into a number box and is no value of its control gives way to the value that holds
  document.addEventListener("focusout", (event) => {
    const panel = event.target.matches?.(".gb-controls input[type=number]") && event.target.closest(".gb-panel");
    if (panel) glassbox.stages[panel.id.replace("panel-", "")]?.trigger("assign");
  });

  // a number that asks for what another control does is told of that one
  document.addEventListener("change", ({ target }) => {
    const panel = target.matches?.(".gb-controls input[type=number]") && target.closest(".gb-panel");
    const kind = panel && widgetsOf(panel.id.replace("panel-", "")).find((c) => target.closest(`.gb-control-${c.name}`));
    const why = kind && glassbox.unfit(kind, target.value);
    if (why) glassbox.note(why, "bad", 15000);
  }, true);

  /**
   * What each control is called and does. Gradio names the two halves of a slider in English; here both bear the label
   * that stands above them.
   */
  function name_inputs() {
    glassbox.keep_new();
    document.querySelector("#gb-sentence textarea")?.setAttribute("dir", "auto");
    document.querySelector("#gb-special")?.setAttribute("title", glassbox.words("shell", "special_tokens_hint"));
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
    assigned, assign, assign_all, changed, set, forget_places, displaced, forget, name_inputs,
  });
})();
