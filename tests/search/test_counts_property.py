"""Random documents, filters and counts, against an oracle that reads every document; and a planted bug it catches."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.counting import Counting
from search.embedded import EmbeddedEngine
from search.filters import Clause
from search.port import AllOf, AnyOf, Computed, Document, Facet, Filter, Is, Lacks, Page, Query, Within
from tests.search import oracle
from tests.search.shelf import LAYOUT, fill, ids

CODES = ("a", "A", "b", "a b", "æ", "*", "a|b", "", " ")
codes = st.lists(st.sampled_from(CODES), max_size=3)
numbers = st.integers(0, 3)
contents = st.fixed_dictionaries(
    {
        "names": st.lists(st.sampled_from(["bold", "boldbane", "ring", "bolt ring"]), max_size=2),
        "place": st.integers(0, 2**53),
    },
    optional={"colours": codes, "sizes": codes, "pairs": codes, "price": numbers, "stage": numbers},
)
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Is, st.sampled_from(LAYOUT.keywords), codes),
    st.builds(Lacks, st.sampled_from(LAYOUT.keywords), codes),
    st.builds(Within, st.sampled_from(["price", "stage"]), st.none() | numbers, st.none() | numbers),
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.builds(AllOf, st.lists(inner, max_size=2)) | st.builds(AnyOf, st.lists(inner, max_size=2)),
    max_leaves=4,
)
NAMES = ("x", "y", "z")
queries = st.builds(
    Query,
    text=st.sampled_from(["", "bold", "bold ", "ring", "rin bold", "blod "]),
    filters=st.dictionaries(st.sampled_from(NAMES), filters, max_size=3),
    facets=st.dictionaries(
        st.sampled_from(NAMES),
        st.builds(Facet, field=st.sampled_from(LAYOUT.keywords), free_of=st.none() | st.sampled_from(NAMES)),
    ),
    counts=st.dictionaries(
        st.sampled_from(NAMES),
        st.builds(
            Computed,
            instead_of=st.none() | st.sampled_from(NAMES),
            values=st.dictionaries(st.sampled_from(NAMES), filters, max_size=2),
        ),
        max_size=2,
    ),
    sort=st.lists(st.sampled_from(["price", "-price", "-stage"]), max_size=2),
    hits_per_page=st.just(100),
)


def shelf(made: list[dict[str, Any]]) -> list[Document]:
    return [{"id": f"{number:02}", **content} for number, content in enumerate(made)]


def answer(documents: list[Document], query: Query) -> Page:
    async def run() -> Page:
        engine = EmbeddedEngine(LAYOUT)
        await fill(engine, *documents)
        page = await engine.search(query)
        await engine.close()
        return page

    return asyncio.run(run())


def check(documents: list[Document], query: Query) -> None:
    page, expected = answer(documents, query), oracle.in_order(documents, query, LAYOUT)
    assert (page.total, ids(page)) == (len(expected), expected)
    assert page.facets == {name: oracle.facet(documents, query, one, LAYOUT) for name, one in query.facets.items()}
    assert page.counts == oracle.counts(documents, query, LAYOUT)


@settings(max_examples=200, deadline=None)
@given(st.lists(contents, max_size=10), queries)
def test_every_count_is_that_of_a_slow_hand(made: list[dict[str, Any]], query: Query) -> None:
    check(shelf(made), query)


def test_control_facets_that_narrow_themselves_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual bug of facets: all filters applied to all of them."""

    def all_filters(counting: Counting, without: str | None = None) -> list[Clause]:
        del without
        return right(counting)

    right = Counting.base
    documents = shelf([{"names": ["bold"], "colours": [code], "place": 1} for code in "ab"])
    chosen = Query(filters={"x": Is("colours", ["a"])}, facets={"x": Facet(field="colours", free_of="x")})
    check(documents, chosen)
    monkeypatch.setattr(Counting, "base", all_filters)
    with pytest.raises(AssertionError):
        check(documents, chosen)
