"""Who changed what, kept for ever: opaque ids and names of fields only, so that erasing a person never touches it."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from sqlalchemy import BigInteger, Integer, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.actor import Actor
from catalog.core.audit_chain import HASHED, NO_HASH, PENDING, digest
from catalog.core.clock import utc_now
from catalog.core.db import Base

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request, job or command that runs; set at the edge, also in every line of the log."""


class AuditEntry(Base):
    """One link of the chain. Columns are text, as hashed: the proof must not depend on a driver's types."""

    __tablename__ = "audit"
    __table_args__ = {"sqlite_autoincrement": True}

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, init=False)
    at: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[str] = mapped_column(String(36), index=True)
    action: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64))
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


async def first_broken_link(session: AsyncSession) -> int | None:
    """The number of the first row that does not follow from the one before it, or None: the chain holds."""
    previous = NO_HASH
    for entry in await session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
        columns = {name: getattr(entry, name) for name in HASHED}
        if entry.previous_hash != previous or entry.hash != digest(columns, previous):
            return entry.seq
        previous = entry.hash
    return None
