// Folds: the pictures below the leading one and the explanations; which of them are open is part of the link.
"use strict";

(() => {
  const PATIENCE = 50; // ms until an explanation that did not turn is tried again

  const isOpen = (name, fold) => glassbox.state.open[name].includes(fold);
  const accordion = (name, fold) => document.querySelector(`#fold-${name}-${fold} button.label-wrap`);

  /** A fold was opened or closed. */
  function folded(name, fold, now) {
    if (isOpen(name, fold) === now) return;
    const others = glassbox.state.open[name].filter((other) => other !== fold);
    glassbox.state.open[name] = glassbox.in_order(name, now ? [...others, fold] : others);
    glassbox.remember_soon();
  }

  /** Opens and closes all folds as the state has them. */
  function fold_all() {
    for (const { name } of glassbox.boot.explainers) {
      for (const frame of document.querySelectorAll(`#stage-${name} details.gb-card`)) {
        frame.open = isOpen(name, frame.dataset.view);
      }
      for (const fold of glassbox.boot.folds) turn(name, fold);
    }
  }

  /** Gradio opens and closes an explanation by its button only, which does nothing before all of it is mounted. */
  function turn(name, fold) {
    const button = accordion(name, fold);
    const now = button?.classList.contains("open") ?? false;
    if (now === isOpen(name, fold)) return;
    button?.click();
    setTimeout(turn, PATIENCE, name, fold);
  }

  document.addEventListener("click", (event) => {
    const box = event.isTrusted && event.target.closest?.("button.label-wrap")?.closest("[id^=fold-]");
    if (!box) return; // what `turn` presses is in the state already
    const [, name, fold] = box.id.split("-");
    setTimeout(() => folded(name, fold, accordion(name, fold).classList.contains("open"))); // once gradio has drawn it
  });

  Object.assign(glassbox, { folded, fold_all, is_open: isOpen });
})();
