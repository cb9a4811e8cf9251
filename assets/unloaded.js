// In the page's head, before any other script: where those do not come, it says so. `said`: the sentences by their keys.
(said) => {
  "use strict";

  const STYLE = "font: 1.125rem/1.5 system-ui, sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em";

  function say() {
    if (document.getElementById("gb-unloaded")) return;
    const framed = origin === "null"; // a frame without an origin of its own: it gets no module script
    const line = document.createElement("p");
    Object.assign(line, { id: "gb-unloaded", textContent: said[framed ? "sandboxed" : "not_loaded"] });
    line.style = STYLE;
    line.setAttribute("role", "alert");
    if (framed) {
      const link = document.createElement("a");
      Object.assign(link, { href: location.href, target: "_blank", textContent: location.href });
      link.style.color = "inherit"; // the default is hard to read on a dark page
      line.append(" ", link);
    }
    document.body.prepend(line);
  }

  addEventListener("error", ({ target }) => {
    if (target?.type !== "module") return;
    if (document.body) say();
    else addEventListener("DOMContentLoaded", say);
  }, true);
}
