"""Schools as they are shown, and which school a number means: an old one leads to the school that took over."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.errors import NotFound
from catalog.lexicon.collation import collation_key
from catalog.lexicon.fold import fold
from catalog.organisations.codes import LONGEST
from catalog.organisations.models import CodeScheme, School, SchoolCode, SchoolEvent, Site
from catalog.organisations.schemas import (
    PLAIN,
    CodeFact,
    Happened,
    OldCode,
    SchoolChoice,
    SchoolDetail,
    SchoolFacts,
    SchoolLine,
    SiteFact,
)

LONGEST_CHAIN = 20
"""Mergers that are followed from an old school."""
OF_OWNERS = (CodeScheme.CVR, CodeScheme.ORGNR)
"""Numbers of whoever runs schools: they name none. GLN and P-number name a school where only one bears them."""
FEW = 50
"""Numbers that are looked up by themselves; for more of them all schools are read."""


def choice_of(school: School) -> SchoolChoice:
    return SchoolChoice(id=school.id, code=school.code, name=school.name, grades=school.grades)


def is_running(school: School, today: date) -> bool:
    return school.closed_on is None or school.closed_on > today


async def load_school(session: AsyncSession, school_id: uuid.UUID, *, for_update: bool = False) -> School:
    """Raise NotFound where there is none."""
    query = select(School).where(School.id == school_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    school: School | None = await session.scalar(query)
    if school is None:
        raise NotFound
    return school


async def facts_of(session: AsyncSession, school: School) -> SchoolFacts:
    return (await facts_of_all(session, [school]))[school.id]


async def facts_of_all(session: AsyncSession, schools: Iterable[School]) -> dict[uuid.UUID, SchoolFacts]:
    """What is known of each school, with two queries for all."""
    rows = {school.id: school for school in schools}
    codes: dict[uuid.UUID, list[CodeFact]] = {key: [] for key in rows}
    sites: dict[uuid.UUID, list[SiteFact]] = {key: [] for key in rows}
    valid = select(SchoolCode).where(SchoolCode.school_id.in_(rows), SchoolCode.valid_until.is_(None))
    for code in await session.scalars(valid):
        codes[code.school_id].append(CodeFact(scheme=code.scheme, value=code.value))
    for site in await session.scalars(select(Site).where(Site.school_id.in_(rows))):
        sites[site.school_id].append(
            SiteFact(name=site.name, street=site.street, postcode=site.postcode, city=site.city)
        )
    return {
        key: SchoolFacts(
            **{name: getattr(school, name) for name in PLAIN}, codes=sorted(codes[key]), sites=sorted(sites[key])
        )
        for key, school in rows.items()
    }


async def get_school(session: AsyncSession, school_id: uuid.UUID) -> SchoolDetail:
    """Everything about a school that any staff may see.

    Raises:
        NotFound: there is no such school.
    """
    school = await load_school(session, school_id)
    events = (
        await session.scalars(
            select(SchoolEvent)
            .where(SchoolEvent.school_id == school_id)
            .order_by(SchoolEvent.happened_on.desc(), SchoolEvent.recorded_at.desc(), SchoolEvent.id)
        )
    ).all()
    joined = await _absorbed(session, school_id)
    wanted = {*(event.other_id for event in events if event.other_id), *filter(None, [school.merged_into_id])}
    others = {row.id: row for row in await session.scalars(select(School).where(School.id.in_(wanted)))}
    merged_into = others.get(school.merged_into_id) if school.merged_into_id else None
    return SchoolDetail(
        id=school.id,
        version=school.version,
        facts=await facts_of(session, school),
        closed_on=school.closed_on,
        merged_into=choice_of(merged_into) if merged_into else None,
        old_codes=await _old_codes(session, school, joined),
        history=[_happened(event, others) for event in events],
        edited_fields=school.edited_fields,
    )


def _happened(event: SchoolEvent, others: Mapping[uuid.UUID, School]) -> Happened:
    other = others.get(event.other_id) if event.other_id else None
    return Happened(
        kind=event.kind,
        happened_on=event.happened_on,
        detail=event.detail,
        other=choice_of(other) if other else None,
        recorded_at=event.recorded_at,
    )


async def _absorbed(session: AsyncSession, school_id: uuid.UUID) -> dict[uuid.UUID, School]:
    """The schools that became part of this one, and those that had become part of them."""
    found: dict[uuid.UUID, School] = {}
    here = {school_id}
    while here:
        rows = (await session.scalars(select(School).where(School.merged_into_id.in_(here)))).all()
        here = {row.id for row in rows} - found.keys()
        found |= {row.id: row for row in rows if row.id in here}
    return found


async def _old_codes(session: AsyncSession, school: School, joined: Mapping[uuid.UUID, School]) -> list[OldCode]:
    rows = await session.scalars(select(SchoolCode).where(SchoolCode.school_id.in_([school.id, *joined])))
    found = {
        (row.scheme, row.value): OldCode(
            value=row.value,
            scheme=row.scheme,
            valid_until=row.valid_until or (joined[row.school_id].closed_on if row.school_id in joined else None),
            school=joined[row.school_id].name if row.school_id in joined else "",
        )
        for row in rows
        if row.school_id in joined or row.valid_until is not None
    }
    known = {each.value for each in found.values()}
    own = [
        OldCode(value=row.code, scheme=CodeScheme.LOCAL, valid_until=row.closed_on, school=row.name)
        for row in joined.values()
        if row.code not in known
    ]
    return sorted([*found.values(), *own], key=lambda each: (each.value, each.scheme))


async def list_lines(
    session: AsyncSession, country: str, today: date, asked: str = "", *, closed: bool = False
) -> list[SchoolLine]:
    """Schools by name, as the country sorts; with words or a number asked for those that bear them, closed ones too.

    An old number finds the school that it leads to.
    """
    rows = {row.id: row for row in await session.scalars(select(School))}
    by_code = await _led_to(session, rows, asked) if asked else {}
    wanted = fold(asked)
    lines = [
        SchoolLine(
            id=row.id,
            code=row.code,
            name=row.name,
            kind=row.kind,
            grades=row.grades,
            closed_on=None if is_running(row, today) else row.closed_on,
            merged_into=rows[row.merged_into_id].name if row.merged_into_id else "",
            found_by=by_code.get(row.id, "") if by_code.get(row.id) != row.code else "",
        )
        for row in rows.values()
        if (row.id in by_code or wanted in fold(row.name) if asked else closed or is_running(row, today))
    ]
    return sorted(lines, key=lambda line: (line.closed_on is not None, collation_key(line.name, country), line.code))


async def _led_to(session: AsyncSession, schools: Mapping[uuid.UUID, School], asked: str) -> dict[uuid.UUID, str]:
    """The schools that a number means today, each with the number."""
    number = asked.strip().casefold()
    codes = await session.execute(
        select(SchoolCode.value, SchoolCode.school_id).where(func.lower(SchoolCode.value) == number)
    )
    bearers = [(row.value, row.school_id) for row in codes]
    bearers += [(school.code, school.id) for school in schools.values() if school.code.casefold() == number]
    return {today_of(schools, school_id).id: value for value, school_id in bearers}


def today_of(schools: Mapping[uuid.UUID, School], school_id: uuid.UUID) -> School:
    """The school that a school has become part of, or itself."""
    school = schools[school_id]
    for _ in range(LONGEST_CHAIN):
        if school.merged_into_id is None:
            break
        school = schools[school.merged_into_id]
    return school


async def follow_code(session: AsyncSession, code: str, today: date) -> School | None:
    """The open school that a number means today; None for one that means none, or has come to mean several."""
    return (await follow_codes(session, [code], today)).get(code)


async def follow_codes(
    session: AsyncSession, codes: Iterable[str], today: date, *, closed: bool = False
) -> dict[str, School]:
    """As ``follow_code``, for many; with ``closed`` a number of no open school may mean one that is closed.

    The one reading of a number of a school: lists, sign-in, cookies and commands all come here.
    """
    found = {}
    for code, bearers in (await bearers_of(session, codes)).items():
        ends = [await successor(session, school) for school in bearers]
        schools = list({school.id: school for school in ends}.values())
        meant = [school for school in schools if is_running(school, today)] or (schools if closed else [])
        if len(meant) == 1:
            found[code] = meant[0]
    return found


async def bearers_of(session: AsyncSession, codes: Iterable[str]) -> dict[str, list[School]]:
    """By number the schools that bear it, or did, whatever became of them; a letter is one, small or large."""
    # a cookie may hold anything; no database takes a NUL
    asked = {code: code.casefold() for code in codes if code and code.isprintable() and len(code) <= LONGEST}
    borne: dict[str, dict[uuid.UUID, School]] = {number: {} for number in asked.values()}
    numbers = select(SchoolCode.value, SchoolCode.school_id).where(SchoolCode.scheme.not_in(OF_OWNERS))
    known = select(School)
    if len(borne) <= FEW:
        some = {*asked, *borne, *(code.upper() for code in asked)}
        numbers = numbers.where(or_(SchoolCode.value.in_(some), func.lower(SchoolCode.value).in_(borne)))
        rows = [(row.value, row.school_id) for row in await session.execute(numbers)]
        ids = {school_id for _, school_id in rows}
        known = known.where(or_(School.code.in_(some), func.lower(School.code).in_(borne), School.id.in_(ids)))
    else:
        rows = [(row.value, row.school_id) for row in await session.execute(numbers)]
    schools = {school.id: school for school in await session.scalars(known)}
    rows += [(school.code, school.id) for school in schools.values()]
    for value, school_id in rows:
        if (number := value.casefold()) in borne:
            borne[number][school_id] = schools[school_id]
    return {code: list(borne[number].values()) for code, number in asked.items()}


async def successor(session: AsyncSession, school: School) -> School:
    """The school that a school has become part of, or itself."""
    for _ in range(LONGEST_CHAIN):
        if school.merged_into_id is None:
            break
        school = await session.get_one(School, school.merged_into_id)
    return school


async def names_of(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = await session.execute(select(School.id, School.name).where(School.id.in_(ids)))
    return {row.id: row.name for row in rows}
