"""The change feed: what indexes follow, each from its own position, so that no process takes another's rows.

A number is given out before its COMMIT, so that a lower one may appear later than a higher one. On PostgreSQL a
row therefore carries its transaction's id, readers take only rows of transactions older than every open one, and a
position is the pair. SQLite has one writer, which commits in the order of the numbers.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, delete, func, insert, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base, is_postgresql

KEPT = timedelta(days=7)
_OWN_TRANSACTION: Any = literal_column("pg_current_xact_id()::text::bigint")
_OLDEST_OPEN: Any = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_NOT_YET_GIVEN: Any = literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
_LAST = 2**62


class FeedEntry(Base):
    __tablename__ = "feed"
    __table_args__ = {"sqlite_autoincrement": True}  # a trimmed number is never given out again

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, init=False)
    xact: Mapped[int] = mapped_column(BigInteger, index=True)
    """Id of the writing transaction; 0 on SQLite."""
    topic: Mapped[str]
    key: Mapped[str]
    version: Mapped[int]
    written_at: Mapped[datetime] = mapped_column(index=True, init=False, default_factory=utc_now)


class FeedState(Base):
    """One row: how far the feed was trimmed, and of which database cluster its numbers are."""

    __tablename__ = "feed_state"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    cluster: Mapped[str] = mapped_column(default="")
    trimmed_xact: Mapped[int] = mapped_column(BigInteger, default=0)
    trimmed_seq: Mapped[int] = mapped_column(BigInteger, default=0)


class Position(NamedTuple):
    xact: int = 0
    seq: int = 0


class FeedTrimmed(Exception):
    """Rows after the reader's position are gone: it must read everything anew."""


async def append(session: AsyncSession, topic: str, changes: Iterable[tuple[str, int]]) -> None:
    """Tell readers that each key has reached its version, if this transaction commits."""
    xact = _OWN_TRANSACTION if is_postgresql(session) else 0
    rows = [{"topic": topic, "key": key, "version": version, "written_at": utc_now()} for key, version in changes]
    if rows:
        await session.execute(insert(FeedEntry).values(xact=xact), rows)


async def entries_after(session: AsyncSession, position: Position, limit: int = 500) -> Sequence[FeedEntry]:
    """The next rows; go on from the last one's (xact, seq). One open transaction delays all that began after it.

    Raises:
        FeedTrimmed: the reader has fallen behind what is kept, or the numbers are another cluster's.
    """
    state = await session.get(FeedState, 1)
    if state is not None and (state.trimmed_xact, state.trimmed_seq) > position:
        raise FeedTrimmed
    if is_postgresql(session) and position.xact >= int(await session.scalar(select(_NOT_YET_GIVEN)) or 0):
        raise FeedTrimmed
    place, oldest_open = (FeedEntry.xact, FeedEntry.seq), _OLDEST_OPEN if is_postgresql(session) else 1
    query = select(FeedEntry).where(tuple_(*place) > position, FeedEntry.xact < oldest_open)
    return (await session.scalars(query.order_by(*place).limit(limit))).all()


async def mark(session: AsyncSession) -> Position:
    """Where a reader goes on that reads all documents in this same snapshot; a few changes may come twice."""
    if is_postgresql(session):
        return Position(int(await session.scalar(select(_OLDEST_OPEN)) or 0) - 1, _LAST)
    last, state = await session.scalar(select(func.max(FeedEntry.seq))), await session.get(FeedState, 1)
    return Position(0, last or (state.trimmed_seq if state else 0))  # all rows may have been trimmed


async def trim(session: AsyncSession, now: datetime) -> int:
    """Drop the rows older than ``KEPT``; the number dropped."""
    place = (FeedEntry.xact, FeedEntry.seq)
    last = (
        await session.execute(
            select(*place).where(FeedEntry.written_at < now - KEPT).order_by(*(c.desc() for c in place)).limit(1)
        )
    ).first()
    if last is None:
        return 0
    state = await session.get(FeedState, 1) or FeedState()
    state.trimmed_xact, state.trimmed_seq = last.xact, last.seq
    session.add(state)
    dropped = delete(FeedEntry).where(tuple_(*place) <= tuple(last)).returning(FeedEntry.seq)
    return len((await session.scalars(dropped)).all())


async def prove_cluster(session: AsyncSession) -> bool:
    """Whether the feed's numbers are of this database; if they are not (a restore), the feed is emptied and refused.

    A restored cluster's transaction ids start low, and indexing would stop in silence.
    """
    query: Any = literal_column("(SELECT system_identifier::text FROM pg_control_system())")
    cluster = str(await session.scalar(select(query))) if is_postgresql(session) else "sqlite"
    state = await session.get(FeedState, 1)
    if state is None:
        session.add(FeedState(cluster=cluster))
        return True
    if state.cluster == cluster:
        return True
    await session.execute(delete(FeedEntry))
    state.cluster = cluster
    state.trimmed_xact, state.trimmed_seq = await mark(session)  # who read the other one's numbers must begin anew
    return False
