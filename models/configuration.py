"""config.json -> a config of transformers: what other tools write is read as meant, what cannot be is named.

transformers holds each field to its type: `initializer_range: 1` or `vocab_size: 330.0` ends its reading. What a value
can only mean is taken for it here, and checked by transformers' own rules for that field.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import transformers

from . import architectures
from .broken import BROKEN
from .refusal import Refusal

# How a model was run elsewhere, or what its classes are called: nothing that it computes here.
ELSEWHERE = frozenset({
    "_name_or_path", "name_or_path", "dtype", "torch_dtype", "torchscript", "return_dict", "use_return_dict",
    "output_attentions", "output_hidden_states", "attn_implementation", "_attn_implementation",
    "_attn_implementation_autoset", "problem_type", "id2label", "label2id", "num_labels", "finetuning_task",
    "task_specific_params", "use_bfloat16", "tf_legacy_loss", "pruned_heads", "transformers_version", "architectures",
})  # fmt: skip
Sizes = tuple[int, ...]  # of a tensor

MOST_SHOWN = 80  # characters of a value, or of what transformers says, that a refusal repeats


def read(name: str, raw: dict[str, Any]) -> Any:
    """The config of a model from what its config.json holds (`folders.config`).

    Refusals: unknown_kind, own_code, config_field, config_unfit.
    """
    cls = _class(name, raw)
    values = _meant(name, cls, raw)
    try:
        config = cls.from_dict(deepcopy(values))  # which it changes
    except BROKEN as error:
        raise unfit(name, raw, error) from error
    config.architectures = architectures.listed(raw)
    return config


def _class(name: str, raw: dict[str, Any]) -> Any:
    """The config class of a model's type; where the type is not said, that of the architecture."""
    known, kind = transformers.CONFIG_MAPPING, raw.get("model_type")
    if isinstance(kind, str) and kind in known:
        return known[kind]
    if raw.get("auto_map"):
        raise Refusal("own_code", model=name)
    if kind is not None:
        raise Refusal("unknown_kind", model=name, kind=str(kind)[:MOST_SHOWN])
    named: list[Any] = [getattr(transformers, architecture, None) for architecture in architectures.listed(raw)]
    found = next((cls.config_class for cls in named if getattr(cls, "config_class", None)), None)
    if found is None:
        raise Refusal("config_field", model=name, field="model_type", value="null")
    return found


def _meant(name: str, cls: Any, raw: dict[str, Any]) -> dict[str, Any]:
    """The values of a config as its class takes them; raises Refusal("config_field") for one that it cannot take."""
    rules, renamed = getattr(cls, "__validators__", {}), getattr(cls, "attribute_map", {})
    values: dict[str, Any] = {}
    for spelled, value in raw.items():
        field = spelled if spelled in rules else renamed.get(spelled, spelled)
        if spelled in ELSEWHERE or (field in values and field != spelled):
            continue
        inner = _inner(cls, field, value)
        if inner is not None:
            values[field] = _meant(name, inner, value)
            continue
        if isinstance(value, float) and math.isnan(value):
            raise Refusal("config_field", model=name, field=spelled, value="NaN")
        fitting = [other for other in _readings(value) if _fits(rules.get(field, ()), other)]
        if fitting:
            values[field] = fitting[0]
        elif value is not None:  # null means what is usual
            raise Refusal("config_field", model=name, field=spelled, value=json.dumps(value)[:MOST_SHOWN])
    return values


def _inner(cls: Any, field: str, value: Any) -> Any:
    """The class of a config inside another one; None where the field holds none."""
    inner = getattr(cls, "sub_configs", {}).get(field)
    if inner is None or not isinstance(value, dict):
        return None
    kind = value.get("model_type")
    if kind in transformers.CONFIG_MAPPING:
        return transformers.CONFIG_MAPPING[kind]
    return inner if hasattr(inner, "__validators__") else None


def _fits(rules: Any, value: Any) -> bool:
    """Whether transformers takes the value for a field with these rules."""
    try:
        for rule in rules if isinstance(rules, (list, tuple)) else (rules,):
            rule(value)
    except (TypeError, ValueError):
        return False
    return True


def _readings(value: Any) -> Iterator[Any]:
    """What a value may mean, likeliest first: itself, the number or truth that a text spells, the same of another type.

    >>> list(_readings("32")), list(_readings(330.0)), list(_readings("True"))
    (['32', 32, 32.0], [330.0, 330], ['True', True, 1])
    """
    yield value
    if isinstance(value, str):
        try:
            meant = json.loads({"none": "null"}.get(value.strip().lower(), value.strip().lower()))
        except ValueError:
            return
        if not isinstance(meant, (str, list, dict)):
            yield from _readings(meant)
    elif isinstance(value, bool):
        yield int(value)
    elif isinstance(value, int):
        yield float(value)
        if value in (0, 1):
            yield bool(value)
    elif isinstance(value, float) and value.is_integer():
        yield int(value)


def unfit(name: str, raw: dict[str, Any], error: BaseException) -> Refusal:
    """The refusal of a config that transformers took piece by piece and yet makes no model of."""
    field = indivisible(raw) or _blamed(raw, str(error))
    if field:
        return Refusal("config_field", model=name, field=field, value=json.dumps(raw[field])[:MOST_SHOWN])
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return Refusal("config_unfit", model=name, detail=lines[-1][: 2 * MOST_SHOWN])


def misfit(name: str, raw: dict[str, Any], tensor: str, stored: Sizes, wanted: Sizes) -> Refusal:
    """The refusal of a config after which a tensor should have another size; names the field that says so, if one does.

    Where a config holds 999 for one field alone, and 999 is what the tensor should have, it is that field.
    """
    numbers = {w for s, w in zip(stored, wanted, strict=False) if s != w}
    saying = [field for field, value in raw.items() if type(value) in (int, float) and value in numbers]
    field = indivisible(raw) or (saying[0] if len(saying) == 1 else None)
    if field:
        return Refusal("config_field", model=name, field=field, value=json.dumps(raw[field])[:MOST_SHOWN])
    return Refusal("misfit_tensor", model=name, tensor=tensor, stored=stored, wanted=wanted)


def complete(config: Any, raw: dict[str, Any], stored: Sizes, wanted: Sizes) -> bool:
    """Puts a size that the weights have in place of a null, where the usual one that stood for it fits no tensor.

    Returns whether it did; raw then holds the size, too.
    """
    for field in [field for field, value in raw.items() if value is None]:
        for size, usual in zip(stored, wanted, strict=False):
            if size != usual and getattr(config, field, None) == usual:
                setattr(config, field, size)
                raw[field] = size
                return True
    return False


def _blamed(raw: dict[str, Any], said: str) -> str | None:
    """The field that an error speaks of: by a value that no other field has, or by its name."""
    odd = [(field, value) for field in raw for value in _scalars(raw[field]) if isinstance(value, str) or value <= 0]
    held = {field for field, value in odd if re.search(rf"(?<![\w.]){re.escape(str(value))}(?![\w.])", said)}
    named = [field for field in raw if re.search(rf"[`'\"]{re.escape(field)}[`'\"]", said)]
    return held.pop() if len(held) == 1 else next(iter(named), None)


def _scalars(value: Any) -> Iterator[str | float]:
    """The texts and numbers in a value of JSON."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _scalars(inner)


def indivisible(raw: dict[str, Any]) -> str | None:
    """The field that counts heads, under the name it has there, where the width is no multiple of it."""
    width: Any = next((raw[field] for field in ("hidden_size", "n_embd", "d_model", "dim") if field in raw), None)
    for field in ("num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads"):
        heads: Any = raw.get(field)
        whole = isinstance(heads, (int, float)) and isinstance(width, (int, float)) and "head_dim" not in raw
        if whole and (heads <= 0 or width % heads):
            return field
    return None
