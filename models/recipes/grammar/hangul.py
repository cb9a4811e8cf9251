"""Hangul syllables as (lead, vowel, tail), each part by its romanised name, so that rules can be read as code.

A syllable's code point is 0xAC00 + (lead × 21 + vowel) × 28 + tail (The Unicode Standard, section 3.12).
"""

from __future__ import annotations

FIRST, LAST = 0xAC00, 0xD7A3
LEADS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
VOWELS = (
    *("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo"),
    *("u", "wo", "we", "wi", "yu", "eu", "ui", "i"),
)
TAILS = (
    *("", "g", "kk", "gs", "n", "nj", "nh", "d", "l", "lg", "lm", "lb", "ls", "lt", "lp", "lh"),
    *("m", "b", "bs", "s", "ss", "ng", "j", "ch", "k", "t", "p", "h"),
)
DIGIT_TAILS = ("ng", "l", "", "m", "", "", "g", "l", "l", "")  # of the digits as they are read, 0 to 9

Syllable = tuple[str, str, str]


def is_syllable(letter: str) -> bool:
    return FIRST <= ord(letter) <= LAST


def apart(letter: str) -> Syllable:
    """The three parts of one syllable; the tail is empty where there is none.

    >>> apart(together("h", "a", "n"))
    ('h', 'a', 'n')
    """
    rest, tail = divmod(ord(letter) - FIRST, 28)
    lead, vowel = divmod(rest, 21)
    return LEADS[lead], VOWELS[vowel], TAILS[tail]


def together(lead: str, vowel: str, tail: str = "") -> str:
    """The syllable of three parts."""
    return chr(FIRST + (LEADS.index(lead) * 21 + VOWELS.index(vowel)) * 28 + TAILS.index(tail))


def tail(text: str) -> str:
    """The final consonant of a text as it is spoken, empty after a vowel; what is no syllable counts as a vowel."""
    for letter in reversed(text):
        if is_syllable(letter):
            return apart(letter)[2]
        if letter.isdecimal():
            return DIGIT_TAILS[int(letter)]
        if letter.isalpha():
            return ""
    return ""


def retail(text: str, new: str) -> str:
    """The text with another final consonant on its last syllable."""
    lead, vowel, _ = apart(text[-1])
    return text[:-1] + together(lead, vowel, new)
