// What a person takes away: pictures, each with the sentence and the model under it, and tables.
"use strict";

(() => {
  /** Puts the buttons of a view in their place: [[what it is called in the words, what it does], …]. */
  function tools(view, list) {
    view.tools.replaceChildren(...list.map(([act, fn]) => {
      const button = glassbox.make("button", "gb-button gb-small", glassbox.words("shell", `acts.${act}`));
      button.type = "button";
      button.dataset.tool = act;
      button.addEventListener("click", fn);
      return button;
    }));
  }

  function download(blob, view, ending) {
    const link = glassbox.make("a");
    link.href = URL.createObjectURL(blob);
    link.download = `glassbox-${view.name}-${view.about.name}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  /** Of which sentence and of which models a picture is. */
  function signature(name) {
    const { explainer, controlsOf, state, words } = glassbox;
    const controls = controlsOf(state, name);
    const used = explainer(name).controls.filter((c) => c.kind === "model").map((c) => controls[c.name]);
    return words("shell", "signature", { text: state.text.replace(/\s+/g, " "), model: used.filter(Boolean).join(", ") });
  }

  /** A component's PNG with the signature under its own caption, cut where the picture ends. */
  async function signed(blob, name, root) {
    const { kit, css } = glassbox;
    const picture = await createImageBitmap(blob);
    const scale = Math.max(2, kit.density()); // as sharp as components draw what is saved
    const edge = kit.rem() * scale;
    const canvas = glassbox.make("canvas");
    canvas.width = picture.width;
    canvas.height = picture.height + Math.ceil(1.25 * edge);
    const pen = canvas.getContext("2d");
    pen.fillStyle = css("--gb-bg");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0);
    pen.fillStyle = css("--gb-muted");
    pen.font = `${0.8125 * edge}px ${kit.family(root)}`;
    pen.fillText(kit.fit(pen, signature(name), canvas.width - 2 * edge), edge, picture.height + 0.25 * edge);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  async function save_picture(view) {
    download(await signed(await view.instance.png(), view.name, view.root), view, "png");
  }

  function save_table(view) {
    // a spreadsheet runs a cell that begins like a formula: a quote before it says that it is text
    const plain = (value) => (typeof value === "string" ? value.replace(/^[=+\-@\t\r]/, "'$&") : String(value ?? ""));
    const quote = (value) => `"${plain(value).replaceAll('"', '""')}"`;
    const lines = [view.latest.columns, ...view.latest.rows].map((row) => row.map(quote).join(","));
    download(new Blob(["\ufeff" + lines.join("\r\n")], { type: "text/csv" }), view, "csv");
  }

  Object.assign(glassbox, { tools, signature, save_picture, save_table });
})();
