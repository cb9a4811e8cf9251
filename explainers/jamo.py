"""Hangul letters that were typed one by one, as by a keyboard without an input method, and the syllables they spell.

Unicode has each consonant several times: by itself, at half width, and as the first or the last part of a syllable.
Only the parts become a syllable by normalising (NFC), so the others are looked up by their names first.
"""

from __future__ import annotations

import unicodedata

import regex

HALF = "\uffa1-\uffbe\uffc2-\uffc7\uffca-\uffcf\uffd2-\uffd7\uffda-\uffdc"
RUN = f"[\u3131-\u3163{HALF}]+"
CONSONANT, VOWEL = "[\u3131-\u314e]", "[\u314f-\u3163]"
SYLLABLE = regex.compile(f"({CONSONANT})({VOWEL})({CONSONANT}(?!{VOWEL}))?")
SPELT = regex.compile(f"(?:{SYLLABLE.pattern})+")


def syllables(run: str) -> str:
    """A run of single letters as the syllables that it spells from end to end; others, such as laughter, as they are.

    Letters of half the usual width get that width.
    """
    wide = regex.sub(f"[{HALF}]", lambda half: widened(half[0]), run)
    return SYLLABLE.sub(syllable, wide) if SPELT.fullmatch(wide) else wide


def widened(half: str) -> str:
    """The letter of the usual width."""
    return chr(int(unicodedata.decomposition(half).split()[1], 16))


def syllable(match: regex.Match[str]) -> str:
    """Two or three letters as one syllable; as they are where one of them cannot stand at its place."""
    places = zip(("CHOSEONG", "JUNGSEONG", "JONGSEONG"), match.groups(), strict=True)
    try:
        return unicodedata.normalize("NFC", "".join(part(place, letter) for place, letter in places if letter))
    except KeyError:
        return match[0]


def part(place: str, letter: str) -> str:
    """A letter as the part of a syllable that it is at a place; KeyError where there is none."""
    return unicodedata.lookup(f"HANGUL {place} {unicodedata.name(letter).removeprefix('HANGUL LETTER ')}")
