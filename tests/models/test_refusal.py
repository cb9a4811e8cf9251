"""A Refusal is a sentence wherever it is printed, and survives every way out of a process. No model is run."""

from __future__ import annotations

import copy
import pickle
import traceback
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from models.refusal import Refusal, language_of_terminal, sentences


def refuse(limit: int) -> None:
    raise Refusal("too_many_tokens", tokens=9, limit=limit)


def test_it_prints_the_sentence_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = Refusal("too_many_tokens", tokens=9, limit=4)
    for name, text in (("C.UTF-8", "en"), ("ko_KR.UTF-8", "ko"), ("ko", "ko"), ("../..", "en"), ("", "en")):
        monkeypatch.setenv("LC_ALL", name)
        assert language_of_terminal() == text
        assert str(refusal) == sentences(text)["too_many_tokens"].format(tokens=9, limit=4)
    assert refusal.sentence("ko") == sentences("ko")["too_many_tokens"].format(tokens=9, limit=4)
    assert repr(refusal) == "Refusal('too_many_tokens', tokens=9, limit=4)"
    assert "too_many_tokens" in "".join(traceback.format_exception(refusal)), "the key stands in a trace"


def test_sizes_are_said_in_gigabytes() -> None:
    said = Refusal("model_too_large", model="m", bytes=2_500_000_000, limit=1_000_000_000).sentence("en")
    assert "2.5 GB" in said and "1.0 GB" in said


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda refusal: pickle.loads(pickle.dumps(refusal))])
def test_a_copy_is_the_same(way: object) -> None:
    assert callable(way)
    twin = way(Refusal("not_a_number", control="top_k", value="\ud800가"))
    assert (twin.key, twin.facts) == ("not_a_number", {"control": "top_k", "value": "\ud800가"})
    assert type(twin) is Refusal and str(twin) == str(Refusal("not_a_number", control="top_k", value="\ud800가"))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_it_comes_back_from_another_process(start: str) -> None:
    with get_context(start).Pool(1) as pool:
        asked = pool.map_async(refuse, [4])
        with pytest.raises(Refusal) as caught:
            asked.get(60)  # it hung for ever
    assert caught.value.facts == {"tokens": 9, "limit": 4}


def test_it_comes_back_from_an_executor() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(Refusal) as caught:
        pool.submit(refuse, 4).result(60)
    assert caught.value.key == "too_many_tokens"
