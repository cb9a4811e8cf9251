// What is on the screen, as one value: tab, sentence, how it is read, model, every control, the folds that are open. The
// link after the # is that value as text.
"use strict";

(() => {
  const { boot, codes, lang } = glassbox;
  const OPEN = "open"; // which folds are, in a link; no control bears that name
  const MOST_LINK = 8000; // characters; some programs that pass links on cut longer ones

  const explainer = (name) => boot.explainers.find((one) => one.name === name);
  const control = (name, controlName) => explainer(name)?.controls.find((one) => one.name === controlName);
  const YES = Object.assign(Object.create(null), { true: true, false: false });
  const named = (value) => boot.any || boot.real.includes(value); // a real one may be missing here, which the answer says
  const shared = (c) => Boolean(c.shared); // the page's picker sets it, for every explainer

  /** What a tab begins with: its first example, which shows its point; of "about", that of the first tab. */
  const opening = (tab) => (explainer(tab) ?? boot.explainers[0]).examples[0];

  function defaults(tab = boot.explainers[0].name) {
    const controls = {};
    for (const one of boot.explainers) {
      controls[one.name] = Object.fromEntries(one.controls.filter((c) => !shared(c)).map((c) => [c.name, c.default]));
    }
    const open = Object.fromEntries(boot.explainers.map((one) => [one.name, []]));
    return { tab, text: opening(tab).text, special_tokens: false, model: boot.model, controls, open };
  }

  /** Puts an example's own controls into a state, such as the head that shows its point; they are of a bundled model. */
  function exemplify(state, tab, example) {
    if (example.controls && state.model === (example.model ?? boot.bundled)) Object.assign(state.controls[tab], example.controls);
  }

  /** Those of some names that are folds of an explainer, in the order in which they stand on the page. */
  function in_order(name, chosen) {
    const views = explainer(name).views.slice(1).map((view) => view.name); // the first leads, and is always open
    return [...views, ...boot.folds].filter((fold) => chosen.includes(fold));
  }

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  /** The controls of an explainer as a request has them: the page's model goes wherever it can do what is needed. */
  function controlsOf(state, name) {
    const controls = { ...state.controls[name] };
    for (const c of explainer(name).controls.filter(shared)) controls[c.name] = c.instead[state.model]?.[0] ?? state.model;
    const taker = taking(state, name);
    if (taker) controls[taker.name] = state.model;
    return controls;
  }

  /** The control, left to fit, that takes the page's model where the shared one cannot. */
  function taking(state, name) {
    const kinds = explainer(name).controls.filter((c) => c.kind === "model");
    if (!kinds.some((c) => shared(c) && c.instead[state.model])) return undefined;
    return kinds.find((c) => !shared(c) && state.controls[name][c.name] === "" && c.options.includes(state.model));
  }

  /** [the model that answers, what the page's own model lacks] where that one cannot serve an explainer, else null. */
  function instead(state, name) {
    const found = explainer(name).controls.find((c) => shared(c) && c.instead[state.model]);
    return found && !taking(state, name) ? found.instead[state.model] : null;
  }

  /** A value as a link has it, or undefined where it is not one that the control takes. */
  function read(kind, text) {
    if (kind.kind === "toggle") return YES[text];
    if (kind.kind === "choice") return kind.options.includes(text) ? text : undefined;
    if (kind.kind === "model") return text === "" || kind.options.includes(text) || named(text) ? text : undefined;
    if (kind.kind === "tokens") {
      if (text === "") return [];
      const ids = text.split(",").map(Number);
      return /^\d+(,\d+)*$/.test(text) && ids.length <= kind.most && ids.every(Number.isSafeInteger) ? ids : undefined;
    }
    const number = Number(text);
    const fits = text.trim() !== "" && number >= kind.low && number <= kind.high;
    return fits && (!Number.isInteger(kind.step) || Number.isInteger(number)) ? number : undefined;
  }

  /** The sentence that says what a number is to be in place of 0, where another control does what 0 would; else "". */
  function unfit(kind, text) {
    const number = Number(text);
    if (!kind.zero || String(text).trim() === "" || !(number >= 0 && number < kind.low)) return "";
    return glassbox.words("refusals", "not_zero", { control: kind.label, low: kind.low, high: kind.high, zero: kind.zero_label });
  }

  /** A state as the text after the #: what differs from the defaults, and always tab and sentence. */
  function write(state, language = lang) {
    const start = defaults();
    const parts = [["tab", state.tab], ["text", state.text]];
    if (state.special_tokens) parts.push(["special_tokens", "true"]);
    // another language's page has another default, and ids mean something in one vocabulary only; what a page opens with
    // may be installed here and nowhere else, so what a link leaves out is the bundled one
    if (state.model !== boot.bundled || language !== lang) parts.push(["model", state.model]);
    for (const one of boot.explainers) {
      for (const c of one.controls) {
        const value = state.controls[one.name][c.name];
        if (shared(c) || c.kind === "action" || same(value, start.controls[one.name][c.name])) continue;
        parts.push([`${one.name}.${c.name}`, Array.isArray(value) ? value.join(",") : String(value)]);
      }
      if (state.open[one.name].length) parts.push([`${one.name}.${OPEN}`, state.open[one.name].join(",")]);
    }
    if (document.documentElement.classList.contains("gb-projector")) parts.push(["projector", "1"]);
    return glassbox.fragment.joined(parts);
  }

  /** Reads a link into {state, projector, cut, nonsense: why a value is none, or true}: what cannot be read is left out. */
  function parse(fragment) {
    const { pairs, cut } = glassbox.fragment.split(fragment);
    const state = defaults(pairs.filter(([key, value]) => key === "tab" && explainer(value)).pop()?.[1]);
    let nonsense = false;
    let projector = false;
    if (pairs.some(([key]) => key === "text")) state.model = boot.bundled;
    else exemplify(state, state.tab, opening(state.tab));
    for (const [key, value, good] of pairs) {
      if (!good) nonsense ||= true;
      const [name, controlName] = key.split(".");
      const kind = controlName ? control(name, controlName) : null;
      if (key === "tab" && (explainer(value) || value === "about")) state.tab = value;
      else if (key === "text") state.text = value;
      else if (key === "special_tokens" && value in YES) state.special_tokens = YES[value];
      else if (key === "model" && (boot.models.includes(value) || named(value))) state.model = value;
      else if (key === "projector") projector = value === "1";
      else if (controlName === OPEN && explainer(name)) {
        const chosen = value.split(",");
        state.open[name] = in_order(name, chosen);
        if (state.open[name].length !== chosen.length) nonsense ||= true;
      } else if (kind && !shared(kind) && kind.kind !== "action" && read(kind, value) !== undefined) {
        state.controls[name][controlName] = read(kind, value);
      } else nonsense = (kind && unfit(kind, value)) || nonsense || true;
    }
    return { state, nonsense, projector, cut };
  }

  /** The address of a page in a language, with a state in it. */
  function address(state, language = lang) {
    const path = language === codes[0] ? "/" : `/${language}`;
    return `${glassbox.root()}${path}#${write(state, language)}`;
  }

  Object.assign(glassbox, {
    state: defaults(), defaults, opening, exemplify, parse, read, write, address, explainer, control, controlsOf, instead, in_order, same, unfit,
    MOST_LINK,
  });
})();
