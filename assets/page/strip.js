// The strip above the tabs: one sentence, from text to the next word, in five stations with this sentence's own values.
"use strict";

(() => {
  const STATIONS = ["sentence", "tokens", "vectors", "attention", "next"];
  const MOST = 12; // tokens that a station shows before it says how many more there are

  /** A probability as people read it; never 0% or 100% when it is not. */
  function percent(p) {
    if (p > 0 && p < 0.001) return "<0.1%";
    if (p < 1 && p > 0.999) return ">99.9%";
    return `${(100 * p).toFixed(p < 0.1 ? 1 : 0)}%`;
  }

  function station(name, body) {
    const { make, words } = glassbox;
    const target = glassbox.explainer(TABS[name]) ? TABS[name] : null;
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
    box.append(make("span", "gb-station-name", words("strip", `stations.${name}.title`)), body);
    return box;
  }

  const TABS = { tokens: "tokens", vectors: "embeddings", attention: "attention", next: "sampling" };

  function row(items, className) {
    const line = glassbox.make("span", className);
    line.append(...items);
    return line;
  }

  const more = (count) => (count > 0 ? [glassbox.make("span", "gb-s-more", `+${count}`)] : []);

  const BODIES = {
    sentence: () => glassbox.make("span", "gb-station-text", glassbox.state.text),
    tokens(v) {
      const chips = v.tokens.slice(0, MOST).map(({ label }, i) => {
        const chip = glassbox.make("span", "gb-s-chip", label);
        chip.translate = false;
        chip.style.background = `var(--gb-token-${i % 8})`;
        return chip;
      });
      return row([...chips, ...more(v.tokens.length - MOST)], "gb-s-chips");
    },
    vectors(v) {
      const widest = Math.max(...v.tokens.flatMap(({ vector }) => vector.map(Math.abs)), 1e-9);
      const cells = v.tokens.slice(0, MOST).map(({ vector }) => row(vector.map((x) => cell(x, widest)), "gb-s-vector"));
      return row(cells, "gb-s-vectors");
    },
    attention(v) {
      if (!v.attention) return glassbox.make("span", "gb-station-text", glassbox.words("strip", "too_long"));
      const most = Math.max(...v.attention);
      const bars = v.attention.slice(-MOST * 2).map((weight) => {
        const bar = glassbox.make("span", "gb-s-bar");
        bar.style.height = `${Math.max(4, (100 * weight) / most)}%`;
        return bar;
      });
      return row(bars, "gb-s-bars");
    },
    next(v) {
      return row(v.next.slice(0, 3).map(({ label, probability }) => {
        const line = glassbox.make("span", "gb-s-next");
        const word = glassbox.make("b", "", label);
        word.translate = false;
        line.append(word, ` ${percent(probability)}`);
        return line;
      }), "gb-s-nexts");
    },
  };

  function cell(x, widest) {
    const dot = glassbox.make("i", "gb-s-cell");
    dot.style.opacity = String(Math.min(1, 0.12 + Math.abs(x) / widest));
    dot.classList.add(x < 0 ? "gb-s-minus" : "gb-s-plus");
    return dot;
  }

  function draw(element, values) {
    const nav = glassbox.make("nav", "gb-strip");
    nav.setAttribute("aria-label", glassbox.words("shell", "strip"));
    nav.append(...STATIONS.map((name) => station(name, BODIES[name](values))));
    element.replaceChildren(nav);
  }

  Object.assign(glassbox, {
    percent,
    strip(element, watch, props) {
      watch("value", () => { if (props.value) draw(element, JSON.parse(props.value)); });
    },
  });
})();
