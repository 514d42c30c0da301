"""The end of a transaction's audit: what was recorded is chained and written last, so that writers wait briefly.

Once it is committed, the head of the chain (the number of rows and the hash of the last) is told to the log: whoever
cuts off the tail of the table cannot take that back.
"""

import hashlib
import json
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

log = structlog.get_logger(__name__)
PENDING = "audit"
_WRITTEN = "audit_head"
_SAVEPOINTS = "audit_savepoints"
NO_HASH = "0" * 64
_LOCK = 0x4859_4C44  # «HYLD»: one lock for the head of the chain

_HEAD = text("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
_INSERT = text(
    "INSERT INTO audit (seq, at, actor_id, action, object_type, object_id, fields, request_id, previous_hash, hash)"
    " VALUES (:seq, :at, :actor_id, :action, :object_type, :object_id, :fields, :request_id, :previous_hash, :hash)"
)
HASHED = ("at", "actor_id", "action", "object_type", "object_id", "fields", "request_id")


def digest(entry: dict[str, Any], previous: str) -> str:
    """The hash of one row: over its columns as stored and the hash before it."""
    return hashlib.sha256(json.dumps([previous, *(entry[name] for name in HASHED)]).encode()).hexdigest()


async def close(session: AsyncSession) -> None:
    """Write the recorded entries as the next links of the chain; their numbers have no gaps, whoever rolls back."""
    pending: list[dict[str, Any]] = session.info.pop(PENDING, [])
    if not pending:
        return
    await session.flush()
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    head = (await session.execute(_HEAD)).one_or_none()
    count, previous = (0, NO_HASH) if head is None else (head.seq, head.hash)
    for entry in pending:
        count += 1
        entry["seq"], entry["previous_hash"], previous = count, previous, digest(entry, previous)
        entry["hash"] = previous
    await session.execute(_INSERT, pending)
    session.info[_WRITTEN] = (count, previous)


@event.listens_for(Session, "after_commit")
def _publish(session: Session) -> None:
    written: tuple[int, str] | None = session.info.pop(_WRITTEN, None)
    if written is not None:
        log.info("audit head", rows=written[0], hash=written[1])


@event.listens_for(Session, "after_transaction_create")
def _mark_savepoint(session: Session, begun: SessionTransaction) -> None:
    if begun.nested:
        marks = session.info.setdefault(_SAVEPOINTS, WeakKeyDictionary())  # it ends before its rollback is told
        marks[begun] = len(session.info.get(PENDING, ()))


@event.listens_for(Session, "after_soft_rollback")
def _drop_undone(session: Session, undone: SessionTransaction) -> None:
    """What was recorded since a savepoint goes with the changes that are rolled back to it."""
    mark = session.info.get(_SAVEPOINTS, {}).get(undone)
    if undone.parent is None:
        session.info.pop(PENDING, None)
        session.info.pop(_WRITTEN, None)
    elif mark is not None:
        del session.info.get(PENDING, [])[mark:]
