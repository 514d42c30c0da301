"""What the port promises before any engine: limits, and structs that survive a journey as JSON."""

import msgspec
import pytest

from search.port import MAX_HITS_PER_PAGE, MAX_PAGE, AllOf, AnyOf, Computed, Facet, Is, Query, Within


@pytest.mark.parametrize(("asked", "page"), [(-1, 1), (0, 1), (2, 2), (MAX_PAGE, MAX_PAGE), (10**9, MAX_PAGE)])
def test_a_page_typed_by_hand_is_moved_into_its_limits(asked: int, page: int) -> None:
    assert Query(page=asked).page == page
    assert msgspec.json.decode(b'{"page": %d}' % asked, type=Query).page == page


@pytest.mark.parametrize(("asked", "hits"), [(-1, 0), (0, 0), (20, 20), (10**9, MAX_HITS_PER_PAGE)])
def test_hits_per_page_are_moved_into_their_limits(asked: int, hits: int) -> None:
    assert Query(hits_per_page=asked).hits_per_page == hits


def test_a_query_with_every_kind_of_filter_comes_back_from_json_as_it_was() -> None:
    query = Query(
        text="bold",
        filters={"x": AnyOf([AllOf([Is("a", ["1"]), Within("n", 1, None)]), Is("b", [])])},
        facets={"x": Facet(field="a", free_of="x")},
        counts={"y": Computed(instead_of="x", values={"1": Is("a", ["1"])})},
        sort=["-n"],
    )
    assert msgspec.json.decode(msgspec.json.encode(query), type=Query) == query
