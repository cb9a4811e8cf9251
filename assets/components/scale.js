// The one sequential scale of the page's theme, for pictures of many shares: from --gb-scale-0, nothing, to 8, all.
(() => {
  "use strict";

  function rgb(hex) {
    const digits = hex.trim().slice(1);
    const long = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
    return [0, 2, 4].map((i) => parseInt(long.slice(i, i + 2), 16));
  }

  // Relative luminance, from 0 to 1 (WCAG 2).
  function luminance(colour) {
    const [r, g, b] = colour.map((byte) => byte / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function between(stops, place) {
    const low = Math.min(stops.length - 2, Math.floor(place));
    return [0, 1, 2].map((c) => Math.round(stops[low][c] + (place - low) * (stops[low + 1][c] - stops[low][c])));
  }

  // Its steps follow the square root of the share, so that small shares are seen beside large ones.
  // colour: the pixel of a share, as ImageData keeps it; ink: the text colour that reads better on it.
  function scale(ctx) {
    const stops = Array.from({ length: 9 }, (_, i) => rgb(ctx.css(`--gb-scale-${i}`)));
    const shades = Array.from({ length: 256 }, (_, i) => between(stops, (i / 255) * 8));
    const pixels = Uint32Array.from(shades, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r);
    const inks = ["--gb-text", "--gb-bg"].map(ctx.css).sort((a, b) => luminance(rgb(a)) - luminance(rgb(b)));
    const [dark, bright] = inks.map((ink) => luminance(rgb(ink)) + 0.05);
    const inksOf = shades.map((shade) => inks[+((luminance(shade) + 0.05) ** 2 < dark * bright)]);
    const step = (share) => Math.min(255, Math.round(255 * Math.sqrt(share)));
    return { colour: (share) => pixels[step(share)], ink: (share) => inksOf[step(share)] };
  }

  glassbox.scale = scale;
})();
