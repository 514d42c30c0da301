"""Order: Danish and Swedish shelves, numbers by value, and a total order of all titles."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lexicon.collation import collation_key

titles = st.text(alphabet=st.sampled_from("aAbåÅäÄæøØöézZ09 .-'/\u0301\U0001f600"), max_size=12) | st.text(max_size=12)


@pytest.mark.parametrize(
    ("country", "ordered"),
    [
        ("dk", "Abe abe Ábe Abebog Bog Yoga Übung Zebra Ærø Äpple Ørken Öland Aabenraa Åben"),
        ("se", "Aabenraa Abe Bok Yoga Zebra Åben Äpple Ærø Öland Ørken"),
    ],
)
def test_letters_come_in_the_order_of_the_country(country: str, ordered: str) -> None:
    expected = ordered.split()
    moved = {"Übung": "Yoga", "Äpple": "Ærø", "Öland": "Ørken", "Ørken": "Öland", "Åben": "Aabenraa"}

    keyed = sorted(expected, key=lambda title: collation_key(title, country))

    assert [title for title in keyed if title not in moved] == [title for title in expected if title not in moved]
    assert sorted(expected) != keyed, "control: code points alone give another order"


@pytest.mark.parametrize(
    ("country", "before", "after"),
    [
        ("dk", "Trin 2", "Trin 10"),
        ("dk", "Zebra", "Æble"),
        ("dk", "Æble", "Øl"),
        ("dk", "Øl", "Ål"),
        ("dk", "Øl", "Aal"),
        ("dk", "Ä", "Ø"),
        ("dk", "Ord", "Ord og tal"),
        ("dk", "Ord og tal", "Ordbog"),
        ("dk", "4. klasse", "Abe"),
        ("dk", "9", "123456789012"),
        ("dk", "Bog", "bog"),
        ("no", "Øl", "Aal"),
        ("se", "Zebra", "Ål"),
        ("se", "Ål", "Äpple"),
        ("se", "Äpple", "Öl"),
        ("se", "Aal", "Abe"),
        ("SE", "Ål", "Äpple"),
        ("se", "É", "Eg"),
    ],
)
def test_one_title_stands_before_another(country: str, before: str, after: str) -> None:
    assert collation_key(before, country) < collation_key(after, country)


@given(titles, titles, st.sampled_from(["dk", "se"]))
def test_two_titles_share_a_key_only_if_they_are_one(one: str, other: str, country: str) -> None:
    assert (collation_key(one, country) == collation_key(other, country)) == (one == other)


@given(st.lists(titles, max_size=8), st.sampled_from(["dk", "se"]))
def test_the_order_does_not_depend_on_where_titles_stood(shelf: list[str], country: str) -> None:
    def ordered(some: list[str]) -> list[str]:
        return sorted(some, key=lambda title: collation_key(title, country))

    assert ordered(shelf) == ordered(shelf[::-1]) == ordered(ordered(shelf))


@given(titles, st.text(alphabet="abc 1æ", min_size=1, max_size=6), st.sampled_from(["dk", "se"]))
def test_a_title_stands_before_those_that_begin_with_its_words(title: str, more: str, country: str) -> None:
    assert collation_key(title, country) < collation_key(f"{title} {more}", country)


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_stand_in_the_order_of_their_values(one: int, other: int) -> None:
    assert (collation_key(f"Trin {one}", "dk") < collation_key(f"Trin {other}", "dk")) == (one < other)


def test_case_and_accents_decide_only_where_the_letters_are_alike() -> None:
    shelf = ["abe", "Ábe", "Abe", "abc", "ABD"]

    keyed = sorted(shelf, key=lambda title: collation_key(title, "dk"))

    assert keyed[:2] == ["abc", "ABD"]
    assert all(x.casefold()[0] in "aá" for x in keyed[2:])
    assert all(collation_key(a, "dk") != collation_key(b, "dk") for a, b in itertools.combinations(shelf, 2))
