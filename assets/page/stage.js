// Draws an answer: the leading picture, the other views below it, each with its title, its caption and its own buttons.
"use strict";

(() => {
  const mounted = {}; // stage name -> {element, note, views: {name: {card, instance, kind}}}

  const make = (tag, className = "", text = "") => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  function mount_stage(element, name) {
    const note = make("p", "gb-refusal");
    note.setAttribute("role", "alert");
    note.hidden = true;
    const box = make("div", "gb-stage");
    element.replaceChildren(note, box);
    mounted[name] = { element, note, box, views: {} };
  }

  async function draw_stage(name, answer) {
    const stage = mounted[name];
    refuse(stage, name, answer.refusal);
    stage.box.classList.toggle("gb-stale", Boolean(answer.refusal));
    if (answer.refusal) for (const view of Object.values(stage.views)) view.instance?.refused?.();
    if (answer.step) {
      for (const view of Object.values(stage.views)) view.instance?.step?.(answer.step);
      return;
    }
    if (answer.views) {
      await Promise.all(glassbox.explainer(name).views.map((about, index) => {
        const view = (stage.views[about.name] ??= card(stage, name, about, index === 0));
        return view.draw(answer.views[about.name]);
      }));
    }
    stage.box.dataset.answer = String(answer.n);
  }

  /** The sentence of a refusal; where tokens were appended, a way back to the text without them stands beside it. */
  function refuse(stage, name, sentence) {
    stage.note.hidden = !sentence;
    stage.note.replaceChildren(sentence ?? "");
    if (!sentence || !glassbox.displaced(name)) return;
    const back = make("button", "gb-button gb-small", glassbox.words("shell", "acts.forget"));
    back.type = "button";
    back.addEventListener("click", () => glassbox.forget(name));
    stage.note.append(" ", back);
  }

  /** The frame of a view: the first leads and is open, the others fold. */
  function card(stage, name, about, leads) {
    const frame = make(leads ? "section" : "details", "gb-card");
    const head = make(leads ? "div" : "summary", "gb-card-head");
    const title = make("h3", "gb-card-title", about.title);
    head.append(title);
    const body = make("div", "gb-card-body");
    const caption = make("p", "gb-caption", about.caption);
    const tools = make("div", "gb-card-tools");
    const alternative = make("p", "gb-alternative");
    alternative.translate = false; // it names tokens
    frame.append(head, caption, body, alternative, tools);
    const { caution } = glassbox.explainer(name);
    if (leads && caution) frame.append(make("p", "gb-caution", caution));
    frame.dataset.view = about.name;
    stage.box.append(frame);
    const view = { frame, body, tools, alternative, root: null, instance: null, latest: null, name, about };
    view.draw = (answer) => {
      view.latest = answer;
      view.waiting = !leads && !frame.open;
      return view.waiting ? null : fill(view);
    };
    frame.addEventListener("toggle", () => { if (frame.open && view.waiting) fill(view); });
    return view;
  }

  async function fill(view) {
    view.waiting = false;
    const answer = view.latest;
    if (answer.kind === "component") return component(view, answer);
    view.body.replaceChildren(STATIC[answer.kind](answer));
    view.alternative.textContent = "";
    tools(view, answer.kind === "table" ? [["save_table", () => saveTable(view)]] : []);
  }

  /** A component is mounted once; where the view was something else for a while, it comes back as it was. */
  async function component(view, answer) {
    if (!view.instance) {
      view.root = make("div", "gb-component");
      view.body.replaceChildren(view.root);
      view.instance = glassbox.components[answer.component](view.root, context(view));
    }
    if (!view.root.isConnected) view.body.replaceChildren(view.root);
    tools(view, [["save_picture", () => savePicture(view)]]);
    await view.instance.update(answer.props, { ...glassbox.state.controls[view.name] });
    view.instance.knobs?.({ ...glassbox.state.controls[view.name] }); // one may have moved while arrays were unpacked
    describe(view);
  }

  /** The picture in a sentence or two, for who cannot see it. */
  function describe(view) {
    if (view.instance && view.latest.kind === "component") view.alternative.textContent = view.instance.text?.() ?? "";
  }

  /** A number to four digits; the saved table has all of them. */
  const shortly = (value) => (typeof value === "number" ? value.toPrecision(4) : String(value));

  const STATIC = {
    table(answer) {
      const wrap = make("div", "gb-table");
      const table = make("table");
      const row = table.createTHead().insertRow();
      for (const [index, column] of answer.columns.entries()) {
        const numbers = answer.rows.some((values) => typeof values[index] === "number");
        const cell = make("th", numbers ? "gb-number" : "", column);
        cell.scope = "col";
        row.append(cell);
      }
      const rows = table.createTBody();
      for (const values of answer.rows) {
        const line = rows.insertRow();
        for (const [index, value] of values.entries()) {
          const cell = line.insertCell();
          if (answer.data.includes(index)) cell.translate = false;
          cell.textContent = value === null ? "–" : Number.isInteger(value) ? String(value) : shortly(value);
          if (typeof value === "number") cell.className = "gb-number";
        }
      }
      wrap.append(table);
      return wrap;
    },
    markdown: (answer) => make("p", "gb-text", answer.text),
    html(answer) {
      const frame = make("iframe", "gb-frame");
      frame.setAttribute("sandbox", "allow-scripts"); // never allow-same-origin: it could reach the page
      frame.srcdoc = answer.source;
      frame.height = answer.height;
      return frame;
    },
  };

  /** What a component is given of the page around it. */
  function context({ name, about }) {
    const { lang, say, dark, css, unpack, on } = glassbox;
    return {
      lang, say, dark, css, unpack, on,
      pick(pick, event) {
        if (!glassbox.explainer(name).picks.includes(pick)) return; // a click that means nothing here
        glassbox.run(name, { extra: { pick: { name: pick, event: { ...event, view: about.name } } } });
      },
      set: (control, value) => glassbox.set(name, control, value),
      act: (control, value) => glassbox.run(name, { extra: { controls: { [control]: value } } }),
    };
  }

  let refresh = 0;
  glassbox.on("knobs", (name) => {
    if (!mounted[name]) return;
    const values = { ...glassbox.state.controls[name] };
    const views = Object.values(mounted[name].views);
    for (const view of views) {
      view.instance?.knobs?.(values);
      describe(view);
    }
    // what else has the same knob is drawn by the server: only while it is open, and once the knob rests
    const open = views.some((view) => view.frame.open && ["table", "markdown"].includes(view.latest?.kind));
    clearTimeout(refresh);
    if (open) refresh = setTimeout(() => glassbox.run(name, { force: true }), 400);
  });

  // -- saving ---------------------------------------------------------------------------------------------------------

  function tools(view, list) {
    view.tools.replaceChildren(...list.map(([act, fn]) => {
      const button = make("button", "gb-button gb-small", glassbox.words("shell", `acts.${act}`));
      button.type = "button";
      button.dataset.tool = act;
      button.addEventListener("click", fn);
      return button;
    }));
  }

  function download(blob, name) {
    const link = make("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  const savePicture = async (view) => download(await view.instance.png(), `glassbox-${view.name}-${view.about.name}.png`);

  function saveTable(view) {
    // a spreadsheet runs a cell that begins like a formula: a quote before it says that it is text
    const plain = (value) => (typeof value === "string" ? value.replace(/^[=+\-@\t\r]/, "'$&") : String(value ?? ""));
    const quote = (value) => `"${plain(value).replaceAll('"', '""')}"`;
    const lines = [view.latest.columns, ...view.latest.rows].map((row) => row.map(quote).join(","));
    download(new Blob(["\ufeff" + lines.join("\r\n")], { type: "text/csv" }), `glassbox-${view.name}-${view.about.name}.csv`);
  }

  /** The newest answer of a view, as it came: for tests and for the curious at the console. */
  const shown = (name, view) => mounted[name].views[view]?.latest;

  Object.assign(glassbox, { mount_stage, draw_stage, make, shown });
})();
