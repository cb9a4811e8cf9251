"""Trains tokenizers on the training texts.

Byte-level BPE: 256 bytes first, then the merges that the texts use most. Nothing is unknown: any text in any script
goes in and comes out the same. Merges never cross a space, so a token is at most one word with the space before it
(Radford et al., 2019).

WordPiece: characters first, then the pieces that make the texts likeliest; ## marks one that continues a word. A word
with a character that is not in the vocabulary is lost whole: [UNK] (Schuster and Nakajima, 2012; Devlin et al., 2019).

Unigram: many pieces first, then those are dropped without which the texts are still likely; a text is cut into the
pieces that are likeliest together, and a character that is not among them into its bytes (Kudo, 2018).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
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


def train_wordpiece(
    texts: Iterable[str], vocabulary: int, alphabet: int, lower: bool, positions: int
) -> PreTrainedTokenizerFast:
    """Returns a BERT style tokenizer of `vocabulary` entries over the `alphabet` most frequent characters.

    lower: whether capitals are lost. Accents and Hangul stay whole either way.
    """
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    wordpiece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    wordpiece.normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=lower)
    wordpiece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    wordpiece.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary, special_tokens=names, limit_alphabet=alphabet, show_progress=False
    )
    wordpiece.train_from_iterator(texts, trainer)
    wordpiece.post_processor = processors.BertProcessing(
        ("[SEP]", names.index("[SEP]")), ("[CLS]", names.index("[CLS]"))
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=wordpiece,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=positions,
        clean_up_tokenization_spaces=False,
    )


def train_unigram(texts: Iterable[str], vocabulary: int, positions: int) -> PreTrainedTokenizerFast:
    """Returns a T5 style tokenizer of at most `vocabulary` entries: pieces, and 256 bytes for all that is not among
    them. A space before a word is part of its first piece."""
    names = ["<pad>", "</s>", "<unk>"]
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary - 256, special_tokens=names, unk_token="<unk>", show_progress=False
    )
    trained.train_from_iterator(texts, trainer)
    pieces = json.loads(trained.to_str())["model"]["vocab"]
    lowest = min(score for _, score in pieces) - 10  # a byte is the last resort
    scored = [(piece, score) for piece, score in pieces] + [(f"<0x{byte:02X}>", lowest) for byte in range(256)]
    unigram = Tokenizer(models.Unigram(scored, unk_id=names.index("<unk>"), byte_fallback=True))
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    unigram.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=unigram,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=positions,
        clean_up_tokenization_spaces=False,
    )
