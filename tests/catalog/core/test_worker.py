"""The worker: each promised document written once, nothing lost when it dies, days that turn with it or without."""

import asyncio
import gc
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import cast

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.pool import QueuePool
from structlog.types import EventDict

from catalog.core import feed, outbox
from catalog.core.clock import utc_now
from catalog.core.db import Database, open_database, transaction
from catalog.core.feed import FeedEntry
from catalog.core.outbox import OutboxEntry
from catalog.core.settings import Settings
from catalog.finding.index import Index
from catalog.finding.indexing import CHANGED, TURNED, promise_all, write_due
from catalog.finding.layout import LAYOUT
from catalog.finding.models import SearchDocument
from catalog.finding.questions import placed
from catalog.identity.models import SignInAttempt
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from search.factory import open_engine
from search.port import Query
from tests.conftest import NOON, TODAY
from tests.factories import places, rule, store

TOMORROW = TODAY + timedelta(days=1)
JUST_AFTER_MIDNIGHT = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # half past midnight in Denmark
MANY = 12


@pytest.fixture
def open_worker(database: Database, region: Region, settings: Settings) -> Callable[..., Worker]:
    return lambda now=NOON: Worker(settings, database, region, lambda: now)


async def fill_shelf(database: Database, region: Region, count: int = MANY, until: date | None = None) -> None:
    """Resources with an approval each, in one transaction; the decision promises each document a second time."""
    async with transaction(database.writers) as session:
        for number in range(count):
            key = await store(session, region, f"Bind {number}", placements=places(("dansk", "4")))
            await rule(session, region, key, valid_until=until)


async def written(database: Database) -> tuple[list[int], list[str], int]:
    """The version of every document, the keys that the feed told, the promises left."""
    async with database.readers() as session:
        versions = list(await session.scalars(select(SearchDocument.version)))
        told = list(await session.scalars(select(FeedEntry.key).where(FeedEntry.topic == CHANGED)))
        return versions, told, await session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


async def test_two_workers_at_once_write_each_document_once(
    database: Database, region: Region, open_worker: Callable[..., Worker]
) -> None:
    await fill_shelf(database, region)
    kept = await asyncio.gather(open_worker().drain(), open_worker().drain())

    versions, told, left = await written(database)
    assert (versions, left) == ([1] * MANY, 0)
    assert len(told) == len(set(told)) == MANY
    assert sum(kept) >= MANY


async def test_four_workers_that_share_out_small_batches_write_each_document_once(
    database: Database, region: Region
) -> None:
    await fill_shelf(database, region)

    async def drain() -> None:
        done = 1
        while done:
            async with transaction(database.writers) as session:
                done = await write_due(session, region, TODAY, limit=5)

    await asyncio.gather(*(drain() for _ in range(4)))
    versions, told, left = await written(database)
    assert (versions, len(told), left) == ([1] * MANY, MANY, 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("held", "passes_by"), [(4, True), (5, False)])
async def test_a_worker_passes_by_what_another_holds_and_waits_where_both_write_one_document(
    database: Database, region: Region, open_worker: Callable[..., Worker], held: int, passes_by: bool
) -> None:
    await fill_shelf(database, region)  # two promises a document: of five the last one's second is left
    async with transaction(database.writers) as slow:
        assert await write_due(slow, region, TODAY, limit=held) == held
        quick = asyncio.create_task(open_worker().drain())
        finished, _ = await asyncio.wait([quick], timeout=5 if passes_by else 0.5)
        assert bool(finished) is passes_by
    await quick
    versions, told, left = await written(database)
    assert (versions, len(told), left) == ([1] * MANY, MANY, 0)


async def test_a_worker_that_is_killed_before_its_commit_loses_nothing(
    database: Database, region: Region, open_worker: Callable[..., Worker]
) -> None:
    await fill_shelf(database, region)
    promised = (await written(database))[2]
    reached = asyncio.Event()

    async def work() -> None:
        async with transaction(database.writers) as session:
            await write_due(session, region, TODAY)
            reached.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await written(database) == ([], [], promised)

    assert await open_worker().drain() == promised
    versions, told, left = await written(database)
    assert (versions, len(told), left) == ([1] * MANY, MANY, 0)


async def test_a_worker_that_is_killed_anywhere_loses_nothing_and_doubles_nothing(
    database: Database, region: Region, open_worker: Callable[..., Worker]
) -> None:
    await fill_shelf(database, region, 6)
    for moment in range(6):
        task = asyncio.create_task(open_worker().drain())
        await asyncio.sleep(moment * 0.004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if database.engine.dialect.name == "sqlite":  # the frames of what was cancelled hold a cursor, and so the lock
            del task
            await asyncio.sleep(0.02)
            gc.collect()
    await open_worker().drain()

    versions, told, left = await written(database)
    assert (versions, len(told), left) == ([1] * 6, 6, 0)
    assert cast("QueuePool", database.engine.pool).checkedout() == 0


async def test_a_document_that_did_not_change_is_not_told_again(
    database: Database, region: Region, open_worker: Callable[..., Worker]
) -> None:
    await fill_shelf(database, region, 2)
    await open_worker().drain()
    async with transaction(database.writers) as session:
        assert await promise_all(session) == 2
    assert await open_worker().drain() == 2
    assert (await written(database))[0] == [1, 1]


async def approved(index: Index, today: date, as_of: date | None) -> int:
    wanted = placed({"decision": ["approved"], "subject": ["dansk"]}, today, as_of)
    page = await index.engine.search(Query(filters={"placed": wanted}, hits_per_page=1))
    return page.total


@pytest.fixture
async def shelf_that_turns_tonight(database: Database, region: Region, open_worker: Callable[..., Worker]) -> Index:
    """Many approvals that end today, indexed as of today."""
    await fill_shelf(database, region, until=TODAY)
    worker, index = open_worker(), Index(open_engine("embedded:", LAYOUT), database)
    await worker.drain()
    await index.fill()
    assert await worker.turn_day()
    await index.catch_up()
    assert index.as_of == TODAY
    return index


async def test_on_the_day_when_many_states_turn_no_count_is_wrong_although_no_job_ran(
    shelf_that_turns_tonight: Index,
) -> None:
    index = shelf_that_turns_tonight
    assert await approved(index, TODAY, index.as_of) == MANY
    assert await approved(index, TOMORROW, index.as_of) == 0
    assert await approved(index, TOMORROW, None) == 0
    assert await approved(index, TOMORROW, TOMORROW) == MANY  # control: the plain filter on documents of yesterday


async def test_once_the_job_ran_every_index_knows_that_the_plain_filter_is_right(
    shelf_that_turns_tonight: Index, database: Database, open_worker: Callable[..., Worker]
) -> None:
    index = shelf_that_turns_tonight
    assert await open_worker(JUST_AFTER_MIDNIGHT).turn_day()
    await index.catch_up()

    assert index.as_of == TOMORROW
    assert await approved(index, TOMORROW, TOMORROW) == 0
    assert (await written(database))[0] == [2] * MANY


async def test_of_two_workers_one_turns_the_day_and_the_day_is_declared_once(
    database: Database, region: Region, open_worker: Callable[..., Worker]
) -> None:
    await fill_shelf(database, region, 2)
    first, second = open_worker(), open_worker()
    assert sorted(await asyncio.gather(first.turn_day(), second.turn_day())) == [False, True]
    assert sorted([await first.turn_day(), await second.turn_day()]) == [False, True]
    async with database.readers() as session:
        declared = (await session.scalars(select(FeedEntry.key).where(FeedEntry.topic == TURNED))).all()
    assert list(declared) == [TODAY.isoformat()]


async def test_the_day_is_not_declared_while_a_promise_is_open(
    database: Database, region: Region, open_worker: Callable[..., Worker]
) -> None:
    """As when another worker holds the last batch."""
    worker = open_worker()
    async with transaction(database.writers) as session:
        outbox.enqueue(session, "document", [uuid.UUID(int=7)])
    worker.drain = drain_nothing  # type: ignore[method-assign]
    assert not await worker.turn_day()
    del worker.drain
    assert await worker.turn_day()


async def drain_nothing() -> int:
    return 0


async def test_tidying_drops_what_opens_nothing_any_more_and_what_every_index_has_read(
    database: Database, open_worker: Callable[..., Worker]
) -> None:
    async with transaction(database.writers) as session:
        session.add(SignInAttempt(key="old", at=NOON - timedelta(days=3)))
        session.add(SignInAttempt(key="new", at=utc_now() + timedelta(days=30)))
        await feed.append(session, CHANGED, [("a", 1)])
    await open_worker(utc_now() + timedelta(days=8)).tidy()
    async with database.readers() as session:
        assert (await session.scalars(select(SignInAttempt.key))).all() == ["new"]
        assert await session.scalar(select(func.count()).select_from(FeedEntry)) == 0


async def soon(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - what is waited for rings no bell
            await asyncio.sleep(0.01)


async def end(*tasks: asyncio.Task[None]) -> list[bool]:
    """Stop tasks; whether each was still running."""
    alive = [not task.done() for task in tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return alive


async def test_a_worker_stops_when_it_is_told_to_at_the_very_moment_when_its_bell_rings(
    open_worker: Callable[..., Worker],
) -> None:
    """``asyncio.wait_for`` of Python 3.11 swallows the cancellation then, and the service would not stop."""
    bell = asyncio.Event()

    def ring_and_stop() -> None:
        if not bell.is_set():
            bell.set()
            asyncio.get_running_loop().call_soon(task.cancel)

    task = asyncio.create_task(open_worker().run(bell, ring_and_stop))
    finished, _ = await asyncio.wait([task], timeout=0.9)  # before the next look rings again
    await end(task)
    assert finished == {task}


async def test_workers_that_start_at_once_on_a_new_database_all_go_on_working(
    database: Database, region: Region, open_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.worker.PAUSE", 0.05)
    await fill_shelf(database, region, 4)
    looks = [0] * 4

    def looked_by(number: int) -> None:
        looks[number] += 1

    async def all_looked_again() -> bool:
        return min(looks) > 1 or any(task.done() for task in tasks)

    running = [open_worker().run(asyncio.Event(), partial(looked_by, number)) for number in range(4)]
    tasks = [asyncio.create_task(run) for run in running]
    await soon(all_looked_again)
    assert await end(*tasks) == [True] * 4
    assert (await written(database))[0] == [1] * 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_worker_waits_for_a_database_that_is_away_and_keeps_its_promises_then(
    database: Database, region: Region, settings: Settings, monkeypatch: pytest.MonkeyPatch, logged: list[EventDict]
) -> None:
    await fill_shelf(database, region, 3)
    monkeypatch.setattr("catalog.core.db.BUSY_TIMEOUT_MS", 20)
    impatient = open_database(settings.database)
    bell, looks = asyncio.Event(), 0

    def look_again() -> None:
        nonlocal looks
        looks += 1
        bell.set()

    async def looked() -> bool:
        return looks > 2

    async def is_written() -> bool:
        return (await written(database))[0] == [1] * 3

    task = asyncio.create_task(Worker(settings, impatient, region, lambda: NOON).run(bell, look_again))
    async with transaction(database.writers) as session:
        await session.execute(text("SELECT 1"))  # holds the only write lock
        await soon(looked)
    await soon(is_written)
    assert await end(task) == [True]
    assert "worker waits for the database" in [event["event"] for event in logged]
    await impatient.close()
