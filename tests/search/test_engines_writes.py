"""What every engine must keep when it is written to, rebuilt and closed: the third part of the suite."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from search.factory import open_engine
from search.port import Document, Engine, Facet, Is, Query, SearchUnavailable, Within
from search.prepare import Preparing
from tests.search.shelf import LAYOUT, fill, found, item, stream


async def test_a_write_is_seen_by_every_search_that_starts_after_it(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"), item("b", "Ring"))

    await engine.put([item("a", "Terning"), item("c", "Bold"), item("c", "Bold 2"), item("ab", "Kugle")])
    assert await found(engine, "bold ") == ["c"]
    assert await found(engine, "terning ") == ["a"]
    assert await found(engine, "2 ") == ["c"]
    await engine.delete(["a", "c", "never was"])
    assert sorted(await found(engine, "")) == ["ab", "b"]
    assert (await engine.health()).documents == 2


async def test_what_a_card_shows_comes_back_as_it_was_given(engine: Engine) -> None:
    kept = item("a", "Bold", card={"slug": "bold", "days": [1, 2], "none": None, "text": "<b>æ</b>"})
    await fill(engine, kept)
    assert [hit.document for hit in (await engine.search(Query())).hits] == [kept]


async def test_a_document_that_does_not_fit_is_refused_and_leaves_the_index_as_it_was(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))
    broken: list[Document] = [
        item("b", "Ring", price=-1),
        item("b", "Ring", price="many"),
        item("b", "Ring", colours="red"),
        item("b", "Ring", colours=[1]),
        item("b", "Ring", place=2**53 + 1),
        {"names": ["Ring"]},
    ]
    for one in broken:
        with pytest.raises(ValueError, match=r"b|None"):
            await engine.put([item("c", "Ring"), one])
    assert await found(engine, "") == ["a"]


async def test_a_field_the_layout_lacks_is_the_callers_bug(engine: Engine) -> None:
    for query in (
        Query(filters={"x": Is("names", ["a"])}),
        Query(filters={"x": Within("colours", 1)}),
        Query(facets={"x": Facet(field="price")}),
        Query(sort=["names"]),
    ):
        await fill(engine, item("a", "Bold"))
        with pytest.raises(ValueError, match="of the index"):
            await engine.search(query)


async def test_a_rebuild_answers_from_the_old_index_until_it_is_done(engine: Engine) -> None:
    await fill(engine, *(item(f"old{number}", "Gammel") for number in range(50)))
    totals: set[tuple[int, int]] = set()

    async def slowly() -> AsyncIterator[Sequence[Document]]:
        for number in range(20):
            yield [item(f"new{number}-{each}", "Ny") for each in range(5)]
            await asyncio.sleep(0.002)

    async def look() -> None:
        while True:
            old = (await engine.search(Query(text="gammel "))).total
            totals.add((old, (await engine.search(Query())).total))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    assert await engine.rebuild(slowly()) == 100
    looking.cancel()
    assert totals <= {(50, 50), (50, 100), (0, 100)}
    assert (50, 50) in totals
    assert len(await found(engine, "ny ")) == 100


async def test_what_is_written_during_a_rebuild_is_not_undone_by_it(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))

    async def late() -> AsyncIterator[Sequence[Document]]:
        await engine.put([item("b", "Ring 2"), item("new", "Kugle")])
        await engine.delete(["c"])
        yield [item("a", "Bold"), item("b", "Ring"), item("c", "Terning")]

    assert await engine.rebuild(late()) == 3
    assert sorted(await found(engine, "")) == ["a", "b", "new"]
    assert await found(engine, "ring 2") == ["b"]


async def test_a_rebuild_counts_an_id_that_comes_twice_once(engine: Engine) -> None:
    assert await engine.rebuild(stream([item("a", "Bold"), item("b", "Ring"), item("a", "Kugle")], size=2)) == 2
    assert await found(engine, "kugle ") == ["a"]
    assert await found(engine, "bold ") == []


async def test_a_document_that_was_prepared_earlier_is_taken_in_as_if_it_were_read_now(engine: Engine) -> None:
    documents = [
        item("a", "Læs, bold!", "Ring 2", notes=["Kugler ÅÆØ"], colours=["red", "a b", "", "red"], price=3, hidden=[1]),
        item("b", "Bold", makers=["Læs op"], turns=2**53, card={"text": "<b>æ</b>"}),
        item("c"),
    ]
    prepare = Preparing(LAYOUT).prepare
    query = Query(text="læs", facets={"colours": Facet(field="colours")}, sort=["-price"])
    await engine.rebuild(stream(documents))
    read = [await engine.search(query), await engine.search(Query()), await engine.search(Query(text="kuglre "))]
    await engine.rebuild(stream([prepare(documents[0]), documents[1], prepare(documents[2])], size=2))
    taken = [await engine.search(query), await engine.search(Query()), await engine.search(Query(text="kuglre "))]

    assert [page.total for page in read] == [2, 3, 1]
    assert [replace(page, took_ms=0) for page in taken] == [replace(page, took_ms=0) for page in read]


async def test_a_stream_that_fails_leaves_the_old_index_in_place(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))

    async def failing() -> AsyncIterator[Sequence[Document]]:
        yield [item("b", "Ring")]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await engine.rebuild(failing())
    with pytest.raises(ValueError, match="'c'"):
        await engine.rebuild(stream([item("c", "Ring", price=-1)]))
    assert await found(engine, "") == ["a"]
    await engine.put([item("d", "Ring")])
    assert await found(engine, "ring ") == ["d"]


async def test_searches_and_writes_at_once_all_end_well(engine: Engine) -> None:
    await fill(engine, *(item(f"{number}", "Bold") for number in range(100)))
    writes = [engine.put([item(f"w{number}", "Ring")]) for number in range(20)]
    searches = [engine.search(Query(text=text)) for text in ("bold", "bodl", "rign", "ring", "") for _ in range(8)]
    await asyncio.gather(*writes, *searches)
    assert len(await found(engine, "ring ")) == 20


async def test_health_is_proven_by_a_search_and_ends_with_the_engine(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))
    healthy = await engine.health()
    await engine.close()
    closed = await engine.health()

    assert (healthy.answers, healthy.documents, closed.answers) == (True, 1, False)
    assert closed.detail
    for call in (engine.search(Query()), engine.put([item("b", "Ring")]), engine.delete(["a"])):
        with pytest.raises(SearchUnavailable):
            await call
    with pytest.raises(SearchUnavailable):
        await engine.rebuild(stream([]))


@pytest.mark.parametrize("url", ["", "embedded", "sqlite:", "http://127.0.0.1:7700"])
def test_an_engine_that_there_is_not_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="embedded:"):
        open_engine(url, LAYOUT)
