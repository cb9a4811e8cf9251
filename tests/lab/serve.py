"""The app with explainers of the tests' own, and with models that know nothing: `python -m tests.lab.serve pair`.

Started in an empty folder: the words of the page and of those explainers, and the models, are put there.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import explainers
from explainers import words
from models import catalog
from models.lstm import LSTMConfig, LSTMForCausalLM

OWN = Path(__file__).parent / "words"
MODELS = (
    ("tiny-bert", catalog.BERT, ("en",)),
    ("tiny-lstm", catalog.LSTM, ("en",)),
    ("tiny-ko-lstm", catalog.LSTM, ("ko",)),
    ("tiny-tall", catalog.GPT, ("en",)),
)
LARGE = {"tiny-tall": 300_000_000}  # what the catalogue says of its parameters


def lay_words(folder: Path) -> None:
    """Every words file of the page, and the tests' own beside them."""
    for language in words.LANGUAGES:
        (folder / language).mkdir(parents=True)
        for path in [*(words.FOLDER / language).glob("*.toml"), *(OWN / language).glob("*.toml")]:
            (folder / language / path.name).symlink_to(path)
    words.FOLDER = folder


def lay_models(folder: Path) -> None:
    """The bundled models, and some with random weights as if they were bundled, too."""
    folder.mkdir()
    for path in catalog.WEIGHTS.iterdir():
        (folder / path.name).symlink_to(path)
    for name, can, _ in MODELS:
        tokenizer, model = MAKERS[can]()
        tokenizer.save_pretrained(folder / name)
        model.save_pretrained(folder / name)
    catalog.WEIGHTS = folder
    catalog.CATALOG += tuple(
        catalog.Entry(name, can, spoken, LARGE.get(name, 1), 1, "", verified=True) for name, can, spoken in MODELS
    )


def bert() -> tuple[Any, Any]:
    import transformers

    from tests.tiny import word_tokenizer

    tokenizer = word_tokenizer()
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    return tokenizer, transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=len(tokenizer), **sizes))


def lstm() -> tuple[Any, Any]:
    from tests.tiny import byte_tokenizer

    tokenizer = byte_tokenizer()
    sizes = {"embedding_size": 16, "hidden_size": 32, "num_hidden_layers": 2}
    return tokenizer, LSTMForCausalLM(LSTMConfig(vocab_size=len(tokenizer), **sizes))


def tall() -> tuple[Any, Any]:
    from tests.tiny import marked_tokenizer, tall_model

    tokenizer = marked_tokenizer()
    return tokenizer, tall_model(tokenizer)


MAKERS = {catalog.BERT: bert, catalog.LSTM: lstm, catalog.GPT: tall}


def main() -> None:
    """Lays words and models in the folder it is started in; serves the shipped explainers and those that are named."""
    lay_words(Path.cwd() / "words")
    lay_models(Path.cwd() / "weights")
    own = [import_module(f"tests.lab.{name}") for name in sys.argv[1:] if name != "threads"]
    explainers.ALL = (*explainers.ALL, *(module.EXPLAINER for module in own))
    if "threads" in sys.argv:
        import_module("tests.lab.threads").add()
    import app  # only now: the shell reads ALL when it is imported

    app.main()


if __name__ == "__main__":
    main()
