"""Random shelves and queries, against an oracle that reads every document: the same hits in the same order."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

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


@settings(max_examples=150, deadline=None)
@given(st.lists(fields, max_size=12), queries)
def test_hits_are_those_of_the_oracle_in_its_order(contents: list[dict[str, Any]], text: str) -> None:
    documents, query = shelf(contents), Query(text=text, hits_per_page=100)
    assert order_of(documents, query) == oracle.in_order(documents, query, LAYOUT)
