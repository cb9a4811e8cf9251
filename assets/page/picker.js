// The lists of models: in each option what is known of it, and above the first of each group the group's name.
"use strict";

(() => {
  const { boot } = glassbox;

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

  function look() {
    for (const list of document.querySelectorAll("#gb-model [role=listbox], .gb-controls [role=listbox]")) {
      const options = [...list.querySelectorAll("[role=option]")];
      options.forEach((option, i) => dress(option, options[i - 1]));
    }
  }

  new MutationObserver(look).observe(document, { childList: true, subtree: true });

  /** Whether a model is so small that the page says what that means; of one that is not on offer nothing is known. */
  const is_small = (model) => Boolean(boot.choices[model]?.small);

  Object.assign(glassbox, { is_small });
})();
