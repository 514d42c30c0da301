"""A list of schools is taken in: a savepoint for each school, on record so that it can be undone."""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError
from catalog.intake.batches import (
    NOT_STORABLE,
    Counts,
    RowOutcome,
    Source,
    again_after_deadlock,
    close_batch,
    note_effect,
    open_batch,
)
from catalog.organisations.lists.drafts import Problem, SchoolDraft, SchoolDrafts
from catalog.organisations.lists.planning import Plan, Planned, plan_schools
from catalog.organisations.reading import facts_of, load_school
from catalog.organisations.service import add_school, change_school
from catalog.vocabularies.region import Region

KIND = "schools"
SCHOOL = "school"
"""What an effect is about."""
AT_ONCE = 100
"""Rows in a transaction: SQLite has one writer, and who waits for it must get a turn before giving up."""
Report: TypeAlias = Callable[[RowOutcome], None]


class TakenIn(msgspec.Struct, frozen=True, kw_only=True):
    batch_id: uuid.UUID
    counts: Counts
    skipped: int
    gone: tuple[str, ...]
    """Names of the schools that the list does not have any more."""
    outcomes: Sequence[RowOutcome]


async def take_in_schools(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    source: Source,
    found: SchoolDrafts,
    today: date,
    now: datetime,
) -> TakenIn:
    """Do what the plan says now. Running it again changes nothing.

    A refused row never takes a good one with it; a field that a person edited stays; a school that is gone from the
    list is told, and left as it is.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    batch_id = await open_batch(session, actor, source)
    plan = await plan_schools(session, region, found, today)
    rows = [await _store(session, actor, region, source, batch_id, row, today) for row in plan.rows]
    done = _taken_in(batch_id, plan, rows)
    await close_batch(session, batch_id, done.counts, now)
    return done


async def bring_in_schools(
    database: Database,
    actor: Actor,
    region: Region,
    source: Source,
    found: SchoolDrafts,
    today: date,
    now: datetime,
) -> TakenIn:
    """As ``take_in_schools``, in transactions of its own, so that others write between them.

    A school that somebody changed meanwhile is refused: the list was compared with what it was before.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    async with transaction(database.writers) as session:
        batch_id = await open_batch(session, actor, source)
    async with transaction(database.readers) as session:
        plan = await plan_schools(session, region, found, today)
    rows: list[Planned] = []
    for start in range(0, len(plan.rows), AT_ONCE):
        some = plan.rows[start : start + AT_ONCE]

        async def store(some: Sequence[Planned] = some) -> list[Planned]:
            async with transaction(database.writers) as session:
                return [await _store(session, actor, region, source, batch_id, row, today) for row in some]

        rows += await again_after_deadlock(store)
    done = _taken_in(batch_id, plan, rows)
    async with transaction(database.writers) as session:
        await close_batch(session, batch_id, done.counts, now)
    return done


def _taken_in(batch_id: uuid.UUID, plan: Plan, rows: Sequence[Planned]) -> TakenIn:
    tally = Counts()
    outcomes = [outcome for row in rows for outcome in told(row)]
    for outcome in outcomes:
        if outcome.outcome != "note":
            setattr(tally, outcome.outcome, getattr(tally, outcome.outcome) + 1)
    return TakenIn(
        batch_id=batch_id,
        counts=tally,
        skipped=plan.skipped,
        gone=tuple(each.name for each in plan.gone),
        outcomes=[*outcomes, *gone_told(plan)],
    )


async def _store(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    source: Source,
    batch_id: uuid.UUID,
    row: Planned,
    today: date,
) -> Planned:
    """The row as it ended."""
    if row.facts is None or row.outcome == "refused":
        return row
    try:
        async with session.begin_nested():
            if row.school_id is None:
                school_id = await add_school(session, actor, region, row.facts, today, origin=source.mapping)
                note_effect(session, batch_id, SCHOOL, school_id, created=True)
                return row
            school = await load_school(session, row.school_id, for_update=True)
            school.origin = school.origin or source.mapping  # from now on the list is asked whether it still has it
            before = await facts_of(session, school)
            changed = await change_school(
                session, actor, region, row.school_id, row.facts, row.version, today, by_import=True
            )
            if changed:
                kept = msgspec.to_builtins({name: getattr(before, name) for name in changed})
                note_effect(
                    session,
                    batch_id,
                    SCHOOL,
                    school.id,
                    created=False,
                    version_after=school.version,
                    before=kept,
                )
    except DomainError as error:
        members = {name: str(value) for name, value in error.members.items()}
        problem = Problem(code=error.code, members=members)
        return msgspec.structs.replace(row, outcome="refused", problems=(problem,))
    except NOT_STORABLE:
        return msgspec.structs.replace(row, outcome="refused", problems=(Problem(code="not-storable"),))
    return row


OUTCOMES = {"new": "accepted", "changed": "accepted", "same": "unchanged", "refused": "refused"}


def told(row: Planned) -> list[RowOutcome]:
    """What became of a row and of its departments' rows; a refused one counts once, its further faults are notes."""
    outcome = OUTCOMES[row.outcome]
    drafts = (row.draft, *row.departments)
    if outcome == "refused":
        first, *others = row.problems
        lines = [_of(each, "refused", first) for each in drafts]
        return [*lines, *(_of(row.draft, "note", each) for each in others)]
    lines = [RowOutcome(line=each.line, outcome=outcome) for each in drafts]
    lines += [_of(each, "note", note) for each in drafts for note in each.notes]
    if row.kept:
        kept = Problem(code="kept-edited", members={"fields": ", ".join(row.kept)})
        lines.append(_of(row.draft, "note", kept))
    return lines


def _of(draft: SchoolDraft, outcome: str, problem: Problem) -> RowOutcome:
    return RowOutcome(
        line=draft.line,
        outcome=outcome,
        field=problem.field,
        code=problem.code,
        members=dict(problem.members),
        row={"code": draft.code, "name": draft.name} if outcome == "refused" else {},
    )


def gone_told(plan: Plan) -> list[RowOutcome]:
    return [
        RowOutcome(line=0, outcome="note", field="code", code="school-gone", members={"name": each.name})
        for each in plan.gone
    ]
