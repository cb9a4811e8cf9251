"""What people type and pass on: special tokens, letters in parts, links through chat programs, 0, very long texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import models
from tests.browser.reading import LOCALES, address, answer, sentence, unfold, until, wait, write

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
GREEDY = {"en": "Greedy", "ko": "탐욕 선택"}
MASKED = {"en": ("The [MASK] sat.", "stories-bert"), "ko": ("나는 [MASK] 먹었다.", "ko-bert")}


def labels(page: Page) -> list[str]:
    return list(answer(page, "attention", "heads")["props"]["labels"])


@pytest.mark.parametrize("language", ["en", pytest.param("ko", marks=pytest.mark.slow)])
def test_a_mask_is_one_where_it_is_asked_for(visit: Open, open_page: Open, language: str) -> None:
    text, model = MASKED[language]
    page = visit(address(language, "attention", text, model=model), locale=LOCALES[language])
    wait(page, "attention", text)
    switch, remark = page.locator("#gb-special input"), page.locator("#stage-attention .gb-remark")
    assert "[MASK]" not in labels(page) and not switch.is_checked()
    expect(remark).to_contain_text("[MASK]")
    remark.locator("button").click()
    until(page, "glassbox.settled('attention') && glassbox.state.special_tokens")
    expect(remark).to_have_count(0)
    assert labels(page).count("[MASK]") == 1 and switch.is_checked() and sentence(page) == text
    link = page.evaluate("glassbox.address(glassbox.state)")
    page.locator(".gb-tab[data-tab=tokens]").click()  # the switch is the page's
    wait(page, "tokens", text)
    expect(page.locator("#stage-tokens [data-view=chips] .gb-tokens-special .gb-tokens-text")).to_contain_text(
        ["[CLS]", "[MASK]", "[SEP]"]
    )
    other = open_page(link[link.index("/", 8) :], locale=LOCALES[language])
    wait(other, "attention", text)
    assert labels(other).count("[MASK]") == 1
    other.locator("#gb-special input").click()
    until(other, "glassbox.settled('attention') && !glassbox.state.special_tokens")
    wait(other, "attention", text)
    assert "[MASK]" not in labels(other)


def test_letters_in_parts_are_put_together_by_one_press(visit: Open) -> None:
    whole = "나는 배를 먹었다"
    text = unicodedata.normalize("NFD", whole)
    page = visit(address("ko", "attention", text), locale="en-US")
    wait(page, "attention", text)
    remark = page.locator(".gb-remark[data-remark=parts]:visible")
    remark.locator("button").last.click()  # why: the page of tokens, where each character is shown
    page.wait_for_selector("#stage-tokens [data-view=characters][open][data-filled]")
    wait(page, "tokens", text)
    assert answer(page, "tokens", "characters")["rows"][0][1] == "U+1102 U+1161"
    assert sentence(page) == text, "until it is pressed it stays as it was typed"
    remark.locator("button").first.click()
    wait(page, "tokens", whole)
    assert sentence(page) == whole
    expect(remark).to_have_count(0)
    ids = page.locator("[data-view=chips] .gb-tokens-chip").evaluate_all(
        "(all) => all.flatMap((e) => e.dataset.ids.split(','))"
    )
    assert tuple(map(int, ids)) == models.encode("ko-gpt", whole)


NASTY = [
    *(
        "The cat sat.",
        "Stop! (now)",
        "안녕하세요.",
        "it's *bold* ~so~ _it_",
        "why? a: b, c;",
        'say "hi" <b>',
        "100% & more #1 + 2 = 3",
    ),
    *(
        "끝 🙂",
        "two\nlines\n",
        "a\ud800b",
        "e\u0301 \u1112\u1161\u11ab",
        "|\\^`{}[]@$/",
        "&end",
        "a&amp;b",
        "x -",
        "\ufffd",
        "%41",
        "",
    ),
]
# what the page's own functions read in a text's address: whole, cut after each character, with something put behind it
THROUGH = """(texts) => texts.map((text) => {
    const state = { ...glassbox.defaults(), text };
    const link = glassbox.write(state);
    const read = (fragment) => {
        const { state, cut, nonsense } = glassbox.parse("#" + fragment);
        return [state.text, cut, nonsense];
    };
    const cuts = Array.from({ length: link.length - 4 }, (_, n) => read(link.slice(0, n + 4)));
    const behind = [".", ")", "!", ">", "&utm_source=chat"].map((sign) => read(link + sign));
    return { link, whole: read(link), cuts, behind: [...behind, read(link.replaceAll("&", "&amp;"))] };
})"""
OLD = [
    ("tab=sampling&text=The%20cat%20sat.&sampling.temperature=0.65&sampling.ids=5,6", "The cat sat."),
    ("tab=tokens&text=Stop!%20(now)", "Stop! (now)"),
    ("tab=tokens&text=안녕하세요.", "안녕하세요."),
    ("tab=tokens&text=a=b", "a=b"),
]


def test_a_link_survives_what_programs_do_to_it(visit: Open) -> None:
    page = visit("/#tab=tokens&text=ok", locale="en-US")
    wait(page, "tokens", "ok")
    first = page.evaluate("glassbox.defaults().text")
    for text, made in zip(NASTY, page.evaluate(THROUGH, NASTY), strict=True):
        kept = text.replace("\ud800", "\ufffd")
        assert re.fullmatch(r"[A-Za-z0-9%&=-]+", made["link"]) and made["link"][-1].isalnum()
        assert made["whole"] == [kept, False, False]
        assert [read[:2] for read in made["behind"]] == [[kept, False]] * 6
        assert all(cut for _, cut, _ in made["cuts"][:-1]), "each loss is noticed"
        assert all(kept.startswith(read) or read == first for read, *_ in made["cuts"]), "no half letters"
    for link, text in OLD:
        state = page.evaluate("(link) => glassbox.parse('#' + link)", link)
        assert (state["state"]["text"], state["cut"], state["nonsense"]) == (text, False, False)
    state = page.evaluate("(link) => glassbox.parse('#' + link)", OLD[0][0])["state"]
    assert state["controls"]["sampling"] | {"temperature": 0.65, "ids": [5, 6]} == state["controls"]["sampling"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_cut_link_is_said_and_zero_names_greedy(visit: Open, language: str) -> None:
    page = visit(address(language, "sampling", "ok", sampling__top_p=0), locale=LOCALES[language])
    wait(page, "sampling", "ok")
    note = page.locator("#gb-note")
    expect(note).to_contain_text(GREEDY[language])
    box = page.locator("#panel-sampling .gb-control-temperature input[type=number]")
    page.evaluate("glassbox.note('')")
    box.fill("0")
    box.blur()
    expect(note).to_contain_text(GREEDY[language])
    assert page.evaluate("glassbox.state.controls.sampling.temperature") == 1
    link = page.evaluate("glassbox.write({ ...glassbox.state, text: 'The cat sat. It slept.' })")
    cut = link[: link.index("slept")]
    page.evaluate("(fragment) => { location.hash = fragment; }", cut)
    said = {"en": "lost its end", "ko": "끝부분"}[language]
    expect(note).to_contain_text(said)
    assert sentence(page).startswith("The cat sat. It")


def focused(page: Page) -> dict[str, Any]:
    """Of the chip that has the keyboard: the place of its first token, and which of how many it is."""
    return dict(
        page.evaluate(
            """() => { const { dataset, ariaPosInSet, ariaSetSize } = document.activeElement;
            return { place: Number(dataset.place), position: ariaPosInSet, total: ariaSetSize }; }"""
        )
    )


@pytest.mark.slow
def test_a_long_text_is_drawn_a_part_at_a_time(visit: Open) -> None:
    text = ("The little girl knitted a raincoat for her puppy 🐶. " * 400)[:19_990].rstrip()
    page = visit(address("en", "tokens", "ok"), locale="ko-KR")
    wait(page, "tokens", "ok")
    write(page, text)
    wait(page, "tokens", text)
    groups = answer(page, "tokens", "chips")["props"]["groups"]
    count = sum(len(group["pieces"]) for group in groups)
    stage = page.locator("#stage-tokens")
    chips = stage.locator("[data-view=chips] .gb-tokens-chip")
    assert chips.count() == 300 and stage.locator("*").count() < 3000
    assert f"{count:,} tokens" in (stage.locator("[data-view=chips] .gb-alternative").text_content() or "")
    bar = stage.locator("[data-view=chips] .gb-part")
    expect(bar).to_contain_text(f"of {count:,}")
    chips.last.focus()
    page.keyboard.press("ArrowRight")  # past what is drawn
    assert focused(page) == {"place": groups[300]["start"], "position": "301", "total": str(len(groups))}
    page.keyboard.press("End")
    assert focused(page)["place"] == groups[-1]["start"]
    page.keyboard.press("Enter")
    expect(stage.locator("[data-view=chips] .gb-tokens-detail")).to_contain_text(f"token {groups[-1]['start'] + 1:,}")
    page.keyboard.press("Home")
    assert focused(page)["place"] == 0 and chips.count() == 300
    bar.locator("[data-part=after]").click()
    assert focused(page)["place"] == groups[300]["start"]
    with page.expect_download() as saved:
        stage.locator("[data-view=chips] [data-tool=save_picture]").click()
    assert saved.value.path().stat().st_size > 10_000
    unfold(page, "beside")
    assert stage.locator("[data-view=beside] .gb-tokens-count").first.text_content() == f"{count:,} tokens"
    unfold(page, "numbers")
    rows = stage.locator("[data-view=numbers] tbody tr")
    assert rows.count() == 200
    stage.locator("[data-view=numbers] .gb-part button").click()
    assert rows.count() == 700
    with page.expect_download() as saved:
        stage.locator("[data-view=numbers] [data-tool=save_table]").click()
    assert len(saved.value.path().read_text(encoding="utf-8").splitlines()) == count + 1
