"""Odd tokenizers: a sentence is answered where it can be, what is lost is told, and one odd token harms nobody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.refusal import Refusal
from tests.tiny import begun, byte_tokenizer

pytestmark = pytest.mark.weights

WORDS = ["the", "cat", "a", "sat", "t", "h", "e", "c", "s"]


def without_unknown(kind: str) -> Any:
    """A tokenizer of that kind that has no token for Hangul and none for what it lacks; it puts "<s>" before a text."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    table = {word: i for i, word in enumerate(WORDS)}
    made: dict[str, Callable[[], Any]] = {
        "BPE": lambda: models.BPE(table | {"th": 9, " ": 10}, [("t", "h"), ("th", "e")]),
        "WordPiece": lambda: models.WordPiece(table, unk_token="[UNK]"),
        "WordLevel": lambda: models.WordLevel(table, unk_token="[UNK]"),
        "Unigram": lambda: models.Unigram([(word, -2.0 - i) for i, word in enumerate(WORDS)]),
    }
    tokenizer = Tokenizer(made[kind]())
    if kind != "BPE":
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return begun(lambda: PreTrainedTokenizerFast(tokenizer_object=tokenizer))()


@pytest.fixture
def folder(make_model: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a GPT-2 of so many rows with that tokenizer."""

    def make(tokenizer: Any, rows: int = 320, name: str = "odd") -> Path:
        made = Path(shutil.copytree(make_model(vocab_size=rows), tmp_path / name))
        tokenizer.save_pretrained(made)
        return made

    return make


@pytest.mark.parametrize("kind", ["BPE", "WordPiece", "WordLevel", "Unigram"])
def test_a_tokenizer_without_an_unknown_token(kind: str, folder: Callable[..., Path]) -> None:
    import models
    from explainers import attention, embeddings, sampling, strip, tokens
    from explainers.tokens import drawn

    text = "the 한국 cat"
    odd = folder(without_unknown(kind))
    assert models.tokenizer_kind(odd) == kind and models.unknown_id(odd) is None
    marks = [piece.id for piece in models.special_tokens(odd) if piece.token == "<s>"]
    ids = models.encode(odd, text)
    assert [ids[0]] == marks and len(ids) == len(models.spans(odd, text)) and max(ids) < models.vocabulary_size(odd)
    assert b"".join(p.data for p in models.pieces(odd, ids[1:])).replace(b" ", b"") == b"thecat"
    (lost,) = models.lost(odd, text)
    assert text[lost.start : lost.stop] == "한국" and 0 < lost.place < len(ids)
    assert b"".join(p.data for p in models.pieces(odd, ids[1 : lost.place])).strip() == b"the"
    cut = tokens.trace(text, model=odd)
    assert cut.others[0].gone == ((lost.place, "한국"),)
    groups = drawn(cut.others[0])
    assert [group["start"] for group in groups] == sorted(group["start"] for group in groups)
    assert [group["lost"] for group in groups if not group["pieces"]] == ["한국"]
    assert ("", "한국") in [row[:2] for row in tokens.numbers(cut).rows]
    assert strip.view(strip.trace(text, model=odd))["lost"] == [{"place": lost.place, "text": "한국"}]
    (gone,) = [part for part in sampling.candidates(sampling.trace(text, model=odd)).props["sentence"] if part["lost"]]
    assert gone["text"] == "한국"
    attention.trace(text, model=odd)
    embeddings.trace(text, model=odd)
    assert models.lost(odd, "the cat") == ()


@pytest.mark.parametrize("kind", ["BPE", "WordPiece", "WordLevel", "Unigram"])
def test_a_text_of_which_nothing_is_left(kind: str, folder: Callable[..., Path]) -> None:
    from explainers import attention, sampling, tokens

    odd = folder(without_unknown(kind))
    for explainer in (sampling, attention):
        with pytest.raises(Refusal, match="text_lost"):
            explainer.trace("한국어", model=odd)
    trace = tokens.trace("한국어", model=odd)
    assert [piece.token for piece in trace.pieces] == ["<s>"] and trace.others[0].gone == ((1, "한국어"),)
    for name, view in tokens.EXPLAINER.views.items():
        assert view(trace) is not None, name


def test_an_added_token_without_a_row(folder: Callable[..., Path]) -> None:
    """It is read as the text that it is; the mark before each text, which has no row either, does not reach a model."""
    import models
    from explainers import attention, embeddings, sampling, strip, tokens

    tokenizer = begun(byte_tokenizer)()
    tokenizer.add_tokens(["<think>", "안녕하세요"])
    odd, text = folder(tokenizer, rows=320), "a <think> 안녕하세요"
    assert max(tokenizer(text)["input_ids"]) >= 320
    plain = models.encode(folder(byte_tokenizer(), name="plain"), text)
    assert models.encode(odd, text, special=False) == plain and models.lost(odd, text) == ()
    assert models.decode(odd, plain) == text
    for explainer in (attention, embeddings, sampling):
        trace: Any = explainer.trace(text, model=odd)
        assert tuple(trace.prompt if explainer is sampling else trace.ids) == plain
    assert tuple(strip.trace(text, model=odd).ids) == plain
    assert tokens.trace(text, model=odd).ids.tolist() == [320, *plain]


def test_words_of_the_vocabulary_without_rows(folder: Callable[..., Path]) -> None:
    """A tokenizer of a larger model: what cannot be reached is told as lost."""
    import models
    from explainers import sampling

    odd = folder(byte_tokenizer(), rows=260)
    text = "the bird"
    ids, gone = models.encode(odd, text), models.lost(odd, text)
    assert gone and all(i < 260 for i in ids)
    assert sampling.trace(text + " x", model=odd).logits.shape == (260,)


def odd_vocabulary(words: list[str]) -> Any:
    """A byte-level tokenizer whose vocabulary has words besides that no bytes spell."""
    from transformers import PreTrainedTokenizerFast

    table = json.loads(byte_tokenizer().backend_tokenizer.to_str())
    table["model"]["vocab"] |= {word: 320 + i for i, word in enumerate(words)}
    from tokenizers import Tokenizer

    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(table)), eos_token="<|endoftext|>")


def test_a_token_that_no_bytes_spell(folder: Callable[..., Path]) -> None:
    import models
    from explainers import embeddings, sampling

    words = ["bad token", "▁한", "Ġ한", "\u2028", "日本", ""]
    odd = folder(odd_vocabulary(words), rows=320 + len(words))
    pieces = models.pieces(odd, range(320, 320 + len(words)))
    assert [piece.data.decode() for piece in pieces] == words  # as the tokenizers library reads them
    assert len(models.vocabulary_labels(odd, range(320 + len(words)))) == 320 + len(words)
    text = "The bear saw 한국 🙂"
    assert len(embeddings.trace(text, model=odd).vocabulary_labels) == 320 + len(words)
    assert len(sampling.trace(text, model=odd).candidates) == 200
    assert models.decode(odd, models.encode(odd, text)) == text


def test_a_byte_that_the_vocabulary_lacks(folder: Callable[..., Path]) -> None:
    """Part of a character is lost: the character is told, and its other bytes stay."""
    import models

    tokenizer = byte_tokenizer()
    table = json.loads(tokenizer.backend_tokenizer.to_str())
    table["model"]["unk_token"] = None
    del table["model"]["vocab"]["í"]  # how 0xED is spelled, with which Hangul from U+D000 on begins
    table["model"]["merges"] = [pair for pair in table["model"]["merges"] if "í" not in "".join(pair)]
    table["model"]["vocab"] = {word: i for word, i in table["model"]["vocab"].items() if "í" not in word}
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    made = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(table)))
    odd, text = folder(made), "a 한 b"
    assert [text[part.start : part.stop] for part in models.lost(odd, text)] == ["한"]
    data = b"".join(piece.data for piece in models.pieces(odd, models.encode(odd, text)))
    assert data == text.encode().replace(b"\xed", b"")
