"""A list of schools taken back: new schools go where nobody uses them, changed ones are as before."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

import msgspec
from msgspec.structs import replace
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.db import Database
from catalog.intake.batches import Foreseen, Undone, attempt, foresee, take_back
from catalog.intake.models import ImportEffect
from catalog.organisations.models import School, SchoolCode, SchoolEvent, Site
from catalog.organisations.reading import facts_of, load_school
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import change_school
from catalog.vocabularies.region import Region

CHANGED, IN_USE = "changed-since", "in-use"
RESTORED = "school-facts"
"""Of what is foreseen: schools that were there before."""


async def undo_schools(
    database: Database, actor: Actor, region: Region, batch_id: uuid.UUID, now: datetime, today: date
) -> Undone:
    """Take a list back; what somebody changed or uses since stays, with the reason.

    Raises:
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """

    async def restore(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        return [await attempt(session, partial(_restore, session, actor, region, each, today)) for each in effects]

    return await take_back(database, actor, batch_id, now, restore)


async def foresee_undo(session: AsyncSession, batch_id: uuid.UUID) -> Foreseen:
    """What ``undo_schools`` would do now; whether a new school is used only the attempt shows."""

    async def judge(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        ids = [each.object_id for each in effects]
        rows = await session.execute(select(School.id, School.version).where(School.id.in_(ids)))
        versions = {row.id: row.version for row in rows}
        return ["" if versions.get(each.object_id) == each.version_after else CHANGED for each in effects]

    foreseen = await foresee(session, batch_id, judge)
    goes = {**foreseen.goes, RESTORED: foreseen.returns} if foreseen.returns else foreseen.goes
    return Foreseen(goes=goes, returns=0, kept=foreseen.kept)


async def _restore(session: AsyncSession, actor: Actor, region: Region, effect: ImportEffect, today: date) -> str:
    actor.require(Permission.MANAGE_SCHOOLS)
    school = await load_school(session, effect.object_id, for_update=True)
    if school.version != effect.version_after:
        return CHANGED
    if effect.created:
        return await _remove(session, actor, school)
    before = msgspec.convert(effect.before, dict[str, object])
    shape = msgspec.to_builtins(await facts_of(session, school))
    stored = msgspec.convert(shape | {_camel(name): value for name, value in before.items()}, SchoolFacts)
    facts = replace(stored, codes=list(stored.codes), sites=list(stored.sites))
    await change_school(session, actor, region, school.id, facts, school.version, today, by_import=True)
    return ""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


async def _remove(session: AsyncSession, actor: Actor, school: School) -> str:
    """A school that has nothing but what the list brought; what points to it keeps it."""
    actor.require(Permission.MANAGE_SCHOOLS)
    try:
        async with session.begin_nested():
            for table in (SchoolCode, Site, SchoolEvent):
                await session.execute(delete(table).where(table.school_id == school.id))
            await session.execute(delete(School).where(School.id == school.id))
    except IntegrityError:
        return IN_USE
    audit.record(session, actor, "remove-school", "school", school.id)
    return ""
