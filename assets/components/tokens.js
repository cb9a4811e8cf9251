// Tokens as chips: a text in the colours of its places, the ids under it, and the bytes of the one that is looked at.
// A character that is cut over several tokens is one chip with several cells.
glassbox.component("tokens", (root, ctx) => {
  "use strict";
  const { el, picture } = glassbox.kit;
  const MARKS = { " ": "␣", "\u00a0": "␣", "\n": "↵", "\t": "⇥", "\x7f": "␡" };
  const NAMES = { " ": "space", "\u00a0": "space", "\n": "newline", "\t": "tab" };
  const UNSEEN = /([\x00-\x20\x7f\u00a0])/;
  const MOST_CELLS = 6; // side by side in one chip; more go to a further line
  const MOST_LINES = 3; // of details that room is kept for

  let rows = [];
  let model = "";
  let chips = []; // one list of {node, group} for each row
  let kept = null; // [row, index] of the chip that was clicked

  const lines = el("div", { class: "gb-tokens-rows" });
  const detail = el("div", { class: "gb-tokens-detail", data: { unsaved: "" } });
  root.classList.add("gb-tokens");
  root.replaceChildren(lines, detail);

  const number = (n) => n.toLocaleString(ctx.lang);
  const count = (n) => ctx.say(n === 1 ? "tokens.count_one" : "tokens.count", { count: number(n) });
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

  function chip(group, row, index) {
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
        style: { "--gb-cells": Math.min(pieces.length, MOST_CELLS) },
        aria: { label: chipName(group), selected: "false" },
        data: { place: start, ids: pieces.map((piece) => piece.id).join() },
      },
      ...pieces.map((piece, i) => cell(piece, start + i, i, lost)),
      el("span", { class: "gb-tokens-text" }, ...seen(group)));
    if (lost) node.dataset.lost = lost;
    else if (pieces.some((piece) => piece.special)) node.classList.add("gb-tokens-special");
    return { node, group };
  }

  function drawRow({ name, note, count: total, groups }, row) {
    chips[row] = groups.map((group, index) => chip(group, row, index));
    const label = name ? ctx.say("tokens.row_label", { name }) : ctx.say("tokens.label");
    const list = el("div",
      { class: "gb-tokens-list", role: "listbox", aria: { label, orientation: "horizontal" }, on: { keydown: move } },
      ...chips[row].map(({ node }) => node));
    if (chips[row].length) chips[row][0].node.tabIndex = 0;
    if (!name) return list;
    const many = el("span", { class: "gb-tokens-count", text: count(total ?? tokensOf(groups)) });
    const head = el("div", { class: "gb-tokens-head" }, el("span", { class: "gb-tokens-name", text: name }),
      note ? el("span", { class: "gb-tokens-note", text: note }) : null, many);
    return el("div", { class: "gb-tokens-row" }, head, list);
  }

  // One line for each token of the chip: place, id, bytes, the vocabulary's spelling.
  function describe(piece, place) {
    const part = (key, value) => el("span", { class: "gb-tokens-fact" },
      el("span", { class: "gb-tokens-key", text: ctx.say(`tokens.${key}`) }), " ", el("code", { text: value }));
    return el("div", { class: "gb-tokens-line" },
      el("span", { class: "gb-tokens-fact", text: ctx.say("tokens.place", { place: number(place + 1) }) }),
      el("span", { class: "gb-tokens-fact", text: ctx.say("tokens.id", { id: piece.id }) }),
      piece.hex ? part("bytes", piece.hex) : el("span", { class: "gb-tokens-key", text: ctx.say("tokens.no_bytes") }),
      part("spelling", piece.token),
      piece.special ? el("span", { class: "gb-tokens-badge", text: ctx.say("tokens.special") }) : null);
  }

  function show(row, index) {
    const looked = row === undefined ? null : chips[row]?.[index];
    if (!looked) {
      detail.replaceChildren(el("p", { class: "gb-tokens-hint", translate: "yes", text: ctx.say("tokens.hint") }));
      return;
    }
    const { text, lost, start, pieces } = looked.group;
    const key = Array.from(text).length > 1 ? "tokens.cut_many" : "tokens.cut_one";
    const title = el("div", { class: "gb-tokens-title" }, el("strong", {}, ...seen(looked.group)),
      lost ? el("span", { class: "gb-tokens-badge", text: ctx.say("tokens.lost", { token: text }) }) : null,
      pieces.length > 1 ? el("span", { text: ctx.say(key, { count: pieces.length }) }) : null);
    detail.replaceChildren(title, ...pieces.map((piece, i) => describe(piece, start + i)));
  }

  function keep(row, index) {
    const again = kept && kept[0] === row && kept[1] === index;
    if (kept) chips[kept[0]]?.[kept[1]]?.node.setAttribute("aria-selected", "false");
    kept = again ? null : [row, index];
    if (!again) chips[row][index].node.setAttribute("aria-selected", "true");
    focus(row, index);
    show(row, index);
  }

  function focus(row, wanted) {
    const index = Math.min(wanted, chips[row].length - 1);
    for (const { node } of chips[row]) node.tabIndex = -1;
    chips[row][index].node.tabIndex = 0;
    chips[row][index].node.focus();
  }

  function move(event) {
    const row = chips.findIndex((list) => list.some(({ node }) => node === event.target));
    if (row < 0) return;
    const index = chips[row].findIndex(({ node }) => node === event.target);
    const last = chips[row].length - 1;
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: last }[event.key];
    const across = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") keep(row, index);
    else if (to !== undefined) focus(row, Math.min(last, Math.max(0, to)));
    else if (across && chips[row + across]?.length) focus(row + across, index);
    else return;
    event.preventDefault();
  }

  function update(props) {
    rows = props.rows || [{ groups: props.groups || [] }];
    model = props.model || "";
    root.classList.toggle("gb-tokens-many", Boolean(props.rows));
    chips = [];
    lines.replaceChildren(...rows.map(drawRow));
    // The line below keeps room for the widest chip, so that the page does not jump under the pointer.
    const most = Math.max(1, ...rows.flatMap(({ groups }) => groups.map(({ pieces }) => pieces.length)));
    detail.style.setProperty("--gb-lines", Math.min(most, MOST_LINES));
    if (kept && chips[kept[0]]?.[kept[1]]) chips[kept[0]][kept[1]].node.setAttribute("aria-selected", "true");
    else kept = null;
    show(...(kept || []));
  }

  function text() {
    if (rows.length > 1 || rows[0]?.name) {
      return rows.map(({ name, count: total, groups }) =>
        ctx.say("tokens.text_row", { name, count: number(total ?? tokensOf(groups)) })).join(" ");
    }
    const groups = rows[0]?.groups || [];
    const named = ({ text, lost }) => (lost ? ctx.say("tokens.text_lost", { text: spoken(lost), token: text }) : spoken(text));
    const shown = groups.slice(0, 24).map(named).join(" | ");
    const more = groups.length > 24 ? ` | ${ctx.say("tokens.more", { count: number(groups.length - 24) })}` : "";
    return ctx.say("tokens.text", { count: number(tokensOf(groups)), tokens: shown + more });
  }

  return { update, knobs: () => {}, text, png: () => picture(ctx, lines, model ? `${model} · ${text()}` : text()) };
});
