"""Other keyboards: what is typed without the letters of a language finds the words that have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.lexicon import lexicon
from catalog.lexicon.spellings import bare_letters, respellings, spellings

nordic = st.text(alphabet="abdeklmnoprstvåæøäö", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("læse", ["laese", "läse", "lase"]),
        ("ørken", ["orken", "oerken", "örken"]),
        ("åbenrå", ["aabenraa", "abenra"]),
        ("aabenraa", ["åbenrå"]),
        ("läromedel", ["laromedel", "læromedel", "laeromedel"]),
        ("håndværk", ["haandvaerk", "handvark", "håndvärk", "handvaerk"]),
        ("övning", ["ovning", "øvning", "oevning"]),
        ("idé", ["ide"]),
    ],
)
def test_a_word_has_the_spellings_of_other_keyboards(word: str, typed: list[str]) -> None:
    assert set(typed) <= set(spellings(word))


def test_a_word_of_plain_letters_has_no_other_spelling() -> None:
    assert spellings("klima") == ()


@given(nordic)
def test_spellings_are_few_and_never_the_word_itself(word: str) -> None:
    found = spellings(word)

    assert word not in found
    assert len(found) == len(set(found)) <= 8


@given(nordic)
def test_bare_letters_are_what_two_spellings_share(word: str) -> None:
    assert bare_letters(word).isascii()
    assert bare_letters(bare_letters(word)) == bare_letters(word)


def test_bare_letters_tell_what_engines_tell() -> None:
    assert bare_letters("læse") == "laese" != bare_letters("låse") == "lase"


@given(nordic)
def test_one_spelling_of_every_nordic_word_is_plain_ascii(word: str) -> None:
    assert word.isascii() or any(spelling.isascii() for spelling in spellings(word))


@pytest.mark.parametrize(("typed", "word"), [("laese", "læse"), ("boeger", "bøger"), ("traening", "træning")])
def test_plain_letters_are_read_back_where_that_is_a_word(typed: str, word: str) -> None:
    assert word in respellings(typed, lexicon("da").knows)


@pytest.mark.parametrize("name", ["israel", "michael", "poetry", "aerosol", "joel"])
def test_plain_letters_stay_where_they_are_no_nordic_word(name: str) -> None:
    assert respellings(name, lexicon("da").knows) == ()
    assert respellings(name, lambda _: True) != (), "control: the letters alone would be read back"
