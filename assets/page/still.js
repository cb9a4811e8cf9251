// Views that no component draws: tables, texts, and somebody else's drawing in a frame.
"use strict";

(() => {
  const make = (...parts) => glassbox.make(...parts);

  /** Puts a table, a text or a frame into a view's card, in place of what stood there. */
  function still(view, answer) {
    const made = STATIC[answer.kind](answer, view);
    if (made !== view.body.firstChild) view.body.replaceChildren(made);
    view.alternative.textContent = "";
    glassbox.tools(view, answer.kind === "table" ? [["save_table", () => glassbox.save_table(view)]] : []);
  }

  /** A number to four digits; the saved table has all of them. */
  const shortly = (value) => (typeof value === "number" ? value.toPrecision(4) : String(value));

  const STATIC = {
    table(answer) {
      const wrap = make("div", "gb-table");
      const table = make("table");
      const row = table.createTHead().insertRow();
      for (const [index, column] of answer.columns.entries()) {
        const numbers = answer.rows.some((values) => typeof values[index] === "number");
        const cell = make("th", numbers ? "gb-number" : "");
        cell.append(...glassbox.told(column));
        cell.scope = "col";
        row.append(cell);
      }
      const rows = table.createTBody();
      table.setAttribute("aria-rowcount", answer.rows.length + 1);
      const draw = (values) => {
        const line = rows.insertRow();
        for (const [index, value] of values.entries()) {
          const cell = line.insertCell();
          if (answer.data.includes(index)) cell.translate = false;
          cell.textContent = value === null ? "–" : Number.isInteger(value) ? String(value) : shortly(value);
          if (typeof value === "number") cell.className = "gb-number";
        }
      };
      wrap.append(table, glassbox.rows(answer.rows, draw));
      return wrap;
    },
    markdown(answer) {
      const line = make("p", "gb-text");
      line.append(...glassbox.told(answer.text));
      return line;
    },
    html(answer, view) {
      const wrap = (view.wrap ??= make("div", "gb-framed")); // it stays: a frame that is moved is loaded again
      if (!wrap.children.length) wrap.append(...answer.choices.map((choice) => choosing(choice, view)));
      for (const { name, value } of answer.choices) {
        for (const button of wrap.querySelectorAll(`[data-choice="${name}"]`)) {
          button.setAttribute("aria-pressed", String(button.dataset.option === value));
        }
      }
      const drawn = wrap.querySelector("iframe");
      if (drawn?.dataset.url !== answer.url) {
        drawn?.remove();
        wrap.append(framed(answer, view.about.title));
      }
      return wrap;
    },
  };

  /** A row of options above a frame. */
  function choosing({ name, label, options }, view) {
    const group = make("div", "gb-choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    group.append(...options.map(([option, text]) => {
      const button = make("button", "gb-button gb-small", text);
      button.type = "button";
      Object.assign(button.dataset, { choice: name, option });
      button.addEventListener("click", () => glassbox.set(view.name, name, option));
      return button;
    }));
    return group;
  }

  /** Somebody else's drawing, in a frame that may run its scripts and nothing else. */
  function framed({ url, height }, title) {
    const frame = make("iframe", "gb-frame");
    frame.setAttribute("sandbox", "allow-scripts"); // never allow-same-origin: it could reach the page
    Object.assign(frame, { title, loading: "lazy" });
    Object.assign(frame.dataset, { url, height });
    frame.src = dressed(frame);
    return frame;
  }

  /** The frame's address, which ends in the page's theme and size of type: for these, nothing is loaded again. */
  function dressed(frame) {
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    frame.height = Math.ceil(frame.dataset.height * size);
    const dress = `${glassbox.dark() ? "dark" : "light"},${size}`;
    return `${glassbox.root()}/${frame.dataset.url}?lang=${glassbox.lang}#${dress}`;
  }

  for (const event of ["theme", "shown"]) { // the projector's key tells the second
    glassbox.on(event, () => {
      for (const frame of document.querySelectorAll(".gb-frame")) frame.contentWindow.location.replace(dressed(frame));
    });
  }

  Object.assign(glassbox, { still });
})();
