// The lists of models: in each option what is known of it, and above the first of each group the group's name.
"use strict";

(() => {
  const { boot } = glassbox;
  const WIDE = 34; // rem

  /** Tells an option of a list what it is; the style sheet draws it. */
  function dress(option, before) {
    const about = boot.choices[option.getAttribute("aria-label")];
    if (!about) return;
    option.dataset.about = about.line;
    option.setAttribute("aria-description", `${about.title}: ${about.line}`);
    const above = boot.choices[before?.getAttribute("aria-label")];
    if (above?.group === about.group) delete option.dataset.group;
    else option.dataset.group = about.title;
  }

  /** A list is as wide as its lines need, and within the window. gradio makes it as narrow as the box above it. */
  function widen(list) {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const room = innerWidth - rem / 2 - list.getBoundingClientRect().left;
    document.documentElement.style.setProperty("--gb-list", `${Math.min(WIDE * rem, room)}px`);
  }

  function look() {
    for (const list of document.querySelectorAll("#gb-model [role=listbox], .gb-controls [role=listbox]")) {
      widen(list);
      const options = [...list.querySelectorAll("[role=option]")];
      options.forEach((option, i) => dress(option, options[i - 1]));
    }
  }

  new MutationObserver(look).observe(document, { childList: true, subtree: true });

  /** Whether a model is so small that the page says what that means; of one that is not on offer nothing is known. */
  const is_small = (model) => Boolean(boot.choices[model]?.small);

  Object.assign(glassbox, { is_small });
})();
