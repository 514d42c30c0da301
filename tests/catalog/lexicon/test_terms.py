"""Search terms: a document is found under parts, forms, synonyms and spellings, within a bound."""

import time
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.fold import fold, words
from catalog.lexicon.spellings import bare_letters
from catalog.lexicon.terms import MAX_TERMS, document_terms, search_terms

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
        ("da", "Tidslinjens historie", "timeline"),
        ("da", "Ordbogsbroen", "ordbøger"),
        ("da", "Ordbogsbroen", "dictionary"),
        ("da", "Stavefejlsakademiet", "stavefejlene"),
        ("da", "Matteverkstan", "matte"),
        ("da", "Grannspråk", "neighbouring languages"),
        ("da", "Øv mundtlige prøver", "oral exam"),
        ("da", "E-bog for alle", "ebog"),
        ("da", "3D-print", "3dprint"),
        ("sv", "Sommarön", "sommar ön"),
        ("en", "The lighthouse", "light house"),
        ("en", "Pen pal letters", "penpal brevvän"),
        ("en", "A short story", "stories"),
        ("en", "Debate of the day", "debating"),
    ],
)
def test_a_title_is_found_by(language: str, title: str, query: str) -> None:
    assert _finds(language, title, query)
    assert not set(words(query)) <= set(words(title)), "control: the title alone would not be found"


def _finds(language: str, title: str, query: str) -> bool:
    """As engines do, which fold what keyboards may lack."""
    held = {bare_letters(word) for word in (*words(title), *search_terms([(language, title)]))}
    return {bare_letters(word) for word in words(query)} <= held


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


@given(texts, texts)
def test_terms_of_titles_and_of_texts_share_the_bound_and_no_word(
    titles: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    terms = document_terms(titles, other)
    every = [*terms.titles, *terms.rest]

    assert len(every) <= MAX_TERMS
    assert len({bare_letters(term) for term in every}) == len(every), "what engines fold into one stands there once"
    assert terms.titles == document_terms(titles, ()).titles or other, "titles keep theirs"


def test_titles_have_their_terms_before_any_text_has() -> None:
    long = " ".join(f"{a}{b}{c}øvelse" for a in "bdfghklmnprst" for b in "aeiou" for c in "lmnrs")

    terms = document_terms([("da", "Vulkaner")], [("da", long)])

    assert {"vulkan", "volcano"} <= set(terms.titles)
    assert len(terms.titles) + len(terms.rest) == MAX_TERMS
    assert "volcano" not in search_terms([("da", long), ("da", "Vulkaner")]), "control: nothing is left for it"


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
