"""Inflections: what ending or umlaut a word has, its other forms are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.lexicon import lexicon, regular_forms
from catalog.lexicon.stems import inflections, lemmas, stem


@pytest.mark.parametrize(
    ("language", "word", "forms"),
    [
        ("da", "bog", "bogen bøger bøgerne"),
        ("da", "bøgerne", "bog bøger"),
        ("da", "bonde", "bønder bønderne"),
        ("da", "tand", "tænder"),
        ("da", "mand", "mænd mændene"),
        ("da", "barn", "børn børnene"),
        ("da", "hånd", "hænder"),
        ("da", "dyr", "dyret dyrene"),
        ("da", "brøk", "brøken brøker brøkerne"),
        ("da", "brøker", "brøk brøken"),
        ("da", "træning", "træningen"),
        ("da", "cykel", "cyklen cykler"),
        ("da", "spil", "spillet spillene"),
        ("da", "læser", "læse læste"),
        ("da", "vulkanerne", "vulkan"),
        ("da", "blorket", "blork blorken"),
        ("sv", "bok", "boken böcker böckerna"),
        ("sv", "man", "män männen"),
        ("sv", "hand", "händer"),
        ("sv", "natt", "nätter"),
        ("sv", "barn", "barnen"),
        ("sv", "stad", "städer"),
        ("sv", "skolor", "skola skolan skolorna"),
        ("sv", "nyckel", "nyckeln nycklar"),
        ("sv", "läromedlen", ""),
        ("sv", "flurpor", "flurpa flurpan"),
        ("en", "child", "children"),
        ("en", "mice", "mouse"),
        ("en", "fractions", "fraction"),
        ("en", "story", "stories"),
        ("en", "boxes", "box"),
        ("en", "gardening", "garden"),
    ],
)
def test_a_word_is_known_in_its_other_forms(language: str, word: str, forms: str) -> None:
    assert set(forms.split()) <= set(inflections(word, language))


@pytest.mark.parametrize("word", ["ipad", "h5p", "2024", "abc", "bogstaver"])
def test_forms_of_names_and_numbers_are_not_made_up(word: str) -> None:
    assert "2024er" not in inflections(word, "da")
    assert word not in inflections(word, "da")
    assert not word.isalpha() or word == "ipad" or set(inflections(word, "da")) <= set(lexicon("da").lemmas)


@pytest.mark.parametrize(
    ("language", "word", "root"),
    [("da", "bøgerne", "bøg"), ("sv", "böckerna", "böck"), ("en", "reading", "read"), ("de", "häuser", "haus")],
)
def test_every_language_with_a_stemmer_is_stemmed(language: str, word: str, root: str) -> None:
    assert stem(word, language) == root


def test_a_language_without_a_stemmer_keeps_its_words() -> None:
    assert stem("kirjat", "xx") == "kirjat"
    assert inflections("kirjat", "xx") == ()


def test_a_form_of_two_words_belongs_to_both() -> None:
    assert {"se", "ser"} & set(lemmas("ser", "da")) == {"se"}
    assert {"lære", "lærer"} <= set(lemmas("lærer", "da"))


@given(st.text(alphabet="abdegiklmnoprstuvyåæøäö", max_size=14), st.sampled_from(["da", "sv", "en", "nb", "de", ""]))
def test_forms_never_hold_the_word_and_are_few(word: str, language: str) -> None:
    found = inflections(word, language)

    assert word not in found
    assert len(found) == len(set(found)) <= 40


@pytest.mark.parametrize("language", ["da", "sv", "en"])
def test_every_word_of_the_lexicon_is_one_of_its_forms(language: str) -> None:
    known = lexicon(language)

    assert all(forms[0] == word for word, forms in known.forms.items())
    assert all(word in known.forms for words in known.lemmas.values() for word in words)


def test_the_lexicons_are_as_large_as_they_say() -> None:
    assert len(lexicon("da").forms) >= 1500
    assert len(lexicon("sv").forms) >= 700
    assert lexicon("xx").forms == {}


@pytest.mark.parametrize(
    ("word", "base", "endings", "forms"),
    [
        ("kat", "double", ["en"], ["kat", "katten"]),
        ("nummer", "contract", ["et"], ["nummer", "numret"]),
        ("skola", "cut", ["or"], ["skola", "skolor"]),
        ("brøk", "whole", ["er"], ["brøk", "brøker"]),
    ],
)
def test_an_ending_is_added_to_the_base_of_its_class(
    word: str, base: str, endings: list[str], forms: list[str]
) -> None:
    assert list(regular_forms(word, base, endings)) == forms
