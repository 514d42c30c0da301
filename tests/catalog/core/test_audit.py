"""The audit log: one unbroken chain however many write, and nothing in it that did not happen."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.types import EventDict

from catalog.core import audit, audit_chain
from catalog.core.actor import ANONYMOUS, SYSTEM
from catalog.core.audit import AuditEntry, Head, Verdict, check_chain, first_broken_link, read_head, record, request_id
from catalog.core.db import Database, transaction
from tests.tampering import as_owner

only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def act(database: Database, *things: str) -> None:
    async with transaction(database.writers) as session:
        for thing in things:
            record(session, SYSTEM, "change-thing", "thing", thing, ["title", "url"])


async def entries(database: Database) -> list[AuditEntry]:
    async with database.readers() as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


async def broken(database: Database) -> int | None:
    async with database.readers() as session:
        return await first_broken_link(session)


async def test_sixteen_writers_at_once_make_one_unbroken_chain(database: Database) -> None:
    async def write(writer: int) -> None:
        for number in range(3):
            await act(database, f"{writer}-{number}", f"{writer}-{number} again")

    await asyncio.gather(*(write(writer) for writer in range(16)))
    kept = await entries(database)
    assert len({entry.object_id for entry in kept}) == 96
    assert [entry.seq for entry in kept] == list(range(1, 97))
    assert await broken(database) is None


@only_postgresql
async def test_control_writers_that_do_not_wait_for_each_other_break_the_chain(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def write_early(session: AsyncSession, thing: str) -> None:
        record(session, SYSTEM, "change-thing", "thing", thing)
        entry: dict[str, Any] = session.info.pop(audit_chain.PENDING)[0]
        entry["previous_hash"] = audit_chain.NO_HASH
        entry["hash"] = audit_chain.digest(entry, audit_chain.NO_HASH)
        session.add(AuditEntry(**entry))
        await session.flush()

    async with database.writers() as first, database.writers() as second:
        await write_early(first, "a")
        await write_early(second, "b")  # sees the same head
        await first.commit()
        await second.commit()
    assert await broken(database) == 2


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (update(AuditEntry).where(AuditEntry.seq == 2).values(actor_id="somebody else"), 2),
        (update(AuditEntry).where(AuditEntry.seq == 3).values(fields="price"), 3),
        (delete(AuditEntry).where(AuditEntry.seq == 2), 3),
        (update(AuditEntry).where(AuditEntry.seq == 1).values(hash="0" * 64), 1),
        (update(AuditEntry).where(AuditEntry.seq == 99).values(fields="price"), None),
    ],
    ids=["actor changed", "fields changed", "row deleted", "hash changed", "control: nothing changed"],
)
async def test_whatever_its_owner_changes_afterwards_shows(database: Database, spoil: Any, found: int | None) -> None:
    await act(database, "a", "b", "c")
    async with as_owner(database) as session:
        await session.execute(spoil)
    assert await broken(database) == found


REPLACE = """INSERT OR REPLACE INTO audit
    SELECT seq, at, actor_id, 'nothing-happened', object_type, object_id, fields, request_id, previous_hash, {hash}
    FROM audit WHERE seq = 2"""


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE audit SET fields = 'price' WHERE seq = 2", ""),
        ("DELETE FROM audit WHERE seq = 3", ""),
        ("TRUNCATE audit", "postgresql"),
        (REPLACE.format(hash="hash"), "sqlite"),
        (REPLACE.format(hash="'another'"), "sqlite"),
    ],
    ids=["update", "delete", "truncate", "replace", "replace under another hash"],
)
async def test_the_database_itself_refuses_to_change_or_remove_a_row(
    database: Database, statement: str, kind: str
) -> None:
    if kind not in {"", database.engine.dialect.name}:
        pytest.skip("the other database has no such statement")
    await act(database, "a", "b", "c")
    before = [(row.seq, row.hash) for row in await entries(database)]
    with pytest.raises(DBAPIError, match="append-only"):
        async with transaction(database.writers) as session:
            await session.execute(text(statement))
    assert [(row.seq, row.hash) for row in await entries(database)] == before

    async with as_owner(database) as session:  # control: it is the triggers that refuse
        await session.execute(text(statement))
    assert [(row.seq, row.hash) for row in await entries(database)] != before or await broken(database) == 2


async def check(database: Database, published: Head | None = None) -> Verdict:
    async with database.readers() as session:
        return await check_chain(session, published)


async def test_a_tail_that_was_cut_off_shows_by_the_head_that_was_published(
    database: Database, logged: list[EventDict]
) -> None:
    await act(database, "a", "b", "c")
    (told,) = [event for event in logged if event["event"] == "audit head"]
    published = Head(told["rows"], told["hash"])
    assert (await check(database, published)).holds
    assert str(published) == f"3:{published.hash}"
    assert Head.parse(str(published)) == published

    async with as_owner(database) as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.seq == 3))
    assert (await check(database)).holds, "control: the chain alone does not show it"
    cut = await check(database, published)
    assert (cut.holds, cut.broken_at, cut.lacks, cut.rows) == (False, None, published, 2)

    await act(database, "d")  # takes the number of the one that is gone, and holds
    async with database.readers() as session:
        assert (await read_head(session)).rows == 3
    assert (await check(database)).holds
    assert not (await check(database, published)).holds


async def test_a_log_that_was_written_anew_from_the_start_shows_by_the_head(
    database: Database, logged: list[EventDict]
) -> None:
    await act(database, "a")
    published = Head(1, logged[-1]["hash"])
    async with as_owner(database) as session:
        await session.execute(delete(AuditEntry))
    await act(database, "b")
    assert (await check(database)).holds
    assert (await check(database, published)).lacks == published


async def test_a_head_is_told_once_it_is_committed_and_never_for_what_was_not(
    database: Database, logged: list[EventDict]
) -> None:
    async def fail() -> None:
        async with transaction(database.writers) as session:
            record(session, SYSTEM, "fail", "thing", 1)
            async with session.begin_nested():
                record(session, SYSTEM, "fail", "thing", 2)
            await audit_chain.close(session)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with transaction(database.writers) as session:
        await session.execute(text("SELECT 1"))
    assert [event for event in logged if event["event"] == "audit head"] == []
    await act(database, "a", "b")
    await act(database, "c")
    async with database.readers() as session:
        head = await read_head(session)
    told = [(event["rows"], event["hash"]) for event in logged if event["event"] == "audit head"]
    assert [rows for rows, _ in told] == [2, 3], "numbers have no gaps, whoever rolls back"
    assert told[-1] == head


async def test_a_log_of_many_pages_is_read_a_page_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE", 4)
    await act(database, *map(str, range(10)))
    verdict = await check(database)
    assert (verdict.rows, verdict.head.rows, verdict.holds) == (10, 10, True)
    async with as_owner(database) as session:
        await session.execute(update(AuditEntry).where(AuditEntry.seq == 9).values(fields="price"))
    assert (await check(database)).broken_at == 9


async def test_an_empty_log_holds_and_lacks_whatever_was_published(database: Database) -> None:
    assert (await check(database)).holds
    assert (await check(database, Head(0, audit_chain.NO_HASH))).holds
    assert not (await check(database, Head(1, "a" * 64))).holds


@pytest.mark.parametrize("text", ["", "1", "1:", "x:" + "a" * 64, "-1:" + "a" * 64, "1:abc", "²:" + "a" * 64])
def test_a_head_that_is_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Head.parse(text)


async def test_an_entry_holds_opaque_ids_and_names_of_fields_only(database: Database) -> None:
    token = request_id.set("request-1234")
    await act(database, "a")
    request_id.reset(token)
    (entry,) = await entries(database)

    held = (entry.actor_id, entry.action, entry.object_type, entry.object_id, entry.fields, entry.request_id)
    assert held == (str(SYSTEM.id), "change-thing", "thing", "a", "title,url", "request-1234")
    assert entry.previous_hash == audit_chain.NO_HASH
    assert set(AuditEntry.__table__.columns.keys()) == {*audit_chain.HASHED, "seq", "previous_hash", "hash"}


async def test_what_was_rolled_back_to_a_savepoint_is_not_in_the_log(database: Database) -> None:
    async def fail(session: AsyncSession) -> None:
        async with session.begin_nested():
            record(session, ANONYMOUS, "fail", "thing", 1)
            async with session.begin_nested():
                record(session, ANONYMOUS, "fail-within", "thing", 1)
            raise LookupError

    async with transaction(database.writers) as session:
        record(session, SYSTEM, "before", "thing", 1)
        async with session.begin_nested():
            record(session, SYSTEM, "kept", "thing", 1)
        with pytest.raises(LookupError):
            await fail(session)
        record(session, SYSTEM, "after", "thing", 1)
    assert [entry.action for entry in await entries(database)] == ["before", "kept", "after"]
    assert await broken(database) is None


@only_postgresql  # SQLite has one writer at a time
async def test_the_log_is_written_last_so_that_writers_wait_for_each_other_briefly(database: Database) -> None:
    """A recorded act takes no lock until its transaction ends."""
    async with database.writers() as slow:
        record(slow, SYSTEM, "slow", "thing", 1)
        await slow.execute(text("SELECT 1"))
        await asyncio.wait_for(act(database, "quick"), 2)
        await audit_chain.close(slow)
        blocked = asyncio.create_task(act(database, "blocked"))
        await asyncio.sleep(0.1)
        assert not blocked.done()
        await slow.commit()
        await blocked
    assert [entry.object_id for entry in await entries(database)] == ["quick", "1", "blocked"]
    assert await broken(database) is None
