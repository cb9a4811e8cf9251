// Draws one plotly figure in a notebook's output. plotly.js stands in the first output of each cell, packed; whoever comes
// first unpacks it, and the others wait for that.
((facts) => {
  "use strict";
  const { id, figure, library, failed } = facts;
  const PATIENCE = 200; // times a tenth of a second
  const later = () => new Promise((over) => setTimeout(over, 100));

  async function unpacked(base64) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  // As a module of its own, whatever loader or other plotly.js the notebook has.
  function run(code) {
    const script = document.createElement("script");
    script.textContent = `globalThis.glassboxModule = { exports: {} };
      ((module, exports, define) => { ${code}
      })(globalThis.glassboxModule, globalThis.glassboxModule.exports);`;
    document.head.append(script);
    script.remove();
    return globalThis.glassboxModule.exports;
  }

  async function found(look) {
    for (let tries = 0; tries < PATIENCE && !look(); tries += 1) await later();
    return look();
  }

  // Without WebGL: points as vectors, and of a space the first two axes.
  function flat({ data, layout: { scene, ...rest } }) {
    const axes = scene ? { xaxis: scene.xaxis, yaxis: scene.yaxis } : {};
    return { data: data.map(({ z, ...trace }) => ({ ...trace, type: "scatter" })), layout: { ...rest, ...axes } };
  }

  function drawable() {
    const wants = figure.data.some((trace) => /gl$|3d$/.test(trace.type));
    const context = wants && document.createElement("canvas").getContext("webgl");
    context?.getExtension?.("WEBGL_lose_context")?.loseContext();
    return wants && !context ? flat(figure) : figure;
  }

  async function draw() {
    if (library) globalThis.glassboxPlotly ??= unpacked(library).then(run);
    const place = await found(() => document.getElementById(id));
    try {
      const Plotly = await (await found(() => globalThis.glassboxPlotly));
      const { data, layout } = drawable();
      await Plotly.newPlot(place, data, layout, { displayModeBar: false, displaylogo: false, responsive: true });
      place.dataset.drawn = "1";
    } catch (error) {
      place.textContent = failed;
      console.error(error);
    }
  }

  draw();
})
