// Above a figure: the sentence's tokens in a row, each in the colour of its place, to choose one from by hand or key.
(() => {
  "use strict";

  /** pick(data): a token was chosen. Returns {element, update({label, places: [{label, data}], chosen} or nothing)}. */
  function row(ctx, pick) {
    const { el, clamp } = glassbox.kit;
    const element = el("div", { class: "gb-row", role: "group", hidden: "", data: { unsaved: "" }, on: { keydown: move } });
    let shown = ""; // the tokens that the buttons are for: while they stay, so does whoever is at the keyboard

    function update(fresh) {
      element.hidden = !fresh;
      if (!fresh) return;
      element.setAttribute("aria-label", fresh.label);
      const tokens = JSON.stringify(fresh.places);
      if (tokens !== shown) element.replaceChildren(...fresh.places.map(button));
      shown = tokens;
      for (const [i, { data }] of fresh.places.entries()) {
        element.children[i].setAttribute("aria-pressed", String(data === fresh.chosen));
        element.children[i].tabIndex = data === fresh.chosen ? 0 : -1;
      }
    }

    const button = ({ label, data }, i) => el("button", {
      type: "button", class: "gb-beside-token gb-row-token gb-chip", text: label, translate: "no",
      style: { "--gb-place": `var(--gb-token-${i % 8})` }, on: { click: () => pick(data) },
    });

    function move(event) {
      const all = [...element.children];
      const from = all.indexOf(event.target);
      const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: all.length - 1 }[event.key];
      if (from < 0 || to === undefined) return;
      const next = all[clamp(to, 0, all.length - 1)];
      next.focus();
      next.click();
      event.preventDefault();
    }

    return { element, update };
  }

  glassbox.row = row;
})();
