// What bertviz finds around it: the two libraries that it would fetch, how wide it may draw, and its words.
// It runs in a frame of no origin; the page tells theme and size of type after the # of the address.
"use strict";

const { words, labels } = JSON.parse(document.getElementById("facts").textContent);
d3.schemeCategory10 ??= d3.scale.category10().range(); // its newer name
const root = document.querySelector("body > div");
const blank = root.outerHTML;
let draw = null;

// bertviz asks for its libraries by this name
const requirejs = (names, drawing) => { draw = drawing; draw(jQuery, d3); };

const frame = {
  width: () => innerWidth / (Number(document.documentElement.style.zoom) || 1),

  /** Room for the longest token, as far as there is some left between two columns of them. */
  column(size) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${size}px ${getComputedStyle(document.body).getPropertyValue("--fonts")}`;
    const longest = Math.max(...labels.map((label) => pen.measureText(label).width)) + size;
    return Math.max(40, Math.min(longest, (frame.width() - 80) / 2));
  },

  /** Between the two columns: what is left, within reason. */
  gap: (column) => Math.max(60, Math.min(frame.width() - 2 * column, 420)),

  /** Never so narrow that the small maps would turn over. */
  grid: (heads) => Math.max(40 + 18 * heads, Math.min(frame.width() - 2, 970)),

  chosen: (layer, head) => words.chosen.replace("{layer}", layer).replace("{head}", head),
};

function dress() {
  const [theme, size] = location.hash.slice(1).split(",");
  document.documentElement.classList.toggle("dark", theme === "dark");
  document.documentElement.style.zoom = Number(size) || 1;
}

let last = 0;
function redraw() {
  if (!draw || frame.width() === last) return;
  last = frame.width();
  document.querySelector("body > div").outerHTML = blank;
  draw(jQuery, d3);
}

dress();
last = frame.width();
addEventListener("hashchange", () => { dress(); redraw(); });
addEventListener("resize", redraw);
