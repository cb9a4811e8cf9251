// A plotly figure: plotly.js from this server, loaded once and only when a figure is first shown; in the page's theme.
// Figures are written in the colours of the light theme; in the dark one each of them is exchanged for its twin.
//
// A figure may say more in layout.meta: `fly` {kind, key, to, home}, views to fly to when the key changes (flight.js);
// `places`, `near` and `chosen`, tokens to choose from beside the plot (beside.js); `row` {label, places, chosen}, tokens
// to choose from above it (row.js); `text`, the picture in a sentence.
glassbox.component("figure", (root, ctx) => {
  "use strict";
  const { el, rem, family, resized, rethemed, framed } = glassbox.kit;
  const CONFIG = { displayModeBar: false, displaylogo: false, showTips: false, doubleClick: "reset" };
  const STILL = 150; // ms without a move after which a plot is at rest

  let props = null;
  let drawn = null; // the promise of the last drawing
  let stood = { kind: null, key: null, view: null }; // the last flight that arrived, and where a plot put away was seen from
  let flights = 0;
  let still = null; // the timer of a plot that moves
  let size = ""; // that it was last drawn for
  const plot = el("div", { class: "gb-figure-plot", role: "img" });
  const note = el("p", { class: "gb-figure-note", role: "status", translate: "yes", text: ctx.say("figure.loading") });
  const views = el("div", { class: "gb-figure-views", hidden: "", data: { unsaved: "" } },
    ...["home", "closer", "farther"].map((name) => el("button", {
      type: "button", class: "gb-button gb-small", text: ctx.say(`figure.${name}`), title: ctx.say(`figure.${name}_hint`),
      on: { click: () => look(name) },
    })));
  const knobs = el("div", { class: "gb-figure-knobs", data: { unsaved: "" } });
  const bar = el("div", { class: "gb-figure-bar", translate: "yes", hidden: "" }, knobs, views);
  const area = el("div", { class: "gb-figure-area" }, bar, plot, note);
  const side = glassbox.beside(ctx, (data) => ctx.pick("point", { data }));
  root.classList.add("gb-figure");
  const above = glassbox.row(ctx, (data) => ctx.pick("point", { data }));
  root.replaceChildren(above.element, area, side.element);

  function plotly() {
    glassbox.plotlyLoading ??= new Promise((done, failed) => {
      const script = el("script", { src: glassbox.plotlyUrl });
      script.addEventListener("load", () => done(globalThis.Plotly));
      script.addEventListener("error", () => {
        glassbox.plotlyLoading = null; // the next figure may try again
        failed(new Error(glassbox.plotlyUrl));
      });
      document.head.append(script);
    });
    return glassbox.plotlyLoading;
  }

  // ---- theme

  // A copy of the figure in which each colour of the light palette is the same variable's colour in this theme.
  function themed(value, colours) {
    if (typeof value === "string") return colours.get(value.toLowerCase()) ?? value;
    if (Array.isArray(value)) return value.map((item) => themed(item, colours));
    if (!value || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, themed(item, colours)]));
  }

  // The light palette is what :root declares, whatever theme is on.
  function colours() {
    const roots = Array.from(document.styleSheets, rulesOf).flat().filter((rule) => rule.selectorText === ":root");
    const pairs = ({ style }) => Array.from(style, (name) => [style.getPropertyValue(name).trim(), name]);
    const light = roots.flatMap(pairs);
    return new Map(light.filter(([hex]) => /^#/.test(hex)).map(([hex, name]) => [hex.toLowerCase(), ctx.css(name)]));
  }

  function rulesOf(sheet) {
    try {
      return Array.from(sheet.cssRules);
    } catch {
      return []; // a sheet from elsewhere, such as a browser extension's
    }
  }

  const coarse = () => matchMedia("(pointer: coarse)").matches; // a finger that drags wants to scroll the page
  const textSize = () => Math.max(12, Math.round(0.875 * rem()));

  function axis(given) {
    const [text, line] = [ctx.css("--gb-muted"), ctx.css("--gb-line")];
    const tickfont = { color: text, ...given.tickfont };
    const font = { color: text, size: textSize(), ...given.title?.font };
    const lines = { gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line };
    return { automargin: true, ...lines, ...given, tickfont, title: { ...given.title, font } };
  }

  // Of names that would run into each other, every nth stays.
  function thinned(given, width) {
    const every = Math.ceil(((given.tickvals?.length ?? 0) * 1.4 * textSize()) / (0.75 * width));
    if (every < 2) return given;
    const kept = (list) => list.filter((_, place) => place % every === 0);
    return { ...given, tickvals: kept(given.tickvals), ticktext: kept(given.ticktext) };
  }

  const space = ({ xaxis = {}, yaxis = {}, zaxis = {} }) =>
    ({ xaxis: axis(xaxis), yaxis: axis(yaxis), zaxis: axis(zaxis) });

  function layout(given) {
    const size = textSize();
    const box = { bgcolor: ctx.css("--gb-panel"), bordercolor: ctx.css("--gb-line") };
    const all = {
      margin: { l: 8, r: 8, t: given.title?.text ? 40 : 8, b: 8 }, dragmode: given.scene ? undefined : false, ...given,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", uirevision: "kept", autosize: false,
      font: { ...given.font, family: family(root), size, color: ctx.css("--gb-text") },
      hoverlabel: { ...box, font: { color: ctx.css("--gb-text"), size, family: family(root) }, ...given.hoverlabel },
      width: area.clientWidth, height: (given.height || 352) * (rem() / 16),
    };
    // what a person moved is kept by plotly, or in a figure with flights by us
    if (given.meta?.fly) all.uirevision = ++flights;
    if (given.meta?.fly && !given.scene && !coarse()) all.dragmode = "pan";
    for (const key of Object.keys(all)) {
      if (/^xaxis\d*$/.test(key)) all[key] = thinned(all[key], all.width);
      if (/^[xy]axis\d*$/.test(key)) all[key] = axis(all[key]);
      if (/^scene\d*$/.test(key)) all[key] = { ...all[key], ...space(all[key]) };
    }
    return { ...all, xaxis: all.xaxis || axis({}), yaxis: all.yaxis || axis({}) };
  }

  // ---- drawing

  const fly = () => props?.figure.layout?.meta?.fly;
  const drawnIn = (type) => props?.figure.data.some((trace) => type.test(trace.type));

  function webgl() {
    if (glassbox.webgl === undefined) {
      const context = document.createElement("canvas").getContext("webgl");
      glassbox.webgl = Boolean(context);
      context?.getExtension("WEBGL_lose_context")?.loseContext();
    }
    return glassbox.webgl;
  }

  // Without WebGL: points as vectors, and of a space the first two axes.
  function flat({ data, layout: { scene, ...rest } }) {
    const axes = scene ? { xaxis: scene.xaxis, yaxis: scene.yaxis, meta: { ...rest.meta, fly: null } } : {};
    return { data: data.map(({ z, ...trace }) => ({ ...trace, type: "scatter" })), layout: { ...rest, ...axes } };
  }

  const wider = ([low, high], by) => [(low + high - by * (high - low)) / 2, (low + high + by * (high - low)) / 2];

  // Where a figure is narrow, what is written beside a point, a bar or an axis takes more of its width.
  function roomy({ data, layout = {} }) {
    const beside = data.some((trace) => trace.type === "bar" && trace.orientation === "h" && trace.textposition === "outside");
    if (beside && layout.xaxis?.range) layout.xaxis.range = [layout.xaxis.range[0], 1.35 * layout.xaxis.range[1]];
    for (const note of layout.annotations ?? [])
      if (note.xref === "paper" && note.x === 0 && note.xanchor === "left") Object.assign(note, { x: 1, xanchor: "right" });
    const to = layout.meta?.fly?.to;
    for (const key of ["xaxis.range", "yaxis.range"]) if (to?.[key]) to[key] = wider(to[key], 1.3);
  }

  const sized = () => [area.clientWidth, rem()].join();

  // Never while hidden: plotly would measure nothing and draw it so.
  function redraw() {
    if (!props || !area.clientWidth) return drawn;
    size = sized();
    const without = drawnIn(/gl$|3d$/) && !webgl();
    const figure = themed(without ? flat(props.figure) : props.figure, colours());
    // numbers in the cells of a heatmap want room; where there is none, pointing still tells them
    const narrow = root.clientWidth < 30 * rem();
    for (const trace of figure.data) if (trace.type === "heatmap" && narrow) delete trace.texttemplate;
    if (narrow) roomy(figure);
    const flown = figure.layout?.meta?.fly;
    const laidOut = layout(figure.layout || {});
    if (flown) glassbox.flight.place(laidOut, from(flown));
    return (drawn = plotly()
      .then((Plotly) => Plotly.react(plot, figure.data, laidOut, CONFIG))
      .then(() => ready(without && drawnIn(/3d$/)))
      .then(() => flown && arrive(flown))
      .then(() => flown && glassbox.names.apart(plot))
      .catch((error) => {
        note.hidden = false;
        note.textContent = ctx.say("figure.failed");
        console.error(error);
      }));
  }

  // Where a figure is first seen from: as the last of its kind was, so that nothing jumps; else from where it says.
  function from({ kind, to }) {
    if (kind !== stood.kind) return to;
    return plot.dataset.drawn ? glassbox.flight.seen(plot, to) : stood.view ?? to;
  }

  async function arrive({ kind, key, to }) {
    const flight = flights;
    const there = kind !== stood.kind || key === stood.key || (await glassbox.flight.fly(plot, to, () => flight === flights));
    if (there) stood = { kind, key, view: null };
    plot.dataset.at = there ? key : "";
  }

  function look(name) {
    const flight = ++flights;
    const now = glassbox.flight.seen(plot, fly().home);
    const to = name === "home" ? fly().home : glassbox.flight.zoomed(now, name === "closer" ? 0.6 : 1 / 0.6);
    return glassbox.flight.fly(plot, to, () => flight === flights);
  }

  // While it flies or is dragged, names stay as they are.
  function moved() {
    clearTimeout(still);
    if (fly()) still = setTimeout(glassbox.names.apart, STILL, plot);
  }

  // A browser has only so many WebGL contexts: a plot that is out of sight gives its own back.
  function putAway() {
    if (area.clientWidth || !plot.dataset.drawn || !drawnIn(/gl$|3d$/)) return;
    flights += 1;
    if (fly()) stood.view = glassbox.flight.seen(plot, fly().to);
    globalThis.Plotly.purge(plot);
    delete plot.dataset.drawn;
  }

  function ready(flattened) {
    note.hidden = !flattened;
    note.textContent = flattened ? ctx.say("figure.no_webgl") : "";
    views.hidden = !fly() || flattened;
    tidy();
    plot.setAttribute("aria-label", fly() ? ctx.say("figure.label") : text()); // the tokens it names stand beside it
    plot.style.minHeight = "";
    if (!plot.dataset.drawn) plot.on("plotly_click", clicked).on("plotly_relayout", moved);
    plot.dataset.drawn = +(plot.dataset.drawn || 0) + 1;
  }

  function clicked({ points }) {
    const { curveNumber, pointNumber, pointIndex, x, y, z, text: said, customdata, data } = points[0];
    ctx.pick("point", { curve: curveNumber, trace: data.name ?? null, index: pointNumber ?? pointIndex ?? null,
      x: x ?? null, y: y ?? null, z: z ?? null, text: said ?? null, data: customdata ?? null });
  }

  function update(fresh) {
    props = fresh;
    const height = (fresh.figure?.layout?.height || 352) / 16;
    if (!plot.dataset.drawn) plot.style.minHeight = `${height}rem`; // its room is kept, so that nothing jumps
    const meta = fresh.figure?.layout?.meta ?? {};
    above.update(meta.row);
    root.classList.toggle("gb-figure-sided", Boolean(meta.places));
    knobs.replaceChildren(...(meta.controls ?? []).map(knob));
    tidy();
    if (meta.places) side.update(meta, fresh.figure.data.find((trace) => trace.name === "vocabulary"));
    redraw();
  }

  const tidy = () => { bar.hidden = views.hidden && !knobs.children.length; };

  // A control that the figure draws itself: its options side by side, or one button that is pressed or not.
  function knob({ name, label, value, options }) {
    const one = (text, pressed, next) => el("button", {
      type: "button", class: "gb-button gb-small", text, aria: { pressed: String(pressed) }, on: { click: () => ctx.set(name, next) },
    });
    if (!options) return one(label, value, !value);
    const buttons = options.map(([option, text]) => one(text, option === value, option));
    return el("div", { class: "gb-figure-knob", role: "group", aria: { label } }, ...buttons);
  }

  // How many values a trace holds: plotly writes long arrays as {dtype, bdata, shape}.
  function points({ z, y, x, values }) {
    const held = z ?? y ?? x ?? values ?? [];
    if (held.shape) return String(held.shape).split(",").reduce((total, side) => total * +side, 1);
    if (!held.bdata) return held.flat ? held.flat().length : 0;
    return Math.floor((held.bdata.length * 3) / 4 / (+held.dtype.slice(1) || 8));
  }

  function text() {
    const said = props?.text ?? props?.figure?.layout?.meta?.text;
    if (said) return said;
    const count = (props?.figure?.data || []).reduce((total, trace) => total + points(trace), 0);
    const title = props?.title || props?.figure?.layout?.title?.text;
    const facts = { title, points: count.toLocaleString(ctx.lang) };
    return ctx.say(title ? "figure.text_titled" : "figure.text", facts);
  }

  async function png() {
    await redraw();
    const { width, height } = plot.getBoundingClientRect();
    const shown = fly() ? { data: glassbox.names.seen(plot), layout: plot.layout, config: CONFIG } : plot;
    const url = await globalThis.Plotly.toImage(shown, { format: "png", width, height, scale: 2 });
    const image = new Image();
    image.src = url;
    await image.decode();
    return framed(ctx, root, width, height, text(), (pen) => pen.drawImage(image, 0, 0, width, height));
  }

  plot.setAttribute("aria-label", ctx.say("figure.label"));
  resized(root, () => size !== sized() && redraw());
  rethemed(ctx, redraw);
  ctx.on("shown", () => (area.clientWidth ? redraw() : putAway()));

  return { update, knobs: () => {}, text, png };
});
