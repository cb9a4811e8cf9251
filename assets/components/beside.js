// Beside a figure of tokens: a box to find one in, the sentence's own, and those nearest to the chosen one.
(() => {
  "use strict";
  const MOST = 8; // tokens found that are shown

  // What a person types of a token: without the marks for a space before it, or for being a later part of a word.
  const bare = (label) => label.replace(/^(\u2423|##)/, "").toLocaleLowerCase();
  const whole = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

  /** The tokens that are what was typed, whole words first, then those that begin with it, then those that hold it. */
  function found(names, typed) {
    const text = bare(typed.trim());
    if (!text) return [];
    const kinds = [
      ({ name, label }) => name === text && label.startsWith("\u2423"),
      ({ name, label }) => name === text && !label.startsWith("##"),
      ({ name }) => name.startsWith(text),
      ({ name }) => name.includes(text),
    ];
    const hits = kinds.flatMap((fits) => names.filter(fits));
    return [...new Set(hits)].slice(0, MOST);
  }

  /** pick(id): a token was chosen. Returns {element, update(meta, vocabulary trace)}. */
  function beside(ctx, pick) {
    const { el } = glassbox.kit;
    let names = []; // {name, label, data}
    const box = el("input", {
      type: "text", class: "gb-beside-box", placeholder: ctx.say("beside.find"), autocomplete: "off", spellcheck: "false",
      enterkeyhint: "search", aria: { label: ctx.say("beside.find") },
      on: {
        input: search,
        keydown: (event) => {
          if (event.key !== "Enter" || event.isComposing) return;
          const [first] = found(names, box.value);
          if (first) pick(first.data);
        },
      },
    });
    const hits = el("div", { class: "gb-beside-hits", role: "group", aria: { live: "polite", label: ctx.say("beside.found") } });
    const places = el("div", { class: "gb-beside-places", role: "group", aria: { label: ctx.say("beside.places") } });
    const title = el("h4", { class: "gb-beside-title" });
    const list = el("ol", { class: "gb-beside-near" });
    const parts = [el("p", { class: "gb-beside-name", translate: "yes", text: ctx.say("beside.places") }), places, box, hits, title, list];
    const element = el("div", { class: "gb-beside", data: { unsaved: "" } }, ...parts);

    const button = (label, data, rest = {}) => el("button", {
      type: "button", class: "gb-beside-token", text: label, translate: "no", on: { click: () => pick(data) }, ...rest,
    });

    function search() {
      const shown = found(names, box.value);
      hits.replaceChildren(...shown.map(({ label, data }) => button(label, data)));
      if (box.value.trim() && !shown.length) hits.textContent = ctx.say("beside.none");
    }

    function row({ label, data, share }) {
      const bar = el("span", { class: "gb-beside-bar" },
        el("span", { class: "gb-beside-share gb-fill", style: { width: `${100 * Math.max(0, share)}%` } }));
      const value = el("span", { class: "gb-beside-value", text: share.toFixed(2) });
      const said = ctx.say("beside.row", { label, share: share.toFixed(4) });
      const one = button("", data, { class: "gb-beside-row", title: said, aria: { label: said } });
      one.append(el("span", { class: "gb-beside-label", text: label, translate: "no" }), bar, value);
      return el("li", {}, one);
    }

    function update(meta, vocabulary) {
      names = (vocabulary?.text ?? []).map((text, i) => ({ label: whole(text), name: bare(whole(text)), data: vocabulary.customdata[i] }));
      places.replaceChildren(...meta.places.map(({ label, data }, i) => button(label, data, {
        class: "gb-beside-token gb-chip", style: { "--gb-place": `var(--gb-token-${i % 8})` }, aria: { pressed: String(data === meta.chosen) },
      })));
      title.textContent = meta.near.title;
      list.replaceChildren(...meta.near.rows.map(row));
      search();
    }

    return { element, update };
  }

  glassbox.beside = beside;
})();
