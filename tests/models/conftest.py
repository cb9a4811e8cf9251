"""Tiny models with random weights, made in the test: they know nothing, but have every part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SENTENCES = (
    "The bear saw a small bird in the tree. Once upon a time there was a little girl.",
    "옛날 옛적에 작은 새가 나무 위에 살았습니다. 나는 배를 먹었다.",
)
END = "<|endoftext|>"


def byte_tokenizer(size: int = 320) -> Any:
    """A byte-level BPE tokenizer, as GPT-2's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    bpe.train_from_iterator(SENTENCES, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token=END, eos_token=END, unk_token=END)


def word_tokenizer() -> Any:
    """A WordPiece tokenizer, as BERT's."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    wordpiece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    wordpiece.normalizer = normalizers.BertNormalizer(lowercase=True)
    wordpiece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    wordpiece.decoder = decoders.WordPiece()
    wordpiece.train_from_iterator(
        SENTENCES, trainers.WordPieceTrainer(vocab_size=160, special_tokens=names, show_progress=False)
    )
    wordpiece.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    roles = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=wordpiece, mask_token="[MASK]", **roles)


def sentencepiece_tokenizer() -> Any:
    """A BPE tokenizer that writes spaces as U+2581 and falls back to bytes, as Llama's."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "▁a", "b"]
    vocabulary = {word: i for i, word in enumerate(words)}
    bpe = Tokenizer(models.BPE(vocabulary, [("▁", "a")], unk_token="<unk>", byte_fallback=True))
    bpe.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    bpe.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    bpe.add_tokens([AddedToken("<think>", normalized=False)])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, unk_token="<unk>")


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that writes a tiny model folder: `make_model("gpt" | "bert" | "llama", seed=1)`."""
    import torch
    import transformers

    def make(kind: str = "gpt", seed: int = 1, name: str = "tiny", **config: Any) -> Path:
        folder = tmp_path_factory.mktemp("models") / name
        torch.manual_seed(seed)
        model: Any
        if kind == "bert":
            tokenizer = word_tokenizer()
            sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
            sizes["max_position_embeddings"] = 64
            model = transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=len(tokenizer), **sizes, **config))
        else:
            tokenizer = byte_tokenizer() if kind == "gpt" else sentencepiece_tokenizer()
            sizes = {"n_positions": 64, "n_embd": 32, "n_layer": 3, "n_head": 4}
            sizes |= {"bos_token_id": 0, "eos_token_id": 0}
            model = transformers.GPT2LMHeadModel(
                transformers.GPT2Config(**{"vocab_size": len(tokenizer), **sizes, **config})
            )
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def tiny(make_model: Callable[..., Path]) -> Path:
    """A GPT-2 of 3 layers, 4 heads, width 32, 64 positions, byte-level BPE."""
    return make_model("gpt")


@pytest.fixture(scope="session")
def tiny_bert(make_model: Callable[..., Path]) -> Path:
    """A BERT of 2 layers, 4 heads, width 32, 64 positions, WordPiece."""
    return make_model("bert")


@pytest.fixture(scope="session")
def tiny_sentencepiece(make_model: Callable[..., Path]) -> Path:
    """A GPT-2 with a tokenizer that falls back to bytes."""
    return make_model("sentencepiece")
