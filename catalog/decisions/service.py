"""Recording decisions, and handing out what was decided as rulings."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound
from catalog.decisions.checks import faults
from catalog.decisions.errors import DecisionUndone
from catalog.decisions.models import Decision
from catalog.decisions.schemas import Decide, DecisionRecord
from catalog.decisions.state import Ground, Ruling, in_force
from catalog.resources.models import Resource, Service
from catalog.resources.publishers import DOCUMENT_TOPIC, mark_titles
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line, clean_text

MANY = 10_000
"""Ids in one query; PostgreSQL takes 65,535 parameters."""


async def decide(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    command: Decide,
    *,
    origin: str = "",
    as_published: str = "",
    source_key: str = "",
) -> uuid.UUID:
    """Record a decision; earlier ones stay as history. Documents of all titles that it touches become due.

    Raises:
        NotFound: the resource or service is unknown.
        Invalid: a field is impossible, or a rejection lacks its reason; all faults at once.
    """
    actor.require(Permission.DECIDE)
    command = tidy(command)
    errors = faults(command, region.vocabularies, imported=bool(origin))
    if errors:
        raise Invalid(errors=errors)
    await _require_subject(session, command)
    row = Decision(
        resource_id=command.resource_id,
        service_id=command.service_id,
        outcome=command.outcome,
        decided_on=command.decided_on,
        valid_from=command.valid_from or command.decided_on,
        valid_until=command.valid_until,
        scope_subjects=command.subjects,
        scope_grades=command.grades,
        scope_roles=command.roles,
        scope_schools=command.schools,
        conditions=command.conditions,
        reasons=command.reasons,
        note=command.note,
        body=command.body,
        evidence=command.evidence,
        use_instead_id=command.use_instead_id,
        rubric_version=command.rubric_version,
        origin=origin,
        as_published=as_published,
        source_key=source_key,
    )
    session.add(row)
    await session.flush()
    audit.record(
        session, actor, "decide", "decision", row.id, ["outcome", "scope", "validity", "conditions", "reasons"]
    )
    await _mark(session, row)
    return row.id


def tidy(command: Decide) -> Decide:
    """The decision as it is stored: clean texts, no empty condition."""
    return replace(
        command,
        valid_from=command.valid_from or command.decided_on,
        conditions=[line for text in command.conditions if (line := clean_line(text))],
        note=clean_text(command.note),
        evidence=clean_line(command.evidence),
    )


async def undo_decision(session: AsyncSession, actor: Actor, decision_id: uuid.UUID, now: datetime) -> None:
    """Take back a decision that was recorded in error; it stays stored and counts for nothing.

    Raises:
        NotFound: there is no such decision.
        DecisionUndone: it was taken back already.
    """
    actor.require(Permission.DECIDE)
    row = await session.get(Decision, decision_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.undone_at is not None:
        raise DecisionUndone
    row.undone_at = now
    audit.record(session, actor, "undo-decision", "decision", decision_id, ["undoneAt"])
    await _mark(session, row)


async def _require_subject(session: AsyncSession, command: Decide) -> None:
    for table, key in (
        (Resource, command.resource_id),
        (Service, command.service_id),
        (Resource, command.use_instead_id),
    ):
        if key is not None and await session.scalar(select(table.id).where(table.id == key)) is None:
            raise NotFound


async def _mark(session: AsyncSession, row: Decision) -> None:
    if row.resource_id is not None:
        outbox.enqueue(session, DOCUMENT_TOPIC, [row.resource_id])
    elif row.service_id is not None:
        await mark_titles(session, row.service_id)


async def rulings_for(
    session: AsyncSession, services: Mapping[uuid.UUID, uuid.UUID | None]
) -> dict[uuid.UUID, tuple[Ruling, ...]]:
    """What counts for each resource, given the service each belongs to; earliest recorded first. One query."""
    service_ids = {service for service in services.values() if service}
    query = select(Decision).where(
        Decision.undone_at.is_(None),
        or_(Decision.resource_id.in_(services), Decision.service_id.in_(service_ids)),
    )
    own: dict[uuid.UUID, list[Ruling]] = {}
    of_service: dict[uuid.UUID, list[Ruling]] = {}
    for row in await session.scalars(query.order_by(Decision.recorded_at, Decision.id)):
        if row.resource_id is not None:
            own.setdefault(row.resource_id, []).append(_ruling(row))
        elif row.service_id is not None:
            of_service.setdefault(row.service_id, []).append(_ruling(row))
    return {
        resource: tuple(in_force(own.get(resource, []), of_service.get(service, []) if service else []))
        for resource, service in services.items()
    }


def _ruling(row: Decision) -> Ruling:
    return Ruling(
        outcome=row.outcome,
        decided_on=row.decided_on,
        grounds=(Ground(kind="decision", starts_on=row.valid_from, ends_on=row.valid_until),),
        subjects=tuple(row.scope_subjects),
        grades=tuple(row.scope_grades),
        schools=tuple(row.scope_schools),
        roles=tuple(row.scope_roles),
        conditions=tuple(row.conditions),
        reasons=tuple(row.reasons),
        note=row.note,
        body=row.body,
        evidence=row.evidence,
        origin=row.origin,
        as_published=row.as_published,
        use_instead=str(row.use_instead_id) if row.use_instead_id else "",
        inherited=row.service_id is not None,
    )


async def find_decisions(
    session: AsyncSession, *, resource_ids: Collection[uuid.UUID] = (), service_ids: Collection[uuid.UUID] = ()
) -> list[DecisionRecord]:
    """All decisions about the named resources and services, the latest first; undone ones too, marked."""
    about = or_(Decision.resource_id.in_(resource_ids), Decision.service_id.in_(service_ids))
    query = select(Decision).where(about)
    order = (Decision.valid_from.desc(), Decision.decided_on.desc(), Decision.recorded_at.desc(), Decision.id)
    return [_record(row) for row in await session.scalars(query.order_by(*order))]


def _record(row: Decision) -> DecisionRecord:
    plain = {name: getattr(row, name) for name in DecisionRecord.__struct_fields__ if name != "is_undone"}
    return DecisionRecord(**plain, is_undone=row.undone_at is not None)


async def decided_among(session: AsyncSession, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those resources that a decision is about, or points to as what to use instead."""
    listed, found = list(ids), set[uuid.UUID]()
    for start in range(0, len(listed), MANY):
        some = listed[start : start + MANY]
        about = select(Decision.resource_id).where(Decision.resource_id.in_(some), Decision.undone_at.is_(None))
        instead = select(Decision.use_instead_id).where(Decision.use_instead_id.in_(some), Decision.undone_at.is_(None))
        found.update(key for key in await session.scalars(about.union(instead)) if key is not None)
    return found
