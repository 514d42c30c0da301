"""The transaction edge below the web: writers that lose nothing, readers that cannot write, instants in UTC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import QueuePool

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry, record
from catalog.core.db import Database, Sessions, open_database, transaction
from catalog.core.feed import FeedState
from catalog.core.lease import Lease
from tests.conftest import NOON

WRITERS, TIMES = 32, 3
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def add_one(sessions: Sessions) -> None:
    """Read, think, write: what loses updates where two may do it at once."""
    async with transaction(sessions) as session:
        state = await session.get_one(FeedState, 1)
        await asyncio.sleep(0)
        state.trimmed_seq += 1


async def race(sessions: Sessions) -> tuple[int, int]:
    """Let many count to a number together; how often it was said to have worked, and what was counted."""
    async with transaction(sessions) as session:
        session.add(FeedState())

    async def write() -> int:
        worked = 0
        for _ in range(TIMES):
            try:
                await add_one(sessions)
            except DBAPIError:
                continue
            worked += 1
        return worked

    worked = sum(await asyncio.gather(*(write() for _ in range(WRITERS))))
    async with sessions() as session:
        return worked, await session.scalar(select(FeedState.trimmed_seq)) or 0


@only_sqlite
async def test_many_writers_lose_no_update(database: Database) -> None:
    assert await race(database.writers) == (WRITERS * TIMES, WRITERS * TIMES)


@only_sqlite
@pytest.mark.parametrize("begins", ["BEGIN", None], ids=["deferred", "SQLAlchemy's default"])
async def test_control_writers_that_begin_otherwise_fail_or_lose_updates(database_url: str, begins: str | None) -> None:
    engine = create_async_engine(database_url.replace("sqlite:", "sqlite+aiosqlite:"))
    if begins:

        @event.listens_for(engine.sync_engine, "connect")
        def _(connection: Any, _record: Any) -> None:
            connection.isolation_level = None

        @event.listens_for(engine.sync_engine, "begin")
        def _(connection: Any) -> None:
            connection.exec_driver_sql(begins)

    worked, counted = await race(async_sessionmaker(engine))
    await engine.dispose()
    assert counted < WRITERS * TIMES
    assert worked < WRITERS * TIMES or counted < worked


async def test_a_reader_cannot_write_and_its_connection_can_again(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with transaction(database.readers) as session:
            session.add(FeedState())
    async with transaction(database.writers) as session:
        session.add(FeedState(trimmed_seq=7))
    with pytest.raises(DBAPIError):
        async with transaction(database.readers) as session:
            await session.execute(update(FeedState).values(trimmed_seq=8))
    async with database.readers() as session:
        assert (await session.scalars(select(FeedState.trimmed_seq))).all() == [7]
    assert checked_out(database) == 0


async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with transaction(database.writers) as session:
        session.add(FeedState())
    counted = select(FeedState.trimmed_seq)
    async with database.readers() as session:
        before = await session.scalar(counted)
        await add_one(database.writers)
        after = await session.scalar(counted)
    async with database.readers() as session:
        assert [before, after, await session.scalar(counted)] == [0, 0, 1]


async def test_a_block_that_raises_stores_nothing_and_leaves_no_connection_out(database: Database) -> None:
    async def fail() -> None:
        async with transaction(database.writers) as session:
            session.add(FeedState())
            record(session, SYSTEM, "test", "thing", 1)
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.readers() as session:
        assert await session.scalar(select(func.count()).select_from(FeedState)) == 0
        assert await session.scalar(select(func.count()).select_from(AuditEntry)) == 0
    assert checked_out(database) == 0


async def test_a_cancelled_block_stores_nothing_and_leaves_no_connection_out(database: Database) -> None:
    written = asyncio.Event()

    async def work() -> None:
        async with transaction(database.writers) as session:
            session.add(FeedState())
            await session.flush()
            written.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with transaction(database.writers) as session:
        assert await session.get(FeedState, 1) is None
    assert checked_out(database) == 0


async def test_an_instant_comes_back_in_utc_from_whatever_zone_it_went_in(database: Database) -> None:
    here = NOON.astimezone(ZoneInfo("Europe/Copenhagen"))
    async with transaction(database.writers) as session:
        session.add(Lease(name="a", holder="b", until_at=here))
    async with database.readers() as session:
        if session.get_bind().dialect.name == "postgresql":
            await session.execute(text("SET TIME ZONE 'Asia/Tokyo'"))
        read = await session.scalar(select(Lease.until_at))

    assert read is not None
    assert (read, read.tzinfo) == (NOON, UTC)
    assert here.tzinfo is not UTC


async def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the fault that is to be found
    with pytest.raises(StatementError, match="naive datetime"):
        async with transaction(database.writers) as session:
            session.add(Lease(name="a", holder="b", until_at=naive))


@only_sqlite
async def test_a_reference_to_nothing_is_refused_on_sqlite_too(database: Database) -> None:
    with pytest.raises(DBAPIError, match="FOREIGN KEY"):
        async with transaction(database.writers) as session:
            await session.execute(text("INSERT INTO placement VALUES ('00', 'dansk', '4')"))


@pytest.fixture
async def open_impatient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[[str], Database]]:
    """Open databases whose writers wait a tenth of a second only."""
    monkeypatch.setattr("catalog.core.db.BUSY_TIMEOUT_MS", 100)
    opened: list[Database] = []

    def open_one(url: str) -> Database:
        opened.append(open_database(url))
        return opened[-1]

    yield open_one
    for database in opened:
        await database.close()


@only_sqlite
async def test_a_writer_waits_for_another_and_gives_up_in_time_while_readers_go_on(
    database: Database, database_url: str, open_impatient: Callable[[str], Database]
) -> None:
    impatient = open_impatient(database_url)

    async def write() -> None:
        async with transaction(impatient.writers) as session:
            session.add(FeedState())

    async with transaction(database.writers) as other:
        await other.execute(text("SELECT 1"))  # begins
        with pytest.raises(DBAPIError, match="locked"):
            await write()
        async with impatient.readers() as session:
            assert await session.scalar(select(func.count()).select_from(FeedState)) == 0
    await write()
    assert checked_out(impatient) == 0


def test_a_url_gets_our_driver_and_keeps_its_rest(tmp_path: Path) -> None:
    def driver(url: str) -> str:
        return open_database(url).engine.url.render_as_string(hide_password=False)

    assert driver(f"sqlite:///{tmp_path}/a.sqlite") == f"sqlite+aiosqlite:///{tmp_path}/a.sqlite"
    assert driver("postgresql://u:p%40x@h/n?host=/run").startswith("postgresql+psycopg://u:p%40x@h/n?host=")


def checked_out(database: Database) -> int:
    return cast("QueuePool", database.engine.pool).checkedout()
