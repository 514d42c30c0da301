"""Facts in words: places, names and numbers as each language writes them."""

from collections.abc import Iterator
from datetime import date

import pytest

from catalog.shelf.wording import Wording, listed, lower_first, upper_first
from catalog.vocabularies.region import Region
from catalog.web.i18n import current_language


@pytest.fixture(autouse=True)
def _speak_english() -> Iterator[None]:
    before = current_language.set("en")
    yield
    current_language.reset(before)


@pytest.fixture
def english(region: Region) -> Wording:
    return Wording(region, "en")


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], ""),
        ([("", "")], ""),
        ([("dansk", "2"), ("dansk", "3"), ("dansk", "5")], "Danish grades 2–3 and 5"),
        ([("dansk", "2"), ("matematik", "2")], "Danish and mathematics grade 2"),
        ([("dansk", "2"), ("matematik", "8")], "Danish grade 2 and mathematics grade 8"),
        ([("*", "4")], "all subjects, grade 4"),
        ([("dansk", "*")], "Danish, all grades"),
        ([("*", "*")], "all subjects, all grades"),
    ],
)
def test_places_are_said_in_as_few_words_as_they_need(
    english: Wording, pairs: list[tuple[str, str]], said: str
) -> None:
    assert english.places(pairs) == said


def test_many_subjects_are_counted_and_all_of_them_are_all(english: Wording, region: Region) -> None:
    subjects = region.codes("subject")
    assert english.places([(subject, "4") for subject in subjects[:5]]) == "5 subjects grade 4"
    each = [(subject, str(number)) for number, subject in enumerate(subjects[:5])]
    assert english.places(each) == "5 subjects grades 0–4"
    assert english.places([(subject, "4") for subject in subjects]) == "all subjects, grade 4"


@pytest.mark.parametrize(
    ("language", "scheme", "code", "said"),
    [
        ("da", "subject", "dansk", "dansk"),
        ("en", "subject", "dansk", "Danish"),
        ("en", "subject", "matematik", "mathematics"),
        ("da", "platform", "ipados", "iPad"),
        ("da", "platform", "android", "Android"),
        ("da", "platform", "web", "webbrowser"),
        ("sv", "login", "google", "Google-konto"),
        ("en", "subject", "no-such-code", "no-such-code"),
    ],
)
def test_a_name_keeps_its_capital_inside_a_sentence_and_a_word_does_not(
    region: Region, language: str, scheme: str, code: str, said: str
) -> None:
    assert Wording(region, language).in_text(scheme, code) == said


def test_dates_are_written_as_each_language_writes_them(region: Region) -> None:
    day = date(2027, 7, 31)
    written = [Wording(region, language).day(day) for language in ("da", "sv", "en")]
    assert written == ["31. juli 2027", "31 juli 2027", "31 July 2027"]


def test_every_outcome_can_be_counted(english: Wording, region: Region) -> None:
    for code in region.codes("outcome"):
        assert english.counted(code, 3).startswith("3 ")


def test_first_letters_change_only_where_they_are_letters_of_words() -> None:
    assert [upper_first(text) for text in ("dansk", "iPad", "", "årskurs 4")] == ["Dansk", "iPad", "", "Årskurs 4"]
    assert [lower_first(text) for text in ("Dansk", "EU-data", "")] == ["dansk", "EU-data", ""]
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
