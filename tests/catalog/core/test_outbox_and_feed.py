"""Promised work is done by one worker, and a follower of the feed is told everything, late commits too."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from catalog.core import feed, outbox
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.core.feed import FeedEntry, FeedState, FeedTrimmed, Position
from catalog.core.outbox import OutboxEntry

only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LONG = timedelta(days=8)


async def promise(database: Database, count: int, topic: str = "mail") -> list[str]:
    keys = [uuid.uuid4() for _ in range(count)]
    async with transaction(database.writers) as session:
        outbox.enqueue(session, topic, keys)
    return [str(key) for key in keys]


@only_postgresql
async def test_two_workers_at_once_never_claim_the_same_row(database: Database) -> None:
    await promise(database, 10)
    async with database.writers() as first, database.writers() as second:
        mine, others = await outbox.claim(first, "mail", 6), await outbox.claim(second, "mail", 6)
        control = (await second.scalars(select(OutboxEntry.seq).order_by(OutboxEntry.seq).limit(6))).all()

    assert (len(mine), len(others)) == (6, 4)
    assert {row.seq for row in mine}.isdisjoint(row.seq for row in others)
    assert list(control) == [row.seq for row in mine]  # a plain read would do the work twice


async def test_a_claim_takes_the_oldest_of_its_topic_and_what_is_done_is_gone(database: Database) -> None:
    keys = await promise(database, 3)
    await promise(database, 1, "webhook")
    async with transaction(database.writers) as session:
        rows = await outbox.claim(session, "mail", 2)
        await outbox.finish(session, rows)
    async with database.readers() as session:
        left, since = await outbox.depth(session, "mail")
        assert [row.key for row in rows] == keys[:2]
        assert (left, await outbox.depth(session, "none")) == (1, (0, None))
        assert since is not None
        assert utc_now() - since < timedelta(minutes=1)


async def test_a_worker_that_dies_after_its_claim_leaves_the_rows_to_the_next(database: Database) -> None:
    keys = await promise(database, 2)

    async def die() -> None:
        async with transaction(database.writers) as session:
            await outbox.finish(session, await outbox.claim(session, "mail"))
            raise LookupError

    with pytest.raises(LookupError):
        await die()
    async with transaction(database.writers) as session:
        assert [row.key for row in await outbox.claim(session, "mail")] == keys


async def test_what_a_failed_transaction_promised_was_never_promised(database: Database) -> None:
    async def fail() -> None:
        async with transaction(database.writers) as session:
            outbox.enqueue(session, "mail", [uuid.uuid4()])
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.readers() as session:
        assert await outbox.depth(session, "mail") == (0, None)


async def test_a_number_is_never_given_out_again(database: Database) -> None:
    given: list[tuple[int | None, int | None]] = []
    for _ in range(3):
        await promise(database, 1)
        await tell(database, "a")
        async with transaction(database.writers) as session:
            given.append((await session.scalar(select(OutboxEntry.seq)), await session.scalar(select(FeedEntry.seq))))
            await outbox.finish(session, await outbox.claim(session, "mail"))
            await session.execute(delete(FeedEntry))
    assert given == [(1, 1), (2, 2), (3, 3)]


async def tell(database: Database, *keys: str) -> None:
    for key in keys:
        async with transaction(database.writers) as session:
            await feed.append(session, "document", [(key, 1)])


async def read(database: Database, position: Position, limit: int = 500) -> tuple[list[str], Position]:
    async with database.readers() as session:
        rows = await feed.entries_after(session, position, limit)
    return [row.key for row in rows], Position(rows[-1].xact, rows[-1].seq) if rows else position


@only_postgresql
async def test_a_row_with_a_lower_number_that_commits_later_is_not_skipped(database: Database) -> None:
    async def read_by_number(after: int) -> Sequence[str]:
        async with database.readers() as session:
            query = select(FeedEntry.key).where(FeedEntry.seq > after).order_by(FeedEntry.seq)
            return (await session.scalars(query)).all()

    async with database.writers() as late:
        await feed.append(late, "document", [("late", 1)])  # number 1, not yet committed
        await tell(database, "early")  # number 2
        (seen, position), naive = await read(database, Position()), await read_by_number(0)
        await late.commit()
    await tell(database, "next")
    rest, _ = await read(database, position)

    assert seen + rest == ["late", "early", "next"]
    assert list(naive) == ["early"]
    assert list(await read_by_number(2)) == ["next"]  # the control never hears of the late one


async def test_every_reader_goes_on_from_its_own_position(database: Database) -> None:
    await tell(database, "a", "b", "c")
    first, position = await read(database, Position(), 1)
    rest, end = await read(database, position)

    assert (first, rest) == (["a"], ["b", "c"])
    assert await read(database, end) == ([], end)
    assert (await read(database, Position()))[0] == ["a", "b", "c"]


async def test_who_starts_at_a_mark_hears_of_everything_that_the_snapshot_did_not_show(database: Database) -> None:
    await tell(database, "before")
    async with database.readers() as snapshot:
        position = await feed.mark(snapshot)
        await tell(database, "meanwhile")
        shown = (await snapshot.scalars(select(FeedEntry.key))).all()
    await tell(database, "after")

    assert list(shown) == ["before"]
    assert (await read(database, position))[0] == ["meanwhile", "after"]


@only_postgresql
async def test_a_mark_does_not_pass_a_transaction_that_is_still_open(database: Database) -> None:
    async with database.writers() as late:
        await feed.append(late, "document", [("late", 1)])
        async with database.readers() as snapshot:
            position = await feed.mark(snapshot)
        await late.commit()
    assert (await read(database, position))[0] == ["late"]


async def test_who_fell_behind_what_is_kept_is_told_to_begin_anew(database: Database) -> None:
    await tell(database, "old", "old too")
    _, behind = await read(database, Position(), 1)
    _, level = await read(database, behind)
    async with transaction(database.writers) as session:
        assert await feed.trim(session, utc_now()) == 0
    async with transaction(database.writers) as session:
        assert await feed.trim(session, utc_now() + LONG) == 2

    for position in (Position(), behind):
        with pytest.raises(FeedTrimmed):
            await read(database, position)
    assert await read(database, level) == ([], level)
    async with database.readers() as session:
        position = await feed.mark(session)
    await tell(database, "new")
    assert (await read(database, position))[0] == ["new"]
    assert (await read(database, level))[0] == ["new"]


async def test_who_starts_after_everything_was_trimmed_is_not_sent_back_for_ever(database: Database) -> None:
    await tell(database, "old")
    async with transaction(database.writers) as session:
        await feed.trim(session, utc_now() + LONG)
    async with database.readers() as session:
        position = await feed.mark(session)
    assert await read(database, position) == ([], position)


async def test_a_feed_of_another_cluster_is_emptied_and_its_readers_begin_anew(database: Database) -> None:
    async with transaction(database.writers) as session:
        assert await feed.prove_cluster(session)
    await tell(database, "a", "b")
    _, old = await read(database, Position(), 1)
    async with transaction(database.writers) as session:
        assert await feed.prove_cluster(session)
        (await session.get_one(FeedState, 1)).cluster = "the one before the restore"
    async with transaction(database.writers) as session:
        assert not await feed.prove_cluster(session)
    async with transaction(database.writers) as session:
        assert await feed.prove_cluster(session)
        assert await session.scalar(select(func.count()).select_from(FeedEntry)) == 0
        position = await feed.mark(session)
    assert (await read(database, position))[0] == []
    if database.engine.dialect.name == "postgresql":  # SQLite's numbers go on in the file itself
        with pytest.raises(FeedTrimmed):
            await read(database, old)


@only_postgresql
async def test_a_position_that_this_cluster_has_not_reached_is_another_clusters(database: Database) -> None:
    with pytest.raises(FeedTrimmed):
        await read(database, Position(2**60, 1))
