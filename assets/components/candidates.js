// The next token: the most likely as bars, the whole vocabulary as a curve, and a draw by the rule that the knobs set.
// All of it is worked out here from the model's logits; no knob asks the server.
glassbox.component("candidates", (root, ctx) => {
  "use strict";
  const { el, percent, rem, family, clamp, sharp, stripes, resized, rethemed, picture } = glassbox.kit;
  const SHOWN = 20;
  const WRITTEN = 20; // tokens of one "let it run"
  const PATIENCE = 8000; // ms
  const SCALES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

  let props = { labels: {}, record: [], seed_step: 0 };
  let rule = { temperature: 1, top_k: 0, top_p: 1, greedy: false, seed: 1, markers: false };
  let logits = null; // Float32Array (V,)
  let order = null; // ids from the most likely on
  let own = null; // the model's own probabilities, float64 (V,)
  let now = null; // those under the rule
  let special = new Uint8Array(0); // (V,) 1 for a token that stands for no text, 2 if no text goes on with it either
  let listed = []; // the ranks that stand in the list
  let kept = 0; // how many ranks the rule leaves; the others are cut away
  let rank = -1; // the rank that is looked at in the curve
  let turn = 0;
  let busy = 0; // a timer: something was asked for and is not drawn yet
  let writing = false; // tokens are coming, one at a time

  const say = (key, facts) => ctx.say(`candidates.${key}`, facts);
  const number = (n) => n.toLocaleString(ctx.lang);
  const label = (id) => props.labels[id] ?? say("unnamed", { id });

  // ---- elements, made once; a new answer only fills them

  const button = (name, act, main = false) =>
    el("button", { type: "button", class: `gb-candidates-${name} ${main ? "gb-candidates-main" : ""}`.trim(),
      text: say(name),
      on: { click: ({ currentTarget }) => currentTarget.getAttribute("aria-disabled") !== "true" && act() } });
  const buttons = {
    draw: button("draw", drawOne, true),
    run: button("run", () => once(() => ctx.act("write", WRITTEN))),
    undo: button("undo", () => once(() => ctx.pick("undo", {}))),
    clear: button("clear", () => once(() => ctx.pick("clear", {}))),
  };
  const said = el("p", { class: "gb-candidates-said", role: "status" });
  const actions = el("div", { class: "gb-candidates-actions" },
    el("div", { class: "gb-candidates-buttons", role: "group", translate: "yes", aria: { label: say("actions") } },
      ...Object.values(buttons)), said);
  const written = el("p", { class: "gb-candidates-written" });
  const key = el("div", { class: "gb-candidates-key", translate: "yes" }, ...["own", "now", "cut"].map((name) =>
    el("span", {}, el("span", { class: `gb-candidates-sample gb-candidates-${name} ${name === "now" ? "gb-fill" : ""}`.trim(),
      data: name === "cut" ? { stripes: "" } : {} }), el("span", { text: say(`key_${name}`) }))));
  const axis = el("div", { class: "gb-candidates-axis" });
  const bars = el("ol", { class: "gb-candidates-bars", aria: { label: say("list", { count: SHOWN }) },
    on: { keydown: moveBar } });
  const rest = el("p", { class: "gb-candidates-rest", translate: "yes" });
  const markersSaid = el("span");
  const markersSwitch = el("button", { type: "button", class: "gb-button gb-small", data: { unsaved: "" },
    on: { click: () => ctx.set("markers", !rule.markers) } });
  const markers = el("p", { class: "gb-candidates-markers", translate: "yes", hidden: "" }, markersSaid, " ", markersSwitch);
  const curve = el("canvas", { class: "gb-candidates-curve", tabindex: "0", role: "application" });
  const curveTitle = el("h4", { class: "gb-candidates-title", translate: "yes" });
  const atRank = el("p", { class: "gb-candidates-at", aria: { live: "polite" } });
  const record = el("ol", { class: "gb-candidates-record" });
  root.classList.add("gb-candidates");
  const both = el("div", { class: "gb-candidates-both" },
    el("div", { class: "gb-candidates-most" }, key, axis, bars, rest, markers),
    el("div", { class: "gb-candidates-all" }, curveTitle, curve, atRank,
      el("h4", { class: "gb-candidates-title", translate: "yes", text: say("record") }), record));
  root.replaceChildren(actions, written, both);

  const rows = Array.from({ length: SHOWN }, (_, i) => {
    const parts = {
      name: el("span", { class: "gb-candidates-name" }), fill: el("span", { class: "gb-candidates-now gb-fill" }),
      outline: el("span", { class: "gb-candidates-own" }), share: el("span", { class: "gb-candidates-share" }),
    };
    parts.node = el("button", { type: "button", class: "gb-candidates-row", tabindex: i ? "-1" : "0",
      on: { click: () => append(+parts.node.dataset.id) } },
      parts.name, el("span", { class: "gb-candidates-track" }, parts.fill, parts.outline), parts.share);
    bars.append(el("li", {}, parts.node));
    return parts;
  });

  // ---- numbers

  const ruled = () => rule.greedy || rule.top_k > 0 || rule.top_p < 1;
  const shareNow = (id) => (now[id] === 0 && !ruled() ? percent(1e-300) : percent(now[id]));
  const isCut = (place) => place >= kept;

  function reckon() {
    now = glassbox.distribution(logits, rule);
    kept = logits.length;
    // What the rule leaves is always a run of the first ranks.
    if (ruled()) for (kept = 0; kept < order.length && now[order[kept]] > 0; ) kept++;
  }

  const isMarker = (id) => special[id] === 2;
  const leftOut = (id) => isMarker(id) && !rule.markers;

  /** Which ids stand for no text, from runs of ids: all but those that end a text are markers. */
  function marked(runs = [], ends = []) {
    special = new Uint8Array(logits.length);
    for (const [start, stop] of runs) special.fill(2, start, stop);
    for (const id of ends) if (special[id]) special[id] = 1;
  }

  function list() {
    listed = [];
    for (let place = 0; place < order.length && listed.length < SHOWN; place++) if (!leftOut(order[place])) listed.push(place);
  }

  /** The probability and the number of the tokens that would stand in a longer list. */
  function others(p) {
    let [share, count] = [0, 0];
    for (let place = listed.length ? listed[listed.length - 1] + 1 : 0; place < order.length; place++) {
      if (leftOut(order[place])) continue;
      share += p[order[place]];
      count++;
    }
    return { share, count };
  }

  // ---- bars

  function drawBars() {
    list();
    const first = order[listed[0] ?? 0];
    const high = Math.max(now[first], own[first]);
    const full = SCALES.find((scale) => scale >= high) || 1;
    axis.replaceChildren(...[0, 0.5, 1].map((part) =>
      el("span", { text: `${+(100 * part * full).toFixed(1)}%`, style: { left: `${100 * part}%` } })));
    rows.forEach((row, i) => drawBar(row, order[listed[i]], listed[i], full));
    const { share, count } = others(now);
    rest.hidden = !count;
    const facts = { count: number(count), share: percent(share) };
    rest.textContent = isCut(listed[listed.length - 1] + 1) ? say("rest_none", facts) : say("rest", facts);
    rest.dataset.value = share;
    drawMarkers();
  }

  function drawMarkers() {
    let share = 0;
    let any = false;
    for (let id = 0; id < special.length; id++) {
      if (!isMarker(id)) continue;
      any = true;
      share += own[id];
    }
    markers.hidden = !any;
    markers.dataset.value = share;
    markersSaid.textContent = say(rule.markers ? "markers_on" : "markers_off", { share: percent(Math.max(share, 1e-300)) });
    markersSwitch.textContent = say(rule.markers ? "hide_markers" : "show_markers");
    markersSwitch.setAttribute("aria-pressed", String(Boolean(rule.markers)));
  }

  function drawBar({ node, name, fill, outline, share }, id, place, full) {
    node.parentNode.hidden = id === undefined;
    if (id === undefined) return;
    const cut = isCut(place);
    name.textContent = label(id);
    name.classList.toggle("gb-special", Boolean(special[id]));
    fill.style.width = `${(100 * now[id]) / full}%`;
    outline.style.width = `${(100 * own[id]) / full}%`;
    share.textContent = cut ? say("cut") : shareNow(id);
    node.classList.toggle("gb-candidates-gone", cut);
    if (cut) outline.dataset.stripes = "";
    else delete outline.dataset.stripes;
    const facts = { label: label(id), share: shareNow(id), own: percent(own[id]) };
    node.setAttribute("aria-label", say(cut ? "append_cut" : "append", facts));
    node.title = `${special[id] ? `${say("special_one")} · ` : ""}${share.textContent} · ${say("own", { own: percent(own[id]) })}`;
    Object.assign(node.dataset, { id, value: now[id], own: own[id] });
  }

  function moveBar(event) {
    const from = rows.findIndex(({ node }) => node === event.target);
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: SHOWN - 1 }[event.key];
    if (from < 0 || to === undefined) return;
    const { node } = rows[clamp(to, 0, listed.length - 1)];
    for (const row of rows) row.node.tabIndex = row.node === node ? 0 : -1;
    node.focus();
    event.preventDefault();
  }

  // ---- the whole vocabulary: rank against probability, both axes in powers of ten

  let lay = null;

  function layCurve() {
    const unit = rem();
    const width = curve.parentNode.clientWidth;
    const height = clamp(0.42 * width, 11 * unit, 19 * unit);
    // The axis ends at the power of ten below the model's own least probability, at 1e-12 at the latest.
    const floor = clamp(Math.floor(Math.log10(own[order[order.length - 1]] || 1e-12)), -12, -2);
    return { width, height, floor, left: 4.6 * unit, top: 1.6 * unit, right: 0.5 * unit, bottom: 2.9 * unit };
  }

  const decades = () => Math.max(1e-9, Math.log10(order.length));
  const xOf = (place) => lay.left + ((lay.width - lay.left - lay.right) * Math.log10(place + 1)) / decades();
  const yOf = (p) => {
    const depth = p > 0 ? Math.max(lay.floor, Math.log10(p)) / lay.floor : 1;
    return lay.top + (lay.height - lay.top - lay.bottom) * depth;
  };

  function drawCurve() {
    if (!root.clientWidth || !logits) return;
    lay = layCurve();
    const pen = sharp(curve, lay.width, lay.height);
    pen.font = `${0.75 * rem()}px ${family(root)}`;
    drawAxes(pen);
    if (kept < order.length) drawCut(pen);
    trace(pen, now, kept, true);
    trace(pen, own, order.length, false);
    if (rank >= 0) drawMark(pen);
    const count = number(order.length);
    curveTitle.textContent = say("vocabulary", { count });
    curve.setAttribute("aria-label", say("vocabulary_label", { count }));
    sayRank();
  }

  function drawAxes(pen) {
    const [bottom, right] = [lay.height - lay.bottom, lay.width - lay.right];
    pen.strokeStyle = ctx.css("--gb-line");
    pen.fillStyle = ctx.css("--gb-muted");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    const every = Math.ceil((-lay.floor * 1.4 * 0.75 * rem()) / (bottom - lay.top));
    for (let power = 0; power >= lay.floor; power -= every) {
      const y = yOf(10 ** power);
      pen.strokeRect(lay.left, y, right - lay.left, 0);
      pen.fillText(power >= -6 ? `${+(10 ** (power + 2)).toFixed(8)}%` : `10${small(power + 2)}%`, lay.left - 6, y);
    }
    pen.textBaseline = "top";
    pen.textAlign = "center";
    const tops = [];
    for (let n = 1; n < order.length; n *= 10) tops.push(n);
    const wide = (n) => pen.measureText(number(n)).width;
    const room = () => right - wide(order.length) - xOf(tops[tops.length - 1] - 1) - wide(tops[tops.length - 1]) / 2;
    while (tops.length > 1 && room() < 0.5 * rem()) tops.pop();
    for (const n of tops) pen.fillText(number(n), xOf(n - 1), bottom + 5);
    pen.textAlign = "right";
    pen.fillText(number(order.length), right, bottom + 5);
    pen.fillText(say("axis_rank"), right, bottom + 5 + 1.3 * 0.75 * rem());
    pen.textAlign = "left";
    pen.fillText(say("axis_share"), 0, 0);
  }

  const small = (power) => Array.from(String(power), (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] || "⁻").join("");

  function drawCut(pen) {
    const x = xOf(kept - 0.5);
    const [bottom, right] = [lay.height - lay.bottom, lay.width - lay.right];
    pen.fillStyle = stripes(pen, ctx.css("--gb-line"), 7);
    pen.fillRect(x, lay.top, right - x, bottom - lay.top);
    pen.strokeStyle = ctx.css("--gb-text");
    pen.setLineDash([4, 3]);
    pen.strokeRect(x, lay.top, 0, bottom - lay.top);
    pen.setLineDash([]);
  }

  // One point for every pixel at most: a long vocabulary crowds at the right end.
  function trace(pen, p, count, filled) {
    const bottom = lay.height - lay.bottom;
    pen.beginPath();
    let last = -1;
    for (let place = 0; place < count; place++) {
      const x = xOf(place);
      if (place && place < count - 1 && x - last < 0.5) continue;
      pen.lineTo(x, yOf(p[order[place]]));
      last = x;
    }
    pen.strokeStyle = ctx.css(filled ? "--gb-prob" : "--gb-text");
    pen.lineWidth = filled ? 3 : 1.25;
    pen.stroke();
    if (!filled) return;
    if (count === 1) pen.fillRect(xOf(0) - 3, yOf(p[order[0]]), 6, bottom - yOf(p[order[0]]));
    pen.lineTo(Math.max(last, xOf(0)), bottom);
    pen.lineTo(xOf(0), bottom);
    pen.globalAlpha = 0.22;
    pen.fillStyle = ctx.css("--gb-prob");
    pen.fill();
    pen.globalAlpha = 1;
  }

  function drawMark(pen) {
    const id = order[rank];
    pen.strokeStyle = pen.fillStyle = ctx.css("--gb-focus");
    pen.lineWidth = 1;
    pen.strokeRect(xOf(rank), lay.top, 0, lay.height - lay.bottom - lay.top);
    pen.beginPath();
    pen.arc(xOf(rank), yOf(isCut(rank) ? own[id] : now[id]), 4.5, 0, 2 * Math.PI);
    pen.fill();
  }

  function sayRank() {
    const count = number(order.length);
    atRank.textContent = kept < order.length ? say("kept", { kept: number(kept), count }) : say("kept_all", { count });
    atRank.dataset.kept = kept;
    if (rank < 0) return;
    const id = order[rank];
    const facts = { rank: number(rank + 1), label: label(id), share: shareNow(id) };
    const what = say(isCut(rank) ? "at_rank_cut" : "at_rank", facts);
    atRank.textContent = `${what} · ${say("own", { own: percent(own[id]) })}`;
  }

  function look(place) {
    if (!logits || place === rank) return;
    rank = place < 0 ? -1 : Math.min(place, order.length - 1);
    drawCurve();
  }

  function lookAt(event) {
    if (!lay) return;
    const x = event.clientX - curve.getBoundingClientRect().left;
    const part = (x - lay.left) / (lay.width - lay.left - lay.right);
    look(part < -0.02 || part > 1.02 ? -1 : clamp(Math.round(10 ** (part * decades())) - 1, 0, order.length - 1));
  }

  function moveCurve(event) {
    if (!logits) return;
    const stride = Math.max(1, Math.round(rank / 12)); // even steps on an axis of powers
    const to = { ArrowRight: rank + stride, ArrowLeft: Math.max(0, rank - stride), Home: 0, End: order.length - 1 };
    if (event.key === "Escape") look(-1);
    else if (event.key in to) look(to[event.key]);
    else return;
    event.preventDefault();
  }

  curve.addEventListener("pointermove", lookAt);
  curve.addEventListener("pointerdown", lookAt);
  curve.addEventListener("pointerleave", () => look(-1));
  curve.addEventListener("keydown", moveCurve);

  // ---- choosing

  // A second press before the answer is back would draw with the same number again: one at a time.
  function once(ask) {
    if (busy || props.writing) return;
    wait();
    ask();
  }

  // Until the answer is drawn; a refusal is not told here, so that the buttons come back of themselves.
  function wait() {
    clearTimeout(busy);
    busy = setTimeout(free, PATIENCE);
    able();
  }

  function free() {
    clearTimeout(busy);
    busy = 0;
    writing = false;
    able();
  }

  function refused() {
    said.textContent = "";
    free();
  }

  function append(id, drawn = false) {
    if (busy || props.writing || !logits) return;
    const share = drawn ? shareNow(id) : percent(own[id]);
    said.textContent = say(drawn ? "drawn" : "picked", { label: label(id), share });
    Object.assign(said.dataset, { id, value: drawn ? now[id] : own[id] });
    once(() => ctx.pick("append", { id }));
  }

  function drawOne() {
    if (logits) append(glassbox.draw(now, glassbox.u(rule.seed, props.seed_step)), true);
  }

  // Not `disabled`: that would take the focus from whoever is at the keyboard.
  const lull = (node, resting) => node.setAttribute("aria-disabled", String(resting));

  function able() {
    const still = Boolean(busy || props.writing);
    lull(buttons.draw, still || !logits);
    lull(buttons.run, still);
    buttons.run.textContent = say(writing || props.writing ? "running" : "run");
    for (const name of ["undo", "clear"]) lull(buttons[name], still || !(props.seed_step || props.record.length));
    root.setAttribute("aria-busy", String(Boolean(writing || props.writing)));
  }

  // A token keeps the colour of its place in the sentence.
  function drawRecord() {
    const first = props.first ?? (props.sentence || []).filter(({ appended, lost }) => !appended && !lost).length;
    record.replaceChildren(...props.record.map(({ label: name, probability, special: isSpecial }, i) => {
      const style = { "--gb-place": `var(--gb-token-${(first + i) % 8})` };
      const share = Number.isFinite(probability) ? percent(probability) : "";
      return el("li", { class: "gb-chip", style, data: { value: probability }, title: say("record_item", { label: name, share }) },
        el("span", { class: `gb-candidates-label ${isSpecial ? "gb-special" : ""}`.trim(), text: name }), el("span", { text: share }));
    }));
    if (!props.record.length) record.append(el("li", { class: "gb-candidates-none", translate: "yes", text: say("record_empty") }));
  }

  // The sentence and what was appended to it, as one reads it, with the place where the next token will stand.
  function drawWritten() {
    written.replaceChildren(
      ...(props.sentence || []).map(({ text: part, appended, lost, special: isSpecial }) => el(lost ? "s" : "span", {
        class: `${appended ? "gb-candidates-appended" : lost ? "gb-lost" : ""} ${isSpecial ? "gb-special" : ""}`.trim(), text: part,
      })),
      el("span", { class: "gb-candidates-caret", aria: { hidden: "true" } }));
  }

  // One token of "let it run", before the answer that holds them all.
  function step({ id, label: name, probability }) {
    writing = true;
    wait();
    const marks = { special: Boolean(special[id]) };
    const part = { text: name.replaceAll("\u2423", " "), appended: true, ...marks };
    const [record, sentence] = [[...props.record, { label: name, probability, ...marks }], [...(props.sentence || []), part]];
    props = { ...props, record, sentence };
    drawWritten();
    drawRecord();
  }

  // ---- putting it together

  function redraw() {
    drawBars();
    drawCurve();
  }

  async function update(fresh, values) {
    const mine = ++turn;
    const numbers = fresh.logits ? await ctx.unpack(fresh.logits) : null;
    if (mine !== turn) return; // a later answer has come
    props = { seed_step: 0, ...fresh, labels: fresh.labels || props.labels, record: fresh.record || [] };
    rule = { ...rule, ...values };
    if (numbers && numbers !== logits) {
      logits = numbers;
      order = glassbox.order(logits);
      own = glassbox.distribution(logits, {});
      marked(fresh.special, fresh.ends);
      rank = -1;
    }
    if (logits) {
      reckon();
      redraw();
    }
    free();
    drawWritten();
    drawRecord();
    root.dataset.drawn = mine;
  }

  let frame = 0;
  function knobs(values) {
    rule = { ...rule, ...values };
    if (!logits) return;
    reckon(); // at once, for whoever asks for text() next
    list();
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(redraw);
  }

  function text() {
    if (!logits) return "";
    const first = listed.slice(0, 5).filter((place) => !isCut(place)).map((place) => order[place]);
    const candidates = first.map((id) => say("text_item", { label: label(id), share: shareNow(id) })).join(", ");
    const { share, count } = others(now);
    const said = say("text", { candidates, count: number(count), share: percent(share) });
    return markers.hidden ? said : `${said} ${markersSaid.textContent}`;
  }

  able();
  drawRecord();
  resized(root, drawCurve);
  rethemed(ctx, drawCurve);
  ctx.on("shown", drawCurve);

  return { update, knobs, step, refused, text, png: () => picture(ctx, both, say("caption", { count: SHOWN }), drawCurve) };
});
