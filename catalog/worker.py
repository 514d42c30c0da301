"""Work behind the requests: promised documents and mails, the turn of the day, tidying. Several may run; one leads."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from catalog.core import feed, lease
from catalog.core.audit import request_id
from catalog.core.clock import local_day
from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.finding.fleet import promise_affected
from catalog.finding.indexing import declare_turned, renew_outdated, turn_due, write_due
from catalog.identity.mailing import send_due
from catalog.identity.retention import forget_old
from catalog.resources.reports import forget_handled
from catalog.vocabularies.region import Region

log = structlog.get_logger(__name__)
LEADS_FOR = timedelta(minutes=2)
TIDIES_EVERY = timedelta(hours=1)
PAUSE = 1.0
"""Seconds between two looks when nobody rings."""


class Worker:
    """One worker of one database."""

    def __init__(self, settings: Settings, database: Database, region: Region, now: Callable[[], datetime]) -> None:
        self._settings, self._database, self._region, self._now = settings, database, region, now
        self._name = uuid.uuid4().hex
        self._turned_on: object = None
        self._tidied_at: datetime | None = None

    async def drain(self) -> int:
        """Write all promised documents, one transaction a batch; the number of promises kept."""
        kept = 0
        while True:
            today = local_day(self._now(), self._settings.zone)
            async with transaction(self._database.writers) as session:
                await promise_affected(session, today)
            async with transaction(self._database.writers) as session:
                done = await write_due(session, self._region, today)
            if not done:
                return kept
            kept += done

    async def turn_day(self) -> bool:
        """Once a day, if we lead: renew documents whose state turned, then tell the indexes; whether it is done."""
        today = local_day(self._now(), self._settings.zone)
        if self._turned_on == today:
            return True
        async with transaction(self._database.writers) as session:
            if not await lease.hold(session, "daily", self._name, self._now(), LEADS_FOR):
                return False
            await turn_due(session, today)
        await self.drain()
        async with transaction(self._database.writers) as session:
            if await declare_turned(session, today):
                self._turned_on = today
        return self._turned_on == today

    async def tidy(self) -> None:
        """Once an hour: drop what was kept long enough, and rows of the feed that every index has read."""
        now = self._now()
        if self._tidied_at is None or now - self._tidied_at >= TIDIES_EVERY:
            async with transaction(self._database.writers) as session:
                await forget_old(session, now)
                await forget_handled(session, now)
                await feed.trim(session, now)
            self._tidied_at = now

    async def mail(self) -> int:
        """Send the mails that were promised; how many were looked at."""
        return await send_due(self._database, self._settings, self._name, self._now())

    async def run(self, bell: asyncio.Event, after: Callable[[], None] = lambda: None) -> None:
        """Work until cancelled; ``bell`` shortens the wait, ``after`` is called after each look.

        Mails have a loop of their own: a mail server that hangs keeps no document waiting.
        """
        mailing = asyncio.create_task(self._keep_mailing())
        try:
            await self._keep_looking(bell, after)
        finally:
            mailing.cancel()
            await asyncio.gather(mailing, return_exceptions=True)

    async def _keep_looking(self, bell: asyncio.Event, after: Callable[[], None]) -> None:
        is_proven = False
        while True:
            bell.clear()
            async with _look():
                if not is_proven:
                    async with transaction(self._database.writers) as session:
                        await feed.prove_cluster(session)
                        await renew_outdated(session, self._region)
                    is_proven = True
                await self.drain()
                await self.turn_day()
                await self.tidy()
            after()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PAUSE):  # wait_for can swallow the cancellation when the bell rings
                    await bell.wait()

    async def _keep_mailing(self) -> None:
        while True:
            async with _look():
                await self.mail()
            await asyncio.sleep(PAUSE)


@contextlib.asynccontextmanager
async def _look() -> AsyncIterator[None]:
    """One look, with a name of its own in the log; whatever fails in it is said, and the next one may succeed."""
    request_id.set(f"worker-{uuid.uuid4().hex[:12]}")
    try:
        yield
    except SQLAlchemyError as error:  # a database that is away comes back; the promise stays
        log.warning("worker waits for the database", exc_info=error)
    except Exception:  # a dead worker would go unnoticed
        log.exception("worker cannot go on")
