// What stands first in every page, in the JavaScript of 2009: whether this browser can draw it, and if not, a sentence.
// The server puts that in, in the page's language.
(function () {
  "use strict";
  var sentence = SENTENCE;
  var said = false;

  // Whether the browser can read some JavaScript. A host's policy may forbid to ask: that is another error, and no answer.
  function reads(code) {
    try {
      return Boolean(new Function(code));
    } catch (error) {
      return !(error instanceof SyntaxError);
    }
  }

  function makes(what) {
    try {
      return Boolean(what());
    } catch (error) {
      return false;
    }
  }

  // What the page's scripts, and gradio's, cannot do without.
  var wanted = [
    ["class fields", reads("class A { a = 1; static b = 2; #c = 3; }")],
    ["a ??= b", reads("var a; a ??= a?.b ?? 1;")],
    ["(?<!a)", makes(function () { return new RegExp("(?<!a)b"); })],
    ["\\p{L}", makes(function () { return new RegExp("\\p{L}", "u"); })],
    ["Array.at", typeof [].at === "function"],
    ["String.replaceAll", typeof "".replaceAll === "function"],
    ["BigInt64Array", typeof BigInt64Array === "function"],
    ["ResizeObserver", typeof ResizeObserver === "function"],
    ["fetch", typeof fetch === "function" && typeof ReadableStream === "function"],
    ["TextDecoderStream", typeof TextDecoderStream === "function"],
    [":where()", makes(function () { return CSS.supports("selector(:where(a))"); })]
  ];

  var lacking = [];
  for (var i = 0; i < wanted.length; i += 1) if (!wanted[i][1]) lacking.push(wanted[i][0]);

  function show(what) {
    var line = document.createElement("p");
    line.id = "gb-too-old";
    line.setAttribute("role", "alert");
    line.style.cssText = "max-width: 40em; margin: 3em auto; padding: 0 1em; font: 20px/1.6 sans-serif; color: #22252b";
    line.appendChild(document.createTextNode(sentence.replace("{lacking}", what)));
    document.body.innerHTML = "";
    document.body.style.background = "#fcfbf8";
    document.body.appendChild(line);
  }

  function say(what) {
    if (said) return;
    said = true;
    if (document.body && document.readyState !== "loading") show(what);
    else document.addEventListener("DOMContentLoaded", function () { show(what); });
  }

  // A script that this browser cannot read, or one of ours that ended before the page stood: no page will come. Where a
  // server sent a page in place of a script or of data, the browser is not to blame.
  window.addEventListener("error", function (event) {
    var ready = document.body && document.body.getAttribute("data-ready");
    var file = String(event.filename || "");
    if (ready || file.indexOf(location.protocol + "//" + location.host) !== 0) return;
    var ours = file.indexOf("/glassbox/glassbox.js") > 0 && !window.glassboxRead;
    if (/JSON|'<'/.test(event.message)) return;
    if (ours || /SyntaxError/.test(event.message)) say(event.message);
  });

  if (lacking.length) {
    say(lacking.join(", "));
    document.write("<plaintext hidden>"); // what follows is text to the browser: it loads and asks for nothing more
  }
})();
