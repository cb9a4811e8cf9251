// The names beside the dots of a plot. Where two would cover each other only one is written, until there is room for
// both: pointing at a dot still tells its name.
(() => {
  "use strict";
  const COVERED = 0.15; // the share of the smaller of two names that the other may cover
  const NONE = " "; // the template of a name that is not written; an empty one would be none

  // What d3 drew an element from: [trace, point].
  const drawnFrom = (name) => [name.closest(".trace").__data__[0].trace.index, name.__data__.i];

  const area = ({ width, height }) => Math.max(width, 0) * Math.max(height, 0);

  function covers(a, b) {
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return area({ width, height }) > COVERED * Math.min(area(a), area(b));
  }

  /** Hides the names that cover others and shows those that have room. What lies on top keeps its name. */
  function apart(plot) {
    const all = Array.from(plot.querySelectorAll(".scatterlayer .textpoint"));
    const order = (a, b) => { const [[s, i], [t, j]] = [drawnFrom(a), drawnFrom(b)]; return t - s || i - j; };
    const kept = [];
    for (const name of all.sort(order)) {
      const box = name.getBoundingClientRect();
      const room = !kept.some((one) => covers(one, box));
      name.style.visibility = room ? "" : "hidden";
      if (room) kept.push(box);
    }
  }

  /** The plot's traces without the names that are hidden, for a picture of it. */
  function seen(plot) {
    const hidden = Array.from(plot.querySelectorAll(".scatterlayer .textpoint")).filter((name) => name.style.visibility);
    const left = new Set(hidden.map((name) => drawnFrom(name).join()));
    const template = (trace, place) => Array.from(trace.text, (_, point) => (left.has([place, point].join()) ? NONE : "%{text}"));
    const named = (trace) => trace.type === "scatter" && /text/.test(trace.mode);
    return plot.data.map((trace, place) => (named(trace) ? { ...trace, texttemplate: template(trace, place) } : trace));
  }

  glassbox.names = { apart, seen };
})();
