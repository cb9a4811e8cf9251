// Chance, and the rules that reshape it, as explainers/chance.py and explainers/sampling.py have them: in float64, with
// the same order of operations, so that one seed draws the same ids here and there.
(() => {
  "use strict";

  const WHOLE = (1n << 64n) - 1n;

  // The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
  function mix(z) {
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & WHOLE;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & WHOLE;
    return z ^ (z >> 31n);
  }

  // A number in [0, 1) that depends on nothing but the seed and the step.
  function u(seed, step) {
    const z = (BigInt(seed) * 0x9e3779b97f4a7c15n + (BigInt(step) + 1n) * 0xbf58476d1ce4e5b9n) & WHOLE;
    return Number(mix(mix(z)) >> 11n) / 2 ** 53;
  }

  function sum(numbers) {
    let total = 0;
    for (let i = 0; i < numbers.length; i++) total += numbers[i];
    return total;
  }

  // The first id, in id order, whose running sum exceeds u * total: never one of probability 0.
  function draw(probabilities, chance) {
    const target = chance * sum(probabilities);
    let running = 0;
    let last = -1;
    for (let id = 0; id < probabilities.length; id++) {
      if (!(probabilities[id] > 0)) continue;
      last = id;
      running += probabilities[id];
      if (running > target) return id;
    }
    return last;
  }

  const orders = new WeakMap();

  // Ids from the most to the least likely, equal ones by id; worked out once for each array of logits.
  function order(logits) {
    if (!orders.has(logits)) {
      const ids = Uint32Array.from(logits, (_, id) => id);
      orders.set(logits, ids.sort((a, b) => logits[b] - logits[a] || a - b));
    }
    return orders.get(logits);
  }

  function softmax(logits, temperature) {
    const p = new Float64Array(logits.length);
    let high = -Infinity;
    for (let i = 0; i < p.length; i++) high = Math.max(high, (p[i] = logits[i] / temperature));
    for (let i = 0; i < p.length; i++) p[i] = Math.exp(p[i] - high);
    return scaled(p);
  }

  function scaled(p) {
    const total = sum(p);
    for (let i = 0; i < p.length; i++) p[i] /= total;
    return p;
  }

  // The k most likely stay; equals of the k-th stay too.
  function keepMost(p, logits, k) {
    const least = logits[order(logits)[k - 1]];
    for (let i = 0; i < p.length; i++) if (logits[i] < least) p[i] = 0;
    return scaled(p);
  }

  // The fewest most likely whose sum reaches `share` stay; at least one.
  function keepShare(p, logits, share) {
    const ids = order(logits);
    let running = 0;
    let kept = 0;
    while (kept < ids.length && (kept === 0 || running < share)) running += p[ids[kept++]];
    for (let rank = kept; rank < ids.length; rank++) p[ids[rank]] = 0;
    return scaled(p);
  }

  // float32 logits (V,) -> float64 probabilities (V,) under the rule. top_k 0, top_p 1 and greedy false are off.
  function distribution(logits, { temperature = 1, top_k = 0, top_p = 1, greedy = false } = {}) {
    if (greedy) {
      const p = new Float64Array(logits.length);
      p[order(logits)[0]] = 1;
      return p;
    }
    let p = softmax(logits, temperature);
    if (top_k > 0 && top_k < p.length) p = keepMost(p, logits, top_k);
    if (top_p < 1) p = keepShare(p, logits, top_p);
    return p;
  }

  Object.assign(glassbox, { u, draw, order, distribution });
})();
