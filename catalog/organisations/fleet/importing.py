"""A file about devices is brought in: it states the grades it names, each as a whole, and can be taken back."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import partial
from typing import TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, Invalid, NotFound
from catalog.intake.batches import (
    Counts,
    Foreseen,
    RowOutcome,
    Source,
    Undone,
    again_after_deadlock,
    attempt,
    close_batch,
    foresee,
    note_effect,
    open_batch,
    take_back,
)
from catalog.intake.files.rows import Row
from catalog.intake.models import ImportEffect
from catalog.organisations.fleet.profiles import Devices
from catalog.organisations.fleet.reading import stored_fleet
from catalog.organisations.fleet.rows import Stated, by_grade, read_stated, refuse_together
from catalog.organisations.fleet.schemas import StateDevices, in_order, version_of
from catalog.organisations.fleet.service import state_devices
from catalog.vocabularies.region import Region

KIND = "devices"
CHANGED = "changed-since"
Report: TypeAlias = Callable[[RowOutcome], None]


async def import_devices(
    database: Database,
    actor: Actor,
    region: Region,
    source: Source,
    rows: Iterable[Row],
    today: date,
    now: datetime,
    report: Report = lambda _: None,
) -> tuple[uuid.UUID, Counts]:
    """Store what a file says; the import's id and the number of rows by outcome. Running it again changes nothing.

    Of a school one transaction: its rows are taken together or, where the database is away, not at all.
    """
    actor.require(Permission.MANAGE_DEVICES)  # before anything is on record: an import that began is also ended
    async with transaction(database.writers) as session:
        batch_id = await open_batch(session, actor, source)
        stated = await read_stated(session, list(rows), region, today)
    refuse_together(stated, region, today)
    changed: set[tuple[uuid.UUID, str]] = set()
    for school_id in dict.fromkeys(each.school for each in stated if each.school and not each.problems):

        async def store(school_id: uuid.UUID = school_id) -> set[tuple[uuid.UUID, str]]:
            async with transaction(database.writers) as session:
                return await _store(session, actor, region, source, batch_id, school_id, stated, today)

        changed |= await again_after_deadlock(store)
    tally = Counts()
    for each in stated:
        for outcome in _told(each, changed):
            report(outcome)
            if outcome.outcome != "note":
                setattr(tally, outcome.outcome, getattr(tally, outcome.outcome) + 1)
    async with transaction(database.writers) as session:
        await close_batch(session, batch_id, tally, now)
    return batch_id, tally


def _told(stated: Stated, changed: set[tuple[uuid.UUID, str]]) -> list[RowOutcome]:
    if stated.problems:
        return stated.outcomes()
    is_new = any((stated.school, grade) in changed for grade in stated.grades)
    return [RowOutcome(line=stated.row.line, outcome="accepted" if is_new else "unchanged")]


async def _store(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    source: Source,
    batch_id: uuid.UUID,
    school_id: uuid.UUID,
    stated: Sequence[Stated],
    today: date,
) -> set[tuple[uuid.UUID, str]]:
    """The grades of one school that say something new now; what the service refuses is told at its rows."""
    changed: dict[str, int] = {}
    of_school = {grade: rows for (school, grade), rows in by_grade(stated).items() if school == school_id}
    actor.require(Permission.MANAGE_DEVICES, school_id)
    try:
        before = await stored_fleet(session, region, school_id, today)
    except NotFound:  # it went since the file was read; the import goes on to its end
        for each in {id(row): row for rows in of_school.values() for row in rows}.values():
            each.refuse("school", "unknown-school")
        return set()
    alike: dict[tuple[Devices, ...], list[str]] = {}
    for grade, rows in of_school.items():
        alike.setdefault(in_order([each.devices for each in rows]), []).append(grade)
    for devices, grades in alike.items():
        command = StateDevices(
            school_id=school_id, seen=dict.fromkeys(grades), devices=devices, source=source.file_name
        )
        try:
            async with session.begin_nested():
                new = await state_devices(session, actor, region, command, today)
        except DomainError as error:
            code = next(iter(error.errors.values())) if isinstance(error, Invalid) else error.code
            for each in {id(row): row for grade in grades for row in of_school[grade]}.values():
                each.refuse("grades", code)
        else:
            changed |= dict.fromkeys(new, version_of(devices))
    if changed:
        kept = [
            Kept(grade=grade, devices=before.of(grade).devices, version_after=version)
            for grade, version in changed.items()
        ]
        note_effect(
            session,
            batch_id,
            KIND,
            school_id,
            created=not any(each.devices for each in kept),
            before={"grades": msgspec.to_builtins(kept)},
        )
    return {(school_id, grade) for grade in changed}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What an import replaced in one grade, and the version that it left."""

    grade: str
    devices: tuple[Devices, ...]
    version_after: int


async def undo_devices(
    database: Database, actor: Actor, region: Region, batch_id: uuid.UUID, now: datetime, today: date
) -> Undone:
    """Take an import of devices back: a school is as before, or is listed because somebody stated a grade since.

    Raises:
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """

    async def restore(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        return [await attempt(session, partial(_restore, session, actor, region, each, today)) for each in effects]

    return await take_back(database, actor, batch_id, now, restore)


async def foresee_undo(
    session: AsyncSession, actor: Actor, region: Region, batch_id: uuid.UUID, today: date
) -> Foreseen:
    """What ``undo_devices`` would do now."""
    actor.require(Permission.MANAGE_DEVICES)

    async def judge(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        for each in effects:
            await session.refresh(each, ["before"])  # others foresee without it
        return [await _kept_because(session, region, each, today) for each in effects]

    foreseen = await foresee(session, batch_id, judge)
    schools = sum(foreseen.goes.values()) + foreseen.returns
    return Foreseen(goes={KIND: schools} if schools else {}, returns=0, kept=foreseen.kept)


async def _kept_because(session: AsyncSession, region: Region, effect: ImportEffect, today: date) -> str:
    fleet = await stored_fleet(session, region, effect.object_id, today)
    untouched = all(fleet.of(each.grade).version == each.version_after for each in _kept(effect))
    return "" if untouched else CHANGED


def _kept(effect: ImportEffect) -> list[Kept]:
    return msgspec.convert(effect.before["grades"], list[Kept])


async def _restore(session: AsyncSession, actor: Actor, region: Region, effect: ImportEffect, today: date) -> str:
    """A school's grades are restored together, or stay with the reason."""
    actor.require(Permission.MANAGE_DEVICES, effect.object_id)
    if why := await _kept_because(session, region, effect, today):
        return why
    for each in _kept(effect):
        command = StateDevices(school_id=effect.object_id, seen={each.grade: each.version_after}, devices=each.devices)
        await state_devices(session, actor, region, command, today)
    return ""
