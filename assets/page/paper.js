// A page that is printed is light and as wide as a sheet, whatever it is on the screen; afterwards it is as it was.
"use strict";

(() => {
  let was = null; // whether the page was dark, while it is on paper

  function dress() {
    document.documentElement.classList.toggle("gb-paper", was !== null);
    glassbox.retheme();
    glassbox.emit("shown", glassbox.state.tab); // canvases and figures are as large as their place: drawn anew
  }

  function begin() {
    if (was !== null) return;
    was = glassbox.dark();
    document.body.classList.remove("dark");
    dress();
  }

  function end() {
    if (was === null) return;
    document.body.classList.toggle("dark", was);
    was = null;
    dress();
  }

  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
  const paper = matchMedia("print"); // some browsers tell it this way only
  paper.addEventListener("change", () => (paper.matches ? begin() : end()));
})();
