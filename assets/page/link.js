// The address: it follows what is on the screen, and is copied for others.
"use strict";

(() => {
  const LATER = 200; // ms
  let later = 0;
  let touched = false;

  function remember(push = false) {
    touched = true;
    clearTimeout(later);
    try {
      history[push ? "pushState" : "replaceState"]({ glassbox: true }, "", glassbox.address(glassbox.state));
    } catch { // some browsers take only so many in a few seconds: the next one will tell it all
    }
  }

  /** While a slider moves, the address follows it once in a while. */
  function remember_soon() {
    clearTimeout(later);
    later = setTimeout(remember, LATER);
  }

  /** Another tab: Back returns to the one before, as it was. */
  function remember_tab(tab) {
    if (!touched) remember();
    glassbox.state.tab = tab;
    remember(true);
  }

  /** The address without anything in it, as a step of its own. */
  function remember_nothing() {
    clearTimeout(later);
    history.pushState({}, "", `${location.pathname}${location.search}`);
    touched = false;
  }

  async function copy_link() {
    const url = glassbox.address(glassbox.state);
    if (url.length > glassbox.MOST_LINK) {
      glassbox.note(glassbox.words("refusals", "link_too_long", { limit: glassbox.MOST_LINK }), "bad");
      return;
    }
    remember();
    try {
      await navigator.clipboard.writeText(url);
    } catch { // no right to the clipboard, in a frame or without https: the old way
      const box = Object.assign(document.createElement("textarea"), { value: url });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    glassbox.note(glassbox.words("shell", "copied"), "good", 4000);
  }

  Object.assign(glassbox, { remember, remember_soon, remember_tab, remember_nothing, copy_link });
})();
