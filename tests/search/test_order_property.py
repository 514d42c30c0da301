"""Random shelves and queries, against an oracle that reads every document: the same hits in the same order."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search import paging, readings
from search.embedded import EmbeddedEngine
from search.port import Document, Query
from tests.search import oracle
from tests.search.shelf import LAYOUT, fill, ids

WORDS = [
    *("læs", "læser", "laeser", "låser", "laser", "lås", "las", "matematik", "matematikker", "mathematik", "amtematik"),
    *("tematik", "atematik", "xmatematik", "xatematik", "bøger", "boger", "borger", "böger", "klasse", "klase", "2024"),
    *("2025", "4", "5", "4a", "skole", "skolen", "skloe", "kole", "øvebog", "ovebog", "Øvebøger", "æble", "aeble", "a"),
]
texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), max_size=2)
fields = st.fixed_dictionaries(
    {
        "names": texts,
        "makers": texts,
        "notes": texts,
        "stage": st.sampled_from([0, 1]),
        "place": st.integers(0, 3),
        "price": st.none() | st.integers(0, 2),
    }
)
asked = st.one_of(
    st.sampled_from(WORDS),
    st.builds(lambda word, length: word[: max(length, 1)], st.sampled_from(WORDS), st.integers(1, 9)),
    st.builds(
        lambda word, at, letter: word[:at] + letter + word[at:],
        st.sampled_from(WORDS),
        st.integers(0, 5),
        st.sampled_from("abmø4"),
    ),
    st.builds(
        lambda word, at: word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        st.sampled_from(WORDS),
        st.integers(0, 4),
    ),
)
queries = st.builds(
    lambda parts, end: " ".join(parts) + end, st.lists(asked, max_size=3), st.sampled_from(["", " ", "!", ", "])
)


def shelf(contents: list[dict[str, Any]]) -> list[Document]:
    return [{"id": f"{number:02}", **content} for number, content in enumerate(contents)]


def order_of(documents: list[Document], query: Query) -> list[str]:
    async def run() -> list[str]:
        engine = EmbeddedEngine(LAYOUT)
        await fill(engine, *documents)
        page = await engine.search(query)
        await engine.close()
        assert page.total == len(page.hits)
        return ids(page)

    return asyncio.run(run())


@pytest.mark.parametrize("few", [0, 1000], ids=["by tiers", "by score"])
def test_hits_are_those_of_the_oracle_in_its_order(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_FEW", few)
    monkeypatch.setattr(paging, "_FEW_OF_SHORT_WORD", few)

    @settings(max_examples=100, deadline=None)
    @given(st.lists(fields, max_size=12), queries)
    def check(contents: list[dict[str, Any]], text: str) -> None:
        documents, query = shelf(contents), Query(text=text, hits_per_page=100)
        assert order_of(documents, query) == oracle.in_order(documents, query, LAYOUT)

    check()


def test_control_a_beginning_that_is_as_good_as_a_word_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [{"names": [name], "stage": 0, "place": place} for place, name in enumerate(("skolen", "en skole til"))]
    documents, query = shelf(names), Query(text="skole", hits_per_page=100)
    expected = oracle.in_order(documents, query, LAYOUT)

    assert order_of(documents, query) == expected == ["01", "00"]
    monkeypatch.setattr(readings, "_BEGINNING", 1)
    assert order_of(documents, query) != expected
