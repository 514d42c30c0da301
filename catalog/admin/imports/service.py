"""Imports of every kind by their id: looked at, foreseen and taken back; each kind has its own rules below."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import NotFound
from catalog.decisions import undoing as decisions
from catalog.decisions.models import Decision
from catalog.decisions.service import decided_among
from catalog.intake.batches import Foreseen, Undone, count_effects, effects_of, get_batch, require_kind
from catalog.intake.errors import ImportUndone
from catalog.intake.models import ImportBatch, NameQuestion
from catalog.organisations.fleet import importing as devices
from catalog.organisations.lists import counting as head_counts
from catalog.organisations.lists import service as schools
from catalog.organisations.lists import undoing as undoing_schools
from catalog.organisations.models import School
from catalog.resources import undoing as resources
from catalog.resources.models import Service
from catalog.resources.reading import titles_of
from catalog.vocabularies.region import Region

Key: TypeAlias = tuple[str, uuid.UUID]
"""Type and id of something that an import created or changed."""


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an import created or changed, by the name that it bears today."""

    kind: str
    """``resource``, ``decision``, ``question``, ``devices``, ``school`` or ``head-counts``."""
    name: str
    url: str
    """Where it is looked after."""
    created: bool = True


class Import(msgspec.Struct, frozen=True, kw_only=True):
    batch: ImportBatch
    touched: Sequence[Touched]
    """The first of them."""
    effects: int
    """How many there are."""


async def read_import(session: AsyncSession, actor: Actor, batch_id: uuid.UUID, limit: int) -> Import:
    """What an import did, told to who may do what its kind does.

    Raises:
        Forbidden: a right is missing.
        NotFound: there is no such import.
    """
    batch = await _load(session, actor, batch_id)
    effects = await effects_of(session, batch_id, limit)
    named = await named_things(session, [(each.object_type, each.object_id) for each in effects])
    touched = [
        msgspec.structs.replace(thing, created=each.created)
        for each in effects
        if (thing := named.get((each.object_type, each.object_id)))
    ]
    return Import(batch=batch, touched=touched, effects=await count_effects(session, batch_id))


async def foresee_undo(
    session: AsyncSession, actor: Actor, region: Region, batch_id: uuid.UUID, today: date
) -> Foreseen:
    """What taking it back would do now.

    Raises:
        Forbidden: a right is missing.
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """
    batch = await _load(session, actor, batch_id)
    if batch.undone_at is not None:
        raise ImportUndone
    if batch.kind == "decisions":
        return await decisions.foresee_undo(session, batch_id)
    if batch.kind == devices.KIND:
        return await devices.foresee_undo(session, actor, region, batch_id, today)
    if batch.kind == schools.KIND:
        return await undoing_schools.foresee_undo(session, batch_id)
    if batch.kind == head_counts.KIND:
        return await head_counts.foresee_undo(session, batch_id)
    return await resources.foresee_undo(session, batch_id, decided_among)


async def undo(
    database: Database, actor: Actor, region: Region, batch_id: uuid.UUID, now: datetime, today: date
) -> Undone:
    """Take an import back, in transactions of its own.

    Raises:
        Forbidden: a right is missing.
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """
    async with transaction(database.readers) as session:
        kind = (await _load(session, actor, batch_id)).kind
    match kind:
        case "resources":
            return await resources.undo_import(database, actor, region, batch_id, today, decided_among)
        case "decisions":
            return await decisions.undo_decisions(database, actor, batch_id, now)
        case devices.KIND:
            return await devices.undo_devices(database, actor, region, batch_id, now, today)
        case schools.KIND:
            return await undoing_schools.undo_schools(database, actor, region, batch_id, now, today)
        case head_counts.KIND:
            return await head_counts.undo_counts(database, actor, region, batch_id, now, today)
        case _:
            raise NotFound


async def _load(session: AsyncSession, actor: Actor, batch_id: uuid.UUID) -> ImportBatch:
    actor.require(Permission.IMPORT)
    batch = await get_batch(session, batch_id)
    require_kind(actor, batch.kind)
    return batch


async def named_things(session: AsyncSession, keys: Iterable[Key]) -> dict[Key, Touched]:
    """Those that are still there, a decision by what it is about."""
    ids: dict[str, list[uuid.UUID]] = {}
    for kind, key in keys:
        ids.setdefault(kind, []).append(key)
    decided = await _rows(session, Decision, ids.get("decision", []))
    titles = await titles_of(
        session, [*ids.get("resource", []), *(each.resource_id for each in decided if each.resource_id)]
    )
    services = await _rows(session, Service, [each.service_id for each in decided if each.service_id])
    names = {each.id: each.name for each in services}
    questions = await _rows(session, NameQuestion, ids.get("question", []))
    found: dict[Key, Touched] = {}
    for key in ids.get("resource", []):
        if key in titles:
            url = f"/admin/resources/{key}/edit"
            found["resource", key] = Touched(kind="resource", name=titles[key].name, url=url)
    for row in decided:
        about, kind = (row.service_id, "services") if row.service_id else (row.resource_id, "resources")
        name = names[about] if row.service_id else titles[about].name
        url = f"/admin/{kind}/{about}/decisions/new"
        found["decision", row.id] = Touched(kind="decision", name=name, url=url)
    for school in await _rows(session, School, ids.get(devices.KIND, [])):
        url = f"/schools/{school.id}/devices"
        found[devices.KIND, school.id] = Touched(kind=devices.KIND, name=school.name, url=url)
    for kind, page in ((schools.SCHOOL, ""), (head_counts.KIND, "/pupils")):
        for school in await _rows(session, School, ids.get(kind, [])):
            found[kind, school.id] = Touched(kind=kind, name=school.name, url=f"/schools/{school.id}{page}")
    for row in questions:
        found["question", row.id] = Touched(kind="question", name=row.name, url="/admin/names")
    return found


async def _rows(session: AsyncSession, table: Any, ids: Sequence[uuid.UUID]) -> Sequence[Any]:
    return (await session.scalars(select(table).where(table.id.in_(ids)))).all() if ids else []
