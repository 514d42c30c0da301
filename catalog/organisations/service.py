"""Keeping the register of schools; every number of a school, new or old, is one school's."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid
from catalog.lexicon.collation import collation_key
from catalog.organisations.checks import faults
from catalog.organisations.codes import normalise_code, school_code
from catalog.organisations.errors import SchoolChanged, SchoolCodeTaken, SchoolMerged
from catalog.organisations.models import CodeScheme, School, SchoolCode, SchoolEvent, Site
from catalog.organisations.reading import choice_of, facts_of, is_running, load_school
from catalog.organisations.schemas import FIELDS, PLAIN, CodeFact, SchoolChoice, SchoolFacts, SiteFact
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line

SHARED = (CodeScheme.CVR, CodeScheme.ORGNR, CodeScheme.GLN, CodeScheme.P_NUMBER)
"""Schemes in which several schools may have one number: an owner's, a place's."""


async def keep_schools(session: AsyncSession, actor: Actor, schools: list[SchoolFacts]) -> int:
    """Store schools by their code, changing what differs and nobody edited; the number stored or changed."""
    actor.require(Permission.MANAGE_SCHOOLS)
    known = {school.code: school for school in await session.scalars(select(School))}
    changed = 0
    for facts in schools:
        values: dict[str, Any] = {"name": facts.name, "kind": facts.kind, "grades": facts.grades}
        school = known.get(facts.code)
        if school is None:
            school = School(code=facts.code, **values)
            session.add(school)
        differing = [
            name
            for name, value in values.items()
            if name not in school.edited_fields and getattr(school, name) != value
        ]
        if facts.code in known and not differing:
            continue
        for name in differing:
            setattr(school, name, values[name])
        audit.record(session, actor, "keep-school", "school", school.id, differing or values)
        changed += 1
    return changed


async def list_schools(session: AsyncSession, country: str = "", *, today: date | None = None) -> list[SchoolChoice]:
    """Schools by name, as the country sorts; as Danish where none is given.

    Those open on a day, for somebody to choose from; without a day all that ever were.
    """
    rows = sorted(await session.scalars(select(School)), key=lambda row: (collation_key(row.name, country), row.code))
    return [choice_of(row) for row in rows if today is None or is_running(row, today)]


async def add_school(
    session: AsyncSession, actor: Actor, region: Region, facts: SchoolFacts, today: date, *, origin: str = ""
) -> uuid.UUID:
    """Enter a school; without ``origin`` a person wrote it, and no list overwrites it.

    Raises:
        Invalid: something is impossible; all faults at once.
        SchoolCodeTaken: another school has one of the numbers.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    facts = tidy(facts, region)
    school = School(code=facts.code, name=facts.name, kind=facts.kind, grades=facts.grades, origin=origin)
    school.edited_fields = [] if origin else sorted(FIELDS)
    school.opened_on, school.web = facts.opened_on, facts.web
    await refuse_taken(session, school.id, facts)
    session.add(school)
    await session.flush()
    await _fill(session, school, facts, ("codes", "sites"), today)
    session.add(SchoolEvent(school_id=school.id, kind="opened", happened_on=facts.opened_on or today))
    audit.record(session, actor, "add-school", "school", school.id, FIELDS)
    await session.flush()
    return school.id


async def change_school(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    school_id: uuid.UUID,
    facts: SchoolFacts,
    version: int,
    today: date,
    *,
    by_import: bool = False,
) -> list[str]:
    """Bring a school to the facts; the names of the fields that changed.

    A person's change marks its fields as edited; a list leaves those fields alone.

    Raises:
        NotFound: there is no such school.
        SchoolMerged: it became part of another; that one can be changed.
        Invalid: something is impossible; all faults at once.
        SchoolChanged: somebody changed it since ``version`` was read.
        SchoolCodeTaken: another school has one of the numbers.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    school = await load_school(session, school_id, for_update=True)
    if school.merged_into_id is not None:
        raise SchoolMerged
    facts = tidy(facts, region)
    if school.version != version:
        raise SchoolChanged(current_version=school.version)
    stored = await facts_of(session, school)
    kept = set(school.edited_fields) if by_import else set[str]()
    changed = [name for name in FIELDS if name not in kept and getattr(stored, name) != getattr(facts, name)]
    if not changed:
        return []
    await refuse_taken(session, school.id, facts)
    _note(session, school, changed, today)
    await _fill(session, school, facts, changed, today)
    if not by_import:
        school.edited_fields = sorted({*school.edited_fields, *changed})
    school.version += 1
    audit.record(session, actor, "change-school", "school", school_id, changed)
    await session.flush()
    return changed


def tidy(facts: SchoolFacts, region: Region) -> SchoolFacts:
    """The facts as they are stored: clean texts, one spelling of every number, everything in a fixed order.

    Raises:
        Invalid: something is impossible.
    """
    sites = [
        replace(site, **{name: clean_line(getattr(site, name)) for name in SiteFact.__struct_fields__})
        for site in facts.sites
    ]
    facts = replace(facts, name=clean_line(facts.name), web=clean_line(facts.web), sites=sites)
    errors = faults(facts, region.vocabularies)
    if errors:
        raise Invalid(errors=errors)
    codes = {CodeFact(scheme=each.scheme, value=normalise_code(each.scheme, each.value)) for each in facts.codes}
    order = [concept.code for concept in region.vocabularies.concepts("grade")]
    return replace(
        facts,
        code=school_code(facts.code),
        grades=sorted(set(facts.grades), key=order.index),
        codes=sorted(codes),
        sites=sorted({site for site in sites if site != SiteFact()}),
    )


def _note(session: AsyncSession, school: School, changed: Sequence[str], today: date) -> None:
    """The history tells the name before a renaming, and which other facts changed."""
    if "name" in changed:
        event = SchoolEvent(school_id=school.id, kind="renamed", happened_on=today, detail=school.name)
        session.add(event)
    others = [name for name in changed if name != "name"]
    if others:
        session.add(SchoolEvent(school_id=school.id, kind="changed", happened_on=today, detail=",".join(others)))


async def _fill(session: AsyncSession, school: School, facts: SchoolFacts, names: Collection[str], today: date) -> None:
    old_code = school.code
    for name in PLAIN:
        if name in names:
            setattr(school, name, getattr(facts, name))
    if "codes" in names or "code" in names:
        await _keep_codes(session, school, facts, old_code, today)
    if "sites" in names:
        await session.execute(delete(Site).where(Site.school_id == school.id))
        session.add_all(
            Site(school_id=school.id, name=each.name, street=each.street, postcode=each.postcode, city=each.city)
            for each in facts.sites
        )


async def _keep_codes(session: AsyncSession, school: School, facts: SchoolFacts, old: str, today: date) -> None:
    """Numbers that are no longer the school's stay as old ones, and lead to it."""
    rows = await session.scalars(select(SchoolCode).where(SchoolCode.school_id == school.id))
    stored = {(row.scheme, row.value): row for row in rows}
    wanted = {(each.scheme, each.value) for each in facts.codes}
    yesterday = today - timedelta(days=1)
    for key, row in stored.items():
        if key in wanted:
            row.valid_until = None
        elif row.valid_until is None:
            row.valid_until = yesterday
    session.add_all(
        SchoolCode(school_id=school.id, scheme=scheme, value=value) for scheme, value in sorted(wanted - stored.keys())
    )
    known = {value for _, value in {*stored, *wanted}}
    if old != school.code and old not in known:
        session.add(SchoolCode(school_id=school.id, scheme=CodeScheme.LOCAL, value=old, valid_until=yesterday))


async def refuse_taken(session: AsyncSession, school_id: uuid.UUID | None, facts: SchoolFacts) -> None:
    """A number that is, or was, another school's: with it that one would no longer be found.

    Raises:
        SchoolCodeTaken.
    """
    values = {facts.code, *(each.value for each in facts.codes if each.scheme not in SHARED)}
    by_code = select(SchoolCode.value, SchoolCode.school_id).where(
        SchoolCode.value.in_(values), SchoolCode.scheme.not_in(SHARED)
    )
    own = select(School.code, School.id).where(School.code.in_(values))
    bearers = [*(await session.execute(by_code)).all(), *(await session.execute(own)).all()]
    rows = [row for row in bearers if row[1] != school_id]
    if rows:
        raise SchoolCodeTaken(value=rows[0][0])
