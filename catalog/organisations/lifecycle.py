"""A school closes, opens again, or becomes part of another; whatever is kept about it moves in the same transaction."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NoReturn

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid
from catalog.core.registries import SchoolFollower
from catalog.organisations.errors import SameSchool, SchoolChanged, SchoolCloses, SchoolMerged, SchoolOpen
from catalog.organisations.fleet.errors import SchoolClosed
from catalog.organisations.fleet.service import FLEET_TOPIC
from catalog.organisations.models import HeadCount, School, SchoolEvent, Site
from catalog.organisations.reading import is_running, load_school
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line

LONGEST_REASON = 300


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """The first school becomes part of the second; the versions are those that whoever decides has read."""

    old: uuid.UUID
    old_version: int
    new: uuid.UUID
    new_version: int
    on: date
    """The first day on which it is no school of its own any more."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a merger took along."""

    rows: Mapping[str, int]
    """By the name of what was moved, how many."""
    summed: int
    """Head counts that both schools had of the same grade, day and source."""
    grades: Sequence[str]
    """That the school which took over did not teach before."""


async def close_school(
    session: AsyncSession, actor: Actor, school_id: uuid.UUID, on: date, reason: str, version: int
) -> None:
    """From a day on it is no school any more; the day may be to come.

    Raises:
        NotFound: there is no such school.
        SchoolChanged: somebody changed it since ``version`` was read.
        SchoolClosed: it is closed, or has a day on which it will be.
        SchoolMerged: it became part of another.
        Invalid: it would close before it opened, or the reason is too long.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    school = await _load(session, school_id, version)
    if school.closed_on is not None:
        raise SchoolClosed
    errors = {"reason": "too-long"} if len(clean_line(reason)) > LONGEST_REASON else {}
    if school.opened_on is not None and on < school.opened_on:
        errors["closed_on"] = "ends-before-it-starts"
    if errors:
        raise Invalid(errors=errors)
    school.closed_on = on
    _happen(session, school, "closed", on, clean_line(reason))
    audit.record(session, actor, "close-school", "school", school_id, ["closedOn"])
    outbox.enqueue(session, FLEET_TOPIC, [school_id])
    await session.flush()


async def reopen_school(
    session: AsyncSession, actor: Actor, school_id: uuid.UUID, on: date, reason: str, version: int
) -> None:
    """Open a closed school again; what it had is there as before.

    Raises:
        NotFound: there is no such school.
        SchoolChanged: somebody changed it since ``version`` was read.
        SchoolOpen: it is not closed.
        SchoolMerged: it became part of another: what it had is with that one.
        Invalid: the reason is too long.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    school = await _load(session, school_id, version)
    if school.closed_on is None:
        raise SchoolOpen
    if len(clean_line(reason)) > LONGEST_REASON:
        raise Invalid(errors={"reason": "too-long"})
    school.closed_on = None
    _happen(session, school, "reopened", on, clean_line(reason))
    audit.record(session, actor, "reopen-school", "school", school_id, ["closedOn"])
    outbox.enqueue(session, FLEET_TOPIC, [school_id])
    await session.flush()


async def merge_schools(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    merge: Merge,
    followers: Sequence[SchoolFollower],
    today: date,
) -> Moved:
    """One school becomes part of another, today or on a day that was: everything that is kept about it moves at once.

    Head counts of the same grade, day and source are added up; the old school keeps its numbers, which lead on.

    Raises:
        NotFound: one of them is unknown.
        SameSchool: they are one.
        SchoolChanged: somebody changed one of them since they were read.
        SchoolMerged: the first became part of another before.
        SchoolClosed: one of them is closed.
        SchoolCloses: the second has a day on which it will be.
        Invalid: the day is to come, or lies before one of them opened.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    if merge.old == merge.new:
        raise SameSchool
    held = {key: await load_school(session, key, for_update=True) for key in sorted((merge.old, merge.new))}
    old, new = held[merge.old], held[merge.new]
    _require_mergeable(old, new, merge, today)
    counts, summed = await _move_head_counts(session, old.id, new.id)
    rows = {"head-counts": counts, "sites": await _move_sites(session, old.id, new.id)}
    for follower in followers:
        rows[follower.name] = await follower.merge(session, actor, old.id, new.id, merge.on)
    order = [concept.code for concept in region.vocabularies.concepts("grade")]
    gained = [grade for grade in old.grades if grade not in new.grades]
    new.grades = sorted({*new.grades, *gained}, key=order.index)
    old.merged_into_id, old.closed_on = new.id, merge.on
    _happen(session, old, "merged", merge.on, other=new)
    _happen(session, new, "joined", merge.on, other=old)
    audit.record(session, actor, "merge-schools", "school", old.id, ["mergedInto", "closedOn"])
    audit.record(session, actor, "merge-schools", "school", new.id, ["grades", *rows])
    outbox.enqueue(session, FLEET_TOPIC, [old.id, new.id])
    await session.flush()
    return Moved(rows=rows, summed=summed, grades=gained)


async def foresee_merger(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    merge: Merge,
    followers: Sequence[SchoolFollower],
    today: date,
) -> Moved:
    """What ``merge_schools`` would move: it is done and rolled back, so that nobody has to say the rules twice.

    Raises:
        As ``merge_schools``.
    """
    try:
        async with session.begin_nested():
            _end_rehearsal(await merge_schools(session, actor, region, merge, followers, today))
    except _Rehearsed as rehearsed:
        return rehearsed.moved


class _Rehearsed(Exception):
    """Ends a savepoint of which nothing is to last."""

    def __init__(self, moved: Moved) -> None:
        self.moved = moved


def _end_rehearsal(moved: Moved) -> NoReturn:
    raise _Rehearsed(moved)


async def _load(session: AsyncSession, school_id: uuid.UUID, version: int) -> School:
    school = await load_school(session, school_id, for_update=True)
    if school.merged_into_id is not None:
        raise SchoolMerged
    if school.version != version:
        raise SchoolChanged(current_version=school.version)
    return school


def _require_mergeable(old: School, new: School, merge: Merge, today: date) -> None:
    if old.merged_into_id is not None:
        raise SchoolMerged
    for school, version in ((old, merge.old_version), (new, merge.new_version)):
        if school.version != version:
            raise SchoolChanged(current_version=school.version)
    if not is_running(old, today) or not is_running(new, today):
        raise SchoolClosed
    if new.closed_on is not None:  # what the old one had would be with no school from that day on
        raise SchoolCloses
    if merge.on > today:
        raise Invalid(errors={"on": "day-to-come"})
    if any(school.opened_on is not None and merge.on < school.opened_on for school in (old, new)):
        raise Invalid(errors={"on": "ends-before-it-starts"})


def _happen(
    session: AsyncSession, school: School, kind: str, on: date, detail: str = "", *, other: School | None = None
) -> None:
    school.version += 1
    session.add(
        SchoolEvent(school_id=school.id, kind=kind, happened_on=on, detail=detail, other_id=other.id if other else None)
    )


Key = tuple[str, date, str]


async def _move_head_counts(session: AsyncSession, old: uuid.UUID, new: uuid.UUID) -> tuple[int, int]:
    """The pupils are at the other school now: how many figures moved, and how many of them were added to others."""
    key: Callable[[HeadCount], Key] = lambda row: (row.grade, row.counted_on, row.source)  # noqa: E731 - one line, used twice
    there = {key(row): row for row in await session.scalars(select(HeadCount).where(HeadCount.school_id == new))}
    coming = (await session.scalars(select(HeadCount).where(HeadCount.school_id == old))).all()
    summed = 0
    for row in coming:
        same = there.get(key(row))
        if same is None:
            row.school_id = new
            continue
        same.pupils += row.pupils
        summed += 1
        await session.delete(row)
    await session.flush()
    return len(coming), summed


async def _move_sites(session: AsyncSession, old: uuid.UUID, new: uuid.UUID) -> int:
    coming = (await session.scalars(select(Site).where(Site.school_id == old))).all()
    for row in coming:
        row.school_id = new
    await session.flush()
    return len(coming)
