"""Who changed what, kept for ever: opaque ids and names of fields only, so that erasing a person never touches it."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Integer, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.actor import Actor
from catalog.core.audit_chain import HASHED, NO_HASH, PENDING, digest
from catalog.core.clock import utc_now
from catalog.core.db import Base

PAGE = 1000
"""Rows that are read at once when the chain is checked."""
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request, job or command that runs; set at the edge, also in every line of the log."""


class AuditEntry(Base):
    """One link of the chain. Columns are text, as hashed: the proof must not depend on a driver's types.

    The database itself refuses to change or remove a row (migration 0003).
    """

    __tablename__ = "audit"
    __table_args__ = {"sqlite_autoincrement": True}

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, init=False)
    at: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[str] = mapped_column(String(36), index=True)
    action: Mapped[str] = mapped_column(String(64), index=True)
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64), index=True)
    fields: Mapped[str]
    """Names, sorted, with commas between; never values."""
    request_id: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


def record(
    session: AsyncSession, actor: Actor, action: str, object_type: str, object_id: object, fields: Iterable[str] = ()
) -> None:
    """Note one act; it is written when the transaction commits, or not at all."""
    entry: dict[str, Any] = {
        "at": utc_now().isoformat(),
        "actor_id": str(actor.id),
        "action": action,
        "object_type": object_type,
        "object_id": str(object_id),
        "fields": ",".join(sorted(fields)),
        "request_id": request_id.get(),
    }
    session.info.setdefault(PENDING, []).append(entry)


class Head(NamedTuple):
    """The end of the chain, as the log told it: how many rows, and the hash of the last."""

    rows: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Raises ValueError: it is not written as ``ROWS:HASH``."""
        rows, _, hashed = text.strip().partition(":")
        if not rows.isascii() or not rows.isdigit() or len(hashed) != len(NO_HASH):
            raise ValueError(text)
        return cls(int(rows), hashed.lower())

    def __str__(self) -> str:
        return f"{self.rows}:{self.hash}"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the chain."""

    rows: int
    """Read; up to the broken one, where there is one."""
    head: Head
    """Of the rows that were read."""
    broken_at: int | None = None
    """The number of the first row that does not follow from the one before it."""
    lacks: Head | None = None
    """A published head that the chain does not hold: its tail was cut off, or all of it was written anew."""

    @property
    def holds(self) -> bool:
        return self.broken_at is None and self.lacks is None


async def check_chain(session: AsyncSession, published: Head | None = None) -> Verdict:
    """Read the whole chain, a page at a time, and compare it with a head that was published."""
    head, rows, is_met = Head(0, NO_HASH), 0, published is None or published == Head(0, NO_HASH)
    hashed = [getattr(AuditEntry, name) for name in HASHED]
    query = select(AuditEntry.seq, AuditEntry.previous_hash, AuditEntry.hash, *hashed).order_by(AuditEntry.seq)
    while page := (await session.execute(query.where(AuditEntry.seq > head.rows).limit(PAGE))).all():
        for row in page:
            rows += 1
            if row.previous_hash != head.hash or row.hash != digest(row._asdict(), head.hash):
                return Verdict(rows=rows, head=head, broken_at=row.seq)
            head = Head(row.seq, row.hash)
            is_met = is_met or head == published
    return Verdict(rows=rows, head=head, lacks=None if is_met else published)


async def first_broken_link(session: AsyncSession) -> int | None:
    """The number of the first row that does not follow from the one before it, or None: the chain holds."""
    return (await check_chain(session)).broken_at


async def read_head(session: AsyncSession) -> Head:
    """The end of the chain as it is stored now."""
    query = select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    row = (await session.execute(query)).one_or_none()
    return Head(0, NO_HASH) if row is None else Head(row.seq, row.hash)
