"""An LSTM language model: the one architecture here that transformers lacks. Importing this registers it.

Two sizes of memory, the same at every word: a hidden state h and a cell state c in each layer. A new word changes both,
and nothing else of what was read is kept (Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997):

    i, f, o = sigmoid(W x + U h + b), a gate each for writing, keeping and showing;   g = tanh(W x + U h + b)
    c' = f * c + i * g;   h' = o * tanh(c')

Shape letters: B batch, L layers, T tokens, D width of an embedding, S width of a state, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig, PreTrainedModel
from transformers.generation import GenerationMixin
from transformers.utils import ModelOutput

State = tuple[Tensor, Tensor]  # h and c, each (L, B, S)


class LSTMConfig(PretrainedConfig):
    """Sizes of an LSTM language model.

    embedding_size: D, of a token's vector, which is also its row in the output. hidden_size: S, of a layer's states.
    dropout: share of numbers blanked between layers while training.
    """

    model_type = "lstm"

    def __init__(
        self,
        vocab_size: int = 3072,
        embedding_size: int = 256,
        hidden_size: int = 480,
        num_hidden_layers: int = 2,
        dropout: float = 0.1,
        **rest: Any,
    ):
        self.vocab_size = vocab_size
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.dropout = dropout
        super().__init__(**rest)


@dataclass
class LSTMOutput(ModelOutput):
    """logits (B, T, V); past_key_values: the State after the last token; hidden_states: h of the last layer after each
    token, (B, T, S); loss: the mean cross-entropy of labels, if there are any."""

    loss: Tensor | None = None
    logits: Tensor | None = None
    past_key_values: State | None = None
    hidden_states: Tensor | None = None


class LSTMForCausalLM(PreTrainedModel, GenerationMixin):
    """Embedding, LSTM layers, back to the embedding's width, scores against the embedding table itself (tied)."""

    config_class = LSTMConfig
    base_model_prefix = "lstm"

    def __init__(self, config: LSTMConfig):
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        between = config.dropout if config.num_hidden_layers > 1 else 0.0
        self.layers = nn.LSTM(
            config.embedding_size, config.hidden_size, config.num_hidden_layers, batch_first=True, dropout=between
        )
        self.down = nn.Linear(config.hidden_size, config.embedding_size)
        self.dropout = nn.Dropout(config.dropout)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Small random weights; the forget gates start open, so that states are kept (Jozefowicz et al., 2015)."""
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.05)
        elif isinstance(module, nn.LSTM):
            for name, values in module.named_parameters():
                if "weight" in name:
                    nn.init.uniform_(values, -(self.config.hidden_size**-0.5), self.config.hidden_size**-0.5)
                else:
                    nn.init.zeros_(values)
                    if "bias_ih" in name:
                        with torch.no_grad():
                            values[self.config.hidden_size : 2 * self.config.hidden_size] = 1.0  # order i, f, g, o
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
            nn.init.zeros_(module.bias)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embedding

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.embedding = value

    def forward(
        self,
        input_ids: Tensor,
        past_key_values: State | None = None,
        labels: Tensor | None = None,
        **ignored: Any,
    ) -> LSTMOutput:
        """input_ids (B, T). past_key_values: the State before the first of them; None at the start of a text.

        An attention mask is not looked at: rows of a batch that are padded must be padded on the right.
        """
        vectors = self.dropout(self.embedding(input_ids))  # (B, T, D)
        hidden, state = self.layers(vectors, past_key_values)  # (B, T, S)
        logits = nn.functional.linear(self.down(self.dropout(hidden)), self.embedding.weight)  # (B, T, V)
        loss = None
        if labels is not None:
            loss = nn.functional.cross_entropy(logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten())
        return LSTMOutput(loss, logits, state, hidden)


AutoConfig.register("lstm", LSTMConfig)
AutoModelForCausalLM.register(LSTMConfig, LSTMForCausalLM)
