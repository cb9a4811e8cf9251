"""What a text holds that the eye does not see: characters that look like ordinary ones, or like nothing, and are not.

They come from file names, editors, web pages and PDFs, and a model reads other tokens for them. The text stays as it
is: `oddities` says what it would be with ordinary characters in their place. How letters are put together of parts is
Unicode's, in its Annex 15: NFD has them apart, NFC together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

from explainers import jamo

FULL = regex.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")  # digits and letters as wide as a Chinese character
WIDE = "[\uff01-\uff5e]"  # the same with punctuation, which by itself is at home in Chinese and Japanese
SHAPES = (  # half-width signs, doubles of Chinese characters, ligatures, units, letters of mathematics
    "[\uff61-\uff9f][\uff9e\uff9f]?|[\uffe0-\uffe6\uf900-\ufaff\ufb00-\ufb06\u2126\u212a\u212b"
    "\U0001d400-\U0001d7ff\U0002f800-\U0002fa1f]"
)
LINES = "\r\n?|[\x0b\x0c\x85\u2028\u2029]"
SPACES = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
UNSEEN = (
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u115f\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\ufff9-\ufffb]"
)
TAGS = "[\U000e0001-\U000e007f]"
TURNS = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # they set the direction of a text
# These join, or keep apart, emoji and the letters of scripts such as Persian's or Hindi's; beside others they are idle.
IDLE = r"[\p{Latin}\p{Hangul}\p{Han}\p{Cyrillic}\s\d.,!?]"
JOINERS = f"(?<=^|{IDLE})[\u200c\u200d]|[\u200c\u200d](?={IDLE}|$)"
BACKWARDS = regex.compile(r"[\p{Hebrew}\p{Arabic}\p{Syriac}\p{Thaana}]")
FLAG = "\U0001f3f4"  # those of Wales and Scotland are spelt with tags after it

Change = tuple[int, int, str]  # from where to where in the text, and what stands there ordinarily


@dataclass(frozen=True)
class Oddity:
    """One kind of such characters in a text.

    kind: its name. count: how many there are. found: those that are there, each once, in their order. mended: the text
    with ordinary ones in their place.
    """

    kind: str
    count: int
    found: tuple[str, ...]
    mended: str


def changes(text: str, pattern: str, change: Callable[[str], str]) -> Iterator[Change]:
    """Wherever a function changes what a pattern finds."""
    for match in regex.finditer(pattern, text):
        if (ordinary := change(match[0])) != match[0]:
            yield *match.span(), ordinary


def parts(text: str) -> Iterator[Change]:
    """Letters that stand there in parts and that Unicode has as one."""
    return changes(text, r"\X", lambda letter: min(letter, unicodedata.normalize("NFC", letter), key=len))


def letters(text: str) -> Iterator[Change]:
    """Hangul letters that stand one by one where they spell syllables."""
    return changes(text, jamo.RUN, jamo.syllables)


def shapes(text: str) -> Iterator[Change]:
    """Letters of another width or shape."""
    pattern = f"{WIDE}|{SHAPES}" if FULL.search(text) else SHAPES
    return changes(text, pattern, lambda shape: unicodedata.normalize("NFKC", shape))


def spaces(text: str) -> Iterator[Change]:
    """Spaces and ends of lines that are none of the ordinary ones."""
    return changes(text, f"{LINES}|{SPACES}", lambda space: " " if regex.match(SPACES, space) else "\n")


def unseen(text: str) -> Iterator[Change]:
    """What has no width and does nothing here."""
    tags = [] if FLAG in text else [TAGS]
    turns = [] if BACKWARDS.search(text) else [TURNS]
    return changes(text, "|".join([UNSEEN, JOINERS, *tags, *turns]), lambda nothing: "")


KINDS = {"parts": parts, "letters": letters, "shapes": shapes, "spaces": spaces, "unseen": unseen}


def oddities(text: str) -> tuple[Oddity, ...]:
    """All kinds that there are in a text, in the order of KINDS."""
    if text.isascii() and text.isprintable():
        return ()
    found = ((kind, list(find(text))) for kind, find in KINDS.items())
    return tuple(oddity(kind, text, there) for kind, there in found if there)


def oddity(kind: str, text: str, there: list[Change]) -> Oddity:
    """One kind, from what is to be changed in a text."""
    found = dict.fromkeys(text[start:stop] for start, stop, _ in there)
    mended, done = "", 0
    for start, stop, ordinary in there:
        mended += text[done:start] + ordinary
        done = stop
    return Oddity(kind, len(there), tuple(found), mended + text[done:])
