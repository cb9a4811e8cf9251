// Attention: every head of every layer at a glance, and one of them large, with its tokens on both axes.
// Rows are the tokens that look, columns those that they look at; weights lie at ((l * H + h) * T + i) * T + j.
glassbox.component("heads", (root, ctx) => {
  "use strict";
  const { el, precise, brief, clamp, rem, family } = glassbox.kit;
  const { density, sharp, fit, stripes, resized, rethemed, picture } = glassbox.kit;
  const MOST_BLOCKS = 6;
  const RESTS = 0.35; // of all attention to one token, from which on that is said
  const TICKS = [0, 0.05, 0.25, 0.5, 1];

  let labels = [];
  let weights = null; // Float32Array (L, H, T, T)
  let causal = false;
  let model = "";
  let sentence = "";
  let [layers, heads, tokens] = [0, 0, 0];
  let names = []; // the numbers of the layers that have maps, from 1: in a hybrid not all of them have
  let [layer, head] = [0, 0]; // places from 0, though the knobs hold the layer's number and count heads from 1
  let kept = [0, 0]; // the cell that was chosen: row, column
  let hovered = null;
  let waiting = 0;
  let scale = null; // the colours of the shares
  let overview = null; // where things lie on each canvas, and its picture without the marks
  let detail = null;

  const title = (key) => el("h4", { class: "gb-heads-title", translate: "yes", text: ctx.say(`heads.${key}`) });
  const grid = el("canvas", { class: "gb-heads-canvas", tabindex: "0", role: "application" });
  const map = el("canvas", { class: "gb-heads-canvas", tabindex: "0", role: "application" });
  const chosen = el("h4", { class: "gb-heads-title", translate: "yes" });
  const readout = el("p", { class: "gb-heads-readout", aria: { live: "polite" } });
  const links = el("div", { class: "gb-heads-links" });
  const legend = el("div", { class: "gb-heads-legend", translate: "yes" });
  const steps = el("div", { class: "gb-heads-steps", translate: "yes", data: { unsaved: "" } }, stepper("layer"), stepper("head"));
  const hint = el("p", { class: "gb-heads-hint", translate: "yes", text: ctx.say("heads.overview_hint"), data: { unsaved: "" } });
  const rests = el("p", { class: "gb-heads-hint", translate: "yes" });
  const some = el("p", { class: "gb-heads-hint", translate: "yes" });
  root.classList.add("gb-heads");
  root.replaceChildren(
    el("div", { class: "gb-heads-over" }, title("overview"), grid, hint, rests, some),
    el("div", { class: "gb-heads-map" }, map),
    el("div", { class: "gb-heads-side" }, chosen, steps, readout, links, legend));

  // Buttons to the neighbours, for whoever cannot point at a small square.
  function stepper(name) {
    const by = (step) => () => choose(name === "layer" ? layer + step : layer, name === "head" ? head + step : head);
    const button = (key, sign, step) =>
      el("button", { type: "button", class: "gb-heads-step", text: sign, aria: { label: ctx.say(`heads.${key}`) },
        on: { click: by(step) } });
    return el("div", { class: "gb-heads-stepper", role: "group", aria: { label: ctx.say(`heads.${name}`) } },
      el("span", { text: ctx.say(`heads.${name}`) }),
      button(`less_${name}`, "‹", -1), el("output", { class: `gb-heads-${name}` }), button(`more_${name}`, "›", 1));
  }

  const at = (i, j, l = layer, h = head) => weights[((l * heads + h) * tokens + i) * tokens + j];
  const ahead = (i, j) => causal && j > i;

  // ---- one head as pixels

  // One head in n x n pixels. Where a pixel holds several tokens it is the mean over the rows of the sum over the
  // columns: the share that those tokens pay to those, so that each row of pixels still sums to 1.
  function pixels(l, h, n, out = new Float32Array(n * n)) {
    const start = (l * heads + h) * tokens * tokens;
    if (n === tokens) return weights.subarray(start, start + n * n);
    out.fill(0);
    const share = n / tokens;
    for (let i = 0, k = start; i < tokens; i++) {
      const row = Math.floor(i * share) * n;
      for (let j = 0; j < tokens; j++, k++) out[row + Math.floor(j * share)] += weights[k];
    }
    // Rows of pixels that hold one token more than others are divided by what they hold.
    for (let y = 0; y < n; y++) {
      let held = 0;
      for (let x = 0; x < n; x++) held += out[y * n + x];
      if (held) for (let x = 0; x < n; x++) out[y * n + x] /= held;
    }
    return out;
  }

  const square = (n) => Object.assign(document.createElement("canvas"), { width: n, height: n });

  function image(l, h, n, spare) {
    const values = pixels(l, h, n, spare && spare.values);
    const data = spare ? spare.data : new ImageData(n, n);
    const dots = new Uint32Array(data.data.buffer);
    for (let y = 0, k = 0; y < n; y++) {
      for (let x = 0; x < n; x++, k++) dots[k] = causal && x > y ? 0 : scale.colour(values[k]);
    }
    return data;
  }

  // ---- the overview

  function layOverview(width, height) {
    const small = 0.75 * rem();
    const left = 1.6 * small + 8;
    const top = 1.5 * small;
    const gap = heads > 20 ? 1 : 3;
    const sideOf = (blocks) => Math.min((width / blocks - left) / heads, (height - top) / Math.ceil(layers / blocks));
    // Many layers of few heads stand in several blocks beside one another, as large as they can be.
    let blocks = 1;
    for (let more = 2; more <= MOST_BLOCKS && more <= layers; more++) if (sideOf(more) > 1.15 * sideOf(blocks)) blocks = more;
    const side = Math.floor(clamp(sideOf(blocks), 8, 6 * rem()));
    const rows = Math.ceil(layers / blocks);
    const stride = left + side * heads;
    return { left, top, gap, side, small, rows, stride, blocks, width: blocks * stride + 1, height: top + side * rows + 1 };
  }

  /** The corner of a head's map. */
  function cornerOf(l, h) {
    const { left, top, side, rows, stride } = overview;
    return [left + Math.floor(l / rows) * stride + h * side, top + (l % rows) * side];
  }

  function drawOverview(width, height) {
    overview = layOverview(width, height);
    const { left, gap, side, small, top, blocks, stride } = overview;
    const pen = sharp((overview.base = document.createElement("canvas")), overview.width, overview.height);
    const n = Math.min(tokens, Math.max(4, Math.floor((side - gap) * density())));
    const spare = { values: new Float32Array(n * n), data: new ImageData(n, n) };
    const tile = square(n);
    const brush = tile.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = ctx.css("--gb-panel");
    for (let l = 0; l < layers; l++) {
      for (let h = 0; h < heads; h++) {
        brush.putImageData(image(l, h, n, spare), 0, 0);
        pen.fillRect(...cornerOf(l, h), side - gap, side - gap);
        pen.drawImage(tile, ...cornerOf(l, h), side - gap, side - gap);
      }
    }
    pen.fillStyle = ctx.css("--gb-muted");
    pen.font = `${small}px ${family(root)}`;
    const every = Math.ceil((1.5 * small) / side);
    pen.textAlign = "center";
    for (let b = 0; b < blocks; b++) {
      for (let h = 0; h < heads; h += every) pen.fillText(h + 1, b * stride + left + (h + 0.5) * side - gap / 2, top - 0.4 * small);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (let l = 0; l < layers; l += every) {
      const [x, y] = cornerOf(l, 0);
      pen.fillText(names[l], x - 6, y + 0.5 * side - gap / 2);
    }
    markOverview();
  }

  function markOverview() {
    const { left, top, gap, side, width, height, base, rows, stride } = overview;
    const pen = sharp(grid, width, height);
    pen.drawImage(base, 0, 0, width, height);
    pen.strokeStyle = ctx.css("--gb-focus");
    pen.lineWidth = 2.5;
    const [x, y] = cornerOf(layer, head);
    pen.strokeRect(x - 1, y - 1, side - gap + 2, side - gap + 2);
    const facts = { layers, heads, layer: names[layer], head: head + 1 };
    grid.setAttribute("aria-label", ctx.say("heads.overview_label", facts));
    Object.assign(grid.dataset, { left, top, side, rows, stride, layer: names[layer], head: head + 1 });
  }

  // ---- the detail

  function layDetail(width, height) {
    const small = 0.8125 * rem();
    const pen = map.getContext("2d");
    pen.font = `600 ${small}px ${family(root)}`; // as wide as they get: the one that is looked at is bold
    const limit = (width < 30 * rem() ? 4.5 : 6) * rem();
    const widest = Math.min(limit, Math.max(...labels.map((label) => pen.measureText(label).width)));
    const left = Math.max(widest, pen.measureText(ctx.say("heads.looks")).width) + 14;
    const flat = (width - left) / tokens >= widest + 8 || tokens === 1;
    const line = 1.5 * small;
    const top = line + (flat ? line : Math.sin(Math.PI / 3) * widest + small) + 6;
    const over = flat ? 2 : 0.5 * widest;
    let cellWidth = Math.min((width - left - over) / tokens, 7 * rem());
    const room = height ? height - top - 2 : 26 * rem();
    const cellHeight = Math.min(room / tokens, 3.5 * rem(), height ? Infinity : cellWidth);
    cellWidth = Math.min(cellWidth, 2.4 * cellHeight);
    const lay = { left, top, flat, small, widest, line, cellWidth, cellHeight };
    const size = [left + cellWidth * tokens + over, top + cellHeight * tokens + 2].map(Math.ceil);
    return { ...lay, width: size[0], height: size[1] };
  }

  function drawDetail(width, height) {
    detail = layDetail(width, height);
    const { left, top, cellWidth, cellHeight } = detail;
    const pen = sharp((detail.base = document.createElement("canvas")), detail.width, detail.height);
    const n = Math.min(tokens, Math.max(1, Math.floor(Math.min(cellWidth, cellHeight) * tokens * density())));
    const tile = square(n);
    tile.getContext("2d").putImageData(image(layer, head, n), 0, 0);
    if (causal) drawAhead(pen);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(tile, left, top, cellWidth * tokens, cellHeight * tokens);
    if (cellWidth >= 10 && cellHeight >= 10) drawLines(pen);
    if (cellWidth >= 2.5 * detail.small && cellHeight >= 1.5 * detail.small) drawShares(pen);
    if (causal) sayAhead(pen);
    drawAxes(pen);
    markDetail();
  }

  // What may not be looked at is hatched, cell by cell, and said: it is not a share of zero.
  function drawAhead(pen) {
    const { left, top, cellWidth, cellHeight } = detail;
    pen.fillStyle = stripes(pen, ctx.css("--gb-line"), 7);
    for (let i = 0; i < tokens - 1; i++) {
      pen.fillRect(left + (i + 1) * cellWidth, top + i * cellHeight, (tokens - 1 - i) * cellWidth, cellHeight);
    }
  }

  function sayAhead(pen) {
    const { left, top, cellWidth, cellHeight, small } = detail;
    const words = ctx.say("heads.blocked");
    pen.font = `${small}px ${family(root)}`;
    const wide = pen.measureText(words).width;
    const row = Math.max(0, Math.round(tokens * 0.18 - 0.5));
    const room = (tokens - 1 - row) * cellWidth;
    if (room < wide + 16 || tokens * cellHeight < 4 * small) return;
    const x = left + tokens * cellWidth - wide - 10;
    const y = top + (row + 0.5) * cellHeight;
    pen.fillStyle = ctx.css("--gb-bg");
    pen.fillRect(x - 5, y - 0.8 * small, wide + 10, 1.6 * small);
    pen.fillStyle = ctx.css("--gb-muted");
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillText(words, x, y);
  }

  function drawLines(pen) {
    const { left, top, cellWidth, cellHeight } = detail;
    pen.strokeStyle = ctx.css("--gb-bg");
    pen.lineWidth = 1;
    for (let k = 0; k <= tokens; k++) {
      pen.strokeRect(left + k * cellWidth, top, 0, tokens * cellHeight);
      pen.strokeRect(left, top + k * cellHeight, tokens * cellWidth, 0);
    }
  }

  function drawShares(pen) {
    const { left, top, cellWidth, cellHeight } = detail;
    pen.font = `${0.75 * rem()}px ${family(root)}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let i = 0; i < tokens; i++) {
      for (let j = 0; j < tokens; j++) {
        if (ahead(i, j)) continue;
        pen.fillStyle = scale.ink(at(i, j));
        pen.fillText(brief(at(i, j)), left + (j + 0.5) * cellWidth, top + (i + 0.5) * cellHeight);
      }
    }
  }

  // A token keeps its colour: a band of it stands along each axis, wide enough tokens given.
  function drawAxes(pen) {
    const { left, top, small, line, cellWidth, cellHeight } = detail;
    const bands = Array.from({ length: 8 }, (_, i) => ctx.css(`--gb-token-${i}`));
    const band = 5;
    for (let k = 0; k < tokens; k++) {
      pen.fillStyle = bands[k % 8];
      pen.fillRect(left - band - 2, top + k * cellHeight, band, Math.max(1, cellHeight - (cellHeight > 4 ? 1 : 0)));
      pen.fillRect(left + k * cellWidth, top - band - 2, Math.max(1, cellWidth - (cellWidth > 4 ? 1 : 0)), band);
    }
    pen.font = `${small}px ${family(root)}`;
    pen.fillStyle = ctx.css("--gb-muted");
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillText(ctx.say("heads.looked_at"), left, line / 2);
    pen.textAlign = "right";
    pen.fillText(ctx.say("heads.looks"), left - band - 5, top - line / 2 - Math.max(0, (line - cellHeight) / 2));
  }

  // As many labels as there is room for, and always that of the row and the column that are looked at, in bold.
  function drawLabels(pen, row, column) {
    const { flat, small, line, cellWidth, cellHeight } = detail;
    pen.fillStyle = ctx.css("--gb-text");
    for (const [chosen, cell, draw] of [[row, cellHeight, rowLabel], [column, flat ? line : cellWidth, columnLabel]]) {
      pen.font = `${small}px ${family(root)}`;
      const every = Math.ceil((1.25 * small) / cell);
      for (let k = 0; k < tokens; k += every) if (Math.abs(k - chosen) * cell >= 0.95 * line - 1) draw(pen, k);
      pen.font = `600 ${small}px ${family(root)}`;
      draw(pen, chosen);
    }
  }

  function rowLabel(pen, i) {
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    const { left, top, cellHeight, widest } = detail;
    pen.fillText(fit(pen, labels[i], widest), left - 10, top + (i + 0.5) * cellHeight);
  }

  function columnLabel(pen, j) {
    const { left, top, flat, cellWidth, widest } = detail;
    pen.save();
    pen.translate(left + (j + 0.5) * cellWidth, top - 10);
    pen.textBaseline = flat ? "alphabetic" : "middle";
    pen.textAlign = flat ? "center" : "left";
    if (!flat) pen.rotate(-Math.PI / 3);
    pen.fillText(fit(pen, labels[j], flat ? cellWidth - 2 : widest), 0, 0);
    pen.restore();
  }

  // The row and the column of the cell that is looked at, with their two labels, over the map.
  function markDetail() {
    const [i, j] = hovered || kept;
    const { left, top, cellWidth, cellHeight, width, height, base } = detail;
    const pen = sharp(map, width, height);
    pen.drawImage(base, 0, 0, width, height);
    const [x, y] = [left + j * cellWidth, top + i * cellHeight];
    pen.strokeStyle = ctx.css("--gb-focus");
    pen.lineWidth = 1;
    pen.strokeRect(left, y, tokens * cellWidth, cellHeight);
    pen.strokeRect(x, top, cellWidth, tokens * cellHeight);
    pen.lineWidth = 2.5;
    pen.strokeRect(x - 1, y - 1, cellWidth + 2, cellHeight + 2);
    drawLabels(pen, i, j);
    Object.assign(map.dataset, { left, top, width: cellWidth, height: cellHeight, row: i, column: j });
    sayCell(i, j);
  }

  // ---- in words

  const share = (i, j) => precise(at(i, j));

  function strongest(i, most = 4) {
    const columns = Array.from({ length: causal ? i + 1 : tokens }, (_, j) => j);
    return columns.sort((a, b) => at(i, b) - at(i, a) || a - b).slice(0, most);
  }

  function sayCell(i, j) {
    const facts = { from: labels[i], to: labels[j] };
    readout.textContent = ahead(i, j)
      ? ctx.say("heads.ahead", facts) : ctx.say("heads.readout", { ...facts, share: share(i, j) });
    Object.assign(readout.dataset, { row: i, column: j, value: ahead(i, j) ? "" : at(i, j) });
    const rows = strongest(i).map((k) =>
      el("div", { class: "gb-heads-link", data: { column: k, value: at(i, k) } },
        el("span", { class: "gb-heads-to gb-chip", text: labels[k], style: { "--gb-place": `var(--gb-token-${k % 8})` } }),
        el("span", { class: "gb-heads-bar" },
          el("span", { class: "gb-heads-fill gb-fill", style: { width: `${100 * at(i, k)}%` } })),
        el("span", { class: "gb-heads-share", text: share(i, k) })));
    links.replaceChildren(
      el("div", { class: "gb-heads-most", text: ctx.say("heads.strongest", { from: labels[i] }) }), ...rows);
  }

  function drawLegend() {
    const bar = el("canvas", { class: "gb-heads-scale" });
    const wide = Math.min(18 * rem(), root.clientWidth - 2 * rem());
    const high = 0.6 * rem();
    const pen = sharp(bar, wide, high);
    const paint = pen.createLinearGradient(0, 0, wide, 0);
    for (let i = 0; i < 9; i++) paint.addColorStop(i / 8, ctx.css(`--gb-scale-${i}`));
    pen.fillStyle = paint;
    pen.fillRect(0, 0, wide, high);
    const ticks = el("div", { class: "gb-heads-ticks", style: { width: `${wide}px` } }, ...TICKS.map((tick) =>
      el("span", { text: `${100 * tick}%`, style: { left: `${100 * Math.sqrt(tick)}%` } })));
    legend.replaceChildren(el("div", { class: "gb-heads-most", text: ctx.say("heads.legend") }), bar, ticks);
  }

  function text() {
    if (!weights) return ctx.say("heads.waiting");
    const i = kept[0];
    const said = strongest(i, 3).map((j) => ctx.say("heads.link", { to: labels[j], share: share(i, j) })).join(", ");
    const row = ctx.say("heads.text_row", { from: labels[i], links: said });
    return ctx.say("heads.text", { model, layer: names[layer], head: head + 1, row });
  }

  /** The token that most of all attention goes to, and its share on average over heads and over the tokens that look. */
  function sink() {
    const sums = new Float64Array(tokens);
    for (let k = 0, rows = layers * heads * tokens; k < rows; k++) {
      if (k % tokens === 0) continue; // the first token of a causal model sees nothing but itself
      for (let j = 0; j < tokens; j++) sums[j] += weights[k * tokens + j];
    }
    const most = sums.indexOf(Math.max(...sums));
    return { most, share: sums[most] / (layers * heads * Math.max(1, tokens - 1)) };
  }

  function saySink() {
    const { most, share } = sink();
    rests.textContent = tokens > 4 && share > RESTS ? ctx.say("heads.sink", { token: labels[most], share: precise(share) }) : "";
    rests.dataset.value = share;
  }

  // ---- what a person does

  function choose(l, h) {
    [l, h] = [clamp(l, 0, layers - 1), clamp(h, 0, heads - 1)];
    const [newLayer, newHead] = [l !== layer, h !== head];
    if (!weights || !(newLayer || newHead)) return;
    Object.assign(wanted, { layer: names[l], head: h + 1 });
    take({});
    takeCell();
    redraw();
    if (newLayer) ctx.set("layer", names[l]);
    if (newHead) ctx.set("head", h + 1);
  }

  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  function place(event, canvas, { left, top }, width, height, rows, columns) {
    const rect = canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - rect.top - top) / height);
    const column = Math.floor((event.clientX - rect.left - left) / width);
    return row >= 0 && row < rows && column >= 0 && column < columns ? [row, column] : null;
  }

  function headAt(event) {
    if (!overview) return null;
    const { side, rows, stride, blocks, top, left } = overview;
    const block = Math.floor((event.clientX - grid.getBoundingClientRect().left) / stride);
    const found = place(event, grid, { top, left: block * stride + left }, side, side, rows, heads);
    const l = found && block * rows + found[0];
    return found && block < blocks && l < layers ? [l, found[1]] : null;
  }

  const cellAt = (event) => detail && place(event, map, detail, detail.cellWidth, detail.cellHeight, tokens, tokens);

  function hover(cell) {
    if (!detail || String(cell) === String(hovered)) return;
    hovered = cell;
    markDetail();
  }

  function keep(cell) {
    const [row, column] = [clamp(cell[0], 0, tokens - 1) + 1, clamp(cell[1], 0, tokens - 1) + 1];
    hovered = null;
    kept = [row - 1, column - 1];
    markDetail();
    ctx.set("row", row);
    ctx.set("column", column);
  }

  grid.addEventListener("click", (event) => headAt(event) && choose(...headAt(event)));
  grid.addEventListener("pointermove", (event) => (grid.style.cursor = headAt(event) ? "pointer" : ""));
  map.addEventListener("pointermove", (event) => hover(cellAt(event)));
  map.addEventListener("pointerleave", () => hover(null));
  map.addEventListener("click", (event) => cellAt(event) && keep(cellAt(event)));
  grid.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || !weights) return;
    choose(layer + step[0], head + step[1]);
    event.preventDefault();
  });
  map.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || !weights) return;
    keep([kept[0] + step[0], kept[1] + step[1]]);
    event.preventDefault();
  });

  // ---- putting it together

  // Side by side where there is room, then the height is what a screen shows at once; under one another where not.
  function sizes() {
    const unit = rem();
    const width = root.clientWidth;
    root.dataset.form = width < 40 * unit ? "one" : width < 62 * unit ? "two" : "three";
    if (root.dataset.form === "one") return { over: [width, 24 * unit], map: [width, 0] };
    const height = Math.max(20.5 * unit, Math.min(0.55 * window.innerHeight, 0.4 * width));
    const side = root.dataset.form === "three" ? 20 * unit : 0;
    const room = width - side - 2 * unit;
    const over = 0.42 * room;
    const used = layOverview(over, height - 3.5 * unit).width;
    return { over: [over, height - 3.5 * unit], map: [room - Math.max(used, 12 * unit) - unit, height] };
  }

  function redraw() {
    if (!weights || !root.clientWidth) return;
    scale = glassbox.scale(ctx);
    const size = sizes();
    if (!overview || overview.key !== size.over.join()) {
      drawOverview(...size.over);
      overview.key = size.over.join();
    } else markOverview();
    drawDetail(...size.map);
    const facts = { layer: names[layer], head: head + 1 };
    chosen.textContent = ctx.say("heads.chosen", facts);
    map.setAttribute("aria-label", ctx.say("heads.detail_label", { ...facts, count: tokens }));
    root.querySelector(".gb-heads-layer").textContent = names[layer];
    root.querySelector(".gb-heads-head").textContent = head + 1;
    const [less, more] = [[layer > 0, head > 0], [layer < layers - 1, head < heads - 1]];
    root.querySelectorAll(".gb-heads-step").forEach((button, k) => button.setAttribute("aria-disabled", String(!(k % 2 ? more : less)[k >> 1])));
    drawLegend();
  }

  function afresh() {
    overview = null;
    redraw();
  }

  async function update(props, values) {
    const turn = ++waiting;
    const numbers = await ctx.unpack(props.weights);
    if (turn !== waiting) return; // a later answer has come
    [layers, heads, tokens] = props.weights.shape;
    names = props.layers || Array.from({ length: layers }, (_, l) => l + 1);
    some.textContent = names.every((name, l) => name === l + 1) ? "" : ctx.say("heads.some", { layers: names.join(", ") });
    [weights, labels, causal, model] = [numbers, props.labels, Boolean(props.causal), props.model || ""];
    sentence = props.text || "";
    hovered = null;
    saySink();
    take(values || {});
    takeCell();
    root.dataset.drawn = turn;
    afresh();
  }

  let wanted = {};
  function take(values) {
    wanted = { ...wanted, ...values };
    layer = Math.max(0, names.filter((name) => name <= (wanted.layer || 1)).length - 1);
    head = clamp((wanted.head || 1) - 1, 0, Math.max(0, heads - 1));
  }

  // The cell that was chosen; where none was, the last token and what it looks at most in this head.
  function takeCell() {
    const i = clamp((wanted.row || tokens) - 1, 0, tokens - 1);
    kept = [i, wanted.column ? clamp(wanted.column - 1, 0, tokens - 1) : strongest(i, 1)[0]];
  }

  function knobs(values) {
    const before = [layer, head, kept].join();
    take(values);
    if (!weights) return;
    takeCell();
    if (before !== [layer, head, kept].join()) redraw();
  }

  resized(root, afresh);
  rethemed(ctx, afresh);
  ctx.on("shown", redraw);

  const caption = () => ctx.say("heads.caption", { model, layer: names[layer], head: head + 1, text: sentence });
  const png = () => picture(ctx, root, caption(), afresh);
  return { update, knobs, text, png };
});
