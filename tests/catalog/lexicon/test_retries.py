"""Other ways to write a query that finds nothing: few, likeliest first, and never the query itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.fold import words
from catalog.lexicon.retries import MAX_FORMS, joined_forms, query_forms


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
        ("falskavänner", ("falska", "vänner")),
        ("numberline", ("number", "line")),
        ("volcano", ("vulkan",)),
        ("coldwar", ("cold", "war")),
        ("vulkanerna", ("vulkan",)),
    ],
)
def test_a_word_without_a_hit_has_other_forms_to_try(word: str, form: tuple[str, ...]) -> None:
    assert form in query_forms(word)


def test_the_likeliest_form_comes_first() -> None:
    assert query_forms("bøgerne")[0] == ("bog",)
    assert query_forms("tavleregning")[0] == ("tavle", "regning")


@pytest.mark.parametrize("word", ["", "4", "h5p", "to ord", "...", "x" * 200])
def test_what_is_no_word_has_no_useless_other_form(word: str) -> None:
    assert query_forms(word) == []


@given(st.text(max_size=30))
def test_other_forms_are_few_and_never_the_word_itself(word: str) -> None:
    forms = query_forms(word)

    assert len(forms) <= MAX_FORMS
    assert len(set(forms)) == len(forms)
    assert tuple(words(word)) not in forms


def test_neighbours_that_make_a_known_word_are_joined_first() -> None:
    assert joined_forms("om klima forandring") == [(1, "klimaforandring"), (0, "omklima")]
    assert joined_forms("3d printer") == [(0, "3dprinter")]


@pytest.mark.parametrize("query", ["", "klima", "4 5", "+ -"])
def test_where_there_is_nothing_to_join_nothing_is(query: str) -> None:
    assert joined_forms(query) == []


@given(st.lists(st.sampled_from(["læse", "bog", "4", "3d", "b!", "mini", "räknare", "..."]), max_size=6))
def test_joining_keeps_all_letters(parts: list[str]) -> None:
    for place, joined in joined_forms(" ".join(parts)):
        assert joined == parts[place] + parts[place + 1]
