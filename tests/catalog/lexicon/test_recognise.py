"""Recognising vocabulary words in a query: filters, offers, and what stays text."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.phrases import PhraseBook, phrase_book
from catalog.lexicon.recognise import Recognition, recognise

NAMES: list[tuple[str, str, list[str]]] = [
    ("platform", "ipados", ["iPad", "iPads", "iPadOS"]),
    ("platform", "chromeos", ["Chromebook", "ChromeOS", "Chrome"]),
    ("platform", "macos", ["Mac", "macOS"]),
    ("platform", "windows", ["Windows", "Windows 11"]),
    ("platform", "android", ["Android"]),
    ("platform", "web", ["Web", "Browser"]),
    ("login", "unilogin", ["Unilogin", "Uni-Login"]),
    ("login", "google", ["Google", "Google-konto"]),
    ("subject", "dansk", ["Dansk", "danska", "Danish"]),
    ("language", "da", ["Dansk", "danska", "Danish"]),
    ("subject", "matematik", ["Matematik", "Mathematics", "Math", "Matte"]),
    ("subject", "natur-teknologi", ["Natur/teknologi"]),
    ("form", "app", ["App"]),
    ("platform", "app-store", ["App"]),
    *[("grade", str(n), [f"{n}. klasse", f"årskurs {n}", f"grade {n}", str(n)]) for n in range(11)],
    *[("grade", f"gy{n}", [f"gymnasium {n}"]) for n in (1, 2, 3)],
    ("grade", "fs", ["dagtilbud"]),
]
BOOK: PhraseBook = phrase_book(NAMES)
QUERY = "matematik 4. klasse - 6 ipad og , mac dansk åk til brøker google f 10 kl 2024 Ø"
QUERY_WORDS = QUERY.split()


def _titles(*titles: str) -> Callable[[str], bool]:
    return lambda text: any(f"{title} ".startswith(text) for title in titles)


@pytest.mark.parametrize(
    ("query", "text", "codes"),
    [
        ("matematik 4. klasse", "matematik ", ["4"]),
        ("4 klasse brøker", "brøker", ["4"]),
        ("4.kl brøker", "brøker", ["4"]),
        ("4. kl. brøker", "brøker", ["4"]),
        ("klasse 4", "", ["4"]),
        ("4. klassetrin", "", ["4"]),
        ("5. årgang", "", ["5"]),
        ("0. klasse", "", ["0"]),
        ("10. klasse", "", ["10"]),
        ("4.-6. klasse dansk", "dansk", ["4", "5", "6"]),
        ("3-5 klasse", "", ["3", "4", "5"]),
        ("3–5. klasse", "", ["3", "4", "5"]),
        ("4. og 5. klasse", "", ["4", "5"]),
        ("4., 5. og 7. klasse", "", ["4", "5", "7"]),
        ("4. klasse til 6. klasse", "", ["4", "5", "6"]),
        ("fjerde klasse", "", ["4"]),
        ("indskoling dansk", "dansk", ["0", "1", "2", "3"]),
        ("mellemtrinnet", "", ["4", "5", "6"]),
        ("udskolingen", "", ["7", "8", "9", "10"]),
        ("åk 4 bråk", "bråk", ["4"]),
        ("åk4", "", ["4"]),
        ("årskurs 4-6 bråk", "bråk", ["4", "5", "6"]),
        ("arskurs 4", "", ["4"]),
        ("aarskurs 4", "", ["4"]),
        ("4:e klass", "", ["4"]),
        ("f-3 klass", "", ["0", "1", "2", "3"]),
        ("lågstadiet", "", ["1", "2", "3"]),
        ("hogstadiet", "", ["7", "8", "9"]),
        ("grade 4 fractions", "fractions", ["4"]),
        ("grades 4 to 6", "", ["4", "5", "6"]),
        ("4th grade fractions", "fractions", ["4"]),
        ("fourth grade", "", ["4"]),
        ("gymnasiet", "", ["gy1", "gy2", "gy3"]),
        ("børnehaveklassen sange", "sange", ["0"]),
    ],
)
def test_a_grade_is_a_filter_and_no_text(query: str, text: str, codes: list[str]) -> None:
    found = recognise(query, BOOK)

    assert found.filters == {"grade": codes}
    assert found.text == text


@pytest.mark.parametrize(
    "query",
    [
        "matematik 4",
        "year 4",
        "12. klasse",
        "2024. klasse",
        "kl. 5",
        "klasse",
        "4. k",
        "trin 4",
        "4 kunst",
        "mac",
        "machine",
        "ipadden",
        "mac2 ",
        "webinar",
        "5 klaver ",
        "app ",
        "-",
        "",
        "   ",
    ],
)
def test_what_is_no_filter_stays_text(query: str) -> None:
    found = recognise(query, BOOK)

    assert found.filters == {}
    assert found.text == " ".join(query.split()) + " " * (bool(query.strip()) and query.endswith(" "))


@pytest.mark.parametrize(
    ("query", "filters", "text"),
    [
        ("brøker ipad", {"platform": ["ipados"]}, "brøker "),
        ("ipad, brøker", {"platform": ["ipados"]}, "brøker"),
        ("mac brøker", {"platform": ["macos"]}, "brøker"),
        ("brøker på chromebook og windows ", {"platform": ["chromeos", "windows"]}, "brøker "),
        ("uni-login brøker", {"login": ["unilogin"]}, "brøker"),
        ("brøker til 4. klasse på ipad", {"grade": ["4"], "platform": ["ipados"]}, "brøker "),
        ("bråk för årskurs 4 med unilogin", {"grade": ["4"], "login": ["unilogin"]}, "bråk "),
        ("fractions for grade 4 on android", {"grade": ["4"], "platform": ["android"]}, "fractions "),
        ("4. klasse 5. klasse", {"grade": ["4", "5"]}, ""),
        ("MAC  BRØKER ", {"platform": ["macos"]}, "BRØKER "),
    ],
)
def test_platforms_and_logins_filter(query: str, filters: dict[str, list[str]], text: str) -> None:
    found = recognise(query, BOOK)

    assert found.filters == filters
    assert found.text == text


def test_subjects_stay_text_and_offer_every_meaning() -> None:
    found = recognise("dansk matematik brøk", BOOK)

    assert found.text == "dansk matematik brøk"
    assert found.filters == {}
    assert found.offers == {"subject": ["dansk", "matematik"], "language": ["da"]}


def test_a_name_that_is_a_filter_and_something_else_only_offers() -> None:
    assert recognise("app ", BOOK).offers == {"form": ["app"], "platform": ["app-store"]}


def test_a_name_of_two_words_is_one_span() -> None:
    found = recognise("om natur/teknologi nu", BOOK)

    assert found.offers == {"subject": ["natur-teknologi"]}
    assert [span.text for span in found.spans] == ["natur/teknologi"]


def test_words_that_the_address_calls_literal_stay_text() -> None:
    found = recognise("ipad 4. klasse", BOOK, literal=["iPad"])

    assert found.filters == {"grade": ["4"]}
    assert found.text == "ipad "
    assert recognise("ipad 4. klasse", BOOK, literal=["4. klasse"]).text == "4. klasse"
    assert recognise("ipad 4. klasse", BOOK).text == "", "control"


def test_nothing_filters_where_a_title_starts_with_the_query() -> None:
    found = recognise("Book Creator iPad", BOOK, starts_title=_titles("book creator ipad for alle"))

    assert found.filters == {}
    assert found.text == "Book Creator iPad"
    assert recognise("Book Creator iPad", BOOK).filters == {"platform": ["ipados"]}, "control"


def test_a_title_within_the_query_keeps_its_words_and_the_rest_filters() -> None:
    found = recognise("google classroom 4. klasse", BOOK, starts_title=_titles("google classroom"))

    assert found.filters == {"grade": ["4"]}
    assert found.text == "google classroom "
    assert "login" in recognise("google classroom 4. klasse", BOOK).filters, "control"


def test_a_title_that_only_begins_like_a_complete_word_changes_nothing() -> None:
    assert recognise("mac ", BOOK, starts_title=_titles("machine learning")).filters == {"platform": ["macos"]}


def test_a_grade_does_not_flicker_while_its_word_is_typed() -> None:
    full = "matematik 4. klassetrin"
    begun = full.index("kl") + 2

    assert {tuple(recognise(full[:end], BOOK).filters["grade"]) for end in range(begun, len(full) + 1)} == {("4",)}
    assert recognise(full[: begun - 1], BOOK).filters == {}


def test_a_platform_stays_from_its_last_letter_on() -> None:
    for typed in ("brøker ipad", "brøker ipads", "brøker ipads ", "brøker ipad nu"):
        assert recognise(typed, BOOK).filters == {"platform": ["ipados"]}, typed
    for typed in ("brøker i", "brøker ip", "brøker ipa"):
        assert recognise(typed, BOOK).filters == {}, typed


def test_a_name_that_another_meaning_goes_on_from_waits_for_its_space() -> None:
    book = phrase_book([("platform", "windows", ["Windows"]), ("login", "win-live", ["Windows Live"])])

    assert recognise("windows", book).filters == {}
    assert recognise("windows ", book).filters == {"platform": ["windows"]}
    assert recognise("windows live ", book).filters == {"login": ["win-live"]}


def test_a_decomposed_query_is_understood_as_a_composed_one() -> None:
    assert recognise("a\u030ak 4", BOOK).filters == {"grade": ["4"]}


@given(
    st.lists(
        st.sampled_from(QUERY_WORDS),
        max_size=12,
    ).map(" ".join)
    | st.text(max_size=60)
)
def test_spans_are_places_of_the_query_and_never_overlap(query: str) -> None:
    found: Recognition = recognise(query, BOOK)
    filtering = [span for span in found.spans if span.filters]

    assert all(one.end <= other.start for one, other in pairwise(filtering))
    assert {span.facet for span in filtering} == set(found.filters)
    assert all(code in BOOK.grades for code in found.filters.get("grade", ()))
    assert found.text == found.text.lstrip()
    if query.isascii():
        assert all(query[span.start : span.end] == span.text for span in found.spans)


@given(st.text(alphabet="abcdefg hijk", max_size=40))
def test_a_query_without_our_words_is_only_text(query: str) -> None:
    found = recognise(query, phrase_book([]))

    assert found.text.split() == query.split()
    assert found.filters == found.offers == {}


def test_a_query_of_ten_thousand_letters_is_answered() -> None:
    found = recognise("4. klasse " + "x ipad 4 klasse " * 700, BOOK, starts_title=_titles("x ipad"))

    assert found.filters["grade"] == ["4"]
