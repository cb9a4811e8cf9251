// Draws an answer: the leading picture, the other views below it, each with its title, its caption and its own buttons.
"use strict";

(() => {
  // stage name -> {element, note, arriving, instead, remarks, box, views: {name: {frame, instance, latest}}, drawing: the
  // promise of one at work, resting: of the rest after it, next: what is drawn then, steps: how many were fed to the
  // components, feeding: of which question}
  const mounted = {};
  const REST = 3; // times as long as the drawing took

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
    const instead = make("p", "gb-instead");
    instead.setAttribute("role", "status");
    instead.hidden = true;
    const arriving = make("div", "gb-arriving");
    arriving.hidden = true;
    const remarks = glassbox.remark_box();
    const box = make("div", "gb-stage");
    const bar = glassbox.explainer(name).lasts ? [glassbox.run_bar(name)] : [];
    element.replaceChildren(...bar, note, arriving, instead, remarks, box);
    mounted[name] = { element, note, arriving, instead, remarks, box, views: {}, next: null, drawing: null, resting: null, steps: 0 };
  }

  async function draw_stage(name, answer) {
    const stage = mounted[name];
    refuse(stage, name, answer.arriving ? "" : answer.refusal);
    arrive(stage, answer.arriving, answer.refusal);
    replaced(stage, name, answer.instead);
    sized(stage, name, answer.instead);
    if (answer.done) glassbox.remark(stage.remarks, answer.remarks ?? []);
    stage.box.classList.toggle("gb-stale", Boolean(answer.refusal) && !("run" in answer));
    if (answer.refusal) for (const view of Object.values(stage.views)) view.instance?.refused?.();
    if (answer.steps) feed(stage, answer);
    if (answer.views && Object.keys(answer.views).length) await inTurn(stage, answer.done, () => draw_views(stage, name, answer.views));
    if (answer.done) stage.box.dataset.answer = String(answer.n);
  }

  /** Gives the components each new step once: an answer repeats some, for gradio passes on only the newest of several. */
  function feed(stage, { n, at, steps }) {
    if (stage.feeding !== n) Object.assign(stage, { feeding: n, steps: 0 });
    for (const step of steps.slice(Math.max(0, stage.steps - at))) {
      for (const view of Object.values(stage.views)) view.instance?.step?.(step);
    }
    stage.steps = at + steps.length;
  }

  /**
   * One drawing after the other; of those that wait, only the newest is drawn. While steps come, each drawing is followed
   * by a rest, so that a slow machine still heeds a click; the last one need not wait for that.
   */
  async function inTurn(stage, done, draw) {
    const hold = done ? "drawing" : "resting";
    stage.next = draw;
    while (stage[hold]) await stage[hold];
    if (stage.next !== draw) return;
    const began = performance.now();
    const work = draw();
    const drawing = (stage.drawing = work.catch(() => {}).finally(() => { stage.drawing = null; }));
    const rest = () => new Promise((over) => setTimeout(over, REST * (performance.now() - began)));
    const resting = (stage.resting = drawing.then(rest).then(() => { if (stage.resting === resting) stage.resting = null; }));
    await work;
  }

  function draw_views(stage, name, answers) {
    return Promise.all(glassbox.explainer(name).views.map((about, index) => {
      if (!answers[about.name]) return null; // while steps come, only some views can be drawn
      const view = (stage.views[about.name] ??= card(stage, name, index));
      return view.draw(answers[about.name]);
    }));
  }

  /** The sentence of a refusal; where tokens were appended, a way back to the text without them stands beside it. */
  function refuse(stage, name, sentence) {
    stage.note.hidden = !sentence;
    stage.note.replaceChildren(...glassbox.told(sentence));
    if (!sentence || !glassbox.displaced(name)) return;
    const back = make("button", "gb-button gb-small", glassbox.words("shell", "acts.forget"));
    back.type = "button";
    back.addEventListener("click", () => glassbox.forget(name));
    stage.note.append(" ", back);
  }

  /** How far a model is that is being fetched; a share that is not known moves as the browser sees fit. */
  function arrive(stage, arriving, sentence) {
    stage.arriving.hidden = !arriving;
    if (!arriving) return stage.arriving.replaceChildren();
    const [said = make("p"), bar = make("progress")] = stage.arriving.children;
    const [before, ...after] = arriving.terms ? sentence.split(arriving.terms) : [sentence];
    const linked = after.flatMap((part) => [terms(arriving.terms), ...glassbox.told(part)]);
    said.replaceChildren(...glassbox.told(before), ...linked, ` ${glassbox.words("shell", "absent.goes_on")}`);
    if (arriving.share === null) bar.removeAttribute("value");
    else bar.value = arriving.share;
    bar.setAttribute("aria-label", glassbox.words("shell", "absent.progress"));
    return bar.isConnected ? undefined : stage.arriving.append(said, bar);
  }

  function terms(address) {
    const link = make("a", "", address);
    Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer", translate: false });
    return link;
  }

  /** Which model answers here, where the page's own cannot; and why. twin: where only the answer could show that. */
  function replaced(stage, name, twin) {
    const { model } = glassbox.state;
    const [other, lacking] = glassbox.instead(glassbox.state, name) ?? [twin];
    const why = lacking ? `instead.${lacking}` : "no_twin";
    stage.instead.hidden = !other;
    stage.instead.replaceChildren(...glassbox.told(other && glassbox.words("shell", why, { model, other })));
  }

  /** What is said of models as small as the bundled ones is said where such a one answers. */
  function sized(stage, name, twin) {
    const small = glassbox.is_small(twin ?? glassbox.controlsOf(glassbox.state, name).model);
    stage.element.closest(".gb-panel").classList.toggle("gb-large", !small);
    const { caution, caution_large } = glassbox.explainer(name);
    stage.caution = small ? caution : caution_large;
    const line = stage.box.querySelector(".gb-caution");
    if (line) line.textContent = stage.caution;
  }

  /** The frame of a view: the first leads and is open, the others fold. */
  function card(stage, name, index) {
    const { views } = glassbox.explainer(name);
    const about = views[index];
    const leads = index === 0;
    const frame = make(leads ? "section" : "details", "gb-card");
    const head = make(leads ? "div" : "summary", "gb-card-head");
    const title = make("h3", "gb-card-title", about.title);
    head.append(title);
    const body = make("div", "gb-card-body");
    const caption = make("p", "gb-caption");
    caption.append(...glassbox.told(about.caption));
    const tools = make("div", "gb-card-tools");
    const alternative = make("p", "gb-alternative");
    alternative.translate = false; // it names tokens
    frame.append(head, caption, body, alternative, tools);
    if (leads && stage.caution) frame.append(make("p", "gb-caution", stage.caution));
    frame.dataset.view = about.name;
    if (!leads) frame.open = glassbox.is_open(name, about.name);
    const below = views.slice(index + 1).find((other) => stage.views[other.name]);
    stage.box.insertBefore(frame, below ? stage.views[below.name].frame : null);
    const view = { frame, body, tools, alternative, root: null, instance: null, latest: null, name, about };
    view.draw = (answer) => {
      view.latest = answer;
      delete frame.dataset.filled;
      view.waiting = !leads && !frame.open;
      return view.waiting ? null : fill(view);
    };
    frame.addEventListener("toggle", () => {
      glassbox.folded(name, about.name, frame.open);
      if (frame.open && view.waiting) fill(view);
    });
    return view;
  }

  /** Draws a view's newest answer; its frame says when that is done. */
  async function fill(view) {
    view.waiting = false;
    const answer = view.latest;
    if (answer.kind === "component") await component(view, answer);
    else still(view, answer);
    if (view.latest === answer) view.frame.dataset.filled = "";
  }

  function still(view, answer) {
    const made = STATIC[answer.kind](answer, view);
    if (made !== view.body.firstChild) view.body.replaceChildren(made);
    view.alternative.textContent = "";
    glassbox.tools(view, answer.kind === "table" ? [["save_table", () => glassbox.save_table(view)]] : []);
  }

  /** A component is mounted once; where the view was something else for a while, it comes back as it was. */
  async function component(view, answer) {
    if (view.mounted !== answer.component) {
      view.mounted = answer.component;
      view.root = make("div", "gb-component");
      view.root.translate = false; // it holds tokens: what in it is words says so itself
      view.body.replaceChildren(view.root);
      view.instance = glassbox.components[answer.component](view.root, context(view));
    }
    if (!view.root.isConnected) view.body.replaceChildren(view.root);
    glassbox.tools(view, [["save_picture", () => glassbox.save_picture(view)]]);
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
        const cell = make("th", numbers ? "gb-number" : "");
        cell.append(...glassbox.told(column));
        cell.scope = "col";
        row.append(cell);
      }
      const rows = table.createTBody();
      table.setAttribute("aria-rowcount", answer.rows.length + 1);
      const draw = (values) => {
        const line = rows.insertRow();
        for (const [index, value] of values.entries()) {
          const cell = line.insertCell();
          if (answer.data.includes(index)) cell.translate = false;
          cell.textContent = value === null ? "–" : Number.isInteger(value) ? String(value) : shortly(value);
          if (typeof value === "number") cell.className = "gb-number";
        }
      };
      wrap.append(table, glassbox.rows(answer.rows, draw));
      return wrap;
    },
    markdown(answer) {
      const line = make("p", "gb-text");
      line.append(...glassbox.told(answer.text));
      return line;
    },
    html(answer, view) {
      const wrap = (view.wrap ??= make("div", "gb-framed")); // it stays: a frame that is moved is loaded again
      if (!wrap.children.length) wrap.append(...answer.choices.map((choice) => choosing(choice, view)));
      for (const { name, value } of answer.choices) {
        for (const button of wrap.querySelectorAll(`[data-choice="${name}"]`)) {
          button.setAttribute("aria-pressed", String(button.dataset.option === value));
        }
      }
      const drawn = wrap.querySelector("iframe");
      if (drawn?.dataset.url !== answer.url) {
        drawn?.remove();
        wrap.append(framed(answer, view.about.title));
      }
      return wrap;
    },
  };

  /** A row of options above a frame. */
  function choosing({ name, label, options }, view) {
    const group = make("div", "gb-choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    group.append(...options.map(([option, text]) => {
      const button = make("button", "gb-button gb-small", text);
      button.type = "button";
      Object.assign(button.dataset, { choice: name, option });
      button.addEventListener("click", () => glassbox.set(view.name, name, option));
      return button;
    }));
    return group;
  }

  /** Somebody else's drawing, in a frame that may run its scripts and nothing else. */
  function framed({ url, height }, title) {
    const frame = make("iframe", "gb-frame");
    frame.setAttribute("sandbox", "allow-scripts"); // never allow-same-origin: it could reach the page
    Object.assign(frame, { title, loading: "lazy" });
    Object.assign(frame.dataset, { url, height });
    frame.src = dressed(frame);
    return frame;
  }

  /** The frame's address, which ends in the page's theme and size of type: for these, nothing is loaded again. */
  function dressed(frame) {
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    frame.height = Math.ceil(frame.dataset.height * size);
    const dress = `${glassbox.dark() ? "dark" : "light"},${size}`;
    return `${glassbox.root()}/${frame.dataset.url}?lang=${glassbox.lang}#${dress}`;
  }

  for (const event of ["theme", "shown"]) { // the projector's key tells the second
    glassbox.on(event, () => {
      for (const frame of document.querySelectorAll(".gb-frame")) frame.contentWindow.location.replace(dressed(frame));
    });
  }

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

  /** The newest answer of a view, as it came: for tests and for the curious at the console. */
  const shown = (name, view) => mounted[name].views[view]?.latest;

  Object.assign(glassbox, { mount_stage, draw_stage, make, shown });
})();
