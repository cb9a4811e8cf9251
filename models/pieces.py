"""Text -> pieces -> text: which bytes each token holds, and which tokens together make something that can be drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import regex

from .cutting import Part
from .vocabulary import vocabulary

UPPER = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
LOWER = str.maketrans("0123456789", "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089")
CONTROLS = {code: 0x2400 + code for code in range(32)}  # Unicode's own pictures of them
MARKS = CONTROLS | str.maketrans(" \n\t\x7f", "\u2423\u21b5\u21e5\u2421")
HIDDEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]")
DOTTED_CIRCLE = "\u25cc"


@dataclass(frozen=True)
class Piece:
    """A token.

    data: the bytes that it stands for; of a special token, its name's. special: it stands for no text.
    token: the vocabulary's own spelling; "" for an id that the model has and the tokenizer has not.
    """

    id: int
    data: bytes
    special: bool
    token: str


@dataclass(frozen=True)
class Group:
    """The pieces from `start` to before `stop`, and the text that they make together."""

    start: int
    stop: int
    text: str


@dataclass(frozen=True)
class Lost:
    """The characters from `start` to before `stop` of a text, lost before its token number `place`, from 0 on."""

    place: int
    start: int
    stop: int


class Marked(str):
    """A text in which the name of a special token, such as "[MASK]", is that token. In any other it is plain text."""


def encode(name: str | Path, text: str, special: bool = True) -> tuple[int, ...]:
    """The ids of a text. special: with the tokens that the model expects around one, such as [CLS].

    A mark that ends a text is left out, for a model is to continue it. A half of a surrogate pair becomes U+FFFD.
    "<|endoftext|>" typed by a person is text like any other, unless the text is Marked.
    """
    return tuple(part.id for part in _cut(name, text, special) if part.id is not None)


def spans(name: str | Path, text: str, special: bool = True) -> tuple[tuple[int, int], ...]:
    """Where in the text each token of `encode` comes from: its first character and the one after its last.

    What an [UNK] swallowed is `text[start:stop]`, as it was before a normaliser lower-cased it. (0, 0) for a token put
    around the text. Several tokens of one character have the same span. Characters that a tokenizer drops are in none.
    """
    return tuple((part.start, part.stop) for part in _cut(name, text, special) if part.id is not None)


def added(name: str | Path, text: str) -> tuple[int, ...]:
    """The places in `encode` of the tokens that the tokenizer puts around the text, such as [CLS]."""
    book, where = vocabulary(name), spans(name, text)
    return tuple(
        place
        for place, (i, (start, stop)) in enumerate(zip(encode(name, text), where, strict=True))
        if start == stop and i in book.special
    )


def lost(name: str | Path, text: str) -> tuple[Lost, ...]:
    """The stretches of a text that the model gets nothing of: no token of `encode` stands for them, not even [UNK]."""
    found: list[Lost] = []
    place = 0
    for part in _cut(name, text, special=True):
        if part.id is not None:
            place += 1
        elif found and (found[-1].place, found[-1].stop) == (place, part.start):
            found[-1] = replace(found[-1], stop=part.stop)
        else:
            found.append(Lost(place, part.start, part.stop))
    return tuple(found)


def with_rows(name: str | Path, ids: Iterable[int]) -> tuple[int, ...]:
    """Those of some ids that the model has a row for: its tokenizer may put one without around a text."""
    rows = vocabulary(name).cutter.rows
    return tuple(i for i in ids if rows is None or i < rows)


def unknown_id(name: str | Path) -> int | None:
    """The id that stands for text which the vocabulary cannot spell, such as [UNK]; None where there is none."""
    return vocabulary(name).unknown


def _cut(name: str | Path, text: str, special: bool) -> list[Part]:
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    book = vocabulary(name)
    parts = book.cutter.cut(whole, special, marked=isinstance(text, Marked))
    put = bool(parts) and parts[-1].start == parts[-1].stop  # by the tokenizer, and not typed
    if special and put and len(parts) > 1 and parts[-1].id == book.end != book.unknown:
        return parts[:-1]
    return parts


def decode(name: str | Path, ids: Iterable[int]) -> str:
    """The text of ids as the tokenizer itself writes it, special tokens too."""
    return str(vocabulary(name).backend.decode([int(i) for i in ids], skip_special_tokens=False))


def pieces(name: str | Path, ids: Iterable[int]) -> tuple[Piece, ...]:
    """Each id as a Piece."""
    book = vocabulary(name)

    def piece(i: int) -> Piece:
        token = book.backend.id_to_token(i)
        if token is None:
            return Piece(i, b"", False, "")
        data = token.encode() if i in book.literal or i in book.special else book.spell(token)
        return Piece(i, data, i in book.special, token)

    every = [int(i) for i in ids]
    known = {i: piece(i) for i in set(every)}  # a long text has the same few again and again
    return tuple(known[i] for i in every)


def groups(pieces: Sequence[Piece]) -> tuple[Group, ...]:
    """The shortest runs of pieces that are whole graphemes (Unicode's extended clusters); a special stands alone.

    Each piece is in exactly one group. Bytes that are no UTF-8 show as U+FFFD.
    """
    found: list[Group] = []
    for special, run in groupby(pieces, key=lambda piece: piece.special):
        members = list(run)
        found += _alone(members, _next(found)) if special else _together(members, _next(found))
    return tuple(found)


def _next(found: list[Group]) -> int:
    return found[-1].stop if found else 0


def _alone(run: list[Piece], start: int) -> list[Group]:
    return [Group(start + i, start + i + 1, piece.token) for i, piece in enumerate(run)]


def _together(run: list[Piece], start: int) -> list[Group]:
    """Cuts a run of pieces wherever the end of one is the end of a grapheme."""
    spans = _spans(b"".join(piece.data for piece in run))
    text = "".join(character for character, _ in spans)
    ends = {0: 0}  # byte at which a grapheme ends -> its place in the text
    place = byte = 0
    for grapheme in regex.findall(r"\X", text):
        byte += sum(len(raw) for _, raw in spans[place : place + len(grapheme)])
        place += len(grapheme)
        ends[byte] = place
    found, first, shown, byte = [], 0, 0, 0
    for i, piece in enumerate(run, 1):
        byte += len(piece.data)
        if byte in ends:
            found.append(Group(start + first, start + i, text[shown : ends[byte]]))
            first, shown = i, ends[byte]
    return found


def _spans(data: bytes) -> list[tuple[str, bytes]]:
    """The characters of bytes, each with the bytes that it is; a stretch that is no UTF-8 is one U+FFFD."""
    found: list[tuple[str, bytes]] = []
    while data:
        try:
            good, bad, data = data.decode(), b"", b""
        except UnicodeDecodeError as error:
            good, bad, data = data[: error.start].decode(), data[error.start : error.end], data[error.end :]
        found += [(character, character.encode()) for character in good]
        found += [("\ufffd", bad)] if bad else []
    return found


def visible(text: str) -> str:
    """The text with a mark for what cannot be seen alone: spaces, control and format characters, loose accents.

    >>> visible(" a\\n") == "\\u2423a\\u21b5"
    True
    """
    return "".join(_marked(grapheme.translate(MARKS)) for grapheme in regex.findall(r"\X", text))


def _marked(grapheme: str) -> str:
    if len(grapheme) > 1:
        return grapheme
    if HIDDEN.match(grapheme):
        return f"<U+{ord(grapheme):04X}>"
    return DOTTED_CIRCLE + grapheme if unicodedata.combining(grapheme) else grapheme


@lru_cache(maxsize=8192)
def label(piece: Piece) -> str:
    """A piece by itself, for an axis; bytes that are part of a character in hex, like <EA B0>."""
    if piece.special:
        return piece.token
    if not piece.token:
        return f"[{piece.id}]"
    text = piece.data.decode("utf-8", "replace")
    if text and text != piece.token and piece.token.endswith(text):
        return piece.token  # WordPiece: the marks that say it continues a word
    return _hex_where_cut(piece.data)


def _hex_where_cut(data: bytes) -> str:
    """Whole characters as they are seen, the bytes between them in hex."""
    shown = ""
    for whole, run in groupby(_spans(data), key=lambda span: span[0].encode() == span[1]):
        if whole:
            shown += visible("".join(character for character, _ in run))
        else:
            shown += "".join(f"<{raw.hex(' ').upper()}>" for _, raw in run)
    return shown


def labels(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Each piece in its place: alone as `label` has it; several that make one grapheme show it whole and which part."""
    shown: list[str] = []
    for group in groups(pieces):
        count = group.stop - group.start
        if count == 1:
            shown.append(label(pieces[group.start]))
        else:
            parts = (f"{str(n).translate(UPPER)}\u2044{str(count).translate(LOWER)}" for n in range(1, count + 1))
            shown += [visible(group.text) + part for part in parts]
    return tuple(shown)


def vocabulary_size(name: str | Path) -> int:
    """How many tokens the tokenizer knows, special ones too."""
    return int(vocabulary(name).backend.get_vocab_size())


def tokenizer_kind(name: str | Path) -> str:
    """How the tokenizer cuts words: "BPE", "WordPiece", "Unigram" or "WordLevel"."""
    return type(vocabulary(name).backend.model).__name__


def vocabulary_labels(name: str | Path, ids: Iterable[int]) -> list[str]:
    """The label of each id by itself."""
    return [label(piece) for piece in pieces(name, ids)]


def special_spans(name: str | Path) -> tuple[tuple[int, int], ...]:
    """The ids of all special tokens as runs, each from its first to before its last: some models have thousands."""
    found: list[tuple[int, int]] = []
    for i in sorted(vocabulary(name).special):
        if found and found[-1][1] == i:
            found[-1] = (found[-1][0], i + 1)
        else:
            found.append((i, i + 1))
    return tuple(found)


def special_tokens(name: str | Path) -> tuple[Piece, ...]:
    """The tokens that stand for no text, by id."""
    return pieces(name, sorted(vocabulary(name).special))
