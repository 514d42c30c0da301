"""Imports on record: what each did, told row by row, and what of it can be taken back."""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, Forbidden, NotFound
from catalog.intake.errors import ImportUndone
from catalog.intake.models import ImportBatch, ImportEffect

NOT_STORABLE = (DataError, IntegrityError)
"""What the database says of a row that it will not hold; the savepoint around the row keeps the others."""
BROKEN_OFF = ("40001", "40P01")
"""SQLSTATE of transactions that stood in each other's way: serialization failure, deadlock."""
UNDO_BATCH = 100
"""SQLite has one writer: who waits for it must get a turn before giving up."""
RIGHTS: Mapping[str, Permission] = {
    "resources": Permission.MANAGE_CATALOGUE,
    "decisions": Permission.DECIDE,
    "schools": Permission.MANAGE_SCHOOLS,
    "head-counts": Permission.MANAGE_HEAD_COUNTS,
    "devices": Permission.MANAGE_DEVICES,
}
"""By the kind of an import the right to what it does, for the whole municipality."""
Done = TypeVar("Done")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The file of an import, as it is kept on record."""

    kind: str
    """``resources`` or ``decisions``."""
    file_name: str
    file_hash: str
    mapping: str


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report."""

    line: int
    outcome: str
    """``accepted``, ``unchanged``, ``refused``, ``question`` or ``note``."""
    field: str = ""
    code: str = ""
    members: dict[str, Any] = {}
    row: dict[str, str | None] = {}


class Counts(msgspec.Struct, kw_only=True):
    """The rows of one import by what became of them; a row counts once."""

    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    questions: int = 0
    """Names that wait for an answer; their rows count as accepted."""

    def __str__(self) -> str:
        return f"accepted {self.accepted}, unchanged {self.unchanged}, refused {self.refused}"


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """What taking an import back did."""

    restored: int
    kept: Sequence[tuple[str, uuid.UUID, str]]
    """What stayed as it is, with the reason: ``changed-since``, ``in-use``, or the code of what refused it."""


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What taking an import back would do as things stand; what only the attempt shows is not in it."""

    goes: Mapping[str, int]
    """How many things that the import made would go, by their type."""
    returns: int
    """Things that were there before and would be again as they were."""
    kept: Sequence[tuple[str, uuid.UUID, str]]
    """As in ``Undone``; a thing stands here once."""


Restore: TypeAlias = Callable[[AsyncSession, Sequence[ImportEffect]], Awaitable[Sequence[str]]]
"""Takes some effects back, in their order, each in a savepoint of its own; for each why it was kept, or empty."""
Judge: TypeAlias = Callable[[AsyncSession, Sequence[ImportEffect]], Awaitable[Sequence[str]]]
"""Says of each effect, in their order, why it would be kept, or nothing; changes nothing."""


def require_kind(actor: Actor, kind: str) -> None:
    """Whoever imports, or takes back, may also do by hand what such an import does.

    Raises:
        Forbidden: a right is missing.
        NotFound: there is no such kind.
    """
    actor.require(Permission.IMPORT)
    right = RIGHTS.get(kind)
    if right is None:
        raise NotFound
    actor.require(right)


async def open_batch(session: AsyncSession, actor: Actor, source: Source) -> uuid.UUID:
    """Put an import on record before its first row."""
    actor.require(Permission.IMPORT)
    values = msgspec.structs.asdict(source)
    batch = ImportBatch(actor_id=actor.id, **values)
    session.add(batch)
    await session.flush()
    audit.record(session, actor, f"import-{source.kind}", "import_batch", batch.id)
    return batch.id


async def close_batch(session: AsyncSession, batch_id: uuid.UUID, tally: Counts, now: datetime) -> None:
    batch = await get_batch(session, batch_id)
    batch.accepted, batch.unchanged, batch.refused = tally.accepted, tally.unchanged, tally.refused
    batch.finished_at = now


async def get_batch(session: AsyncSession, batch_id: uuid.UUID, *, for_update: bool = False) -> ImportBatch:
    """Raise NotFound where there is none."""
    batch: ImportBatch | None = await session.get(ImportBatch, batch_id, with_for_update=for_update)
    if batch is None:
        raise NotFound
    return batch


def note_effect(
    session: AsyncSession,
    batch_id: uuid.UUID,
    object_type: str,
    object_id: uuid.UUID,
    *,
    created: bool,
    version_after: int = 1,
    before: dict[str, Any] | None = None,
) -> None:
    session.add(
        ImportEffect(
            batch_id=batch_id,
            object_type=object_type,
            object_id=object_id,
            created=created,
            before=before or {},
            version_after=version_after,
        )
    )


async def take_back(database: Database, actor: Actor, batch_id: uuid.UUID, now: datetime, restore: Restore) -> Undone:
    """Hand out the effects of an import, the last first, ``UNDO_BATCH`` in a transaction; mark it when all is done.

    One that broke off can be run again: what it restored has another version by then and is left alone.

    Raises:
        Forbidden: a right is missing; nothing was touched.
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """
    actor.require(Permission.IMPORT)
    restored, kept = 0, list[tuple[str, uuid.UUID, str]]()
    rest = effects = _last_first(batch_id)
    while True:
        async with transaction(database.writers) as session:
            batch = await get_batch(session, batch_id, for_update=True)
            require_kind(actor, batch.kind)
            if batch.undone_at is not None:
                raise ImportUndone
            some = (await session.scalars(rest.limit(UNDO_BATCH))).all()
            told = await restore(session, some)
            is_last = len(some) < UNDO_BATCH
            if is_last:
                batch.undone_at = now
                audit.record(session, actor, "undo-import", "import_batch", batch_id, ["undoneAt"])
        restored += told.count("")
        kept += [(each.object_type, each.object_id, why) for each, why in zip(some, told, strict=True) if why]
        if is_last:
            return Undone(restored=restored, kept=kept)
        rest = effects.where(ImportEffect.seq < some[-1].seq)


def _last_first(batch_id: uuid.UUID) -> Select[ImportEffect]:
    return select(ImportEffect).where(ImportEffect.batch_id == batch_id).order_by(ImportEffect.seq.desc())


async def foresee(session: AsyncSession, batch_id: uuid.UUID, judge: Judge) -> Foreseen:
    """What ``take_back`` would do now; several effects on one thing share its fate."""
    made: dict[tuple[str, uuid.UUID], bool] = {}
    reasons: dict[tuple[str, uuid.UUID], str] = {}
    rest = effects = _last_first(batch_id).options(defer(ImportEffect.before))
    while some := (await session.scalars(rest.limit(UNDO_BATCH))).all():
        for each, why in zip(some, await judge(session, some), strict=True):
            thing = (each.object_type, each.object_id)
            made[thing] = made.get(thing, False) or each.created
            reasons[thing] = reasons.get(thing, "") or why
        rest = effects.where(ImportEffect.seq < some[-1].seq)
    free = [thing for thing, why in reasons.items() if not why]
    return Foreseen(
        goes=Counter(thing[0] for thing in free if made[thing]),
        returns=sum(not made[thing] for thing in free),
        kept=[(*thing, why) for thing, why in reasons.items() if why],
    )


async def attempt(session: AsyncSession, work: Callable[[], Awaitable[str]]) -> str:
    """Why something was kept, or empty; what is refused is undone alone and keeps back nothing else.

    A right that is missing is no reason: somebody who has it takes the import back as a whole.

    Raises:
        Forbidden.
    """
    try:
        async with session.begin_nested():
            return await work()
    except Forbidden:
        raise
    except DomainError as error:
        return error.code
    except NOT_STORABLE:
        return "not-storable"


async def again_after_deadlock(work: Callable[[], Awaitable[Done]]) -> Done:
    """The work of one transaction; broken off by another one it is done once more, for that one has ended by then."""
    try:
        return await work()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in BROKEN_OFF:
            raise
    return await work()


async def effects_of(session: AsyncSession, batch_id: uuid.UUID, limit: int) -> Sequence[ImportEffect]:
    """The first things that an import created or changed, in the order in which it did."""
    query = select(ImportEffect).where(ImportEffect.batch_id == batch_id).options(defer(ImportEffect.before))
    return (await session.scalars(query.order_by(ImportEffect.seq).limit(limit))).all()


async def count_effects(session: AsyncSession, batch_id: uuid.UUID) -> int:
    query = select(func.count()).select_from(ImportEffect).where(ImportEffect.batch_id == batch_id)
    return await session.scalar(query) or 0


async def list_batches(session: AsyncSession, actor: Actor, limit: int = 50) -> Sequence[ImportBatch]:
    """The latest imports first."""
    actor.require(Permission.IMPORT)
    query = select(ImportBatch).order_by(ImportBatch.started_at.desc(), ImportBatch.id).limit(limit)
    return (await session.scalars(query)).all()


def refused(lines: Iterable[int], code: str, *, field: str = "", **members: Any) -> list[RowOutcome]:
    return [RowOutcome(line=line, outcome="refused", field=field, code=code, members=members) for line in lines]
