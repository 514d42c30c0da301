"""Of several workers one leads, and the next when it stops."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import select

from catalog.core import lease
from catalog.core.db import Database, transaction
from catalog.core.lease import Lease
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)


async def hold(database: Database, holder: str, now: datetime, name: str = "daily") -> bool:
    async with transaction(database.writers) as session:
        return await lease.hold(session, name, holder, now, MINUTE)


async def test_of_eight_at_once_one_leads(database: Database) -> None:
    for moment in (NOON, NOON + 2 * MINUTE):  # the lease is new, then it has run out
        held = await asyncio.gather(*(hold(database, f"{moment} {number}", moment) for number in range(8)))
        assert sum(held) == 1


async def test_control_eight_that_look_before_they_write_all_believe_they_lead(database: Database) -> None:
    async def naive() -> bool:
        async with database.readers() as session:
            free = await session.scalar(select(Lease.holder)) is None
            await asyncio.sleep(0.05)
            return free

    assert sum(await asyncio.gather(*(naive() for _ in range(8)))) > 1


async def test_who_leads_may_renew_and_another_takes_over_only_when_the_lease_has_run_out(database: Database) -> None:
    assert await hold(database, "first", NOON)
    assert not await hold(database, "second", NOON + MINUTE / 2)
    assert await hold(database, "first", NOON + MINUTE / 2)
    assert not await hold(database, "second", NOON + MINUTE)
    assert await hold(database, "second", NOON + 2 * MINUTE)
    assert not await hold(database, "first", NOON + 2 * MINUTE)


async def test_leases_of_other_names_are_others(database: Database) -> None:
    assert await hold(database, "first", NOON)
    assert await hold(database, "second", NOON, "weekly")
