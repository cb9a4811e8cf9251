// A text as what a reader takes for its characters.
(() => {
  "use strict";

  // Older browsers cannot tell them. There it is a sign with the marks on it, a flag of two letters, a syllable of
  // separate jamo, or signs that are joined as families of emoji are.
  const CLUSTER = new RegExp(
    "\\p{RI}{2}|[\\u1100-\\u115f]+[\\u1160-\\u11a7]*[\\u11a8-\\u11ff]*|\\r\\n"
    + "|[^](?:[\\p{M}\\p{EMod}\\u{e0020}-\\u{e007f}]|\\u200d[^])*", "gu");

  const segmenter = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "grapheme" });

  glassbox.graphemes = (text) =>
    (segmenter ? Array.from(segmenter.segment(text), (part) => part.segment) : text.match(CLUSTER) ?? []);
})();
