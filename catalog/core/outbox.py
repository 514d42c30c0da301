"""Work promised by a transaction and done after it, so that neither is stored without the other.

A row says only what and whom; handlers read the current state, so running one twice or late does no harm.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Integer, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base


class OutboxEntry(Base):
    __tablename__ = "outbox"
    __table_args__ = {"sqlite_autoincrement": True}  # a number is never given out again

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, init=False)
    topic: Mapped[str] = mapped_column(index=True)
    key: Mapped[str]
    written_at: Mapped[datetime] = mapped_column(init=False, default_factory=utc_now)


def enqueue(session: AsyncSession, topic: str, keys: Iterable[uuid.UUID]) -> None:
    """Promise that the handler of ``topic`` will run for each key after this commit."""
    session.add_all([OutboxEntry(topic=topic, key=str(key)) for key in keys])


async def claim(session: AsyncSession, topic: str, limit: int = 200) -> Sequence[OutboxEntry]:
    """A topic's oldest rows that no other worker holds, locked until this transaction ends: do them, ``finish``."""
    query = select(OutboxEntry).where(OutboxEntry.topic == topic).order_by(OutboxEntry.seq).limit(limit)
    return (await session.scalars(query.with_for_update(skip_locked=True))).all()


async def finish(session: AsyncSession, entries: Sequence[OutboxEntry]) -> None:
    await session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_([entry.seq for entry in entries])))


async def drop(session: AsyncSession, topic: str, key: str) -> None:
    """Forget what was promised about one thing: it is done, or nobody waits for it any more."""
    await session.execute(delete(OutboxEntry).where(OutboxEntry.topic == topic, OutboxEntry.key == key))


async def depth(session: AsyncSession, topic: str) -> tuple[int, datetime | None]:
    """How many rows wait, and since when."""
    counted = select(func.count(), func.min(OutboxEntry.written_at)).where(OutboxEntry.topic == topic)
    count, oldest = (await session.execute(counted)).one()
    return count, oldest
