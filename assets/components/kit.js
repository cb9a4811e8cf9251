// Small tools that the components share: elements, numbers as people read them, sharp canvases, pictures to save.
(() => {
  "use strict";
  const { graphemes } = glassbox;

  // A new element. Text goes in through textContent only; `data`, `aria` and `on` are tables of their own.
  function el(tag, { data = {}, aria = {}, on = {}, style = {}, ...rest } = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(rest)) {
      if (key === "class") node.className = value;
      else if (key === "text") node.textContent = value;
      else node.setAttribute(key, value);
    }
    for (const [key, value] of Object.entries(data)) node.dataset[key] = value;
    for (const [key, value] of Object.entries(aria)) node.setAttribute(`aria-${key}`, value);
    for (const [key, value] of Object.entries(on)) node.addEventListener(key, value);
    for (const [key, value] of Object.entries(style)) node.style.setProperty(key, value);
    node.append(...children.filter((child) => child != null));
    return node;
  }

  // A share of 1 in percent. It reads 0% or 100% only where it is exactly that.
  function percent(p, write = (percents) => percents.toFixed(2)) {
    if (!(p > 0)) return "0%";
    if (p >= 1) return "100%";
    if (p < 0.0001) return "<0.01%";
    return p > 0.9999 ? ">99.99%" : `${write(100 * p)}%`;
  }

  const precise = (p) => percent(p, (percents) => percents.toPrecision(4));

  // For the inside of a cell: no digits after the point.
  function brief(p) {
    if (p > 0 && p < 0.01) return "<1%";
    return p > 0.99 && p < 1 ? ">99%" : `${Math.round(100 * Math.max(0, p))}%`;
  }

  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const family = (node) => getComputedStyle(node).fontFamily;
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  let least = 1; // pictures to save are drawn for two at least
  const density = () => Math.max(least, window.devicePixelRatio || 1);

  // Sizes a canvas in CSS pixels for this screen's density; the pen then draws in CSS pixels.
  function sharp(canvas, width, height) {
    const scale = density();
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    return pen;
  }

  // The text, cut with an ellipsis where it is wider than `width` in the pen's font.
  function fit(pen, text, width) {
    if (pen.measureText(text).width <= width) return text;
    const signs = graphemes(text);
    const first = (count) => `${signs.slice(0, count).join("")}…`;
    let [fits, over] = [1, signs.length]; // halved, for a text may be long
    while (over - fits > 1) {
      const middle = (fits + over) >> 1;
      if (pen.measureText(first(middle)).width <= width) fits = middle;
      else over = middle;
    }
    return first(fits);
  }

  // A box with round corners into the pen's path; sharp ones where the browser draws no others.
  const round = (pen, ...box) => (pen.roundRect ? pen.roundRect(...box) : pen.rect(...box.slice(0, 4)));

  // Stripes, for what is cut away or cannot be: never told by colour alone.
  function stripes(pen, colour, gap = 6) {
    const tile = document.createElement("canvas");
    const side = Math.round(gap * density());
    tile.width = tile.height = side;
    const brush = tile.getContext("2d");
    brush.strokeStyle = colour;
    brush.lineWidth = Math.max(1, side / 8);
    for (const x of [-side, 0, side]) {
      brush.beginPath();
      brush.moveTo(x - 1, side + 1);
      brush.lineTo(x + side + 1, -1);
      brush.stroke();
    }
    const pattern = pen.createPattern(tile, "repeat");
    const scale = gap / side;
    pattern.setTransform(new DOMMatrix([scale, 0, 0, scale, 0, 0]));
    return pattern;
  }

  // Calls `draw` when the root's width, the root font or the window's height has changed: not on its own redraws.
  function resized(root, draw) {
    let last = "";
    const look = () => {
      const now = [root.clientWidth, rem(), window.innerHeight, window.devicePixelRatio].join();
      if (root.clientWidth && now !== last) {
        last = now;
        draw();
      }
    };
    new ResizeObserver(look).observe(root);
    window.addEventListener("resize", look);
  }

  // Calls `draw` when the page turns from light to dark or back; "theme" may be told for less than that.
  function rethemed(ctx, draw) {
    let last = ctx.dark();
    ctx.on("theme", () => {
      if (ctx.dark() === last) return;
      last = ctx.dark();
      draw();
    });
  }

  const box = (rect, origin) => [rect.left - origin.left, rect.top - origin.top, rect.width, rect.height];
  const seen = (colour) => colour && colour !== "transparent" && !/,\s*0\)$/.test(colour);

  function paintBox(pen, node, style, origin) {
    const [x, y, width, height] = box(node.getBoundingClientRect(), origin);
    pen.beginPath();
    round(pen, x, y, width, height, parseFloat(style.borderTopLeftRadius) || 0);
    if (seen(style.backgroundColor)) {
      pen.fillStyle = style.backgroundColor;
      pen.fill();
    }
    if (node.dataset.stripes !== undefined) {
      pen.fillStyle = stripes(pen, style.color);
      pen.fill();
    }
    for (const [edge, x0, y0, x1, y1] of [
      ["Top", x, y, x + width, y], ["Bottom", x, y + height, x + width, y + height],
      ["Left", x, y, x, y + height], ["Right", x + width, y, x + width, y + height],
    ]) {
      const thick = parseFloat(style[`border${edge}Width`]);
      if (!thick || style[`border${edge}Style`] === "none" || !seen(style[`border${edge}Color`])) continue;
      pen.strokeStyle = style[`border${edge}Color`];
      pen.lineWidth = thick;
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      pen.stroke();
    }
  }

  function clipTo(pen, node, style, origin) {
    pen.beginPath();
    round(pen, ...box(node.getBoundingClientRect(), origin), parseFloat(style.borderTopLeftRadius) || 0);
    pen.clip();
  }

  function paintText(pen, node, style, origin) {
    pen.fillStyle = style.color;
    pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const range = document.createRange();
    let at = 0;
    let line = null;
    const lines = [];
    for (const sign of graphemes(node.data)) {
      range.setStart(node, at);
      range.setEnd(node, (at += sign.length));
      const rect = range.getClientRects()[0];
      if (!rect || !rect.width) continue;
      if (line && Math.abs(line.rect.top - rect.top) < 2) line.text += sign;
      else lines.push((line = { text: sign, rect }));
    }
    for (const { text, rect } of lines) {
      const size = pen.measureText(text);
      const [rise, fall] = [size.fontBoundingBoxAscent ?? 0.8 * rect.height, size.fontBoundingBoxDescent ?? 0.2 * rect.height];
      const middle = (rect.height - rise - fall) / 2;
      pen.fillText(text, rect.left - origin.left, rect.top - origin.top + middle + rise);
    }
  }

  // Paints an element and what is in it as it stands on the page, without whatever is marked data-unsaved.
  function paint(pen, node, origin) {
    const style = getComputedStyle(node);
    if (node.dataset.unsaved !== undefined || style.display === "none" || style.visibility === "hidden") return;
    if (+style.opacity === 0) return;
    pen.save();
    pen.globalAlpha *= +style.opacity;
    paintBox(pen, node, style, origin);
    if (style.overflow === "hidden") clipTo(pen, node, style, origin);
    if (node instanceof HTMLCanvasElement) pen.drawImage(node, ...box(node.getBoundingClientRect(), origin));
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) paintText(pen, child, style, origin);
      else if (child.nodeType === Node.ELEMENT_NODE) paint(pen, child, origin);
    }
    pen.restore();
  }

  // A picture of width x height CSS pixels on the page's background, with one line of caption under it.
  function framed(ctx, root, width, height, caption, draw) {
    const edge = rem();
    const canvas = document.createElement("canvas");
    const scale = Math.max(2, density());
    canvas.width = Math.ceil((width + 2 * edge) * scale);
    canvas.height = Math.ceil((height + 3.5 * edge) * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.fillStyle = ctx.css("--gb-bg");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = ctx.css("--gb-muted");
    pen.font = `${0.8125 * edge}px ${family(root)}`;
    pen.fillText(fit(pen, caption, width), edge, height + 2.5 * edge);
    pen.translate(edge, edge);
    draw(pen);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  // The element as a PNG. redraw: draws its canvases again, here as sharp as the picture and then as they were.
  function picture(ctx, root, caption, redraw = () => {}) {
    const origin = root.getBoundingClientRect();
    least = 2;
    redraw();
    const file = framed(ctx, root, origin.width, origin.height, caption, (pen) => paint(pen, root, origin));
    least = 1;
    redraw();
    return file;
  }

  glassbox.kit = {
    el, percent, precise, brief, rem, family, clamp, density, sharp, fit, stripes, resized, rethemed, framed, picture,
  };
})();
