"""Chance that can be repeated: (seed, step) -> u, and u -> a choice.

There is no state to carry: the same seed and step give the same number, here and in `assets/components/chance.js`.
Integers are modulo 2**64. The mixing is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", 2014), whose every output bit depends on every input bit.
"""

from __future__ import annotations

import numpy as np

MASK = 2**64 - 1


def mix(z: int) -> int:
    """SplitMix64's finaliser: a bijection on 64-bit integers."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def u(seed: int, step: int) -> float:
    """A number in [0, 1) with 53 random bits, for one step of one seed.

    >>> u(1, 0) == u(1, 0) != u(1, 1)
    True
    """
    z = (seed * 0x9E3779B97F4A7C15 + (step + 1) * 0xBF58476D1CE4E5B9) & MASK
    return (mix(mix(z)) >> 11) / 2**53


def draw(probabilities: np.ndarray, at: float) -> int:
    """The first id whose running sum exceeds `at` (in [0, 1)) of the total: the inverse of the distribution function.

    probabilities: (V,), not negative, some above 0; they need not sum to 1. Never an id of probability 0.

    >>> [draw(np.array([0.5, 0.0, 0.5]), at) for at in (0.0, 0.49, 0.5, 0.99)]
    [0, 0, 2, 2]
    """
    running = np.cumsum(probabilities, dtype=np.float64)  # (V,), one addition after the other, as in the browser
    found = int(np.searchsorted(running, at * running[-1], side="right"))
    return found if found < len(running) else int(np.flatnonzero(probabilities)[-1])
