"""Keeping head counts: figures of a day and a source; nobody writes unseen over what somebody else stated."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.clock import utc_now
from catalog.core.errors import Invalid
from catalog.organisations.counts.schemas import Count, StateCounts
from catalog.organisations.errors import HeadCountsChanged, SchoolMerged
from catalog.organisations.fleet.errors import SchoolClosed
from catalog.organisations.models import HeadCount, School
from catalog.organisations.reading import load_school
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line

MOST_PUPILS = 10_000
LONGEST_SOURCE = 100
OLDEST = date(1990, 1, 1)
DAYS = {"dk": (9, 5), "se": (10, 15)}
"""The month and day of a country's official count."""


def counting_day(country: str, today: date) -> date:
    """The last official day of counting, today included."""
    month, day = DAYS.get(country, DAYS["dk"])
    this_year = date(today.year, month, day)
    return this_year if this_year <= today else date(today.year - 1, month, day)


async def state_counts(
    session: AsyncSession, actor: Actor, region: Region, command: StateCounts, today: date
) -> list[str]:
    """Store figures; the grades of which they are something new.

    Raises:
        Forbidden, NotFound: it is not this person's to say.
        SchoolMerged, SchoolClosed: nobody was taught there on that day.
        Invalid: by ``counted_on``, ``source`` or ``pupils-grade`` what is wrong.
        HeadCountsChanged: somebody else stated one of the grades since it was read.
    """
    actor.require(Permission.MANAGE_HEAD_COUNTS, command.school_id)
    school = await load_school(session, command.school_id, for_update=True)
    rows = await session.scalars(
        select(HeadCount)
        .where(
            HeadCount.school_id == school.id,
            HeadCount.counted_on == command.counted_on,
            HeadCount.source == clean_line(command.source),
        )
        .execution_options(populate_existing=True)
    )
    return await restate_counts(session, actor, region, command, today, school, {row.grade: row for row in rows})


async def restate_counts(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    command: StateCounts,
    today: date,
    school: School,
    stored: Mapping[str, HeadCount],
) -> list[str]:
    """As ``state_counts``, where the caller holds the lock of the school and what is stored of the day and source.

    Raises:
        As ``state_counts``.
    """
    actor.require(Permission.MANAGE_HEAD_COUNTS, school.id)
    _require_taught(school, command.counted_on)
    source = clean_line(command.source)
    _check(command, source, region, today)
    figures = {grade: stored[grade].pupils if grade in stored else None for grade in command.pupils}
    if command.seen is not None:
        overtaken = [grade for grade, figure in figures.items() if command.seen.get(grade) != figure]
        if overtaken:
            raise HeadCountsChanged(grades=overtaken)
    changed = [grade for grade, figure in figures.items() if command.pupils[grade] != figure]
    for grade in changed:
        await _write(session, school.id, stored.get(grade), grade, command, source)
    if changed:
        audit.record(session, actor, "state-head-counts", "school", school.id, [f"grade-{grade}" for grade in changed])
    await session.flush()
    return changed


def _require_taught(school: School, on: date) -> None:
    if school.merged_into_id is not None:
        raise SchoolMerged
    if school.closed_on is not None and school.closed_on <= on:
        raise SchoolClosed


def _check(command: StateCounts, source: str, region: Region, today: date) -> None:
    errors: dict[str, str] = {}
    if command.counted_on > today:
        errors["counted_on"] = "day-to-come"
    elif command.counted_on < OLDEST:
        errors["counted_on"] = "not-a-date"
    if not source or len(source) > LONGEST_SOURCE:
        errors["source"] = "too-long" if source else "field-missing"
    for grade, pupils in command.pupils.items():
        if not region.vocabularies.knows("grade", grade):
            errors[f"pupils-{grade}"] = "unknown-grade"
        elif pupils is not None and not 0 <= pupils <= MOST_PUPILS:
            errors[f"pupils-{grade}"] = "not-a-head-count"
    if errors:
        raise Invalid(errors=errors)


async def _write(
    session: AsyncSession, school_id: uuid.UUID, row: HeadCount | None, grade: str, command: StateCounts, source: str
) -> None:
    pupils = command.pupils[grade]
    if row is None and pupils is not None:
        count = HeadCount(school_id=school_id, grade=grade, pupils=pupils, counted_on=command.counted_on, source=source)
        session.add(count)
    elif row is not None and pupils is None:
        await session.delete(row)
    elif row is not None and pupils is not None:
        row.pupils, row.recorded_at = pupils, utc_now()


async def counts_of(session: AsyncSession, actor: Actor, school_id: uuid.UUID) -> list[Count]:
    """All that was stated of a school, the latest day first.

    Raises:
        Forbidden, NotFound: it is not theirs to see.
    """
    actor.require(Permission.READ_SCHOOLS, school_id)
    return await _counts(session, school_id)


async def _counts(session: AsyncSession, school_id: uuid.UUID) -> list[Count]:
    query = select(HeadCount).where(HeadCount.school_id == school_id)
    order = (HeadCount.counted_on.desc(), HeadCount.source, HeadCount.grade)
    found: dict[tuple[date, str], dict[str, int]] = {}
    for row in await session.scalars(query.order_by(*order)):
        found.setdefault((row.counted_on, row.source), {})[row.grade] = row.pupils
    return [Count(counted_on=day, source=source, pupils=pupils) for (day, source), pupils in found.items()]


async def latest_counts(session: AsyncSession, school_id: uuid.UUID) -> Count | None:
    """The figures of the latest day; where sources differ on it, the one that speaks of most pupils.

    Who may see them was asked by the caller.
    """
    counts = await _counts(session, school_id)
    latest = [each for each in counts if each.counted_on == counts[0].counted_on]
    return max(latest, key=lambda each: each.total) if latest else None


def said_on(counts: Sequence[Count], day: date, source: str) -> Count:
    """What a source says of a day, or nothing."""
    found = (each for each in counts if (each.counted_on, each.source) == (day, source))
    return next(found, Count(counted_on=day, source=source, pupils={}))
