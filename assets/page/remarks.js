// What is said of the sentence as it was typed: that a special token was not read as one, that a letter is not what it
// looks like. Each remark has a button for what would mend it; nothing is changed before it is pressed.
"use strict";

(() => {
  const WHY = ["tokens", "characters"]; // the tab and its fold that show each character of the sentence

  function remark_box() {
    const box = glassbox.make("div", "gb-remarks");
    box.setAttribute("role", "status");
    return box;
  }

  function button(text, act) {
    const made = glassbox.make("button", "gb-button gb-small", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  /** Takes up what a remark offers. The remark goes, and with it its button: the keyboard is at the sentence then. */
  function mend(change) {
    glassbox.take_up(change);
    document.querySelector("#gb-sentence textarea")?.focus();
  }

  function look() {
    const [tab, fold] = WHY;
    glassbox.open_tab(tab);
    glassbox.folded(tab, fold, true);
    glassbox.fold_all();
    glassbox.run(tab);
    document.querySelector(`#stage-${tab} [data-view=${fold}]`)?.scrollIntoView({ block: "start" });
  }

  function line({ key, text, press, set, why }) {
    const made = glassbox.make("p", "gb-remark");
    made.dataset.remark = key;
    const said = glassbox.make("span", "", text);
    made.append(said);
    if (press) made.append(" ", button(press, () => mend(set)));
    if (why && glassbox.explainer(WHY[0])) made.append(" ", button(why, look));
    return made;
  }

  /** Shows the remarks of an answer in their box. */
  function remark(box, remarks) {
    box.replaceChildren(...remarks.map(line));
  }

  Object.assign(glassbox, { remark_box, remark });
})();
