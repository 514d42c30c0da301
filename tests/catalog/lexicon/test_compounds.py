"""Compounds: taken apart where we are sure, left whole where we are not."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.compounds import split
from catalog.lexicon.lexicon import lexicon

LISTS = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("language", "word", "parts"),
    [
        ("da", "læsetræning", "læse træning"),
        ("da", "brøkregning", "brøk regning"),
        ("da", "klimaforandringer", "klima forandringer"),
        ("da", "stavekontrol", "stave kontrol"),
        ("da", "undervisningsmiddel", "undervisning middel"),
        ("da", "børnebøger", "børne bøger"),
        ("da", "vikingetiden", "vikinge tiden"),
        ("da", "arbejdsark", "arbejds ark"),
        ("da", "skoleår", "skole år"),
        ("da", "naturfagsundervisning", "natur fag undervisning"),
        ("sv", "svenskundervisning", "svensk undervisning"),
        ("sv", "läromedel", "läro medel"),
        ("sv", "räkneuppgifter", "räkne uppgifter"),
        ("sv", "barnböcker", "barn böcker"),
        ("sv", "veckoschema", "vecko schema"),
        ("sv", "sommarön", "sommar ön"),
        ("nb", "læreplan", "lære plan"),
    ],
)
def test_a_compound_is_taken_apart(language: str, word: str, parts: str) -> None:
    assert split(word, language) == tuple(parts.split())


@pytest.mark.parametrize("language", ["da", "sv"])
def test_nearly_all_compounds_of_the_school_are_taken_apart(language: str) -> None:
    compounds = LISTS[f"{language}_compounds"].split()
    missed = [word for word in compounds if not split(word, language)]

    assert len(missed) <= len(compounds) * 0.02, missed


@pytest.mark.parametrize("language", ["da", "sv"])
def test_what_only_looks_like_a_compound_stays_whole(language: str) -> None:
    whole = LISTS[f"{language}_whole"].split()
    wrong = {word: parts for word in whole if (parts := split(word, language))}

    assert wrong == {}
    assert len(whole) >= 150


def test_the_control_without_whole_words_would_split_rubbish() -> None:
    known = lexicon("da")
    rubbish = [
        word
        for word in LISTS["da_whole"].split()
        if any(word[:end] in known.firsts and word[end:] in known.heads for end in range(3, len(word) - 2))
    ]

    assert len(rubbish) >= 8, "the list holds words that a splitter without care takes apart"


def test_of_english_words_only_those_are_taken_apart_that_are_listed() -> None:
    assert split("lighthouse", "en") == ("light", "house")
    assert split("notebooks", "en") == ("note", "books")
    assert split("bookcase", "en") == ()
    assert split("brøkregning", "en") == ()


def test_a_part_takes_an_s_after_another_part_only() -> None:
    assert split("ordbogsbroen", "da") == ("ord", "bog", "broen")
    assert split("bogsbroen", "da") == ()


def test_the_catalogue_s_own_words_are_parts_too() -> None:
    assert split("geogebraopgaver", "da") == ()
    assert split("geogebraopgaver", "da", {"geogebra", "opgaver"}) == ("geogebra", "opgaver")


def test_of_the_catalogue_s_words_a_short_or_a_second_one_is_no_part() -> None:
    known = {"gebra", "plonk", "zap"}

    assert split("plonkgebra", "da", known) == ()
    assert split("zapopgaver", "da", known) == ()


def test_a_compound_in_the_catalogue_does_not_hide_its_parts() -> None:
    assert split("læsetræningsprogram", "da", {"læsetræning"}) == ("læse", "træning", "program")


@given(st.lists(st.sampled_from(sorted(lexicon("da").firsts)), min_size=1, max_size=3), st.sampled_from(["da", "sv"]))
def test_parts_stand_in_the_word_in_order(pieces: list[str], language: str) -> None:
    word = "".join([*pieces, "bog"])
    position = 0
    for part in split(word, language):
        assert word.find(part, position) >= 0
        position = word.find(part, position) + len(part)


@given(st.text(max_size=60))
def test_any_text_is_split_or_left_without_failing(text: str) -> None:
    parts = split(text, "da")

    assert len(parts) in {0, 2, 3, 4}
