// What the page says of itself: that it works, where it stands in the queue, that the connection is lost, a short note.
"use strict";

(() => {
  const LATE = 500; // ms: what takes longer says that it is at work
  const timers = {};
  let lost = false;
  let quiet = 0;

  /** A sentence under the header; an empty one clears it. kind: "good" or "bad". */
  function note(text, kind = "good", forMs = 0) {
    const box = document.getElementById("gb-note");
    if (!box) return;
    clearTimeout(quiet);
    box.replaceChildren(...glassbox.told(text));
    box.dataset.kind = kind;
    if (forMs) quiet = setTimeout(() => { box.textContent = ""; }, forMs);
  }

  /** A stage waits for its answer, or no longer does. */
  function waiting(name, on) {
    clearTimeout(timers[name]);
    const stage = document.getElementById(`stage-${name}`);
    const line = document.getElementById(`panel-${name}`)?.querySelector(".gb-progress") ?? progress(stage);
    if (on) timers[name] = setTimeout(() => { line.hidden = false; say(line, "working"); }, LATE);
    else line.hidden = true;
  }

  function progress(stage) {
    const line = glassbox.make("p", "gb-progress");
    line.setAttribute("role", "status");
    line.hidden = true;
    stage.before(line);
    return line;
  }

  const say = (line, key, facts) => { line.textContent = glassbox.words("shell", key, facts); };

  function queued(place) {
    for (const line of document.querySelectorAll(".gb-progress:not([hidden])")) {
      if (place > 0) say(line, "queued", { place });
      else say(line, "working");
    }
  }

  /** The queue is full: said, and the question is asked again in a while. */
  function refuse() {
    note(glassbox.words("refusals", "busy"), "bad", 8000);
    glassbox.turnedAway();
  }

  /** Says that the app is out of reach, and goes on once it is back. One that is there all along is not waited for. */
  async function lose(why = "connection_lost", facts = {}) {
    if (lost) return;
    lost = true;
    note(glassbox.words("refusals", why, facts), "bad");
    for (const line of document.querySelectorAll(".gb-progress")) line.hidden = true;
    for (let was = why === "server_away"; lost;) {
      await new Promise((done) => setTimeout(done, 2000));
      const alive = await healthy();
      if (alive && !was) {
        glassbox.keep();
        location.reload(); // the link holds the whole state
        return;
      }
      if (alive) lost = false;
      was = alive;
    }
  }

  /** Whether the app itself answers, and not a page that stands in its place. */
  const healthy = () => plain(`${glassbox.root()}/healthz`, { cache: "no-store" })
    .then(async (answer) => answer.ok && (await answer.text()) === "ok", () => false);

  // gradio keeps its queue to itself, so its answers are read as they pass: the place in it, its being full, its loss
  const plain = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (...args) => {
    const url = String(args[0]?.url ?? args[0]);
    const ours = url.includes("/queue/");
    let answer;
    try {
      answer = await plain(...args);
    } catch (error) {
      if (ours && error.name !== "AbortError" && !leaving) lose();
      throw error;
    }
    if (!ours || leaving) return answer;
    const strange = await glassbox.judged(answer);
    if (answer.status === 503 && !strange) refuse();
    if (url.includes("/queue/data") && strange) return glassbox.given_up();
    if (url.includes("/queue/data") && answer.body) {
      const [mine, theirs] = answer.body.tee();
      follow(mine);
      return new Response(theirs, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
    }
    return answer;
  };

  let leaving = false;
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("beforeunload", () => { leaving = true; });

  async function follow(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
        rest = lines.pop();
        lines.filter((line) => line.startsWith("data:")).forEach(read);
      }
    } catch (error) {
      if (error.name !== "AbortError" && !leaving) lose(); // gradio itself aborts a stream that it is done with
    }
  }

  function read(line) {
    if (line.length > 4000) return; // an answer, not news of the queue
    let message;
    try {
      message = JSON.parse(line.slice(5));
    } catch {
      return;
    }
    if (message.msg === "estimation" && message.rank !== null) queued(message.rank);
    if (message.msg === "process_starts") queued(0);
    if (message.msg === "queue_full") refuse();
    if (message.msg === "process_completed" && message.success === false) glassbox.turnedAway();
  }

  Object.assign(glassbox, { note, waiting, lose });
})();
