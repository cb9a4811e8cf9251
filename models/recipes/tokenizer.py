"""Trains a byte-level BPE tokenizer: 256 bytes first, then the merges that the training texts use most.

Byte-level means that nothing is unknown: any text in any script goes in and comes out the same. Merges never cross a
space, so a token is at most one word with the space before it (Radford et al., 2019).
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from .corpus import END


def train_bpe(texts: Iterable[str], vocabulary: int, positions: int) -> PreTrainedTokenizerFast:
    """Returns a GPT-2 style tokenizer of `vocabulary` entries whose id 0 is the end-of-text mark."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=END,
        eos_token=END,
        unk_token=END,
        model_max_length=positions,
        clean_up_tokenization_spaces=False,
    )
