"""Search terms: a document is found under parts, forms, synonyms and spellings, within a bound."""

import time
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.fold import fold, words
from catalog.lexicon.terms import MAX_TERMS, query_forms, search_terms

TITLE = "Læsetræning brøker i skolen Åbenrå dyrene klima Räkna children 4. H5P ørken <b>"
texts = st.lists(
    st.tuples(
        st.sampled_from(["da", "sv", "en", "nb", "de", "xx", ""]),
        st.lists(
            st.sampled_from(TITLE.split()),
        ).map(" ".join)
        | st.text(max_size=80),
    ),
    max_size=5,
)


@pytest.mark.parametrize(
    ("language", "title", "query"),
    [
        ("da", "Brøk for begyndere", "brøker"),
        ("da", "Brøker for begyndere", "brøk"),
        ("da", "En god bog", "bøger"),
        ("da", "Vilde dyr", "dyrene"),
        ("da", "Læsetræning", "træning"),
        ("da", "Læsetræning", "læse træning"),
        ("da", "Læsetræning", "læsetræningen"),
        ("da", "Læsetræning", "laesetraening"),
        ("da", "Klimaforandringer", "klima forandringer"),
        ("da", "Klimaforandringer", "climate"),
        ("da", "Tavle regning", "tavleregning"),
        ("da", "Aabenraa før og nu", "åbenrå"),
        ("da", "Åbenrå før og nu", "aabenraa"),
        ("da", "Vi kan læse", "laese"),
        ("da", "Livet i ørkenen", "orken"),
        ("da", "Livet i ørkenen", "ørken"),
        ("da", "Boeger for alle", "bøger"),
        ("da", "Book Creator", "bookcreator"),
        ("da", "Læsetræningens mål", "læsetræning"),
        ("sv", "Läromedel i svenska", "medel"),
        ("sv", "Böckernas värld", "bok"),
        ("sv", "Räkna med bråk", "fractions"),
        ("sv", "Övningar i natten", "övning natt"),
        ("sv", "Svenskundervisning", "undervisning svensk"),
        ("en", "Mice and children", "mouse child"),
        ("en", "Math stories", "matematik"),
    ],
)
def test_a_title_is_found_by(language: str, title: str, query: str) -> None:
    assert _finds(language, title, query)
    assert not set(words(query)) <= set(words(title)), "control: the title alone would not be found"


def _finds(language: str, title: str, query: str) -> bool:
    return set(words(query)) <= {*words(title), *search_terms([(language, title)])}


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("Lydbog", "ordbog"),
        ("Bogstavernes fest", "stav"),
        ("Kultur for alle", "tur"),
        ("Landskaber", "skab"),
        ("Rekorder", "ord"),
    ],
)
def test_a_title_is_not_found_by_letters_it_holds_by_chance(title: str, query: str) -> None:
    assert not _finds("da", title, query)


@given(texts, st.lists(st.text(max_size=20), max_size=4))
def test_terms_are_sorted_unique_folded_bounded_and_new(pairs: list[tuple[str, str]], extra: list[str]) -> None:
    terms = search_terms(pairs, extra=extra)
    own = {word for _, text in pairs for word in words(text)}

    assert terms == sorted(set(terms))
    assert len(terms) <= MAX_TERMS
    assert own.isdisjoint(terms)
    assert all(fold(term) == term for term in terms)


@given(texts)
def test_the_same_texts_give_the_same_terms(pairs: list[tuple[str, str]]) -> None:
    assert search_terms(pairs) == search_terms(iter(pairs), known=set())


def test_extra_words_are_added_however_long_the_text_is() -> None:
    long = " ".join(f"ord{letter}{other}træning" for letter in "bcdfghjklm" for other in "bcdfghjklm")

    terms = search_terms([("da", long)], extra=["Naturvetenskap", "Å"])

    assert len(terms) == MAX_TERMS
    assert "naturvetenskap" in terms


def test_the_earlier_text_keeps_its_terms_where_there_is_not_room_for_all() -> None:
    long = " ".join(f"{a}{b}{c}øvelse" for a in "bdfgk" for b in "aeiou" for c in "lmnrs")

    assert "træning" in search_terms([("da", "Læsetræning"), ("da", long)])


def test_the_catalogue_s_words_help_to_take_compounds_apart() -> None:
    assert "geogebra" not in search_terms([("da", "Geogebraopgaver")])
    assert "geogebra" in search_terms([("da", "Geogebraopgaver")], known=frozenset({"geogebra"}))


def test_a_thousand_short_documents_take_less_than_two_seconds() -> None:
    number = count()
    documents = [
        [("da", f"Læsetræning {next(number)} med brøker"), ("da", "Små opgaver om dyr og planter i skoven " * 2)]
        for _ in range(1000)
    ]
    begun = time.process_time()

    for document in documents:
        search_terms(document)

    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("tavleregning", ("tavle", "regning")),
        ("Bøgerne", ("bog",)),
        ("laese", ("læse",)),
        ("läroböcker", ("läro", "böcker")),
        ("mice", ("mouse",)),
        ("reading", ("read",)),
        ("häuser", ("haus",)),
    ],
)
def test_a_query_word_without_a_hit_has_other_forms_to_try(word: str, form: tuple[str, ...]) -> None:
    assert form in query_forms(word)


@pytest.mark.parametrize("word", ["", "4", "h5p", "to ord", "...", "x" * 200])
def test_what_is_no_word_has_no_useless_other_form(word: str) -> None:
    assert query_forms(word) == []


@given(st.text(max_size=30))
def test_other_forms_are_few_and_never_the_word_itself(word: str) -> None:
    forms = query_forms(word)

    assert len(forms) <= 12
    assert tuple(words(word)) not in forms
