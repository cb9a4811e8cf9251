// A plotly figure: plotly.js from this server, loaded once and only when a figure is first shown; in the page's theme.
// Figures are written in the colours of the light theme; in the dark one each of them is exchanged for its twin.
glassbox.component("figure", (root, ctx) => {
  "use strict";
  const { el, rem, family, resized, rethemed, framed } = glassbox.kit;
  const CONFIG = { displayModeBar: false, displaylogo: false, showTips: false, doubleClick: "reset" };

  let props = null;
  let drawn = null; // the promise of the last drawing
  const plot = el("div", { class: "gb-figure-plot", role: "img" });
  const note = el("p", { class: "gb-figure-note", role: "status", text: ctx.say("figure.loading") });
  root.classList.add("gb-figure");
  root.replaceChildren(plot, note);

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

  const textSize = () => Math.max(12, Math.round(0.875 * rem()));

  function axis(given) {
    const [text, line] = [ctx.css("--gb-muted"), ctx.css("--gb-line")];
    const tickfont = { color: text, ...given.tickfont };
    const font = { color: text, size: textSize(), ...given.title?.font };
    const lines = { gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line };
    return { automargin: true, ...lines, ...given, tickfont, title: { ...given.title, font } };
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
      width: root.clientWidth, height: (given.height || 352) * (rem() / 16),
    };
    for (const key of Object.keys(all)) {
      if (/^[xy]axis\d*$/.test(key)) all[key] = axis(all[key]);
      if (/^scene\d*$/.test(key)) all[key] = { ...all[key], ...space(all[key]) };
    }
    return { ...all, xaxis: all.xaxis || axis({}), yaxis: all.yaxis || axis({}) };
  }

  // ---- drawing

  // Never while hidden: plotly would measure nothing and draw it so.
  function redraw() {
    if (!props || !root.clientWidth) return drawn;
    const figure = themed(props.figure, colours());
    // numbers in the cells of a heatmap want room; where there is none, pointing still tells them
    const narrow = root.clientWidth < 30 * rem();
    for (const trace of figure.data) if (trace.type === "heatmap" && narrow) delete trace.texttemplate;
    return (drawn = plotly()
      .then((Plotly) => Plotly.react(plot, figure.data, layout(figure.layout || {}), CONFIG))
      .then(ready, (error) => {
        note.hidden = false;
        note.textContent = ctx.say("figure.failed");
        console.error(error);
      }));
  }

  function ready() {
    note.hidden = true;
    plot.setAttribute("aria-label", text());
    plot.style.minHeight = "";
    if (!plot.dataset.drawn) plot.on("plotly_click", clicked);
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
    redraw();
  }

  // How many values a trace holds: plotly writes long arrays as {dtype, bdata, shape}.
  function points({ z, y, x, values }) {
    const held = z ?? y ?? x ?? values ?? [];
    if (held.shape) return String(held.shape).split(",").reduce((total, side) => total * +side, 1);
    if (!held.bdata) return held.flat ? held.flat().length : 0;
    return Math.floor((held.bdata.length * 3) / 4 / (+held.dtype.slice(1) || 8));
  }

  function text() {
    if (props?.text) return props.text;
    const count = (props?.figure?.data || []).reduce((total, trace) => total + points(trace), 0);
    const title = props?.title || props?.figure?.layout?.title?.text;
    const facts = { title, points: count.toLocaleString(ctx.lang) };
    return ctx.say(title ? "figure.text_titled" : "figure.text", facts);
  }

  async function png() {
    await redraw();
    const { width, height } = plot.getBoundingClientRect();
    const url = await globalThis.Plotly.toImage(plot, { format: "png", width, height, scale: 2 });
    const image = new Image();
    image.src = url;
    await image.decode();
    return framed(ctx, root, width, height, text(), (pen) => pen.drawImage(image, 0, 0, width, height));
  }

  plot.setAttribute("aria-label", ctx.say("figure.label"));
  resized(root, redraw);
  rethemed(ctx, redraw);
  ctx.on("shown", redraw);

  return { update, knobs: () => {}, text, png };
});
