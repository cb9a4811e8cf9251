// An answer that is not the app's own: a proxy, a login page or a full server stands between, and the page says so.
"use strict";

(() => {
  const AWAY = [502, 503, 504, 520, 521, 522, 523, 524]; // a proxy found no app; from 520 on they are Cloudflare's
  const OWN = [400, 413, 500]; // with these and a sentence the app itself refuses a question
  const KINDS = { question: /json|event-stream/, file: /octet-stream|text\/plain/ }; // what the app answers with
  let told = false;

  /** What is wrong with an answer to a question or with a file, as a key of the refusals; "" where it is the app's. */
  function verdict(answer, kind) {
    const own = KINDS[kind].test(answer.headers.get("content-type") ?? "");
    if (AWAY.includes(answer.status) && !(own && answer.status === 503)) return "server_away";
    if (answer.status === 404 && !(own && kind === "file")) return "address_unknown";
    if (answer.ok) return own || answer.status === 204 ? "" : "page_instead";
    return own ? "" : "turned_away";
  }

  const sentence = (key, { status }) => key && glassbox.words("refusals", key, { status });

  /** The sentence about a file that is not the app's own, or "". */
  const between = (answer) => sentence(verdict(answer, "file"), answer);

  /** Why the app, or a proxy that speaks as it does, refuses a question; a full queue is said elsewhere. */
  async function refused(answer) {
    if (answer.ok || answer.status === 503) return "";
    const { error } = await answer.clone().json().catch(() => ({}));
    return (OWN.includes(answer.status) && typeof error === "string" && error) || sentence("turned_away", answer);
  }

  /** Looks at the answer to a question; true where it is none, which is said, and no longer waited for. */
  async function judged(answer) {
    const key = verdict(answer, "question");
    const said = sentence(key, answer) || (await refused(answer));
    if (told && !said) glassbox.note("");
    told = Boolean(said);
    if (!told) return false;
    if (key === "server_away") glassbox.lose(key, { status: answer.status });
    else glassbox.note(said, "bad");
    glassbox.turnedAway(false);
    return true;
  }

  /** In place of a stream that did not come: one in which gradio gives its questions up, and asks again when told to. */
  function given_up() {
    const messages = [{ msg: "unexpected_error", message: "", success: false }, { msg: "close_stream" }];
    const body = messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join("");
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  Object.assign(glassbox, { between, judged, given_up });
})();
