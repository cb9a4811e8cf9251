"""A tiny random GPT-2 that knows some English and Korean, so that tests need no trained weights."""

from pathlib import Path
from typing import Any

import pytest

TEXTS = [
    "the cat sat on the mat and the dog sat on the cat",
    "once upon a time there was a little cat",
    "옛날 옛날에 작은 고양이가 살고 있었어요",
    "고양이는 집에서 잠을 자고 강아지는 마당에서 놀았어요",
]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a GPT-2 of 3 layers, 2 heads, 64 positions, with a byte-level BPE of 320 tokens."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, set_seed

    folder: Path = tmp_path_factory.mktemp("models") / "tiny"
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(TEXTS, vocab_size=320, special_tokens=["<|endoftext|>"], show_progress=False)
    end = "<|endoftext|>"
    PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token=end, bos_token=end).save_pretrained(folder)
    set_seed(0)
    shape = {"vocab_size": bpe.get_vocab_size(), "n_positions": 64, "n_embd": 16, "n_layer": 3, "n_head": 2}
    config = GPT2Config(**shape, bos_token_id=0, eos_token_id=0, initializer_range=0.5)
    GPT2LMHeadModel(config).eval().save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def plain(tiny: str) -> tuple[Any, Any]:
    """The same model and tokenizer, read by transformers and nothing else."""
    return read_plainly(tiny)


def read_plainly(folder: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a BERT of 2 layers, 4 heads, 64 positions, with a WordPiece tokenizer that lower-cases."""
    from transformers import BertConfig, BertForMaskedLM, set_seed

    from tests.tiny import word_tokenizer

    folder: Path = tmp_path_factory.mktemp("models") / "tiny-bert"
    tokenizer = word_tokenizer()
    tokenizer.save_pretrained(folder)
    set_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, initializer_range=0.5, **shape)
    BertForMaskedLM(config).eval().save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def tiny_rnn(tiny: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of an LSTM of 2 layers with states of 24 numbers, and with the tokenizer of `tiny`."""
    from transformers import AutoTokenizer, set_seed

    from models.lstm import LSTMConfig, LSTMForCausalLM

    folder: Path = tmp_path_factory.mktemp("models") / "tiny-rnn"
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.save_pretrained(folder)
    set_seed(0)
    model = LSTMForCausalLM(LSTMConfig(vocab_size=len(tokenizer), embedding_size=16, hidden_size=24)).eval()
    model.get_input_embeddings().weight.data.mul_(20)  # else its guesses hardly depend on what it reads
    model.save_pretrained(folder)
    return str(folder)


WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights"


@pytest.fixture(scope="session", params=["stories-gpt", "ko-gpt"])
def bundled(request: pytest.FixtureRequest) -> tuple[str, Any, Any]:
    """A bundled model's name, and its model and tokenizer read by transformers and nothing else."""
    return request.param, *read_plainly(str(WEIGHTS / request.param))
