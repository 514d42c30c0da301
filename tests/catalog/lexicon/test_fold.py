"""Folding and cleaning: what can be seen is kept, what cannot is gone, and doing it twice changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.fold import clean, fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Læse  TRÆNING\n", "læse træning"),
        ("Straße", "strasse"),
        ("ﬁlm ４. Klasse", "film 4. klasse"),
        ("a\u030ark\u200bskurs\u202e", "årkskurs"),
        ("bl\u00adå", "blå"),
        ("Ørken og Åben", "ørken og åben"),
        ("\ud800half", "half"),
        ("", ""),
    ],
)
def test_a_text_folds_to_what_is_compared(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_folding_keeps_the_nordic_letters_apart() -> None:
    assert len({fold(word) for word in ("lasa", "läsa", "låsa", "læsa")}) == 4


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_folded_text_can_be_stored_and_has_single_spaces(text: str) -> None:
    folded = fold(text)

    folded.encode()
    assert folded == " ".join(folded.split())
    assert folded.isprintable() or not folded.isascii()


@given(st.text())
def test_words_are_the_same_before_and_after_folding(text: str) -> None:
    assert words(text) == words(fold(text))


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        ("<p>Læs <b>højt</b></p>", "Læs højt"),
        ("Brøker &amp; procent", "Brøker & procent"),
        ("&lt;b&gt;fed&lt;/b&gt;", "fed"),
        ("&amp;lt;i&amp;gt;skrå", "skrå"),
        ("x<script>alert(1)</script>y", "x y"),
        ("før <!-- skjult --> efter", "før efter"),
        ("3 < 4 og 5 > 2", "3 < 4 og 5 > 2"),
        ("aldrig lukket <script> men læst", "aldrig lukket men læst"),
        ("R&D og AT&T", "R&D og AT&T"),
        ("\u202eevil\u202c\x07", "evil"),
        ("Natur/Teknologi  Ø", "Natur/Teknologi Ø"),
        ("a\u030ar", "år"),
    ],
)
def test_a_text_is_stored_as_plain_text(stored: str, plain: str) -> None:
    assert clean(stored) == plain


@given(st.text(alphabet=st.sampled_from("<>&;/!-ab script#x3lgt\u202e\x00é")))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_cleaned_text_holds_no_invisible_character(text: str) -> None:
    assert not any(mark in clean(text) for mark in "\u202e\u200b\x00\x1b\ufeff")


@pytest.mark.parametrize("unit", ["<!--", "<script>", "<", "&amp;", "<a ", "&lt;"])
def test_three_megabytes_of_broken_markup_are_cleaned_at_once(unit: str) -> None:
    hostile = unit * (3_000_000 // len(unit))

    assert len(clean(hostile)) <= len(hostile)
