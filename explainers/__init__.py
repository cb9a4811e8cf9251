"""The explainers, in teaching order. `ALL` is the one line to which a new one is added."""

from explainers import attention, sampling, tokens

ALL = (tokens.EXPLAINER, attention.EXPLAINER, sampling.EXPLAINER)
