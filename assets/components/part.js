// A long list of which one part at a time is drawn: which part that is, the line that says so, and the way to the others.
(() => {
  "use strict";
  const MOST = 300; // drawn at once

  // From where to where the part goes that holds an index.
  function around(index, total) {
    const start = index - (index % MOST);
    return [start, Math.min(total, start + MOST)];
  }

  // The line below a list: "tokens 1 to 300 of 7,012", and a button for the part before and the one after. turn(index)
  // draws the part that holds an index. Nothing where all is drawn.
  function bar(ctx, [start, stop], total, said, turn) {
    if (total <= MOST) return null;
    const { el } = glassbox.kit;
    const button = (key, index) => el("button", {
      type: "button", class: "gb-button gb-small", text: ctx.say(`part.${key}`), data: { unsaved: "", part: key },
      on: { click: () => turn(index) }, ...(index >= 0 && index < total ? {} : { disabled: "" }),
    });
    return el("p", { class: "gb-part" }, el("span", { text: said }), button("before", start - MOST), button("after", stop));
  }

  glassbox.part = { around, bar };
})();
