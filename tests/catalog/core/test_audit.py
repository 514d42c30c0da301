"""The audit log: one unbroken chain however many write, and nothing in it that did not happen."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit_chain
from catalog.core.actor import ANONYMOUS, SYSTEM
from catalog.core.audit import AuditEntry, first_broken_link, record, request_id
from catalog.core.db import Database, transaction

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
    assert len({entry.object_id for entry in await entries(database)}) == 96
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
async def test_whatever_is_changed_afterwards_shows(database: Database, spoil: Any, found: int | None) -> None:
    await act(database, "a", "b", "c")
    async with transaction(database.writers) as session:
        await session.execute(spoil)
    assert await broken(database) == found


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
