// Which texts a browser's translator must leave alone: tokens, a model's words, names of models, what is quoted. The
// rest of the page may be read in any language.
"use strict";

(() => {
  const PROSE = ".prose, .gb-head, .gb-examples"; // what the server has drawn: it may name models, too

  const MOMENT = 50; // ms

  const escaped = (name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const names = [...glassbox.boot.models].sort((a, b) => b.length - a.length).map(escaped);
  const QUOTES = ["“[^”]*”", "‘[^’]*’"];

  /** The parts of a sentence, those that must stay as they are at every second place. */
  function parts(text) {
    const { model } = glassbox.state ?? {};
    const kept = [...QUOTES, ...(model ? [escaped(model)] : []), ...names];
    return text.split(new RegExp(`(${kept.join("|")})`, "u"));
  }

  function fixed(text) {
    const span = document.createElement("span");
    span.translate = false;
    span.textContent = text;
    return span;
  }

  /** A sentence as nodes for the page, in which what is quoted and names of models stay as they are. */
  const told = (text) => parts(text ?? "").map((part, i) => (i % 2 ? fixed(part) : part)).filter((part) => part !== "");

  /** The same for what stands on the page already. */
  function keep(root) {
    for (const one of root.querySelectorAll("code, .katex")) one.translate = false;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (walker.currentNode.parentElement.translate) texts.push(walker.currentNode);
    for (const text of texts.filter(({ data }) => parts(data).length > 1)) text.replaceWith(...told(text.data));
  }

  /** Looks through what gradio has drawn since the last time, and at its lists of models. */
  function keep_new() {
    for (const root of document.querySelectorAll(PROSE)) {
      if (root.dataset.kept === root.textContent) continue;
      root.dataset.kept = root.textContent;
      keep(root);
    }
    for (const list of document.querySelectorAll("input[role=combobox], input[role=listbox]")) {
      const block = list.closest(".block");
      block.translate = false;
      for (const label of block.querySelectorAll("[data-testid=block-info]")) label.translate = true;
    }
  }

  let soon = 0;

  /** The same, once for all that is drawn in a moment. */
  function keep_soon() {
    clearTimeout(soon);
    soon = setTimeout(keep_new, MOMENT);
  }

  Object.assign(glassbox, { told, keep_new, keep_soon });
})();
