"""What was decided lately, and what runs out soon, as far as it concerns the schools of who asks."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.decisions.models import Decision
from catalog.decisions.state import MAY_USE
from catalog.organisations.models import School
from catalog.resources.models import Service
from catalog.resources.reading import titles_of

LATELY = timedelta(days=30)
SOON = timedelta(days=90)
MOST = 200
"""Decisions that are looked through for those of the schools that are asked for."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, with the name of what it is about."""

    name: str
    slug: str
    """Of a resource; "" for a service."""
    about: uuid.UUID
    outcome: str
    decided_on: date
    valid_until: date | None
    subjects: Sequence[str]
    grades: Sequence[str]
    conditions: Sequence[str]
    reasons: Sequence[str]


async def decided_lately(session: AsyncSession, actor: Actor, today: date, limit: int) -> list[Told]:
    """Decisions recorded within ``LATELY``, the latest first; what is for other schools only is left out."""
    since = datetime.combine(today - LATELY, time.min).astimezone()
    query = _decisions(Decision.recorded_at >= since, Decision.decided_on >= today - 2 * LATELY)
    return await _told(session, actor, query.order_by(Decision.decided_on.desc(), Decision.id), limit)


async def ending_soon(session: AsyncSession, actor: Actor, today: date, limit: int) -> list[Told]:
    """Approvals that end within ``SOON``, the first to end first, unless a later decision follows."""
    ends = Decision.valid_until.between(today, today + SOON)
    query = _decisions(ends, Decision.outcome.in_(MAY_USE)).order_by(Decision.valid_until, Decision.id)
    told = await _told(session, actor, query, MOST)
    followed = await _followed(session, [each.about for each in told])
    return [each for each in told if followed.get(each.about, date.min) <= (each.valid_until or today)][:limit]


def _decisions(*which: ColumnElement[bool]) -> Select[Decision]:
    return select(Decision).where(Decision.undone_at.is_(None), *which).limit(MOST)


async def _followed(session: AsyncSession, about: list[uuid.UUID]) -> dict[uuid.UUID, date]:
    """By what a decision is about, the last day on which any decision about it holds; open ends hold for ever."""
    query = select(Decision.resource_id, Decision.service_id, Decision.valid_until).where(
        Decision.undone_at.is_(None), Decision.resource_id.in_(about) | Decision.service_id.in_(about)
    )
    last: dict[uuid.UUID, date] = {}
    for row in await session.execute(query):
        key = row.resource_id or row.service_id
        last[key] = max(last.get(key, date.min), row.valid_until or date.max)
    return last


async def _told(session: AsyncSession, actor: Actor, query: Select[Decision], limit: int) -> list[Told]:
    codes = await _codes_of(session, actor)
    rows = [
        row
        for row in await session.scalars(query)
        if codes is None or not row.scope_schools or not codes.isdisjoint(row.scope_schools)
    ][:limit]
    titles = await titles_of(session, [row.resource_id for row in rows if row.resource_id])
    named = select(Service.id, Service.name).where(Service.id.in_([row.service_id for row in rows if row.service_id]))
    services = {row.id: row.name for row in await session.execute(named)}
    told = []
    for row in rows:
        title = titles.get(row.resource_id) if row.resource_id else None
        about = row.resource_id or row.service_id
        name = title.name if title else services.get(row.service_id or uuid.UUID(int=0), "")
        if about is None or not name:
            continue
        told.append(
            Told(
                name=name,
                slug=title.code if title else "",
                about=about,
                outcome=row.outcome,
                decided_on=row.decided_on,
                valid_until=row.valid_until,
                subjects=row.scope_subjects,
                grades=row.scope_grades,
                conditions=row.conditions,
                reasons=row.reasons,
            )
        )
    return told


async def _codes_of(session: AsyncSession, actor: Actor) -> set[str] | None:
    """Codes of the schools of who asks; None: all of them."""
    schools = actor.schools_with(Permission.READ_SCHOOLS)
    if schools is None:
        return None
    return set(await session.scalars(select(School.code).where(School.id.in_(schools))))
