// The rows of a long table: the first ones are drawn at once, more when they are asked for. A saved table has all of them.
"use strict";

(() => {
  const FIRST = 200;
  const MORE = 500; // at each press

  /** Draws the first of some rows, each by draw(row); returns the line that says how many there are, and draws more. */
  function rows(all, draw) {
    let drawn = 0;
    const line = glassbox.make("p", "gb-part");
    const said = glassbox.make("span");
    const button = glassbox.make("button", "gb-button gb-small", glassbox.words("shell", "acts.more_rows"));
    button.type = "button";
    button.addEventListener("click", () => show(MORE));
    line.append(said, button);

    function show(count) {
      all.slice(drawn, drawn + count).forEach(draw);
      drawn = Math.min(all.length, drawn + count);
      const number = (n) => n.toLocaleString(glassbox.lang);
      said.textContent = glassbox.words("shell", "rows", { drawn: number(drawn), count: number(all.length) });
      line.hidden = drawn === all.length;
    }

    show(FIRST);
    return line;
  }

  Object.assign(glassbox, { rows });
})();
