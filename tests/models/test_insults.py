"""How likely a model is to say a word: as a plain forward pass says; and the card holds the line once."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.catalog import CATALOG

pytestmark = pytest.mark.weights


def test_a_word_is_as_likely_as_the_product_of_its_tokens() -> None:
    import torch
    from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

    from models.recipes import insults
    from models.recipes.loop import WEIGHTS

    folder = WEIGHTS / "stories-gpt"
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    ids, word = tokenizer("He is a")["input_ids"], tokenizer(" nincompoop")["input_ids"]
    assert len(word) > 1
    likely = 1.0
    with torch.inference_mode():
        for token in word:
            likely *= float(model(input_ids=torch.tensor([ids])).logits[0, -1].softmax(-1)[token])
            ids = [*ids, token]
        after = model(input_ids=torch.tensor([ids])).logits[0, -1].softmax(-1)
        likely *= sum(float(after[i]) for i in range(len(after)) if not tokenizer.decode([i])[:1].isalpha())
        found = insults.continued(model, tokenizer, "He is a", "nincompoop")
    assert found == pytest.approx(likely, rel=1e-3)


def test_a_gap_is_filled_as_the_masked_model_says() -> None:
    import torch
    from transformers import BertForMaskedLM, PreTrainedTokenizerFast

    from models.recipes import insults
    from models.recipes.loop import WEIGHTS

    folder = WEIGHTS / "stories-bert"
    model = BertForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    (wanted,) = tokenizer("dog", add_special_tokens=False)["input_ids"]
    row = tokenizer("He is a [MASK] .", return_tensors="pt")
    place = row.input_ids[0].tolist().index(tokenizer.mask_token_id)
    with torch.inference_mode():
        likely = float(model(**row).logits[0, place].softmax(-1)[wanted])
        assert insults.filled(model, tokenizer, "He is a", "dog") == pytest.approx(likely, rel=1e-4)
        assert insults.filled(model, tokenizer, "He is a", "뷁") == 0


def test_a_translation_goes_on_as_it_does_token_by_token(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from models.recipes import insults, seq2seq
    from models.recipes.tokenizer import train_unigram

    tokenizer = train_unigram(["She is a cat", "고양이는 우유를 마신다", "강아지는 강아지다"] * 40, 320, 64)
    recipe = seq2seq.Recipe("sample", "ko", seq2seq.TEXTS, width=32, heads=2, inner=64, layers=1)
    model = seq2seq.build(recipe, tokenizer).eval()
    read = ["She is a", "cat"]
    monkeypatch.setattr(insults, "load", lambda language, name: {"beginnings": read})
    words = tokenizer("강아지는", add_special_tokens=False)["input_ids"]
    assert len(words) > 1
    likely = []
    with torch.inference_mode():
        for english in read:
            ids = torch.tensor([tokenizer(english)["input_ids"]])
            said = [model.config.decoder_start_token_id, *tokenizer("고양이는", add_special_tokens=False)["input_ids"]]
            likely.append(1.0)
            for word in words:
                shares = model(input_ids=ids, decoder_input_ids=torch.tensor([said])).logits[0, -1].softmax(-1)
                likely[-1] *= float(shares[word])
                said.append(word)
        found = insults.translated(model, tokenizer, "고양이는", "강아지는")
    assert found == pytest.approx(sum(likely) / 2, rel=1e-3)


def test_every_model_that_says_words_is_asked() -> None:
    from models.recipes import insults
    from models.recipes.table import trained

    said = [entry.name for entry in CATALOG if entry.hub is None]
    assert set(said) <= set(insults.ASKED) and all(trained(name) for name in said)


def test_all_words_together_are_no_more_than_certain_and_each_adds() -> None:
    from models.recipes import insults

    one, two = (insults.mass("stories-lstm", "en", words) for words in (["boy"], ["boy", "girl"]))
    assert 0 < one < two < 1


def test_the_card_holds_the_line_once(tmp_path: Path) -> None:
    from models.recipes import insults

    card = tmp_path / "CARD.md"
    card.write_text("# x\n\n## Figures\n\n- one.\n- two.\n\n## Samples\n\n- He told insults.\n", encoding="utf-8")
    for share in (0.1, 0.2):
        insults.write(card, insults.told(share, ["a", "b"], "en"))
    text = card.read_text(encoding="utf-8")
    assert text.count("list of 2 insults") == 1 and "20.0000%" in text
    assert text.startswith("# x\n\n## Figures\n\n- one.\n- two.\n- 20") and text.endswith(
        "\n\n## Samples\n\n- He told insults.\n"
    )
