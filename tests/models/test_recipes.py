"""The recipes: a small run learns, a stopped one goes on as if it had not been, an LSTM reads what its twin did."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.stopped import left_behind

pytestmark = pytest.mark.weights

SAMPLE = 200_000  # bytes
SAID = (("cat", "고양이는"), ("dog", "개는"), ("tree", "나무는"), ("cake", "케이크는"), ("hat", "모자는"))
HOW = (("big", "크다"), ("small", "작다"), ("good", "좋다"), ("old", "오래되었다"), ("new", "새것이다"))
STEPS = {"BERT": 150}  # it finds its neighbours after some 500, and has learnt how frequent each token is before


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 200 KB of generated stories, and some pairs of sentences."""
    from models.recipes.generate import documents

    folder = tmp_path_factory.mktemp("texts")
    stories, size = [], 0
    for each in documents(5000):
        stories.append(each.text("en"))
        size += len(stories[-1].encode())
        if size > SAMPLE:
            break
    (folder / "stories.txt").write_text("\n\n".join(stories), encoding="utf-8")
    pairs = (f"sample\tThe {thing} is {how}.\t{korean} {so}." for thing, korean in SAID for how, so in HOW)
    (folder / "en_ko_pairs.tsv").write_text("\n".join(pairs), encoding="utf-8")
    return folder


def causal_recipe(**changes: Any) -> Any:
    from models.recipes.causal import Recipe
    from models.recipes.corpus import Text, by_blank_line

    text = Text("stories.txt", 1.0, by_blank_line, "Stories", "CC0")
    sizes: dict[str, Any] = {"width": 32, "layers": 1, "heads": 2, "positions": 64, "state": 32}
    name = changes.pop("name", "sample")
    return Recipe(name, "en", 300, (text,), **{**sizes, **changes})


def masked_recipe(vocabulary: int = 800) -> Any:
    from models.recipes.corpus import Text, by_blank_line
    from models.recipes.masked import Recipe

    text = Text("stories.txt", 1.0, by_blank_line, "Stories", "CC0")
    return Recipe("sample", "en", vocabulary, 60, True, (text,), width=64, layers=2, heads=2, positions=128)


def seq2seq_recipe() -> Any:
    from models.recipes.seq2seq import TEXTS, Recipe

    sizes: dict[str, Any] = {"width": 32, "heads": 2, "inner": 64, "layers": 1, "pairs": 8, "made": 700}
    return Recipe("sample", "ko", TEXTS, vocabulary=2400, **sizes)


def losses(printed: str) -> list[float]:
    return [float(each) for each in re.findall(r"loss ([\d.]+)", printed)]


def last_loss(printed: str) -> float:
    return losses(printed)[-1]


def unigram(work: Path, sample: str) -> float:
    """Nats that a token of the sample takes on average by its frequency alone."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast.from_pretrained(work)
    ids = tokenizer(sample, add_special_tokens=False)["input_ids"]
    shares = np.bincount(ids) / len(ids)
    return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())


@pytest.mark.parametrize(
    "kind", ["LSTM", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("GPT-2", "BERT", "T5"))]
)
def test_a_run_learns_and_one_that_was_stopped_ends_at_the_same_loss(
    kind: str, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from models.recipes import causal, masked, seq2seq

    monkeypatch.setattr(causal, "CONTINUED", 1)  # what a card tells is asked elsewhere
    monkeypatch.setattr(masked, "SCORED", 7)
    monkeypatch.setattr(masked, "REPORTED", 7)
    monkeypatch.setattr(masked, "WARM", 10)
    monkeypatch.setattr(masked, "BATCH", 512)
    monkeypatch.setattr(seq2seq, "HELD", 10)
    monkeypatch.setattr(seq2seq, "SCORED", 10)
    monkeypatch.setattr(seq2seq, "LISTS", 400)
    steps = STEPS.get(kind, 100)
    sample = (texts / "stories.txt").read_text(encoding="utf-8")
    if kind == "T5":
        sample = " ".join(korean for _, korean in seq2seq.made(700)[0])

    def train(work: Path) -> str:
        if kind == "T5":
            seq2seq.train(seq2seq_recipe(), texts, tmp_path / "out", work, 90_000, save_every=35)
        elif kind == "BERT":
            masked.train(masked_recipe(120), texts, tmp_path / "out", work, masked.BATCH * steps, save_every=35)
        else:
            causal.train(causal_recipe(architecture=kind), texts, tmp_path / "out", work, 64 * 8 * steps, save_every=35)
        return capsys.readouterr().out

    with left_behind(tmp_path / "whole", tmp_path / "stopped", 50):
        whole = train(tmp_path / "whole")
    by_frequency = unigram(tmp_path / "whole", sample)
    assert last_loss(whole) < (0.6 * losses(whole)[0] + 0.4 * by_frequency if kind == "BERT" else by_frequency)

    stopped = train(tmp_path / "stopped")
    assert len(losses(stopped)) < len(losses(whole))  # it went on, and did not begin anew
    assert last_loss(stopped) == pytest.approx(last_loss(whole), abs=6e-3)


def test_an_lstm_has_its_twins_tokenizer_and_reads_the_same_rows() -> None:
    from models.recipes.causal import RECIPES
    from models.recipes.flat import flatten
    from models.recipes.rows import Rows

    for name in ("stories-lstm", "ko-lstm"):
        lstm, gpt = RECIPES[name], RECIPES[RECIPES[name].twin]
        sources = [flatten([text * 100 + i] * 50 for i in range(40)) for text in range(len(gpt.texts))]
        for step in (0, 7):
            assert Rows(lstm, sources).batch(step)[0].equal(Rows(gpt, sources).batch(step)[0])


def masked_rows(texts: Path) -> tuple[Any, list[list[int]]]:
    """The sample's rows and its documents as ids."""
    from models.recipes import masked
    from models.recipes.corpus import documents
    from models.recipes.flat import flatten
    from models.recipes.tokenizer import train_wordpiece

    recipe = masked_recipe()
    train, _ = documents(texts, recipe.texts[0])
    tokenizer = train_wordpiece(train, 800, 60, True, 128)
    source = tokenizer(train, add_special_tokens=False)["input_ids"]
    return masked.Rows(recipe, tokenizer, [flatten(source)]), source


def test_gaps_are_as_many_as_said_and_never_a_special_token(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.recipes import masked

    monkeypatch.setattr(masked, "FIRST", 4)
    rows, _ = masked_rows(texts)
    tokenizer = rows.tokenizer
    asked = hidden = same = tokens = 0
    for step in range(12):
        ids, parts, labels, follows = rows.batch(step)
        assert ids.shape == labels.shape == parts.shape
        assert ids.shape[1] in (masked.SHORT if step < 4 else masked.LENGTHS)
        gaps = labels != masked.NOTHING
        assert (labels[gaps] >= len(tokenizer.all_special_ids)).all()
        assert (ids[:, 0] == tokenizer.cls_token_id).all()
        paired = follows != masked.NOTHING
        assert ((ids == tokenizer.sep_token_id).sum(1) == 1 + paired.long()).all()
        assert ((parts == 1).any(1) == paired).all() and (parts[ids == tokenizer.pad_token_id] == 0).all()
        asked += int(gaps.sum())
        hidden += int((ids == tokenizer.mask_token_id).sum())
        same += int((ids[gaps] == labels[gaps]).sum())
        tokens += int((ids >= len(tokenizer.all_special_ids)).sum()) + int((ids == tokenizer.mask_token_id).sum())
    assert masked.ASKED - 0.02 < asked / tokens < masked.ASKED + 0.02
    assert 0.77 < hidden / asked < 0.83 and 0.08 < same / asked < 0.13
    assert rows.batch(3).ids.equal(rows.batch(3).ids)


def test_what_is_hard_to_begin_with_comes_later(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from models.recipes import masked
    from models.recipes.flat import flatten

    monkeypatch.setattr(masked, "FIRST", 4)
    rows, source = masked_rows(texts)
    text = rows.recipe.texts[0]
    hard = replace(text, title="Hard", share=3.0)
    odd = len(rows.tokenizer) - 1  # a token that is nowhere in the easy text
    easy = [[token for token in document if token != odd] for document in source]
    sources = [flatten(easy), flatten([[odd] * 99])]
    mixed = masked.Rows(replace(rows.recipe, texts=(text, hard), later=(hard,)), rows.tokenizer, sources)
    held = [
        float((labels == odd).sum() / (labels != masked.NOTHING).sum())
        for _, _, labels, _ in map(mixed.batch, range(24))
    ]
    assert not any(held[:4]) and 0.6 < np.mean(held[4:]) < 0.9
    second = masked.Rows(replace(mixed.recipe, begin=Path("first")), rows.tokenizer, sources)
    assert {second.batch(step).ids.shape[1] for step in range(4)} <= set(masked.LENGTHS)
    assert any(bool((second.batch(step).labels == odd).any()) for step in range(4))


def test_a_second_part_follows_in_its_document_or_comes_from_another(texts: Path) -> None:
    from models.recipes import masked
    from models.recipes.masked_rows import FOLLOWS

    rows, source = masked_rows(texts)
    whole = [" ".join(map(str, document)) for document in source]
    told = []
    chance = np.random.default_rng(5)
    made = rows.maker.make(48, 1000, chance, rows.shares)
    for row, second, follows in zip(*(each.tolist() for each in made), strict=True):
        if follows == masked.NOTHING:
            assert second == 48
            continue
        tokens = [token for token in row if token != rows.tokenizer.pad_token_id]
        together = " ".join(map(str, [*tokens[1 : second - 1], *tokens[second:-1]]))
        if follows == FOLLOWS:
            assert any(together in document for document in whole)
        told.append(follows)
    assert 0.43 < np.mean(told) < 0.57 and len(told) > 200


def test_a_unigram_vocabulary_loses_nothing() -> None:
    from models.recipes.tokenizer import train_unigram

    sentences = [f"{english} {korean}" for english, korean in SAID] * 40 + [f"{how} {so}" for how, so in HOW] * 40
    tokenizer = train_unigram(sentences, 400, 64)
    for text in ("cat 고양이는", "뷁 👍 é", "The cats, 고양이들은!"):
        ids = tokenizer(text)["input_ids"]
        assert ids[-1] == tokenizer.eos_token_id and tokenizer.unk_token_id not in ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
    known, unknown = (tokenizer.tokenize(text) for text in ("고양이는", "뷁"))
    assert not any(piece.startswith("<0x") for piece in known) and unknown[1:] == ["<0xEB>", "<0xB7>", "<0x81>"]


def test_pairs_of_a_batch_are_translations_of_like_length(texts: Path) -> None:
    from models.recipes import seq2seq
    from models.recipes.flat import flatten

    recipe = seq2seq_recipe()
    pairs = [[([n] * (n % 20 + 1), [n, n + 1]) for n in range(1, 200)], [([300], [301])], [([400], [401])]]
    sources = [seq2seq.Sides(*(flatten(side) for side in zip(*each, strict=True))) for each in pairs]
    rows = seq2seq.Rows(recipe, 0, sources)
    lengths = []
    for step in range(6):
        ids, labels = rows.batch(step)
        assert ids.shape[0] == labels.shape[0] == recipe.pairs
        for row, label in zip(ids.tolist(), labels.tolist(), strict=True):
            assert label[0] == row[0] or (row[0], label[0]) in ((300, 301), (400, 401))
        lengths.append(ids.shape[1])
    assert len(set(lengths)) > 2 and rows.batch(3)[0].equal(rows.batch(3)[0])


def test_every_number_of_a_t5_learns_once_and_its_queries_slower() -> None:
    from models.recipes import seq2seq
    from models.recipes.tokenizer import train_unigram

    tokenizer = train_unigram([f"{english} {korean}" for english, korean in SAID] * 40, 400, 64)
    model = seq2seq.build(seq2seq_recipe(), tokenizer)
    (_, usual), (slow, peak), _ = pairs = seq2seq.updates(model, (0.02, 0.05))
    learnt = [p.data_ptr() for optimizer, _ in pairs for group in optimizer.param_groups for p in group["params"]]
    assert sorted(learnt) == sorted(p.data_ptr() for p in model.parameters())
    queries = [attention.q.weight for attention in model.modules() if hasattr(attention, "q")]
    assert {p.data_ptr() for p in slow.param_groups[0]["params"]} == {p.data_ptr() for p in queries}
    assert len(queries) == 3 and peak == pytest.approx(usual / 16**0.5)  # a head is 16 wide


def test_real_pairs_are_held_out_before_training(texts: Path) -> None:
    from models.recipes import seq2seq

    train, held = seq2seq.real(texts)
    assert len(train) + len(held) == len(SAID) * len(HOW) and not set(train) & set(held)
    made, kept = seq2seq.made(700)
    assert not set(made) & set(kept)


def test_lists_of_names_hold_each_of_them_in_both_languages() -> None:
    from models.recipes.generate import glossary, names

    classes = [dict(each) for each in names()]
    seen = set()
    for english, korean in glossary(3000):
        listed = english.replace(" and ", ", ").split(", ")
        seen |= set(listed)
        said = re.sub(r"(와|과) (?=[가-힣 ]+$)", ", ", korean) if len(listed) == 2 else korean
        assert any(said.split(", ") == [known.get(name) for name in listed] for known in classes)
        assert len(set(listed)) == len(listed) <= 3
    assert seen == set().union(*classes) and any(known.get("Bean") == "콩이" for known in classes)


def test_attention_of_the_recipes_is_that_of_transformers() -> None:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from models.recipes import attention

    config = GPT2Config(vocab_size=50, n_positions=16, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0)
    model = GPT2LMHeadModel(config).eval()
    ids = torch.arange(24).view(2, 12)
    found = []
    for name in ("eager", attention.NAME):
        model.set_attn_implementation(name)
        model.zero_grad()
        out = model(input_ids=ids, labels=ids)
        out.loss.backward()
        found.append((out.logits.detach(), model.transformer.h[0].attn.c_attn.weight.grad))
    for theirs, ours in zip(*found, strict=True):
        assert theirs.abs().max() > 1e-4
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_texts_give_the_shares_that_they_say_and_short_ones_half_in_short_rows() -> None:
    from dataclasses import replace

    from models.recipes.corpus import Text, by_blank_line
    from models.recipes.flat import flatten
    from models.recipes.rows import Rows

    texts = [Text(f"{i}", share, by_blank_line, "", "", short=i > 0) for i, share in enumerate((0.6, 0.3, 0.1))]
    texts[2] = replace(texts[2], made=lambda held: [])
    recipe = replace(causal_recipe(), texts=tuple(texts))
    rows = Rows(recipe, [flatten([[text] * 50]) for text in range(3)])
    tokens, short = np.zeros(3), np.zeros(3)
    for step in range(1500):
        batch, filed = rows.batch(step)
        assert filed.tolist() == [row[0] < 2 for row in batch.tolist()]
        many = np.bincount(batch[:, 1:].flatten(), minlength=3)
        assert many.sum() == recipe.rows * recipe.positions
        tokens += many
        short += many * (batch.shape[1] == recipe.positions // 4 + 1)
    np.testing.assert_allclose(tokens / tokens.sum(), (0.6, 0.3, 0.1), atol=0.02)
    np.testing.assert_allclose(short / tokens, (0, 0.5, 0.5), atol=0.05)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_texts_that_ask_are_short_and_end_with_what_they_told(language: str) -> None:
    from models.recipes.generated import asking

    found = list(asking(60))
    assert np.median([len(each.text("en").split()) for each in found]) < 60
    for each in found:
        before, answer = each.cloze(language)
        assert answer.lower() in before.lower()


def test_a_vocabulary_is_made_from_each_texts_share(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from models.recipes import corpus
    from models.recipes.corpus import Text, by_blank_line

    monkeypatch.setattr(corpus, "SAMPLED", 10_000)
    other = Text("", 0.3, by_blank_line, "", "", made=lambda held: ["held out"] if held else ["x" * 100] * 50)
    found = list(corpus.sampled((replace(causal_recipe().texts[0], share=0.7), other), texts))
    assert sum(len(part) for part in found if part[0] == "x") == 3_000
    assert 7_000 <= sum(len(part) for part in found if part[0] != "x") < 7_400


def test_a_second_run_learns_what_the_pair_guesses(tiny_pair: tuple[Any, Any]) -> None:
    import torch
    from torch.nn.functional import cross_entropy

    from models.recipes import causal, optim
    from models.recipes.flat import flatten
    from models.recipes.rows import Rows

    model, teachers = tiny_pair[0], list(tiny_pair)
    from dataclasses import replace

    from models.recipes.corpus import Text, by_mark

    made = Text("", 1.0, by_mark, "Made", "CC0", made=lambda held: [])
    recipe = replace(causal_recipe(), texts=(*causal_recipe().texts, made))
    sources = [flatten([i % 40 + 1 for i in range(at, at + 30)] for at in range(of, of + 20)) for of in (0, 7)]
    rows = Rows(recipe, sources)
    ids, filed = rows.batch(3)
    assert filed.any() and not filed.all()
    with torch.no_grad():
        own, other = (each(input_ids=ids[:, :-1]).logits for each in teachers)
        said = cross_entropy(own.flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(len(ids), -1)
        mean = (own.softmax(-1) + other.softmax(-1)) / 2
        told = -(mean * own.log_softmax(-1)).sum(-1)
        wanted = torch.where(filed[:, None], (said + told) / 2, said).mean().item()
    plain, taught = causal.guessing(model, rows), causal.guessing(model, rows, teachers)
    assert plain(3).item() == pytest.approx(said.mean().item(), rel=0.01)  # bfloat16
    assert taught(3).item() == pytest.approx(wanted, rel=0.01)
    assert abs(said.mean().item() - wanted) > 0.05
    assert [optim.again(step, 10) for step in (0, 5)] == [optim.AGAIN, optim.AGAIN / 2]


@pytest.fixture
def tiny_pair() -> tuple[Any, Any]:
    """A GPT-2 and an LSTM with random weights, and large ones, so that they disagree."""
    import torch

    from models.recipes import causal

    class Tokenizer:
        eos_token_id = 0

        def __len__(self) -> int:
            return 50

    pair = [causal.build(causal_recipe(architecture=kind), Tokenizer()).eval() for kind in ("GPT-2", "LSTM")]
    with torch.no_grad():
        for parameter in (each for model in pair for each in model.parameters()):
            parameter.mul_(4)
    return pair[0], pair[1]


@pytest.mark.slow
def test_a_second_run_goes_on_from_the_first_ones_weights(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained are a GPT-2 and an LSTM of random weights, one step; then each a second run with both as teachers."""
    from dataclasses import replace

    from models.recipes import causal

    monkeypatch.setattr(causal, "CONTINUED", 2)
    gpt, lstm = causal_recipe(), causal_recipe(architecture="LSTM", name="pair-lstm", twin="sample")
    first = [tmp_path / "first" / recipe.name for recipe in (gpt, lstm)]
    for recipe, out in zip((gpt, lstm), first, strict=True):
        causal.train(recipe, texts, out, tmp_path / "runs" / recipe.name, 512)
    tokenizers = [(out / "tokenizer.json").read_text(encoding="utf-8") for out in first]
    assert tokenizers[0] == tokenizers[1]  # of the twin in training beside it
    capsys.readouterr()

    second = replace(gpt, begin=first[0], teachers=tuple(first))
    causal.train(second, texts, tmp_path / "second", tmp_path / "runs/again", 1024)
    printed = capsys.readouterr().out
    assert "sample step 2/2" in printed
    card = (tmp_path / "second/CARD.md").read_text(encoding="utf-8")
    words = " ".join(card.split())
    assert "1,536 training tokens: 512 in a first run and 1,024 in a second run" in words
    assert "learnt, too, what sample and pair-lstm guessed." in words
    assert "--begin runs/first/sample --teachers runs/first/sample runs/first/pair-lstm" in card
    causal.rewrite(gpt, texts, tmp_path / "second", 512)
    assert (tmp_path / "second/CARD.md").read_text(encoding="utf-8") == card

    with pytest.raises(ValueError, match="another run's"):  # a finished first run is not a second one
        causal.train(second, texts, tmp_path / "second", tmp_path / "runs/sample", 1024)
    other = causal_recipe(name="other")
    causal.train(replace(other, vocabulary=290), texts, tmp_path / "other", tmp_path / "runs/other", 512)
    with pytest.raises(ValueError, match="another vocabulary"):
        causal.train(replace(second, teachers=(tmp_path / "other",)), texts, tmp_path / "x", tmp_path / "runs/x", 512)


def test_the_command_that_trains_all_is_understood_by_each_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import sys

    import glassbox
    from models.recipes import commandline, loop

    ran: list[tuple[str, Any, Any]] = []
    for kind, name, own in glassbox.RECIPES:
        module = importlib.import_module(f"models.recipes.{kind}")
        recipes = {module.TWIN.name: module.TWIN} if kind == "early" else module.RECIPES
        monkeypatch.setattr(sys, "argv", [kind, name, "--texts", "folder", *own])
        recipe, args = commandline.choose(recipes, "")
        ran.append((name, recipe, args))
        assert args.tokens >= 1e6 and recipe.name == name
    first, second = ([each for each in ran if bool(each[1].begin) == begun] for begun in (False, True))
    twice = {name for names in (*glassbox.PAIRS, glassbox.BERTS) for name in names} | {"en-ko-t5"}
    assert {name for name, *_ in second} == twice
    out = {name: args.out for name, _, args in first}
    for name, recipe, args in second:
        pair = next((pair for pair in glassbox.PAIRS if name in pair), ())
        assert recipe.begin == out[name] and list(getattr(recipe, "teachers", ())) == [out[each] for each in pair]
        assert args.out == loop.WEIGHTS / name and args.work != Path("runs") / name
    shipped = {args.out.name for *_, args in ran if args.out.parent == loop.WEIGHTS}
    assert shipped == {name for _, name, _ in glassbox.RECIPES}


def test_teachers_without_a_first_run_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    from models.recipes import causal, commandline, masked

    kinds: tuple[tuple[Any, list[str]], ...] = ((causal.RECIPES, []), (masked.RECIPES, ["--begin", "x"]))
    for recipes, more in kinds:
        name = next(iter(recipes))
        monkeypatch.setattr(sys, "argv", ["x", name, "--texts", "t", "--teachers", "a", "b", *more])
        with pytest.raises(SystemExit):
            commandline.choose(recipes, "")
        assert "--teachers goes with --begin" in capsys.readouterr().err
