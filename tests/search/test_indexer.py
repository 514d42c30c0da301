"""The reader of a feed: nothing skipped, nothing kept back by a bad document, and a lag that says the truth."""

import pytest

from search.factory import open_engine
from search.indexer import Change, Indexer
from search.port import Document, Engine, SearchUnavailable
from tests.search.shelf import LAYOUT, found, item


class Feed:
    """A feed in memory, read three changes at a time."""

    def __init__(self, *changes: Change) -> None:
        self.changes = list(changes)

    async def read(self, position: int) -> tuple[list[Change], int]:
        batch = self.changes[position : position + 3]
        return batch, position + len(batch)


def put(document: Document) -> Change:
    return document["id"], document


async def test_changes_are_brought_in_batch_by_batch_and_the_last_of_an_id_wins(engine: Engine) -> None:
    feed = Feed(
        put(item("a", "Bold")), put(item("b", "Ring")), put(item("a", "Kugle")), ("b", None), put(item("c", "Terning"))
    )
    indexer = Indexer(engine, feed.read, 0)

    assert (await indexer.advance(), indexer.position) == (3, 3)
    assert sorted(await found(engine, "")) == ["a", "b"]
    assert await found(engine, "kugle ") == ["a"]
    assert (await indexer.catch_up(), indexer.position) == (2, 5)
    assert sorted(await found(engine, "")) == ["a", "c"]
    assert await indexer.advance() == 0


async def test_a_batch_that_comes_again_changes_nothing(engine: Engine) -> None:
    feed = Feed(put(item("a", "Bold")), put(item("b", "Ring")), ("a", None))
    await Indexer(engine, feed.read, 0).catch_up()
    await Indexer(engine, feed.read, 0).catch_up()
    assert await found(engine, "") == ["b"]


async def test_a_document_that_is_refused_keeps_back_no_other_and_is_named_until_it_fits(engine: Engine) -> None:
    feed = Feed(put(item("a", "Bold")), put(item("bad", "Ring", price=-1)), ("never was", None), put(item("c", "Bold")))
    indexer = Indexer(engine, feed.read, 0)

    await indexer.catch_up()
    assert sorted(await found(engine, "")) == ["a", "c"]
    assert list(indexer.refused) == ["bad"]
    assert "price" in indexer.refused["bad"]

    feed.changes.append(put(item("bad", "Ring", price=1)))
    await indexer.catch_up()
    assert not indexer.refused
    assert await found(engine, "ring ") == ["bad"]


async def test_while_the_engine_is_away_the_position_stays(engine: Engine) -> None:
    feed = Feed(put(item("a", "Bold")))
    indexer = Indexer(engine, feed.read, 0)
    await engine.close()

    with pytest.raises(SearchUnavailable):
        await indexer.advance()
    assert (indexer.position, dict(indexer.refused)) == (0, {})

    again = open_engine("embedded:", LAYOUT)
    assert await Indexer(again, feed.read, indexer.position).catch_up() == 1
    assert await found(again, "") == ["a"]
    await again.close()


async def test_the_lag_is_counted_from_the_last_moment_it_was_level(engine: Engine) -> None:
    feed, clock = Feed(put(item("a", "Bold"))), [100.0]
    indexer = Indexer(engine, feed.read, 0, now=lambda: clock[0])

    clock[0] = 130.0
    assert indexer.lag == 30
    await indexer.advance()
    assert indexer.lag == 30  # more may be waiting
    await indexer.advance()
    assert indexer.lag == 0
    clock[0] = 131.5
    assert indexer.lag == 1.5
