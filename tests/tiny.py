"""Tokenizers trained in a blink on two lines of text, of the three kinds that language models have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

SENTENCES = (
    "The bear saw a small bird in the tree. Once upon a time there was a little girl.",
    "옛날 옛적에 작은 새가 나무 위에 살았습니다. 나는 배를 먹었다.",
)
END = "<|endoftext|>"
CATS = ("Cat cat a cat sat on a mat", "나는 밥을 먹었다 했다")


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


def begun(tokenizer_of: Callable[[], Any], ended: bool = False) -> Callable[[], Any]:
    """The same tokenizer with "<s>" put before each text, as Llama's; ended: and "</s>" after it."""

    def make() -> Any:
        from tokenizers import processors

        tokenizer = tokenizer_of()
        tokenizer.add_special_tokens({"bos_token": "<s>", "eos_token": "</s>"})
        marks = [(mark, tokenizer.convert_tokens_to_ids(mark)) for mark in ("<s>", "</s>")]
        single = "<s> $A </s>" if ended else "<s> $A"
        tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=marks)
        return tokenizer

    return make


MARK = "<start_of_image>"  # a token that stands for no text, though its file does not say so


def marked_tokenizer() -> Any:
    """One that puts "<s>" before a text and has special tokens that no text goes on with, as Gemma's."""
    tokenizer = begun(byte_tokenizer)()
    tokenizer.add_special_tokens({"additional_special_tokens": [f"<unused{i}>" for i in range(20)]})
    tokenizer.add_tokens([MARK])
    return tokenizer


def tall_model(tokenizer: Any) -> Any:
    """A random model of 18 layers with 4 heads, which finds MARK by far the likeliest next token."""
    import torch
    from transformers import PhiConfig, PhiForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 18, "num_attention_heads": 4}
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = PhiConfig(vocab_size=len(tokenizer), num_key_value_heads=1, max_position_embeddings=64, **sizes, **ends)
    model = PhiForCausalLM(config).eval()
    model.lm_head.bias.data[tokenizer.convert_tokens_to_ids(MARK)] = 6.0
    return model


def save_lowering_bert(folder: Path) -> None:
    """A BERT with random weights that turns capitals into small letters and knows the letters of two sentences."""
    from transformers import BertConfig, BertForMaskedLM

    from models.recipes.tokenizer import train_wordpiece

    tokenizer = train_wordpiece(CATS, 80, 60, lower=True, positions=64)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
