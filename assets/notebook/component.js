// Mounts one of the page's components alone in a frame of a notebook, and tells the notebook how high it is.
"use strict";

(async () => {
  const { id, name, props, knobs } = JSON.parse(document.getElementById("facts").textContent);
  const { lang, say, dark, css, unpack, on } = glassbox;
  const root = document.getElementById("root");
  let values = knobs;
  let instance = null;

  function set(control, value) {
    values = { ...values, [control]: value };
    instance.knobs?.(values);
  }

  const nothing = () => {}; // there is no server to ask
  instance = glassbox.components[name](root, { lang, say, dark, css, unpack, on, set, pick: nothing, act: nothing });
  await instance.update(props, values);
  instance.knobs?.(values);
  root.dataset.drawn = "1";
  const tell = () => parent.postMessage({ glassbox: id, height: Math.ceil(root.getBoundingClientRect().height) + 24 }, "*");
  new ResizeObserver(tell).observe(root);
  tell();
})();
