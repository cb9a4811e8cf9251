// Where a plot is looked at from, and flights from there to elsewhere. A view is a table from plotly's names to values:
// {"xaxis.range": [0, 1], "yaxis.range": [0, 1]}, or {"scene.camera": {eye, center}}.
(() => {
  "use strict";
  const LONG = 700; // ms

  const still = () => document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;
  const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);
  const plain = (value) => JSON.parse(JSON.stringify(value));

  // Ranges change their width by equal factors, not by equal steps, so that coming close is as fast as the rest.
  function range([a, b], [c, d], t) {
    const width = (b - a) * ((d - c) / (b - a)) ** t;
    const middle = ((a + b) * (1 - t) + (c + d) * t) / 2;
    return [middle - width / 2, middle + width / 2];
  }

  function between(from, to, t) {
    if (typeof to === "number") return from + (to - from) * t;
    if (Array.isArray(to)) return range(from, to, t);
    return Object.fromEntries(Object.keys(to).map((key) => [key, between(from[key], to[key], t)]));
  }

  /** The view that a plot has now, in the names of another view. */
  function seen(plot, names) {
    const at = (path) => path.split(".").reduce((part, key) => part?.[key], plot.layout);
    return Object.fromEntries(Object.keys(names).map((path) => [path, plain(at(path) ?? names[path])]));
  }

  /** Puts a view into a layout. */
  function place(layout, view) {
    for (const [path, value] of Object.entries(view)) {
      const [axis, part] = path.split(".");
      layout[axis] = { ...layout[axis], [part]: value };
    }
    return layout;
  }

  /** The same view from nearer or farther away: factors below 1 come closer. */
  function zoomed(view, factor) {
    const wide = ([a, b]) => [a, b].map((end) => (a + b) / 2 + (end - (a + b) / 2) * factor);
    const far = ({ eye, center }) => ({ center, eye: between(center, eye, factor) });
    return Object.fromEntries(Object.entries(view).map(([path, value]) => [path, value.eye ? far(value) : wide(value)]));
  }

  /** Flies a plot to a view; ends early, where it is, once `alive()` says no. Returns whether it arrived. */
  async function fly(plot, to, alive) {
    const from = seen(plot, to);
    const start = performance.now();
    for (let t = 0; t < 1 && alive() && !still(); t = (performance.now() - start) / LONG) {
      await globalThis.Plotly.relayout(plot, between(from, to, ease(t)));
      await new Promise(requestAnimationFrame);
    }
    if (alive()) await globalThis.Plotly.relayout(plot, plain(to));
    return alive();
  }

  glassbox.flight = { fly, seen, place, zoomed };
})();
