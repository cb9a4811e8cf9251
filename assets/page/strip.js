// The strip above the tabs: one sentence, from text to the next word, in five stations with this sentence's own values.
"use strict";

(() => {
  const STATIONS = ["sentence", "tokens", "vectors", "attention", "next"];
  const MOST = 12; // tokens that a station shows before it says how many more there are

  const LEAST = 0.01; // of the probability, from which on special tokens are spoken of

  /** Whether the first token takes far more than any other: many heads rest there when they find nothing to look for. */
  const sinks = (weights) => weights.length > 2 && weights[0] > 2 * Math.max(...weights.slice(1));

  const percent = (p) => glassbox.kit.percent(p);

  function station(name, body, said, model = "") {
    const { make, words } = glassbox;
    const target = TABS[name]?.find((tab) => glassbox.explainer(tab));
    const box = make(target ? "a" : "button", "gb-station");
    if (target) {
      box.href = `#tab=${target}`;
      box.dataset.tab = target;
    } else {
      box.type = "button";
      box.addEventListener("click", () => document.querySelector("#gb-sentence textarea")?.focus());
    }
    box.dataset.station = name;
    box.title = words("strip", `stations.${name}.hint`);
    body.setAttribute("aria-hidden", "true"); // a picture; what it shows is said beside it
    body.translate = false; // and it holds tokens
    const told = make("span", "gb-alternative", said);
    told.translate = false; // it holds tokens
    const title = make("span", "gb-station-name", words("strip", `stations.${name}.title`));
    const named = make("span", "gb-station-model", model);
    named.translate = false;
    if (model) title.append(" · ", named);
    box.append(title, body, told);
    return box;
  }

  // where each station leads: the first of these tabs that there is; the sentence leads to its box
  const TABS = { tokens: ["tokens"], vectors: ["embeddings", "tokens"], attention: ["attention"], next: ["sampling"] };

  function row(items, className) {
    const line = glassbox.make("span", className);
    line.append(...items);
    return line;
  }

  const more = (count) => (count > 0 ? [glassbox.make("span", "gb-s-more", `+${count}`)] : []);

  /** Text that no token stands for. */
  function struck(text) {
    const gone = glassbox.make("s", "gb-s-chip gb-lost", text);
    gone.translate = false;
    return gone;
  }

  const BODIES = {
    sentence: (v) => glassbox.make("span", "gb-station-text", v.text),
    tokens(v) {
      const chips = v.tokens.slice(0, MOST).map(({ label, special }, i) => {
        const chip = glassbox.make("span", `gb-s-chip gb-chip ${special ? "gb-special" : ""}`.trim(), label);
        chip.style.setProperty("--gb-place", `var(--gb-token-${i % 8})`);
        return chip;
      });
      for (const { place, text } of [...v.lost].reverse()) if (place <= MOST) chips.splice(place, 0, struck(text));
      return row([...chips, ...more(v.tokens.length - MOST)], "gb-s-chips");
    },
    vectors(v) {
      const widest = Math.max(...v.tokens.flatMap(({ vector }) => vector.map(Math.abs)), 1e-9);
      const cells = v.tokens.slice(0, MOST).map(({ vector }) => row(vector.map((x) => cell(x, widest)), "gb-s-vector"));
      return row(cells, "gb-s-vectors");
    },
    attention(v) {
      if (!v.attention) return glassbox.make("span", "gb-station-text", glassbox.words("strip", "too_long"));
      const sunk = sinks(v.attention);
      const most = Math.max(...v.attention.slice(sunk ? 1 : 0));
      const last = v.attention.slice(sunk ? 1 : 0).slice(-MOST * 2).map((weight) => {
        const bar = glassbox.make("span", "gb-s-bar gb-fill");
        bar.style.height = `${Math.max(4, (100 * weight) / most)}%`;
        return bar;
      });
      if (!sunk) return row(last, "gb-s-bars");
      const facts = { token: v.tokens[0].label, share: percent(v.attention[0]) };
      const named = glassbox.make("span", "gb-s-sink-name", glassbox.words("strip", "sink", facts));
      return row([glassbox.make("span", "gb-s-bar gb-s-sink"), named, ...last], "gb-s-bars");
    },
    next(v) {
      const words = v.next.slice(0, 3).map(({ label, probability }) => {
        const line = glassbox.make("span", "gb-s-next");
        const word = glassbox.make("b", "", label);
        line.append(word, ` ${percent(probability)}`);
        return line;
      });
      const share = percent(v.special);
      const apart = v.special >= LEAST ? [glassbox.make("span", "gb-s-next gb-s-apart", glassbox.words("strip", "special", { share }))] : [];
      return row([...words.slice(0, apart.length ? 2 : 3), ...apart], "gb-s-nexts");
    },
  };

  function cell(x, widest) {
    const dot = glassbox.make("i", "gb-s-cell gb-fill");
    dot.style.opacity = String(Math.min(1, 0.12 + Math.abs(x) / widest));
    dot.classList.add(x < 0 ? "gb-s-minus" : "gb-s-plus");
    return dot;
  }

  const value = (key, facts) => glassbox.words("strip", `values.${key}`, facts);

  /** What each station says to who cannot see it. */
  const SAID = {
    sentence: (v) => v.text,
    tokens: (v) => [
      value("tokens", { tokens: v.tokens.length }), ...v.lost.map(({ text }) => value("lost", { text })),
    ].join("; "),
    vectors(v) {
      const { label, vector } = v.tokens[v.tokens.length - 1];
      return value("vectors", { token: label, numbers: vector.slice(0, 3).map((x) => x.toFixed(2)).join(", ") });
    },
    attention(v) {
      if (!v.attention) return glassbox.words("strip", "too_long");
      const rest = sinks(v.attention) ? v.attention.slice(1) : v.attention;
      const weight = Math.max(...rest);
      if (rest !== v.attention) {
        const [token, other] = [v.tokens[0].label, v.tokens[1 + rest.indexOf(weight)].label];
        return value("sink", { token, share: percent(v.attention[0]), other, weight: percent(weight) });
      }
      return value("attention", { token: v.tokens[v.attention.indexOf(weight)].label, weight: percent(weight) });
    },
    next: (v) => [
      value("next", { token: v.next[0].label, probability: percent(v.next[0].probability) }),
      ...(v.special >= LEAST ? [value("special", { share: percent(v.special) })] : []),
    ].join("; "),
  };

  /** The first station of a model's own names it where it is not the one chosen. */
  const named = (name, values) => (values.instead && name === "tokens" ? values.model : "");

  function refused(sentence) {
    const line = glassbox.make("p", "gb-strip-refusal");
    line.append(...glassbox.told(sentence));
    return line;
  }

  function draw(element, values) {
    const nav = glassbox.make("nav", "gb-strip");
    nav.setAttribute("aria-label", glassbox.words("shell", "strip"));
    if (values.refusal) nav.append(station("sentence", BODIES.sentence(values), values.text), refused(values.refusal));
    else nav.append(...STATIONS.map((name) => station(name, BODIES[name](values), SAID[name](values), named(name, values))));
    const looking = nav.querySelector('[data-station="attention"]');
    if (looking && values.attention && sinks(values.attention)) looking.title += ` ${glassbox.words("strip", "sink_hint")}`;
    element.replaceChildren(nav);
  }

  let shown = null; // what it is of: text, how that is read, model

  Object.assign(glassbox, {
    strip_of: () => shown,
    strip(element, watch, props) {
      let newest = 0; // of all explainers' requests: the answer to an older one may come last
      watch("value", () => {
        if (!props.value) return;
        const { n, values } = JSON.parse(props.value);
        if (n < newest) return;
        newest = n ?? newest;
        shown = glassbox.take_text(n);
        draw(element, values);
      });
    },
  });
})();
