"""What waits for a person: counted when it is read, from what is stored."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.decisions.models import Decision
from catalog.decisions.questions import count_open
from catalog.decisions.schemas import DecisionRecord
from catalog.decisions.service import find_decisions
from catalog.decisions.state import EXPIRED, MAY_USE, Ground, Ruling, state_at
from catalog.finding.indexing import lag
from catalog.resources.models import ErrorReport, Placement, Resource, ResourceText, Service
from catalog.resources.reading import titles_of

SOON = timedelta(days=90)
ALL = 1000


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A resource or a service on a list."""

    id: uuid.UUID
    name: str
    is_service: bool = False
    until: date | None = None
    """The last day of its approval."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    reports: int
    names: int
    documents: int
    documents_since: datetime | None
    unplaced: int
    undecided: int
    expiring: tuple[Thing, ...]


async def what_waits(session: AsyncSession, actor: Actor, today: date) -> Waiting:
    """The figures of the desk; all of one moment."""
    actor.require(Permission.MANAGE_CATALOGUE)
    documents = await lag(session)
    open_reports = select(func.count()).select_from(ErrorReport).where(ErrorReport.handled_at.is_(None))
    return Waiting(
        reports=await session.scalar(open_reports) or 0,
        names=await count_open(session),
        documents=documents.waiting,
        documents_since=documents.since,
        unplaced=await _count(session, _unplaced()),
        undecided=await _count(session, _undecided()),
        expiring=tuple(await expiring(session, actor, today)),
    )


def _unplaced() -> ColumnElement[bool]:
    return ~select(Placement.resource_id).where(Placement.resource_id == Resource.id).exists()


def _undecided() -> ColumnElement[bool]:
    """Neither the resource nor its service has a decision that counts, whatever it said."""
    about = (Decision.resource_id == Resource.id) | (Decision.service_id == Resource.service_id)
    return ~select(Decision.id).where(about, Decision.undone_at.is_(None)).exists()


async def _count(session: AsyncSession, which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Resource).where(Resource.status == "listed", which)
    return await session.scalar(query) or 0


async def without_placement(session: AsyncSession, actor: Actor, limit: int = ALL) -> list[Thing]:
    """Listed resources that are found under no subject and no grade."""
    actor.require(Permission.MANAGE_CATALOGUE)
    return await _list(session, _unplaced(), limit)


async def without_decision(session: AsyncSession, actor: Actor, limit: int = ALL) -> list[Thing]:
    """Listed resources that nobody has decided about, nor about their service."""
    actor.require(Permission.MANAGE_CATALOGUE)
    return await _list(session, _undecided(), limit)


async def _list(session: AsyncSession, which: ColumnElement[bool], limit: int) -> list[Thing]:
    original = (ResourceText.resource_id == Resource.id) & (ResourceText.position == 0)
    query = select(Resource.id, ResourceText.title).join(ResourceText, original)
    rows = await session.execute(
        query.where(Resource.status == "listed", which).order_by(Resource.sort_key, Resource.id).limit(limit)
    )
    return [Thing(id=row.id, name=row.title) for row in rows]


async def expiring(session: AsyncSession, actor: Actor, today: date) -> list[Thing]:
    """Approvals that end within ``SOON`` and that no other decision follows, the first to end first."""
    actor.require(Permission.MANAGE_CATALOGUE)
    query = select(Decision.id, Decision.resource_id, Decision.service_id).where(
        Decision.valid_until.between(today, today + SOON), Decision.undone_at.is_(None), Decision.outcome.in_(MAY_USE)
    )
    rows = (await session.execute(query.order_by(Decision.valid_until).limit(ALL))).all()
    records = await find_decisions(
        session,
        resource_ids={row.resource_id for row in rows if row.resource_id},
        service_ids={row.service_id for row in rows if row.service_id},
    )
    about: dict[tuple[uuid.UUID | None, uuid.UUID | None], list[DecisionRecord]] = {}
    for record in reversed(records):  # the earliest recorded first, as rulings are
        if not record.is_undone:
            about.setdefault((record.resource_id, record.service_id), []).append(record)
    ids = {row.id for row in rows}
    ending = [record for record in records if record.id in ids]
    return await _named(session, [each for each in ending if lapses(each, about[each.resource_id, each.service_id])])


def lapses(record: DecisionRecord, beside: Sequence[DecisionRecord]) -> bool:
    """Whether on the day after its last some of what it covers is expired: no other decision has taken its place."""
    if record.valid_until is None or record.valid_until == date.max:
        return False
    after = record.valid_until + timedelta(days=1)
    rulings = [_ruling(each) for each in beside]
    pairs = [(subject, grade) for subject in record.scope_subjects or [""] for grade in record.scope_grades or [""]]
    schools = record.scope_schools or [""]
    states = (state_at(rulings, after, *pair, school) for pair in pairs for school in schools)
    return any(state.outcome == EXPIRED and state.until == record.valid_until for state in states)


def _ruling(record: DecisionRecord) -> Ruling:
    return Ruling(
        outcome=record.outcome,
        decided_on=record.decided_on,
        grounds=(Ground(kind="decision", starts_on=record.valid_from, ends_on=record.valid_until),),
        subjects=record.scope_subjects,
        grades=record.scope_grades,
        schools=record.scope_schools,
    )


async def _named(session: AsyncSession, records: Sequence[DecisionRecord]) -> list[Thing]:
    """One entry for each thing, with its first end; retired resources left out."""
    resources = {each.resource_id for each in records if each.resource_id}
    titles = await titles_of(session, resources)
    listed = set(
        await session.scalars(select(Resource.id).where(Resource.id.in_(resources), Resource.status == "listed"))
    )
    services = {each.service_id for each in records if each.service_id}
    rows = await session.execute(select(Service.id, Service.name).where(Service.id.in_(services)))
    names = {row.id: row.name for row in rows}
    found: dict[uuid.UUID, Thing] = {}
    for record in sorted(records, key=lambda each: each.valid_until or date.max):
        if record.service_id is not None:
            thing = Thing(
                id=record.service_id, name=names[record.service_id], is_service=True, until=record.valid_until
            )
        elif record.resource_id in listed:
            thing = Thing(id=record.resource_id, name=titles[record.resource_id].name, until=record.valid_until)
        else:
            continue
        found.setdefault(thing.id, thing)
    return list(found.values())
