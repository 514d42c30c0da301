"""What every engine must count, filter, sort and page: the second part of the suite."""

import random

import pytest

from search.port import MAX_PAGE, AllOf, AnyOf, Computed, Engine, Facet, Filter, Is, Query, Within
from tests.search.shelf import fill, found, ids, item

COLOURED = (
    item("1", "Bold", colours=["red"], sizes=["s"], pairs=["red|s", "red|*", "*|s"], price=10),
    item("2", "Bold", colours=["red", "blue"], sizes=["m"], pairs=["red|m", "blue|m"], price=20),
    item("3", "Bold", colours=["blue"], sizes=["s", "m"], pairs=["blue|s"], price=30),
    item("4", "Ring", colours=["Red"], sizes=["l"], pairs=[]),
)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Is("colours", ["red"]), "12"),
        (Is("colours", ["red", "blue"]), "123"),
        (Is("colours", ["Red"]), "4"),
        (Is("colours", []), ""),
        (Is("colours", ["rød", "\ud800", "*", "red OR blue"]), ""),
        (Is("pairs", ["*|s"]), "1"),
        (Within("price", 10, 20), "12"),
        (Within("price", 11), "23"),
        (Within("price", None, 29), "12"),
        (Within("price"), "123"),
        (Within("price", 30, 10), ""),
        (Within("price", -5, 2**70), "123"),
        (AllOf([]), "1234"),
        (AnyOf([]), ""),
        (AllOf([Is("colours", ["red"]), Is("sizes", ["m"])]), "2"),
        (AnyOf([Is("sizes", ["l"]), AllOf([Is("colours", ["blue"]), Within("price", 30, 30)])]), "34"),
    ],
)
async def test_filters_pass_what_they_say(engine: Engine, one: Filter, expected: str) -> None:
    await fill(engine, *COLOURED)
    page = await engine.search(Query(filters={"f": one}))
    assert ("".join(sorted(ids(page))), page.total) == (expected, len(expected))


async def test_a_chosen_facet_is_counted_without_its_own_filter_and_the_others_with_it(engine: Engine) -> None:
    await fill(engine, *COLOURED)
    page = await engine.search(
        Query(
            text="bold",
            filters={"colour": Is("colours", ["red"]), "size": Is("sizes", ["m"])},
            facets={
                "colour": Facet(field="colours", free_of="colour"),
                "size": Facet(field="sizes", free_of="size"),
                "plain": Facet(field="sizes"),
                "elsewhere": Facet(field="colours", free_of="no such filter"),
            },
        )
    )
    assert page.facets == {
        "colour": {"red": 1, "blue": 2},
        "size": {"s": 1, "m": 1},
        "plain": {"m": 1},
        "elsewhere": {"red": 1, "blue": 1},
    }
    assert (ids(page), page.total) == (["2"], 1)


async def test_computed_counts_stand_in_for_a_filter_and_keep_their_zeros(engine: Engine) -> None:
    await fill(engine, *COLOURED)
    page = await engine.search(
        Query(
            text="bold ",
            filters={"pair": Is("pairs", ["red|s"]), "price": Within("price", None, 25)},
            counts={
                "size": Computed(
                    instead_of="pair",
                    values={"s": Is("pairs", ["red|s", "blue|s"]), "m": Is("pairs", ["red|m"]), "xl": AnyOf([])},
                ),
                "too": Computed(values={"all": AllOf([]), "blue": Is("colours", ["blue"])}),
            },
            hits_per_page=0,
        )
    )
    assert page.counts == {"size": {"s": 1, "m": 1, "xl": 0}, "too": {"all": 1, "blue": 0}}
    assert (list(page.hits), page.total) == ([], 1)


async def test_a_facet_of_many_values_is_counted_whole(engine: Engine) -> None:
    await fill(engine, *(item(f"{number}", "Bold", colours=[f"c{number}", "all"]) for number in range(700)))
    colours = (await engine.search(Query(facets={"colour": Facet(field="colours")}))).facets["colour"]
    assert (len(colours), colours["all"], colours["c699"]) == (701, 700, 1)


async def test_numbers_sort_both_ways_and_a_missing_one_comes_last(engine: Engine) -> None:
    await fill(
        engine,
        item("a", "Bold", price=1, turns=5, place=4),
        item("b", "Bold", price=1, turns=7, place=3),
        item("c", "Bold", place=2),
        item("d", "Bold", price=0, turns=7, place=1),
        item("e", "Bold", price=1, turns=5, place=0),
    )
    assert await found(engine, "bold", sort=["price"]) == ["d", "e", "b", "a", "c"]
    assert await found(engine, "", sort=["-price", "-turns"]) == ["b", "e", "a", "d", "c"]
    assert ids(await engine.search(Query(sort=["-price"], page=2, hits_per_page=2))) == ["a", "d"]


async def test_pages_join_without_gaps_and_a_document_put_again_keeps_its_place(engine: Engine) -> None:
    things = [item(f"{number:03}", "Bold", price=number % 3, place=number % 50) for number in range(300)]
    random.Random(7).shuffle(things)  # noqa: S311  # any order will do
    await fill(engine, *things)

    for query in (Query(), Query(text="bold"), Query(text="bold bo"), Query(sort=["-price"])):
        whole = await _all_pages(engine, query)
        assert len(set(whole)) == 300
        await engine.put(things[:40])
        assert await _all_pages(engine, query) == whole


async def _all_pages(engine: Engine, query: Query) -> list[str]:
    pages = [
        await engine.search(
            Query(text=query.text, sort=query.sort, page=page, hits_per_page=37),
        )
        for page in range(1, 10)
    ]
    return [one for page in pages for one in ids(page)]


async def test_a_page_typed_by_hand_is_empty_and_still_counts(engine: Engine) -> None:
    await fill(engine, *COLOURED)
    for page in (10**9, MAX_PAGE, 2):
        answer = await engine.search(Query(text="bold", page=page, hits_per_page=100))
        assert (list(answer.hits), answer.total) == ([], 3)
    assert len((await engine.search(Query(page=-(10**9), hits_per_page=10**9))).hits) == 4
