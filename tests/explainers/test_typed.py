"""Characters that look like others, or like nothing: found, and what the text would be with ordinary ones."""

from __future__ import annotations

import unicodedata

import pytest

from explainers.typed import oddities


def kinds(text: str) -> dict[str, str]:
    """kind -> the text as it would be with ordinary characters of that kind."""
    return {odd.kind: odd.mended for odd in oddities(text)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (unicodedata.normalize("NFD", "나는 배를 먹었다"), {"parts": "나는 배를 먹었다"}),
        ("cafe\u0301 e\u0301\u0323", {"parts": "café ẹ́"}),
        ("ㅎㅏㄴㄱㅡㄹ", {"letters": "한글"}),
        ("ㅇㅓㅂㅅㄷㅏ ㅃㅏㄹㄹㅣ", {"letters": "ㅇㅓㅂㅅㄷㅏ 빨리"}),
        ("\uffbe\uffc2\uffa4\uffa1\uffda\uffa9", {"letters": "한글"}),
        ("Ｈｅｌｌｏ！ ２", {"shapes": "Hello! 2"}),
        ("ﬁnd 𝐇𝐢 ｶﾞ \u212b 樂", {"shapes": "find Hi ガ Å 樂"}),
        ("a\u00a0b\u3000c\u2028d\r\ne", {"spaces": "a b c\nd\ne"}),
        ("a\u200bb\ufeff\u00ad \u2060\u202e\u3164", {"unseen": "ab "}),
        ("hi\U000e0068\U000e0069 a\u200db\u200c", {"unseen": "hi ab"}),
        (unicodedata.normalize("NFD", "배\u200b"), {"parts": "배\u200b", "unseen": unicodedata.normalize("NFD", "배")}),
    ],
)
def test_what_misleads_is_found(text: str, found: dict[str, str]) -> None:
    assert kinds(text) == found
    assert all(odd.count and set("".join(odd.found)) <= set(text) for odd in oddities(text))


@pytest.mark.parametrize(
    "text",
    [
        "The cat sat.\n\tIt slept.",
        "한글 café Å",
        "ㅋㅋㅋ ㅠㅠ ㅋㅋㅠㅠ ㄱㄱ ㄳ ㅏ",  # laughter and tears are no syllables
        "ᄒᆞᆫ글",  # an old letter, which Unicode has in parts only
        "你好！ こんにちは。「ア」",
        "👩‍👩‍👧 👍🏽 ❤️ 🇰🇷 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "שלום\u200f עולם",
        "می‌خواهم क्‍ष",
        "",
    ],
)
def test_what_is_at_home_in_its_script_is_left_alone(text: str) -> None:
    assert kinds(text) == {}
