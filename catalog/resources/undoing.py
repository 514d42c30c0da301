"""An import of resources taken back: what nobody touched since is as it was before, the rest stays and is told."""

import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor
from catalog.core.clock import utc_now
from catalog.core.db import Database
from catalog.intake.batches import Foreseen, Undone, attempt, foresee, take_back
from catalog.intake.models import ImportEffect
from catalog.resources.lifecycle import retire_resource
from catalog.resources.models import Identifier, Resource
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.resources.reading import facts_of, load
from catalog.resources.schemas import ResourceFacts
from catalog.resources.service import fill
from catalog.vocabularies.region import Region

InUse: TypeAlias = Callable[[AsyncSession, Collection[uuid.UUID]], Awaitable[Collection[uuid.UUID]]]
"""Which of some resources something of a higher slice refers to; handed in by the caller."""
IN_USE, CHANGED = "in-use", "changed-since"


async def undo_import(
    database: Database, actor: Actor, region: Region, batch_id: uuid.UUID, today: date, in_use: InUse
) -> Undone:
    """Take an import of resources back.

    Raises:
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """
    left: dict[uuid.UUID, int] = {}
    """The version in which later effects left a resource."""

    async def restore(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        used = await _used(session, batch_id, effects, in_use)
        return [
            IN_USE
            if effect.object_id in used
            else await attempt(session, partial(_restore, session, actor, region, effect, left, today))
            for effect in effects
        ]

    return await take_back(database, actor, batch_id, utc_now(), restore)


async def foresee_undo(session: AsyncSession, batch_id: uuid.UUID, in_use: InUse) -> Foreseen:
    """What ``undo_import`` would do now."""
    latest: dict[uuid.UUID, str] = {}
    """What is said of a resource's last effect holds for all: with that one gone, the others fit."""

    async def judge(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        used = await _used(session, batch_id, effects, in_use)
        query = select(Resource.id, Resource.version).where(Resource.id.in_({each.object_id for each in effects}))
        versions = {row.id: row.version for row in await session.execute(query)}
        for each in effects:
            fits = versions.get(each.object_id) == each.version_after
            latest.setdefault(each.object_id, IN_USE if each.object_id in used else "" if fits else CHANGED)
        return [latest[each.object_id] for each in effects]

    return await foresee(session, batch_id, judge)


async def _used(
    session: AsyncSession, batch_id: uuid.UUID, effects: Sequence[ImportEffect], in_use: InUse
) -> set[uuid.UUID]:
    """Of the resources that the import made, those that something refers to by now."""
    ours = select(ImportEffect.object_id).where(ImportEffect.batch_id == batch_id, ImportEffect.created.is_(True))
    created = await session.scalars(ours.where(ImportEffect.object_id.in_({each.object_id for each in effects})))
    return set(await in_use(session, created.all()))


async def _restore(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    effect: ImportEffect,
    left: dict[uuid.UUID, int],
    today: date,
) -> str:
    """Undo one effect, or say why not: somebody changed the resource since."""
    row = await load(session, effect.object_id, for_update=True)
    if row.version != left.get(row.id, effect.version_after):
        return CHANGED
    if effect.created:
        await session.execute(delete(Identifier).where(Identifier.resource_id == row.id))
        session.expire(row, ["identifiers"])
        await retire_resource(session, actor, row.id, today)
        return ""
    stored = await facts_of(session, row)
    before = msgspec.convert({**msgspec.to_builtins(stored), **_camel(effect.before)}, ResourceFacts)
    await fill(session, actor, region, row, before, effect.before)
    row.version, row.updated_at = row.version + 1, utc_now()
    audit.record(session, actor, "restore-resource", "resource", row.id, effect.before)
    outbox.enqueue(session, DOCUMENT_TOPIC, [row.id])
    await session.flush()
    left[row.id] = row.version
    return ""


def _camel(fields: dict[str, Any]) -> dict[str, Any]:
    names = dict(zip(ResourceFacts.__struct_fields__, ResourceFacts.__struct_encode_fields__, strict=True))
    return {names[name]: value for name, value in fields.items()}
