"""Model families, each a folder of random weights made here, through the explainers; a plain pass is the reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.refusal import Refusal
from tests.tiny import begun, byte_tokenizer, sentencepiece_tokenizer, word_tokenizer

pytestmark = pytest.mark.weights

TEXT = "The bear saw a small bird in the tree. 작은 새가 🙂"
WINDOW = 8
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 96,
}
GROUPED = SIZES | {"num_key_value_heads": 2}  # two queries share a key
WIDE = GROUPED | {"head_dim": 16}  # heads that together are wider than the model
ENDS = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
SLIDING = {"sliding_window": WINDOW}
EVERY_OTHER = SLIDING | {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
OPT = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "ffn_dim": 48, "word_embed_proj_dim": 16}

# family -> class, config, tokenizer, how many ids the model has that the tokenizer does not know
FAMILIES: dict[str, tuple[str, dict[str, Any], Callable[[], Any], int]] = {
    "gpt2": ("GPT2LMHeadModel", {"n_positions": 96, "n_embd": 32, "n_layer": 3, "n_head": 4}, byte_tokenizer, 0),
    "gpt_neox": ("GPTNeoXForCausalLM", SIZES, byte_tokenizer, 8),
    "llama": ("LlamaForCausalLM", WIDE, begun(sentencepiece_tokenizer), 0),
    "mistral": ("MistralForCausalLM", GROUPED | SLIDING, begun(sentencepiece_tokenizer), 0),
    "qwen2": ("Qwen2ForCausalLM", GROUPED, byte_tokenizer, 30),
    "qwen3": ("Qwen3ForCausalLM", WIDE | {"tie_word_embeddings": True}, byte_tokenizer, 30),
    "gemma": ("GemmaForCausalLM", WIDE, begun(sentencepiece_tokenizer), 0),
    "gemma2": (
        "Gemma2ForCausalLM",
        WIDE | EVERY_OTHER | {"final_logit_softcapping": 0.5, "attn_logit_softcapping": 1.0},
        begun(sentencepiece_tokenizer),
        0,
    ),
    "gemma3_text": ("Gemma3ForCausalLM", WIDE | EVERY_OTHER, begun(sentencepiece_tokenizer), 0),
    "opt": ("OPTForCausalLM", OPT | {"max_position_embeddings": 96}, begun(byte_tokenizer), 0),
    "bloom": ("BloomForCausalLM", {"hidden_size": 32, "n_layer": 3, "n_head": 4}, byte_tokenizer, 0),
    "phi": ("PhiForCausalLM", SIZES, byte_tokenizer, 8),
    "bert": ("BertForMaskedLM", SIZES, word_tokenizer, 0),
    "distilbert": (
        "DistilBertForMaskedLM",
        {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48, "max_position_embeddings": 96},
        word_tokenizer,
        0,
    ),
    "roberta": ("RobertaForMaskedLM", SIZES | {"pad_token_id": 1}, byte_tokenizer, 0),
    "electra": ("ElectraForMaskedLM", SIZES | {"embedding_size": 16}, word_tokenizer, 0),
}
CAUSAL = [family for family, (model, *_) in FAMILIES.items() if not model.endswith("ForMaskedLM")]
LIMITS = {"bloom": 512, "roberta": 96 - 1 - 1}  # bloom has no table of positions, roberta's begins after its padding


def make(family: str, folder: Path) -> Path:
    import torch
    import transformers

    name, sizes, tokenizer_of, more = FAMILIES[family]
    tokenizer = tokenizer_of()
    config = transformers.AutoConfig.for_model(family, **{"vocab_size": len(tokenizer) + more, **ENDS, **sizes})
    torch.manual_seed(3)
    model = getattr(transformers, name)(config)
    with torch.no_grad():  # so that heads differ and greedy words change: freshly made weights are near nothing
        for weights in model.parameters():
            weights.mul_(4) if weights.dim() > 1 else weights.add_(torch.randn_like(weights) / 10)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


class Family:
    """A folder, and the same model as a person would open it, without any of our code."""

    def __init__(self, name: str, folder: Path):
        import torch
        import transformers

        self.name, self.folder = name, make(name, folder)
        self.causal = name in CAUSAL
        self.limit = LIMITS.get(name, 96)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = getattr(transformers, FAMILIES[name][0]).from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
        ).eval()  # fmt: skip

    def run(self, ids: Any) -> tuple[np.ndarray, np.ndarray]:
        """Logits (T, V) and attention (L, H, T, T)."""
        import torch

        with torch.no_grad():
            out = self.model(torch.tensor([list(ids)]), output_attentions=True)
        return out.logits[0].numpy(), torch.stack(out.attentions)[:, 0].numpy()


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return Family(request.param, tmp_path_factory.mktemp("families") / request.param)


def close(ours: np.ndarray, theirs: np.ndarray, scale: float = 1.0) -> None:
    assert ours.shape == theirs.shape and ours.dtype == np.float32
    assert np.abs(ours - theirs).max() <= 1e-5 * scale


def test_tokens(family: Family) -> None:
    from explainers import tokens

    trace = tokens.trace(TEXT, model=family.folder)
    assert trace.ids.tolist() == family.tokenizer(TEXT)["input_ids"]
    text = b"".join(piece.data for piece in trace.pieces if not piece.special).decode()
    assert text == TEXT or family.tokenizer.mask_token  # WordPiece drops spaces, capitals and what it cannot spell
    tokens.chips(trace)
    tokens.numbers(trace)


def test_attention(family: Family) -> None:
    import models
    from explainers import attention

    trace = attention.trace(TEXT, model=family.folder)
    logits, weights = family.run(trace.ids)
    close(trace.weights, weights)
    assert trace.weights.shape[:2] == (3, 4) and trace.causal == family.causal
    close(models.forward(family.folder, trace.ids.tolist()).logits, logits, np.abs(logits).max())
    assert np.abs(trace.weights[:, 0] - trace.weights[:, 1]).max() > 1e-3  # a map for each query's head, no copies
    tokens = len(trace.ids)
    far = trace.weights[:, :, np.tri(tokens, k=-WINDOW, dtype=bool)]
    sliding = {"mistral": [0, 1, 2], "gemma2": [0, 2], "gemma3_text": [0, 2]}.get(family.name, [])
    assert [layer for layer in range(3) if not far[layer].any()] == sliding and far.shape[-1] > 0
    attention.numbers(trace, layer=3, head=4)


@pytest.mark.parametrize("family", CAUSAL, indirect=True)
def test_sampling(family: Family) -> None:
    import torch

    from explainers import sampling

    trace = sampling.trace(TEXT, model=family.folder, write=20, greedy=True)
    prompt = trace.prompt.tolist()
    both = {"input_ids": torch.tensor([prompt]), "attention_mask": torch.ones(1, len(prompt))}
    whole = family.model.generate(**both, max_new_tokens=20, do_sample=False, pad_token_id=0)
    assert [*prompt, *trace.ids] == whole[0].tolist()
    logits, _ = family.run([*prompt, *trace.ids])
    close(trace.logits, logits[-1], np.abs(logits).max())
    assert [step.rank for step in trace.record] == [1] * len(trace.ids)
    sampling.numbers(trace)


def test_as_long_as_it_can_be_and_no_longer(family: Family) -> None:
    import models

    ids = (family.tokenizer(TEXT)["input_ids"] * 40)[: family.limit]
    logits, weights = family.run(ids)
    ours = models.forward(family.folder, ids, attention=True)
    close(ours.logits, logits, np.abs(logits).max())
    assert ours.attention is not None
    close(ours.attention, weights)
    with pytest.raises(Refusal) as caught:
        models.forward(family.folder, [*ids, 5])
    assert (caught.value.key, caught.value.facts["limit"]) == ("too_many_tokens", family.limit)


def test_side_by_side_is_as_alone(family: Family) -> None:
    import models

    ids = family.tokenizer(TEXT)["input_ids"]
    rows = [ids[:3], ids, ids[2:3], ids[5:12], ids[:7], (ids * 2)[:80]]
    alone = np.stack([family.run(row)[0][-1] for row in rows])
    close(models.last_logits(family.folder, rows), alone, np.abs(alone).max())


def test_the_embedding_table(family: Family) -> None:
    import models

    theirs = family.model.get_input_embeddings().weight.detach().numpy()
    np.testing.assert_array_equal(models.table(family.folder), theirs)
    ids = family.tokenizer(TEXT)["input_ids"]
    np.testing.assert_array_equal(models.forward(family.folder, ids).embeddings, theirs[ids])


@pytest.mark.parametrize("family", CAUSAL, indirect=True)
def test_an_id_that_the_tokenizer_does_not_know(family: Family) -> None:
    from explainers import sampling

    size, more = len(family.tokenizer), FAMILIES[family.name][3]
    if not more:
        with pytest.raises(Refusal, match="unknown_token"):
            sampling.trace(TEXT, model=family.folder, ids=(size,))
        return
    trace = sampling.trace(TEXT, model=family.folder, ids=(size + more - 1,))
    assert trace.labels[-1] == f"[{size + more - 1}]" and trace.logits.shape == (size + more,)


@pytest.mark.parametrize("name", ["XLNetLMHeadModel", "XLMWithLMHeadModel", "BertLMHeadModel"])
def test_what_looks_ahead_is_no_model_that_continues(name: str, tmp_path: Path) -> None:
    """Classes that transformers counts among those that continue a text, though they see what follows."""
    import torch
    import transformers

    from models.load import load

    tokenizer = word_tokenizer()
    sizes: dict[str, dict[str, Any]] = {
        "XLNetLMHeadModel": {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48},
        "XLMWithLMHeadModel": {"emb_dim": 32, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 96},
        "BertLMHeadModel": SIZES,
    }
    kind = getattr(transformers, name)
    torch.manual_seed(3)
    model = kind(kind.config_class(vocab_size=len(tokenizer), **sizes[name]))
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(4)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    if name == "XLMWithLMHeadModel":  # transformers counts it among those that fill gaps, too, and that it does
        assert load(tmp_path).can == {"masked", "attention"}
        return
    with pytest.raises(Refusal) as caught:
        load(tmp_path)
    assert caught.value.key == "wrong_kind"


WRITERS: dict[str, tuple[str, dict[str, Any]]] = {
    "t5": ("T5ForConditionalGeneration", {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 3, "num_heads": 4}),
    "mt5": ("MT5ForConditionalGeneration", {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 3, "num_heads": 4}),
    "bart": (
        "BartForConditionalGeneration",
        {"d_model": 32, "encoder_layers": 3, "decoder_layers": 3, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48}
        | {"encoder_attention_heads": 4, "decoder_attention_heads": 4},
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_model_that_writes_another_text(name: str, tmp_path: Path) -> None:
    """Its tokens and its embedding table are there; one sequence alone is not what it takes."""
    import torch
    import transformers

    import models
    from explainers import attention, embeddings, sampling, tokens
    from models.recipes.tokenizer import train_unigram
    from tests.tiny import SENTENCES

    tokenizer = train_unigram(SENTENCES, 256 + 60, 96)
    architecture, sizes = WRITERS[name]
    torch.manual_seed(3)
    config = transformers.AutoConfig.for_model(name, vocab_size=len(tokenizer), **sizes, decoder_start_token_id=0)
    theirs = getattr(transformers, architecture)(config)
    theirs.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    cut = tokens.trace(TEXT, model=tmp_path)
    assert cut.ids.tolist() == tokenizer(TEXT)["input_ids"] and cut.others[0].kind == "Unigram"
    assert cut.decoded == TEXT and cut.others[0].unknown is None
    table = theirs.get_input_embeddings().weight.detach().numpy()
    np.testing.assert_array_equal(embeddings.trace(TEXT, model=tmp_path).rows, table[cut.ids])
    for explainer in (attention, sampling):
        with pytest.raises(Refusal, match="wrong_kind"):
            explainer.trace(TEXT, model=tmp_path)
    for act in (lambda: models.forward(tmp_path, [5, 6]), lambda: models.last_logits(tmp_path, [[5, 6]])):
        with pytest.raises(Refusal, match="wrong_kind"):
            act()
