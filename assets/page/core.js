// The global that everything of ours in the browser hangs on: language, words, colours, arrays, the components' registry.
// It runs in the head, before gradio's own scripts.
"use strict";

globalThis.glassbox = (() => {
  const everyLanguage = globalThis.glassboxBoot;
  const codes = Object.keys(everyLanguage);
  const last = location.pathname.replace(/\/+$/, "").split("/").pop();
  const lang = codes.includes(last) ? last : codes[0];
  const boot = everyLanguage[lang];
  const components = {};
  const arrays = new WeakMap();
  const listeners = {};

  // Gradio speaks the browser's language; on a page of ours it shall speak the page's.
  for (const [name, value] of [["language", lang], ["languages", [lang]]]) {
    Object.defineProperty(navigator, name, { get: () => value, configurable: true });
  }
  document.documentElement.lang = lang;

  /** Looks a text up by its path in one of the words files and fills in its facts; a missing text shows its path. */
  function words(file, path, facts = {}) {
    let found = boot.words[file];
    for (const part of path.split(".")) found = found?.[part];
    if (typeof found !== "string") return path;
    return found.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? isolated(String(facts[name])) : whole));
  }

  /** Right-to-left text keeps to itself inside a sentence of ours (Unicode's first-strong isolate). */
  const isolated = (text) => (/[\u0590-\u08ff\ufb1d-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text);

  const inside = async (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;

  /** An array that lies on the server still; where it cannot be had, the error says that it is gone. */
  async function fetched(url) {
    const answer = await fetch(`${root()}/${url}?lang=${lang}`).catch(() => null);
    const between = answer && glassbox.between(answer); // not from the app: what is asked again would come to no more
    if (between || !answer?.ok) throw Object.assign(new Error(url), { between, gone: true });
    return answer.arrayBuffer();
  }

  const KINDS = {
    float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array, int64: BigInt64Array, bool: Uint8Array,
  };

  /** A packed array as a typed array, in C order. Asked for twice, it is unpacked once. */
  function unpack(packed) {
    if (!arrays.has(packed)) {
      const bytes = packed.url ? fetched(packed.url) : inside(packed.bytes);
      const array = bytes.then((buffer) => new KINDS[packed.dtype](buffer));
      array.catch(() => arrays.delete(packed)); // asked for again, it is fetched again
      arrays.set(packed, array);
    }
    return arrays.get(packed);
  }

  /** The address that the app is served from, without a slash at its end. */
  function root() {
    return new URL(".", document.baseURI).href.replace(/\/+$/, "");
  }

  function on(name, fn) {
    (listeners[name] ??= new Set()).add(fn);
    return () => listeners[name].delete(fn);
  }

  function emit(name, detail) {
    for (const fn of listeners[name] ?? []) fn(detail);
  }

  const dark = () => document.body?.classList.contains("dark") ?? false;
  const css = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  /** Tells of the theme where it has changed. */
  function retheme() {
    if (theme === dark()) return;
    theme = dark();
    emit("theme");
  }

  // gradio puts "dark" on the body once it knows the theme
  let theme = null;
  new MutationObserver(retheme).observe(document.documentElement, { attributes: true, attributeFilter: ["class"], subtree: true });

  return {
    boot, lang, codes, components, words, unpack, root, on, emit, dark, css, retheme,
    plotlyUrl: `${root()}/glassbox/plotly.js?${document.currentScript?.dataset.version ?? ""}`,
    component(name, mount) { components[name] = mount; },
    say: (path, facts) => words("components", path, facts),
  };
})();
