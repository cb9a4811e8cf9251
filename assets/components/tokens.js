// Tokens as chips: a text in the colours of its places, the ids under it, and the bytes of the one that is looked at.
// A character that is cut over several tokens is one chip with several cells.
glassbox.component("tokens", (root, ctx) => {
  "use strict";
  const { kit: { el, clamp, picture }, part } = glassbox;
  const MARKS = { " ": "␣", "\u00a0": "␣", "\n": "↵", "\t": "⇥", "\x7f": "␡" };
  const NAMES = { " ": "space", "\u00a0": "space", "\n": "newline", "\t": "tab" };
  const UNSEEN = /([\x00-\x20\x7f\u00a0])/;
  const MOST_CELLS = 6; // side by side in one chip; more go to a further line
  const MOST_LINES = 3; // of details that room is kept for

  let rows = [];
  let model = "";
  let chips = []; // for each row those that are drawn: {from: the index of the first, list: [{node, group}, …], element}
  let kept = null; // [row, index] of the chip that was clicked

  const lines = el("div", { class: "gb-tokens-rows" });
  const detail = el("div", { class: "gb-tokens-detail", data: { unsaved: "" } });
  root.classList.add("gb-tokens");
  root.replaceChildren(lines, detail);

  const number = (n) => n.toLocaleString(ctx.lang);
  const count = (n) => ctx.say(n === 1 ? "tokens.count_one" : "tokens.count", { count: number(n) });
  const groupAt = (row, index) => rows[row]?.groups[index];
  const chipAt = (row, index) => chips[row]?.list[index - chips[row].from];
  const tokensOf = (groups) => groups.reduce((total, group) => total + group.pieces.length, 0);

  // White space and control characters as small marks; all else as it is.
  const markOf = (sign) => MARKS[sign] || String.fromCharCode(0x2400 + sign.charCodeAt(0));

  function marked(text) {
    const runs = text.split(UNSEEN).filter(Boolean);
    return runs.map((run) => (UNSEEN.test(run) ? el("span", { class: "gb-tokens-space", text: markOf(run) }) : run));
  }

  function spoken(text) {
    if (!text) return ctx.say("tokens.empty");
    if (/\S/.test(text)) return text.trim();
    return Array.from(text, (sign) => (sign in NAMES ? ctx.say(`tokens.${NAMES[sign]}`) : markOf(sign))).join(" ");
  }

  function chipName({ text, lost, start, pieces }) {
    const ids = pieces.map((piece) => piece.id);
    const facts = { text: spoken(lost || text), place: start + 1, first: start + 1, last: start + ids.length };
    const all = { ...facts, id: ids[0], ids: ids.join(", "), token: text };
    if (!ids.length) return ctx.say("tokens.chip_gone", all);
    return lost ? ctx.say("tokens.chip_lost", all) : ctx.say(ids.length > 1 ? "tokens.chip_many" : "tokens.chip", all);
  }

  // What the vocabulary lacks is struck out; what the model gets in its place stands beside the id.
  const seen = ({ text, lost }) => (lost ? [el("s", { class: "gb-tokens-lost" }, ...marked(lost))] : marked(text));

  // The first line of cells stands behind the text too, so that a cut character shows where its tokens lie.
  function cell(piece, place, i, lost) {
    const line = Math.floor(i / MOST_CELLS);
    const area = { "grid-column": (i % MOST_CELLS) + 1, "grid-row": line ? line + 2 : "1 / 3" };
    const style = { "--gb-place": `var(--gb-token-${place % 8})`, ...area };
    const joined = `gb-tokens-cell gb-chip ${i % MOST_CELLS ? "gb-tokens-joined" : ""}`.trim();
    return el("span", { class: joined, style, data: { id: piece.id } },
      el("span", { class: "gb-tokens-id", text: lost ? `${piece.token} ${piece.id}` : String(piece.id) }));
  }

  function chip(group, row, index, total) {
    const { lost, start, pieces } = group;
    const on = {
      pointerenter: (event) => event.pointerType === "mouse" && show(row, index),
      pointerleave: () => show(...(kept || [])),
      focus: () => show(row, index),
      blur: () => show(...(kept || [])),
      click: () => keep(row, index),
    };
    const node = el("div",
      {
        class: "gb-tokens-chip", role: "option", tabindex: "-1", on,
        style: { "--gb-cells": Math.min(Math.max(pieces.length, 1), MOST_CELLS) },
        aria: { label: chipName(group), selected: "false", posinset: index + 1, setsize: total },
        data: { place: start, ids: pieces.map((piece) => piece.id).join() },
      },
      ...pieces.map((piece, i) => cell(piece, start + i, i, lost)),
      el("span", { class: "gb-tokens-text" }, ...seen(group)));
    if (lost) node.dataset.lost = lost;
    else if (pieces.some((piece) => piece.special)) node.classList.add("gb-tokens-special");
    return { node, group };
  }

  function drawRow({ name, note, count: total, more }, row) {
    const drawn = el("div", { class: "gb-tokens-part" });
    chips[row] = { element: drawn };
    drawPart(row, kept?.[0] === row ? kept[1] : 0);
    if (!name) return drawn;
    const many = el("span", { class: "gb-tokens-count", text: count(total ?? tokensOf(rows[row].groups)) });
    const head = el("div", { class: "gb-tokens-head" }, el("span", { class: "gb-tokens-name", text: name }),
      note ? el("span", { class: "gb-tokens-note", text: note }) : null, many);
    const rest = more ? el("p", { class: "gb-part", text: ctx.say("tokens.rest", { count: number(more) }) }) : null;
    return el("div", { class: "gb-tokens-row" }, head, drawn, rest);
  }

  // Draws the part of a row that holds an index.
  function drawPart(row, index) {
    const { name, groups, more } = rows[row];
    const [from, to] = part.around(clamp(index, 0, Math.max(0, groups.length - 1)), groups.length);
    const list = groups.slice(from, to).map((group, i) => chip(group, row, from + i, more ? -1 : groups.length));
    const label = name ? ctx.say("tokens.row_label", { name }) : ctx.say("tokens.label");
    const box = el("div",
      { class: "gb-tokens-list", role: "listbox", aria: { label, orientation: "horizontal" }, on: { keydown: move } },
      ...list.map(({ node }) => node));
    if (list.length) list[0].node.tabIndex = 0;
    Object.assign(chips[row], { from, list });
    const bar = part.bar(ctx, [from, to], groups.length, partName(groups.slice(from, to), groups), (first) => turn(row, first));
    chips[row].element.replaceChildren(...[box, bar].filter(Boolean));
    if (kept?.[0] === row) chipAt(...kept)?.node.setAttribute("aria-selected", "true");
  }

  function partName(drawn, groups) {
    const [first, last] = [drawn[0], drawn.at(-1)];
    if (!first) return "";
    const facts = { first: first.start + 1, last: last.start + last.pieces.length, count: tokensOf(groups) };
    return ctx.say("tokens.part", Object.fromEntries(Object.entries(facts).map(([name, n]) => [name, number(n)])));
  }

  // Another part, by its button: whoever is at the keyboard goes on with its first chip.
  function turn(row, index) {
    drawPart(row, index);
    focus(row, index);
  }

  // One line for each token of the chip: place, id, bytes, the vocabulary's spelling.
  function describe(piece, place) {
    const fact = (key, value) => el("span", { class: "gb-tokens-fact" },
      el("span", { class: "gb-tokens-key", text: ctx.say(`tokens.${key}`) }), " ", el("code", { text: value }));
    return el("div", { class: "gb-tokens-line" },
      el("span", { class: "gb-tokens-fact", text: ctx.say("tokens.place", { place: number(place + 1) }) }),
      el("span", { class: "gb-tokens-fact", text: ctx.say("tokens.id", { id: piece.id }) }),
      piece.hex ? fact("bytes", piece.hex) : el("span", { class: "gb-tokens-key", text: ctx.say("tokens.no_bytes") }),
      fact("spelling", piece.token),
      piece.special ? el("span", { class: "gb-tokens-badge", text: ctx.say("tokens.special") }) : null);
  }

  const codes = (text) => Array.from(text, (sign) => `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`).join(" ");

  function show(row, index) {
    const looked = row === undefined ? null : groupAt(row, index);
    if (!looked) {
      detail.replaceChildren(el("p", { class: "gb-tokens-hint", translate: "yes", text: ctx.say("tokens.hint") }));
      return;
    }
    const { text, lost, start, pieces } = looked;
    const key = Array.from(text).length > 1 ? "tokens.cut_many" : "tokens.cut_one";
    const title = el("div", { class: "gb-tokens-title" }, el("strong", {}, ...seen(looked)),
      lost ? el("span", { class: "gb-tokens-badge", text: ctx.say(pieces.length ? "tokens.lost" : "tokens.gone", { token: text }) }) : null,
      pieces.length > 1 ? el("span", { text: ctx.say(key, { count: pieces.length }) }) : null,
      text.normalize() === text ? null : el("span", { text: ctx.say("tokens.in_parts", { codes: codes(text) }) }));
    detail.replaceChildren(title, ...pieces.map((piece, i) => describe(piece, start + i)));
  }

  function keep(row, index) {
    const again = kept && kept[0] === row && kept[1] === index;
    if (kept) chipAt(...kept)?.node.setAttribute("aria-selected", "false");
    kept = again ? null : [row, index];
    if (!again) chipAt(row, index).node.setAttribute("aria-selected", "true");
    focus(row, index);
    show(row, index);
  }

  function focus(row, wanted) {
    const index = Math.min(wanted, rows[row].groups.length - 1);
    if (!chipAt(row, index)) drawPart(row, index);
    for (const { node } of chips[row].list) node.tabIndex = -1;
    chipAt(row, index).node.tabIndex = 0;
    chipAt(row, index).node.focus();
  }

  function move(event) {
    const row = chips.findIndex(({ list }) => list.some(({ node }) => node === event.target));
    if (row < 0) return;
    const index = chips[row].from + chips[row].list.findIndex(({ node }) => node === event.target);
    const last = rows[row].groups.length - 1;
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: last }[event.key];
    const across = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") keep(row, index);
    else if (to !== undefined) focus(row, clamp(to, 0, last));
    else if (across && rows[row + across]?.groups.length) focus(row + across, index);
    else return;
    event.preventDefault();
  }

  function update(props) {
    rows = props.rows || [{ groups: props.groups || [] }];
    model = props.model || "";
    root.classList.toggle("gb-tokens-many", Boolean(props.rows));
    chips = [];
    if (!groupAt(...(kept ?? []))) kept = null;
    lines.replaceChildren(...rows.map(drawRow));
    // The line below keeps room for the widest chip, so that the page does not jump under the pointer.
    const most = Math.max(1, ...rows.flatMap(({ groups }) => groups.map(({ pieces }) => pieces.length)));
    detail.style.setProperty("--gb-lines", Math.min(most, MOST_LINES));
    show(...(kept || []));
  }

  function text() {
    if (rows.length > 1 || rows[0]?.name) {
      return rows.map(({ name, count: total, groups }) =>
        ctx.say("tokens.text_row", { name, count: number(total ?? tokensOf(groups)) })).join(" ");
    }
    const groups = rows[0]?.groups || [];
    const named = ({ text, lost, pieces }) => (lost
      ? ctx.say(pieces.length ? "tokens.text_lost" : "tokens.text_gone", { text: spoken(lost), token: text }) : spoken(text));
    const shown = groups.slice(0, 24).map(named).join(" | ");
    const more = groups.length > 24 ? ` | ${ctx.say("tokens.more", { count: number(groups.length - 24) })}` : "";
    return ctx.say("tokens.text", { count: number(tokensOf(groups)), tokens: shown + more });
  }

  return { update, knobs: () => {}, text, png: () => picture(ctx, lines, model ? `${model} · ${text()}` : text()) };
});
