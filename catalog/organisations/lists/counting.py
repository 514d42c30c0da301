"""A list of head counts: school, grade, pupils, day; figures of a source and a day, each school's together."""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, Invalid
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
from catalog.intake.cells import read_day
from catalog.intake.files.headers import Wanted
from catalog.intake.files.rows import Row
from catalog.intake.models import ImportEffect
from catalog.organisations.counts.schemas import StateCounts
from catalog.organisations.counts.service import MOST_PUPILS, restate_counts, state_counts
from catalog.organisations.fleet.words import COLUMNS as OF_DEVICES
from catalog.organisations.fleet.words import read_grades
from catalog.organisations.lists.drafts import Problem
from catalog.organisations.models import HeadCount, School
from catalog.organisations.reading import follow_codes
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line

KIND = "head-counts"
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "school": OF_DEVICES["school"],
    "grade": OF_DEVICES["grades"],
    "pupils": ("pupils", "elever", "antal elever", "elevtal", "antal"),
    "day": ("date", "day", "dato", "datum", "optalt den", "mätdatum"),
    "source": ("source", "kilde", "källa"),
}
WANTED = Wanted(
    columns=tuple(name for names in COLUMNS.values() for name in names),
    needed=tuple(COLUMNS[field] for field in ("school", "grade", "pupils", "day")),
)
BY_LIST = "list"
"""The source of figures whose list names none."""


class CountDraft(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    school: str = ""
    grade: str = ""
    pupils: int | None = None
    day: date | None = None
    source: str = BY_LIST
    problems: tuple[Problem, ...] = ()


class Figure(msgspec.Struct, kw_only=True):
    """A draft with the school that its number means today, and what became of it."""

    draft: CountDraft
    school_id: uuid.UUID | None
    outcome: str
    """``new``, ``changed``, ``same`` or ``refused``."""
    problem: Problem | None = None


Group = tuple[uuid.UUID, date, str]
"""A school, a day, a source."""
Groups = dict[Group, list[Figure]]
AT_ONCE = 100
"""Groups in a transaction: SQLite has one writer, and who waits for it must get a turn before giving up."""


def read_counts(rows: Iterable[Row], region: Region) -> tuple[CountDraft, ...]:
    """Rows as far as they could be read; every fault of a row is told."""
    drafts = [_draft(row, region) for row in rows]
    said: dict[tuple[str, str, date | None, str], set[int | None]] = {}
    for draft in drafts:
        said.setdefault(_key(draft), set()).add(draft.pupils)
    return tuple(
        msgspec.structs.replace(
            draft, problems=(Problem(field="grade", code="number-twice", members={"value": draft.grade}),)
        )
        if not draft.problems and len(said[_key(draft)]) > 1
        else draft
        for draft in drafts
    )


def _key(draft: CountDraft) -> tuple[str, str, date | None, str]:
    return draft.school, draft.grade, draft.day, draft.source


def _draft(row: Row, region: Region) -> CountDraft:
    if row.problem:
        return CountDraft(line=row.line, problems=(Problem(code=row.problem, members=dict(row.members)),))
    cells = {field: _cell(row, names) for field, names in COLUMNS.items()}
    problems = [
        Problem(field=field, code="field-missing") for field in ("school", "grade", "pupils", "day") if not cells[field]
    ]
    grades = read_grades(cells["grade"], region) if cells["grade"] else ()
    if cells["grade"] and len(grades) != 1:
        problems.append(Problem(field="grade", code="unknown-grade"))
    pupils = cells["pupils"].removesuffix(".0")  # as a workbook has it
    if pupils and not _WHOLE_NUMBER.fullmatch(pupils):
        problems.append(Problem(field="pupils", code="not-a-number"))
        pupils = ""
    day = read_day(cells["day"]) if cells["day"] else None
    if cells["day"] and day is None:
        problems.append(Problem(field="day", code="impossible-date", members={"value": cells["day"][:100]}))
    return CountDraft(
        line=row.line,
        school=cells["school"],
        grade=grades[0] if len(grades) == 1 else "",
        pupils=int(pupils) if pupils else None,
        day=day,
        source=cells["source"] or BY_LIST,
        problems=tuple(problems),
    )


def _cell(row: Row, names: Sequence[str]) -> str:
    return next((text for name in names if (text := clean_line(row.values.get(name) or ""))), "")


async def plan_counts(session: AsyncSession, drafts: Sequence[CountDraft], today: date) -> list[Figure]:
    """Compare a list with what is stored; reads only."""
    found = await follow_codes(session, {draft.school for draft in drafts}, today)
    schools = {code: school.id for code, school in found.items()}
    rows = await session.scalars(select(HeadCount).where(HeadCount.school_id.in_(set(schools.values()))))
    stored = {(row.school_id, row.grade, row.counted_on, row.source): row.pupils for row in rows}
    figures = []
    for draft in drafts:
        school_id = schools.get(draft.school)
        problem = draft.problems[0] if draft.problems else None
        if problem is None and school_id is None:
            problem = Problem(field="school", code="unknown-school")
        if problem is None:
            problem = _impossible(draft, today)
        before = stored.get((school_id, draft.grade, draft.day, draft.source)) if school_id and draft.day else None
        outcome = "refused" if problem else "new" if before is None else "same" if before == draft.pupils else "changed"
        figures.append(Figure(draft=draft, school_id=school_id, outcome=outcome, problem=problem))
    return figures


def _impossible(draft: CountDraft, today: date) -> Problem | None:
    """What the register would refuse of a row, told of this row alone: the others of its day are good."""
    if draft.pupils is not None and not 0 <= draft.pupils <= MOST_PUPILS:
        return Problem(field="pupils", code="not-a-head-count")
    if draft.day is not None and draft.day > today:
        return Problem(field="day", code="day-to-come")
    return None


async def take_in_counts(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    source: Source,
    drafts: Sequence[CountDraft],
    today: date,
    now: datetime,
) -> tuple[uuid.UUID, Counts, list[RowOutcome]]:
    """Store what a list says; the import's id, and what became of each row. Running it again changes nothing.

    In the transaction of the caller, as a whole: see ``bring_in_counts``.
    """
    actor.require(Permission.MANAGE_HEAD_COUNTS)
    batch_id = await open_batch(session, actor, source)
    figures = await plan_counts(session, drafts, today)
    await _store(session, actor, region, batch_id, _groups(figures), today)
    tally, outcomes = _counted(figures)
    await close_batch(session, batch_id, tally, now)
    return batch_id, tally, outcomes


async def bring_in_counts(
    database: Database,
    actor: Actor,
    region: Region,
    source: Source,
    drafts: Sequence[CountDraft],
    today: date,
    now: datetime,
) -> tuple[uuid.UUID, Counts, list[RowOutcome]]:
    """As ``take_in_counts``, in transactions of its own, so that others write between them."""
    actor.require(Permission.MANAGE_HEAD_COUNTS)
    async with transaction(database.writers) as session:
        batch_id = await open_batch(session, actor, source)
        figures = await plan_counts(session, drafts, today)
    groups = list(_groups(figures).items())
    for start in range(0, len(groups), AT_ONCE):
        some = dict(groups[start : start + AT_ONCE])

        async def store(some: Groups = some) -> None:
            async with transaction(database.writers) as session:
                await _store(session, actor, region, batch_id, some, today)

        await again_after_deadlock(store)
    tally, outcomes = _counted(figures)
    async with transaction(database.writers) as session:
        await close_batch(session, batch_id, tally, now)
    return batch_id, tally, outcomes


def _groups(figures: Iterable[Figure]) -> Groups:
    groups: Groups = {}
    for each in figures:
        if each.outcome != "refused" and each.school_id is not None and each.draft.day is not None:
            groups.setdefault((each.school_id, each.draft.day, each.draft.source), []).append(each)
    return groups


def _counted(figures: Iterable[Figure]) -> tuple[Counts, list[RowOutcome]]:
    tally, outcomes = Counts(), [_told(each) for each in figures]
    for outcome in outcomes:
        setattr(tally, outcome.outcome, getattr(tally, outcome.outcome) + 1)
    return tally, outcomes


def _told(figure: Figure) -> RowOutcome:
    outcome = {"new": "accepted", "changed": "accepted", "same": "unchanged"}.get(figure.outcome, "refused")
    draft, problem = figure.draft, figure.problem
    if problem is None:
        return RowOutcome(line=draft.line, outcome=outcome)
    row: dict[str, str | None] = {"school": draft.school, "grade": draft.grade}
    return RowOutcome(
        line=draft.line,
        outcome="refused",
        field=problem.field,
        code=problem.code,
        members=dict(problem.members),
        row=row,
    )


async def _store(
    session: AsyncSession, actor: Actor, region: Region, batch_id: uuid.UUID, groups: Groups, today: date
) -> None:
    """The schools are locked, and what is stored of them is read, once for all groups."""
    ids = sorted({school_id for school_id, _, _ in groups})  # in one order, so that two lists never wait for each other
    fresh = {"populate_existing": True}
    locked = select(School).where(School.id.in_(ids)).order_by(School.id).with_for_update()
    schools = {school.id: school for school in await session.scalars(locked, execution_options=fresh)}
    stored: dict[Group, dict[str, HeadCount]] = {}
    days = {day for _, day, _ in groups}
    known = select(HeadCount).where(HeadCount.school_id.in_(ids), HeadCount.counted_on.in_(days))
    for row in await session.scalars(known, execution_options=fresh):
        stored.setdefault((row.school_id, row.counted_on, row.source), {})[row.grade] = row
    for group, figures in groups.items():
        if group[0] in schools:
            there = stored.get(group, {})
            await _store_group(session, actor, region, batch_id, schools[group[0]], group, figures, there, today)
        else:
            _refuse(figures, {}, "unknown-school")


async def _store_group(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    batch_id: uuid.UUID,
    school: School,
    group: Group,
    figures: Sequence[Figure],
    stored: Mapping[str, HeadCount],
    today: date,
) -> None:
    _, day, source = group
    pupils = {each.draft.grade: each.draft.pupils for each in figures}
    before = {grade: row.pupils for grade, row in stored.items()}
    command = StateCounts(school_id=school.id, counted_on=day, source=source, pupils=pupils)
    try:
        async with session.begin_nested():
            changed = await restate_counts(session, actor, region, command, today, school, stored)
    except DomainError as error:
        _refuse(figures, error.errors if isinstance(error, Invalid) else {}, error.code)
        return
    if changed:
        kept = {
            "day": day.isoformat(),
            "source": source,
            "before": {grade: before.get(grade) for grade in changed},
            "after": {grade: pupils[grade] for grade in changed},
        }
        is_new = not any(before.get(grade) for grade in pupils)
        note_effect(session, batch_id, KIND, school.id, created=is_new, before=kept)


def _refuse(figures: Sequence[Figure], errors: Mapping[str, str], otherwise: str) -> None:
    for each in figures:
        code = errors.get(f"pupils-{each.draft.grade}") or next(iter(errors.values()), otherwise)
        each.outcome, each.problem = "refused", Problem(code=code)


async def _figures(session: AsyncSession, group: Group, grades: Iterable[str]) -> dict[str, int]:
    school_id, day, source = group
    query = select(HeadCount).where(
        HeadCount.school_id == school_id,
        HeadCount.counted_on == day,
        HeadCount.source == source,
        HeadCount.grade.in_(list(grades)),
    )
    return {row.grade: row.pupils for row in await session.scalars(query)}


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What an import replaced."""

    day: date
    source: str
    before: dict[str, int | None]
    after: dict[str, int | None]


async def undo_counts(
    database: Database, actor: Actor, region: Region, batch_id: uuid.UUID, now: datetime, today: date
) -> Undone:
    """Take a list back; a school whose figures somebody stated since keeps them.

    Raises:
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """

    async def restore(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        return [await attempt(session, partial(_restore, session, actor, region, each, today)) for each in effects]

    return await take_back(database, actor, batch_id, now, restore)


async def foresee_undo(session: AsyncSession, batch_id: uuid.UUID) -> Foreseen:
    """What ``undo_counts`` would do now."""

    async def judge(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        for each in effects:
            await session.refresh(each, ["before"])  # others foresee without it
        return [await _kept_because(session, each) for each in effects]

    foreseen = await foresee(session, batch_id, judge)
    schools = sum(foreseen.goes.values()) + foreseen.returns
    return Foreseen(goes={KIND: schools} if schools else {}, returns=0, kept=foreseen.kept)


async def _kept_because(session: AsyncSession, effect: ImportEffect) -> str:
    kept = msgspec.convert(effect.before, _Kept)
    now = await _figures(session, (effect.object_id, kept.day, kept.source), kept.after)
    return "" if all(now.get(grade) == figure for grade, figure in kept.after.items()) else "changed-since"


async def _restore(session: AsyncSession, actor: Actor, region: Region, effect: ImportEffect, today: date) -> str:
    actor.require(Permission.MANAGE_HEAD_COUNTS, effect.object_id)
    if why := await _kept_because(session, effect):
        return why
    kept = msgspec.convert(effect.before, _Kept)
    command = StateCounts(
        school_id=effect.object_id, counted_on=kept.day, source=kept.source, pupils=kept.before, seen=kept.after
    )
    await state_counts(session, actor, region, command, today)
    return ""
