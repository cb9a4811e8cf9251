"""The explainers, in teaching order. `ALL` is the one line to which a new one is added."""

from explainers import attention, embeddings, recurrence, sampling, tokens

ALL = (tokens.EXPLAINER, embeddings.EXPLAINER, attention.EXPLAINER, sampling.EXPLAINER, recurrence.EXPLAINER)
