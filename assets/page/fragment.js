// The text after the # of an address: names and values, made to be passed on. Programs for chat and mail end a link before
// a stop, a bracket or a quotation mark, so only letters, digits and "-" stand in it as they are; and its last part says
// that nothing is missing.
"use strict";

(() => {
  const FIRST = "v=2"; // says that there is a last part; links of before have neither
  const LAST = "end";
  const LONE = /\p{Surrogate}/gu; // half a character fits into no address

  const code = (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  const quoted = (text) => encodeURIComponent(text.replace(LONE, "\ufffd")).replace(/[^\w%-]|_/g, code);

  /** [[name, value], …] as text. */
  function joined(pairs) {
    return [FIRST, ...pairs.map(([name, value]) => `${quoted(name)}=${quoted(value)}`), LAST].join("&");
  }

  const bytes = (run) => Uint8Array.from(run.match(/[0-9a-f]{2}/gi), (byte) => parseInt(byte, 16));

  /** Text without its percent signs, as far as it can be read, and whether all of it could. */
  function plain(text) {
    try {
      return [decodeURIComponent(text), true];
    } catch {
      const read = text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => new TextDecoder().decode(bytes(run)));
      return [read.replace(/\ufffd?(%[0-9a-f]?)?$/i, ""), false]; // half a letter at the end of what was cut
    }
  }

  function pair(part) {
    const at = part.indexOf("=");
    const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    return [plain(name)[0], ...plain(value)];
  }

  /**
   * {pairs: [[name, value, whether all of it could be read], …], cut: whether the link has lost its end}. What a program
   * has put behind the last part is left out; so is a value that was cut, unless it is the sentence.
   */
  function split(fragment) {
    let text = fragment.replace(/^#/, "");
    if (!text.includes("=") && /%3d/i.test(text)) [text] = plain(text); // a program has encoded it once more
    const parts = text.split(/&(?:amp;)?/).filter(Boolean);
    const last = parts.findIndex((part) => /^end(?![\w=%])/.test(part));
    const cut = /^v(=|$)/.test(parts[0] ?? "") && last < 0;
    const pairs = parts.slice(0, last < 0 ? parts.length : last).map(pair).filter(([name]) => name !== "v");
    if (cut && pairs.length && pairs.at(-1)[0] !== "text") pairs.pop();
    return { pairs: pairs.map(([name, value, good]) => [name, value, good || cut]), cut };
  }

  Object.assign(glassbox, { fragment: { joined, split } });
})();
