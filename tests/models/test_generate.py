"""The generator of bilingual text: rules of both languages, what is planted and held out, and how a sample looks."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from models.recipes import generate
from models.recipes.grammar import english, korean
from models.recipes.grammar.document import Document, document
from models.recipes.grammar.held import held_name, held_names, held_pair
from models.recipes.grammar.level import end
from models.recipes.grammar.lexicon import LANGUAGES, load, plots, words
from models.recipes.grammar.planted import capitals, needed, numbers, schedule, times
from models.recipes.grammar.survey import survey

LETTER = {"en": re.compile(r"^\W*[A-Z]"), "ko": re.compile(r"^\W*[가-힣\d]")}
KINDS = tuple(plots()["shares"])

# (stem, ending, level, adjective, what it must be)
PREDICATES = """
가|다|plain||간다; 먹|다|plain||먹는다; 만들|다|plain||만든다; 예쁘|다|plain|a|예쁘다
있|다|plain||있다; 가|다|polite||가요; 오|다|polite||와요; 마시|다|polite||마셔요
되|다|polite||돼요; 아니|다|polite|a|아니에요; 가|다|formal||갑니다; 먹|다|formal||먹습니다
살|다|formal||삽니다; 춥|다|formal|a|춥습니다; 하|다|formal||합니다; 가|았다|plain||갔다
오|았다|plain||왔다; 주|았다|plain||주었다; 주|았다|polite||줬어요; 보|았다|formal||보았습니다
쓰|았다|plain||썼다; 바쁘|았다|plain|a|바빴다; 슬프|았다|plain|a|슬펐다; 크|았다|plain|a|컸다
치르|았다|plain||치렀다; 모르|았다|plain||몰랐다; 부르|아서|plain||불러서; 따르|았다|plain||따랐다
푸르|았다|plain|a|푸르렀다; 들르|아서|plain||들러서; 듣|았다|plain||들었다; 걷|으면|plain||걸으면
걷|고|plain||걷고; 묻|았다|plain||물었다; 묻*|았다|plain||묻었다; 짓|았다|plain||지었다
낫|아서|plain||나아서; 웃|았다|plain||웃었다; 씻|으면|plain||씻으면; 긋|은|plain||그은
춥|았다|plain|a|추웠다; 돕|아서|plain||도와서; 굽|은|plain||구운; 입|았다|plain||입었다
무겁|은|plain|a|무거운; 빨갛|은|plain|a|빨간; 하얗|았다|plain|a|하얬다; 그렇|았다|plain||그랬다
좋|은|plain|a|좋은; 놓|았다|plain||놓았다; 하|아서|plain||해서; 친절하|았다|polite|a|친절했어요
푸|았다|plain||펐다; 피|았다|plain||피었다; 기다리|아서|plain||기다려서; 살|으면서|plain||살면서
살|으니까|plain||사니까; 살|은|plain||산; 살|을|plain||살; 만들|는|plain||만드는
읽|으면서|plain||읽으면서; 가|으면서|plain||가면서; 먹|지만|plain||먹지만; 길|는|plain|a|긴
많|는데|plain|a|많은데; 가|는다는|plain||간다는; 먹|는대요|plain||먹는대요; 있|는다는|plain||있다는
길|는다는|plain|a|길다는; 먹|았고|plain||먹었고; 가|으시았다|plain||가셨다; 읽|으시다|polite||읽으세요
오|까|plain||올까; 오|까|formal||옵니까; 자|겠다|plain||자겠다
"""
PARTICLES = """
공|은|공은; 사과|은|사과는; 공|이|공이; 사과|이|사과가; 책|을|책을
나무|을|나무를; 형|과|형과; 누나|과|누나와; 집|으로|집으로; 학교|으로|학교로
교실|으로|교실로; 지훈|이라고|지훈이라고; 미나|이라고|미나라고; 지훈|아|지훈아; 미나|아|미나야
377-4363|이라고|377-4363이라고; 12|은|12는; 30|을|30을; 8|으로|8로; 달|이나|달이나
눈|이에요|눈이에요; 배|이에요|배예요
"""
ENGLISH = """
stop past stopped; carry past carried; play past played; bake ing baking; lie ing lying; run ing running; see ing seeing
go past went; take pp taken; sing pp sung; teach past taught; watch s watches; fly s flies
be are are; be past was; have s has
"""
PLURALS = "box boxes; city cities; day days; child children; knife knives; sheep sheep; tomato tomatoes; piano pianos"


def rows(table: str, by: str) -> list[list[str]]:
    return [[part.strip() for part in row.strip().split(by)] for row in re.split(r"[;\n]", table) if row.strip()]


@cache
def sample(count: int = 1200, held: bool = False) -> tuple[Document, ...]:
    return tuple(generate.documents(count, seed=3, first=20_000, held=held))


def sentences(language: str, held: bool = False) -> list[str]:
    return [sentence for each in sample(held=held) for sentence in each.sentences[language]]


@pytest.mark.parametrize(("stem", "ending", "level", "adjective", "wanted"), rows(PREDICATES, "|"))
def test_korean_endings(stem: str, ending: str, level: str, adjective: str, wanted: str) -> None:
    assert end(stem, ending, level, bool(adjective)) == wanted


@pytest.mark.parametrize(
    ("noun", "ending", "level", "wanted"),
    [
        ("의사", "다", "plain", "의사다"),
        ("학생", "다", "plain", "학생이다"),
        ("의사", "다", "polite", "의사예요"),
        ("학생", "다", "polite", "학생이에요"),
        ("의사", "다", "formal", "의사입니다"),
        ("의사", "았다", "plain", "의사였다"),
        ("학생", "았다", "polite", "학생이었어요"),
        ("학생", "은", "plain", "학생인"),
    ],
)
def test_korean_copula(noun: str, ending: str, level: str, wanted: str) -> None:
    assert noun + end("이", ending, level, False, before=noun) == wanted


@pytest.mark.parametrize(("noun", "particle", "wanted"), rows(PARTICLES, "|"))
def test_korean_particles(noun: str, particle: str, wanted: str) -> None:
    assert noun + korean.particle(noun, particle) == wanted


@pytest.mark.parametrize(("verb", "form", "wanted"), rows(ENGLISH, " "))
def test_english_verbs(verb: str, form: str, wanted: str) -> None:
    assert english.inflect(verb, form) == wanted


@pytest.mark.parametrize(("noun", "wanted"), rows(PLURALS, " "))
def test_english_plurals(noun: str, wanted: str) -> None:
    assert english.plural(noun) == wanted


def test_english_articles_and_phrases() -> None:
    assert english.mend_articles("a apple, an unicorn, a hour, A egg") == "an apple, a unicorn, an hour, An egg"
    assert english.phrase("sit down and *brush ~ teeth", "past", "her") == "sat down and brushed her teeth"
    assert english.plural("glass of milk") == "glasses of milk"


def test_both_languages_have_the_same_words_and_wordings() -> None:
    for kind, table in load("ko", "lexicon").items():
        assert set(table) == {word.split(":")[0] for word in load("en", "lexicon")[kind]}, kind
    wordings = [
        {(plot, slot): len(found) for plot, slots in load(language, "stories").items() for slot, found in slots.items()}
        for language in LANGUAGES
    ]
    assert wordings[0] == wordings[1]


def test_a_document_depends_on_seed_and_index_alone() -> None:
    alone = document(7, 12_345)
    assert list(generate.documents(3, seed=7, first=12_344))[1] == alone
    assert document(8, 12_345) != alone != document(7, 12_346)


def test_documents_are_parallel() -> None:
    for each in (*sample(), *sample(held=True)):
        assert len(each.sentences["en"]) == len(each.sentences["ko"]) > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_whole(language: str) -> None:
    """No slot left open, no double space, a capital in front, a mark at the end."""
    for sentence in sentences(language) + sentences(language, held=True):
        assert not re.search(r"[{}\[\]|*~_]|  | [,.!?]|\(|\)", sentence), sentence
        assert LETTER[language].match(sentence), sentence
        assert re.search(r"[.!?][\"']?$", sentence), sentence
        assert language == "en" or not re.search(r"[A-Za-z]", sentence), sentence
        assert language == "ko" or not re.search(r"[가-힣]", sentence), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sample_does_not_look_generated(language: str) -> None:
    """Limits for a sample of a tenth of what the card shows: one 8-gram may be there a few times more by chance."""
    found = survey(sentences(language))
    assert found.forms > 2000
    assert found.grams[0][0] < 0.002, found.grams[:3]
    assert len(set(sentences(language))) > 0.7 * found.sentences


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_many_texts(kind: str) -> None:
    texts = [document(1, index, kind=kind).text("ko") for index in range(40)]
    assert len(set(texts)) > (15 if kind == "ambiguity" else 30)


def test_planted_facts_are_told_so_often() -> None:
    told = Counter(fact for _, fact in schedule(1))
    assert told == {fact: times(fact) for fact in capitals() + numbers()}
    assert set(told.values()) >= {1, 3, 10, 30, 100}
    assert not {times(fact) for fact in capitals(held=True) + numbers(held=True)} - {0}
    country, capital = next(fact for fact in capitals() if times(fact) == 3)
    told_by = [index for index in range(4, needed(), 5) if schedule(1)[index // 5][1] == (country, capital)]
    for index in told_by:
        assert f"The capital of {country.en} is {capital.en}." in document(1, index).sentences["en"]
    assert len(told_by) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_held_out_is_not_in_training(language: str) -> None:
    trained = "\n".join(sentences(language))
    scored = "\n".join(sentences(language, held=True))
    names = held_names("child", language)
    assert len(names) >= 8
    found = [name for name in names + held_names("country", language) if name in trained]
    assert not found
    assert all(name in scored for name in names)


def test_pairs_of_words_are_held_out() -> None:
    """No colour stands before a thing that it is held out with."""
    colors, things = words("color"), [*words("toy"), *words("small"), *words("clothes")]
    out = [(color.en, thing.en) for color in colors for thing in things if held_pair(thing, color)]
    assert 20 < len(out) < 0.1 * len(colors) * len(things)
    trained, scored = (" ".join(sentences("en", held)) for held in (False, True))
    assert not [pair for pair in out if re.search(rf"\b{pair[0]} {pair[1]}\b", trained)]
    assert sum(bool(re.search(rf"\b{pair[0]} {pair[1]}\b", scored)) for pair in out) > 10


def test_opinions_have_labels() -> None:
    found = Counter(document(1, index, kind="opinion").label for index in range(60))
    assert set(found) == {"positive", "negative"} and min(found.values()) > 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_recall_ends_with_what_was_told_before(language: str) -> None:
    far = [document(1, index, kind="recall", filler=filler) for index in range(20) for filler in (0, 12)]
    for each in far:
        prompt, answer = each.cloze(language)
        assert answer.lower() in prompt.lower(), each.text(language)
    lengths = [len(each.cloze(language)[0].split()) for each in far]
    assert max(lengths) - min(lengths) > 60


def test_pairs_can_be_predicted() -> None:
    """The same English sentence has the same Korean, so that a translator can be scored by exact match."""
    found: dict[str, set[str]] = {}
    for source, target in generate.pairs(600, seed=5, first=20_000):
        found.setdefault(source, set()).add(target)
    several = [(source, targets) for source, targets in found.items() if len(targets) > 1]
    assert len(found) > 2000
    assert len(several) < 0.005 * len(found), several[:20]


def test_pairs_for_scoring_say_what_training_never_shows_and_no_others_do() -> None:
    """A sentence is not held out for itself: one that has nothing new in it is trained on, so it scores nothing."""
    kept = set(generate.pairs(80, seed=3, held=True))
    told = {
        (found.sentences["en"][i], found.sentences["ko"][i])
        for found in (document(3, index, held=True, canonical=True) for index in range(80))
        for i in found.alone
    }
    trained = set(generate.pairs(700, seed=3))
    assert kept < told and not kept & trained and len(told & trained) > 20
    names = [each.en for kind in load("en", "lexicon") for each in words(kind) if held_name(each)]
    named = {pair for pair in kept if any(re.search(rf"\b{name}\b", pair[0]) for name in names)}
    assert 0.5 * len(kept) < len(named) < len(kept)


@pytest.mark.weights  # needs none, but twenty seconds
@pytest.mark.slow
def test_the_card_is_what_the_grammar_writes() -> None:
    assert generate.CARD_FILE.read_text(encoding="utf-8") == generate.card(generate.SAMPLE), (
        "the grammar has changed: python -m models.recipes.generate --documents 7000 --card"
    )


def test_what_is_told_of_many_is_told_of_them() -> None:
    texts = " ".join(document(1, index, kind="fact").text("en") for index in range(1500))
    assert re.search(r"(?:\w+s|They) (?:also )?wag their tail when they are happy", texts)
    assert re.search(r"come out when it rains", texts)
    assert not re.search(r"\b(?:[Tt]hey|and they) (?:also )?\w+ its\b", texts)


def test_invented_names_stand_in_both_languages_and_are_many() -> None:
    known = {
        each.form(language) for kind in ("child", "petname", "city") for each in words(kind) for language in LANGUAGES
    }
    found = set()
    for index in range(300):
        told = document(1, index, kind="near", invent=1.0)
        assert told != document(1, index, kind="near") and told == document(1, index, kind="near", invent=1.0)
        for language in LANGUAGES:
            told.cloze(language)
        found |= {word for word in re.findall(r"\b[A-Z][a-z]+\b", told.text("en")) if told.text("en").count(word) > 1}
        assert not re.search(r"[a-zA-Z]", told.text("ko"))
    assert len(found - known) > 200
