"""An answer that is given again: the same key and body are done once, another body under the key is refused.

The key is claimed in a transaction of its own before the work begins: the unique constraint decides between those who
come at once, and the work may be many transactions, none of which keeps other writers waiting for all of it. Who comes
second waits for the answer. Whoever claimed a key and died loses it after a while, and the work is done again.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, String, UniqueConstraint, Update, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base, Database, is_postgresql, new_id, transaction
from catalog.core.errors import DomainError, Unavailable

KEPT_FOR = timedelta(hours=24)
SIGN_OF_LIFE = timedelta(seconds=10)
"""How often the one who works says that they still do."""
DEAD_AFTER = timedelta(seconds=60)
WAITS = timedelta(seconds=25)
"""How long the others wait for the answer before they are told to come back."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks; whoever waits in the process that works is told at once."""
UNDER_WAY = 0
"""Instead of a status: there is no answer yet."""


class KeyUsedDifferently(DomainError):
    status, code, title = 422, "key-used-differently", "The idempotency key was used with another body"


class StillUnderWay(Unavailable):
    code, title = "still-under-way", "The first request with this idempotency key is not done yet"


class KeptAnswer(Base):
    """What was answered to a request with a key, or that it is being worked on; dropped after a day."""

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("actor_id", "address", "key"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    actor_id: Mapped[uuid.UUID]
    address: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    """``UNDER_WAY`` until there is an answer."""
    body: Mapped[str]
    kept_at: Mapped[datetime]
    """When it was answered; until then the last sign of life."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants what done once."""

    actor_id: uuid.UUID
    address: str
    key: str
    body_hash: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    body: str
    is_repeated: bool = False


Work = Callable[[], Awaitable[Answer]]


def hash_body(*parts: bytes) -> str:
    """Of everything that makes two requests the same, each part with its length."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


class AnswerKeeper:
    """Does what comes with a key once, for all processes on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claiming = asyncio.Lock()  # a hundred at once would wait for the database's lock with all its connections
        self._at_work: dict[Claim, asyncio.Event] = {}

    async def once(self, claim: Claim, work: Work) -> Answer:
        """The answer to a request; ``work`` makes it, or has made it before.

        What raises is not kept: nothing was answered, and the next request with the key tries again.

        Raises:
            KeyUsedDifferently: the key came with another body before.
            StillUnderWay: the first request takes longer than anybody is kept waiting.
        """
        loop = asyncio.get_running_loop()
        ends, pause = loop.time() + WAITS.total_seconds(), FIRST_PAUSE
        while True:
            kept = await self._look(claim)
            if kept is None:
                if claimed := await self._claim(claim):
                    return await self._work(claim, claimed, work)
                continue
            if kept.body_hash != claim.body_hash:
                raise KeyUsedDifferently
            if kept.status != UNDER_WAY:
                return Answer(status=kept.status, body=kept.body, is_repeated=True)
            if loop.time() > ends:
                raise StillUnderWay
            await self._rest(claim, pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _rest(self, claim: Claim, pause: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._at_work.get(claim, asyncio.Event()).wait()

    async def _look(self, claim: Claim) -> KeptAnswer | None:
        async with transaction(self._database.readers) as session:
            same = (KeptAnswer.actor_id == claim.actor_id, KeptAnswer.address == claim.address)
            found: KeptAnswer | None = await session.scalar(
                select(KeptAnswer).where(*same, KeptAnswer.key == claim.key, ~_spent())
            )
            return found

    async def _claim(self, claim: Claim) -> uuid.UUID | None:
        """None: somebody else was faster."""
        async with self._claiming:
            if await self._look(claim) is not None:
                return None
            async with transaction(self._database.writers) as session:
                return await _insert(session, claim)

    async def _work(self, claim: Claim, claimed: uuid.UUID, work: Work) -> Answer:
        living = asyncio.create_task(self._say_alive(claimed))
        done = self._at_work[claim] = asyncio.Event()
        try:
            answer = await work()
            async with transaction(self._database.writers) as session:
                await session.execute(_of(claimed).values(status=answer.status, body=answer.body, kept_at=utc_now()))
        except BaseException:
            with suppress(OperationalError):  # of a database that is away it is dead after a minute
                async with transaction(self._database.writers) as session:
                    await session.execute(delete(KeptAnswer).where(KeptAnswer.id == claimed))
            raise
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            self._at_work.pop(claim, None)
            done.set()
        return answer

    async def _say_alive(self, claimed: uuid.UUID) -> None:
        while True:
            await asyncio.sleep(SIGN_OF_LIFE.total_seconds())
            with suppress(OperationalError):
                async with transaction(self._database.writers) as session:
                    await session.execute(_of(claimed).where(KeptAnswer.status == UNDER_WAY).values(kept_at=utc_now()))


def _of(claimed: uuid.UUID) -> Update:
    return update(KeptAnswer).where(KeptAnswer.id == claimed).execution_options(synchronize_session=False)


def _spent() -> ColumnElement[bool]:
    """Of a row: it is too old, or the one who worked on it died."""
    now = utc_now()
    dead = and_(KeptAnswer.status == UNDER_WAY, KeptAnswer.kept_at < now - DEAD_AFTER)
    return or_(KeptAnswer.kept_at < now - KEPT_FOR, dead)


async def _insert(session: AsyncSession, claim: Claim) -> uuid.UUID | None:
    """Claim a key that nobody has, or that is spent; the row gets another id, so that a former owner keeps nothing."""
    values = {**msgspec.structs.asdict(claim), "id": new_id(), "status": UNDER_WAY, "body": "", "kept_at": utc_now()}
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    claimed: uuid.UUID | None = await session.scalar(
        insert(KeptAnswer)
        .values(**values)
        .on_conflict_do_update(
            index_elements=[KeptAnswer.actor_id, KeptAnswer.address, KeptAnswer.key],
            set_={name: values[name] for name in ("id", "body_hash", "status", "body", "kept_at")},
            where=_spent(),
        )
        .returning(KeptAnswer.id)
    )
    return claimed
