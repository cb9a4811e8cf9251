"""Bytes in, bytes out: what a token holds, and which tokens make something that can be drawn."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import begun, byte_tokenizer

pytestmark = pytest.mark.weights

HARD = [
    "Hello, world!  two spaces",
    "뷁 옛날 옛적에 배를 먹었다",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",  # Hangul as loose jamo
    "👩‍👩‍👧‍👦 family 👍🏽 flags 🇰🇷🇬🇧",
    "e\u0301 n\u0303 z\u0351\u0302\u0323",
    "שלום עליכم مرحبا",
    "a\u200bb\u200d\u2060\ufeffc\u00ad",
    "tab\t line\n both\r\n nul\0 bell\x07 \x7f\x85",
    "नमस्ते क्षि ไทย 漢字",
    "\ufffd replacement",
    "<|endoftext|> typed",
    " ",
    "\n\n\n   ",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🫨",
]


@pytest.mark.parametrize("text", HARD)
def test_bytes_and_groups_give_the_text_back(tiny: Path, text: str) -> None:
    check(tiny, text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_any_text_comes_back(tiny: Path, text: str) -> None:
    check(tiny, text)


@pytest.mark.parametrize("name", ["stories-gpt", "ko-gpt"])
@pytest.mark.parametrize("text", HARD)
def test_the_bundled_tokenizers_lose_nothing(name: str, text: str) -> None:
    check(name, text)


def check(name: str | Path, text: str) -> None:
    import regex

    import models

    ids = models.encode(name, text)
    pieces = models.pieces(name, ids)
    assert [piece.id for piece in pieces] == list(ids)
    assert not any(piece.special for piece in pieces)
    assert b"".join(piece.data for piece in pieces) == text.encode()
    assert models.decode(name, ids) == text
    groups = models.groups(pieces)
    assert [i for group in groups for i in range(group.start, group.stop)] == list(range(len(pieces)))
    assert "".join(group.text for group in groups) == text
    for group in groups:  # whole graphemes, and none shorter would be whole
        assert b"".join(piece.data for piece in pieces[group.start : group.stop]) == group.text.encode()
    assert len(models.labels(pieces)) == len(pieces) == len(models.vocabulary_labels(name, ids))
    clusters = regex.findall(r"\X", text)
    ends = {sum(map(len, clusters[: i + 1])) for i in range(len(clusters))}
    place = 0
    for group in groups:
        place += len(group.text)
        assert place in ends


def test_groups_are_the_shortest_whole_runs(tiny: Path) -> None:
    import models

    pieces = models.pieces(tiny, models.encode(tiny, "a뷁"))
    assert [(group.start, group.stop, group.text) for group in models.groups(pieces)] == [(0, 1, "a"), (1, 4, "뷁")]
    assert models.labels(pieces) == ("a", "뷁\u00b9\u2044\u2083", "뷁\u00b2\u2044\u2083", "뷁\u00b3\u2044\u2083")
    assert models.vocabulary_labels(tiny, [p.id for p in pieces]) == ["a", "<EB>", "<B7>", "<81>"]


def test_a_cut_character_shows_as_one_mark_and_joins_what_follows(tiny: Path) -> None:
    import models

    ids = models.encode(tiny, "뷁")
    cut = models.groups(models.pieces(tiny, ids[:2]))
    assert "".join(group.text for group in cut) == "\ufffd"
    assert sum(group.stop - group.start for group in cut) == 2
    assert [group.text for group in models.groups(models.pieces(tiny, ids[1:2]))] == ["\ufffd"]


def test_special_tokens_stand_alone_and_are_named(tiny: Path) -> None:
    import models

    assert [(p.id, p.token, p.special) for p in models.special_tokens(tiny)] == [(0, "<|endoftext|>", True)]
    ids = (*models.encode(tiny, "뷁")[:2], 0, *models.encode(tiny, "a"))
    groups = models.groups(models.pieces(tiny, ids))
    assert [group.text for group in groups][-2:] == ["<|endoftext|>", "a"]
    assert models.labels(models.pieces(tiny, ids))[-2:] == ("<|endoftext|>", "a")
    assert models.decode(tiny, [0]) == "<|endoftext|>"


def test_typing_a_special_tokens_name_makes_text(tiny: Path, tiny_bert: Path) -> None:
    import models
    from models.load import tokenizer

    tokenizer(tiny)("<|endoftext|>")  # transformers changes its own tokenizer's settings when it is called
    ids = models.encode(tiny, "a<|endoftext|>b")
    assert 0 not in ids and models.decode(tiny, ids) == "a<|endoftext|>b"
    mask = tokenizer(tiny_bert).mask_token_id
    assert mask not in models.encode(tiny_bert, "a [MASK] b")


@pytest.mark.parametrize("text", ["a\ud800b", "\udc00", "x\udfff"])
def test_half_a_surrogate_pair_becomes_the_replacement_character(tiny: Path, text: str) -> None:
    import models

    decoded = models.decode(tiny, models.encode(tiny, text))
    assert decoded == "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert models.decode(tiny, models.encode(tiny, "\ud83d\udc4d")) == "👍"


def test_labels_show_what_cannot_be_seen() -> None:
    from models.pieces import Piece, label

    def shown(data: bytes) -> str:
        return label(Piece(1, data, False, "?"))

    assert shown(b" the") == "\u2423the"
    assert shown(b"\n\t\r\x00\x7f") == "\u21b5\u21e5\u240d\u2400\u2421"
    assert shown(b" \xea\xb0") == "\u2423<EA B0>"
    assert shown("\u200d".encode()) == "<U+200D>"
    assert shown("\u3164".encode()) == "<U+3164>"
    assert shown("\u0301".encode()) == "\u25cc\u0301"
    assert shown("e\u0301".encode()) == "e\u0301"
    assert shown("\ufffd".encode()) == "\ufffd"
    assert shown("👩‍👩‍👧".encode()) == "👩‍👩‍👧"
    assert label(Piece(50300, b"", False, "")) == "[50300]"


def test_an_id_beyond_the_tokenizer_is_a_piece_of_nothing(tiny: Path) -> None:
    import models

    size = models.vocabulary_size(tiny)
    assert models.pieces(tiny, [size])[0].token == ""
    assert models.groups(models.pieces(tiny, [size, 5]))[0].text == ""


def test_wordpiece(tiny_bert: Path) -> None:
    import models

    ids = models.encode(tiny_bert, "The birdie")
    pieces = models.pieces(tiny_bert, ids)
    assert pieces[0].token == "[CLS]" and pieces[0].special and pieces[-1].token == "[SEP]"
    inner = pieces[1:-1]
    assert b"".join(piece.data for piece in inner) == b"thebirdie"
    assert models.encode(tiny_bert, "The birdie", special=False) == tuple(piece.id for piece in inner)
    for piece, label in zip(inner, models.vocabulary_labels(tiny_bert, ids[1:-1]), strict=True):
        assert label == piece.token
    assert any(piece.token.startswith("##") and piece.data == piece.token[2:].encode() for piece in inner)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("the 뷁 bird", ["뷁"]),
        ("THE Zürich 👩‍👩‍👧‍👦x", ["Zürich", "👩‍👩‍👧‍👦x"]),
        ("👍🏽 İ\x07q Birdie", ["👍🏽", "İ\x07q"]),
        ("옛날 쀍한 새가", ["쀍한"]),
        ("\ud800 뷁", ["뷁"]),
        ("Bird", []),
    ],
)
def test_an_unk_stands_for_the_text_that_was_typed(tiny_bert: Path, text: str, unknown: list[str]) -> None:
    import models

    ids, spans = models.encode(tiny_bert, text), models.spans(tiny_bert, text)
    mark = models.unknown_id(tiny_bert)
    assert mark is not None and models.pieces(tiny_bert, [mark])[0].token == "[UNK]"
    assert [text[a:b] for i, (a, b) in zip(ids, spans, strict=True) if i == mark] == unknown
    assert spans[0] == spans[-1] == (0, 0)  # [CLS], [SEP]
    assert models.spans(tiny_bert, text, special=False) == spans[1:-1]


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_spans_cover_the_text_in_order(tiny: Path, tiny_bert: Path, tiny_sentencepiece: Path, text: str) -> None:
    import models

    for name in (tiny, tiny_bert, tiny_sentencepiece):
        spans = models.spans(name, text, special=False)
        assert len(spans) == len(models.encode(name, text, special=False))
        assert all(0 <= start <= stop <= len(text) for start, stop in spans)
        if name != tiny_bert:  # which drops spaces and control characters
            assert {i for start, stop in spans for i in range(start, stop)} == set(range(len(text)))
            data = [piece.data for piece in models.pieces(name, models.encode(name, text, special=False))]
            assert all(part in text[a:b].encode() for part, (a, b) in zip(data, spans, strict=True))


def test_a_vocabulary_of_bytes_knows_everything(tiny: Path, tiny_sentencepiece: Path) -> None:
    import models

    assert models.unknown_id(tiny) is models.unknown_id(tiny_sentencepiece) is None
    assert models.unknown_id("stories-gpt") is models.unknown_id("ko-gpt") is None


@pytest.mark.parametrize("ended", [False, True])
def test_a_text_begins_as_the_model_expects_and_does_not_end(ended: bool, tiny: Path, tmp_path: Path) -> None:
    import models

    folder = Path(shutil.copytree(tiny, tmp_path / "begun"))
    tokenizer = begun(byte_tokenizer, ended)()
    tokenizer.save_pretrained(folder)
    ids = models.encode(folder, "a bird")
    assert tokenizer("a bird")["input_ids"][: len(ids)] == list(ids)
    assert [p.token for p in models.pieces(folder, ids) if p.special] == ["<s>"]
    assert models.encode(folder, "a bird", special=False) == ids[1:]
    spans = models.spans(folder, "a bird")
    assert len(spans) == len(ids) and spans[:2] == ((0, 0), (0, 1)) and spans[-1][1] == len("a bird")
    assert models.encode(folder, "a</s>") == (ids[0], *models.encode(folder, "a</s>", special=False))


def test_sentencepiece_with_bytes(tiny_sentencepiece: Path) -> None:
    import models

    ids = models.encode(tiny_sentencepiece, "a 가 a<think>b")
    pieces = models.pieces(tiny_sentencepiece, ids)
    assert b"".join(piece.data for piece in pieces) == "a 가 a<think>b".encode()
    assert "<0xEA>" in [piece.token for piece in pieces]
    assert [group.text for group in models.groups(pieces)] == ["a", " ", "가", " a", "<think>", "b"]
    assert models.labels(pieces)[-3] == "\u2423a"


def test_the_byte_alphabet_is_the_tokenizers_own() -> None:
    from tokenizers import pre_tokenizers

    from models.vocabulary import ALPHABET

    assert set(ALPHABET) == set(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(ALPHABET.values()) == list(range(256))


def test_which_models_share_a_tokenizer(tiny: Path, tiny_lstm: Path, tiny_bert: Path, tmp_path: Path) -> None:
    import models

    assert models.same_tokens("stories-gpt", "stories-lstm") and models.same_tokens("ko-gpt", "ko-lstm")
    assert models.same_tokens(tiny, tiny_lstm) and not models.same_tokens(tiny, tiny_bert)
    assert not models.same_tokens("stories-gpt", "ko-gpt")
    folder = Path(shutil.copytree(tiny, tmp_path / "begun"))
    begun(byte_tokenizer)().save_pretrained(folder)  # the same vocabulary but for what it puts around a text
    assert not models.same_tokens(tiny, folder)
