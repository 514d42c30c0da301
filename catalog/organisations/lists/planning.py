"""Drafts of schools beside the schools that are stored: what is new, what changes, what stays, and what is gone.

Reads only; the preview shows it, and taking in does it.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.errors import Conflict, Invalid
from catalog.organisations.lists.drafts import Problem, SchoolDraft, SchoolDrafts
from catalog.organisations.models import CodeScheme, School
from catalog.organisations.reading import bearers_of, facts_of_all, is_running
from catalog.organisations.schemas import FIELDS, CodeFact, SchoolFacts, SiteFact
from catalog.organisations.service import refuse_taken, tidy
from catalog.vocabularies.region import Region


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What one row, with those of its departments, means for one school."""

    draft: SchoolDraft
    outcome: str
    """``new``, ``changed``, ``same`` or ``refused``."""
    departments: tuple[SchoolDraft, ...] = ()
    school_id: uuid.UUID | None = None
    version: int = 0
    facts: SchoolFacts | None = None
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Fields in which the list says something else, but a person wrote them."""
    problems: tuple[Problem, ...] = ()


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A school that the list knew before and does not name any more; nothing is done about it."""

    school_id: uuid.UUID
    code: str
    name: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Planned, ...]
    gone: tuple[Gone, ...]
    skipped: int

    def of(self, outcome: str) -> list[Planned]:
        return [row for row in self.rows if row.outcome == outcome]


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The register as it is."""

    schools: Mapping[uuid.UUID, School]
    facts: Mapping[uuid.UUID, SchoolFacts]
    by_number: Mapping[str, Sequence[uuid.UUID]]
    """The schools that bear a number of the list; old ones too, and of closed schools."""

    def school_of(self, number: str) -> School | None:
        """None where several bear it too: as a new one its number is taken."""
        ids = self.by_number.get(number, ())
        return self.schools[ids[0]] if len(ids) == 1 else None


async def plan_schools(session: AsyncSession, region: Region, found: SchoolDrafts, today: date) -> Plan:
    """Compare a list with what is stored."""
    stored = await _read(session, found)
    mains, departments, homeless = _families(found.drafts, stored)
    rows = [_refused(draft, draft.problems) for draft in found.drafts if draft.problems]
    rows += [_refused(draft, (Problem(field="parent", code="parent-missing"),)) for draft in homeless]
    for draft in mains:
        rows.append(await _plan_one(session, region, stored, found, draft, departments.get(draft.code, []), today))
    gone = _gone(found, stored, today) if found.drafts else []
    return Plan(
        rows=tuple(sorted(rows, key=lambda row: row.draft.line)),
        gone=tuple(sorted(gone, key=lambda each: each.code)),
        skipped=found.skipped,
    )


async def _read(session: AsyncSession, found: SchoolDrafts) -> _Stored:
    schools = {school.id: school for school in await session.scalars(select(School))}
    bearers = await bearers_of(session, {draft.code for draft in found.drafts})
    numbers = {number: [school.id for school in borne] for number, borne in bearers.items()}
    return _Stored(schools=schools, facts=await facts_of_all(session, schools.values()), by_number=numbers)


Families = tuple[list[SchoolDraft], dict[str, list[SchoolDraft]], list[SchoolDraft]]


def _families(drafts: Sequence[SchoolDraft], stored: _Stored) -> Families:
    """Schools, their departments, and departments whose school the list does not have.

    A department that is kept as a school of its own here stays one.
    """
    good = [draft for draft in drafts if not draft.problems]
    own = {school.code for school in stored.schools.values()}
    mains = [draft for draft in good if not draft.parent or draft.code in own]
    known = {draft.code for draft in mains}
    departments: dict[str, list[SchoolDraft]] = {}
    homeless = []
    for draft in good:
        if draft.code in known:
            continue
        if draft.parent in known:
            departments.setdefault(draft.parent, []).append(draft)
        else:
            homeless.append(draft)
    return mains, departments, homeless


def _refused(draft: SchoolDraft, problems: Sequence[Problem]) -> Planned:
    return Planned(draft=draft, outcome="refused", problems=tuple(problems))


async def _plan_one(
    session: AsyncSession,
    region: Region,
    stored: _Stored,
    found: SchoolDrafts,
    draft: SchoolDraft,
    departments: Sequence[SchoolDraft],
    today: date,
) -> Planned:
    school = stored.school_of(draft.code)
    if school is not None and school.merged_into_id is not None:
        return _refused(draft, [Problem(field="code", code="school-merged")])
    if school is not None and not is_running(school, today):
        return _refused(draft, [Problem(field="code", code="school-closed")])
    before = stored.facts[school.id] if school else None
    try:
        facts = tidy(_wanted(before, draft, departments, found.scheme), region)
        await refuse_taken(session, school.id if school else None, facts)
    except Invalid as error:
        return _refused(draft, [Problem(field=field, code=code) for field, code in error.errors.items()])
    except Conflict as error:
        return _refused(draft, [Problem(field="code", code=error.code, members=_plain(error.members))])
    common: dict[str, Any] = {"draft": draft, "departments": tuple(departments), "facts": facts}
    if school is None or before is None:
        return Planned(outcome="new", changed=FIELDS, **common)
    differing = [name for name in FIELDS if getattr(before, name) != getattr(facts, name)]
    changed = tuple(name for name in differing if name not in school.edited_fields)
    return Planned(
        outcome="changed" if changed else "same",
        school_id=school.id,
        version=school.version,
        changed=changed,
        kept=tuple(name for name in differing if name in school.edited_fields),
        **common,
    )


def _plain(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in members.items()}


def _wanted(
    before: SchoolFacts | None, draft: SchoolDraft, departments: Sequence[SchoolDraft], scheme: CodeScheme
) -> SchoolFacts:
    """What is stored with what the list says; of what the list leaves out, what is stored stays."""
    sites = [draft.site, *(replace(each.site, name=each.name) for each in departments)]
    given = [*draft.codes, *(CodeFact(scheme=scheme, value=each.code) for each in departments)]
    if before is None:
        return SchoolFacts(
            code=draft.code,
            name=draft.name,
            kind=draft.kind,
            grades=list(draft.grades),
            opened_on=draft.opened_on,
            web=draft.web,
            codes=given,
            sites=sites,
        )
    spoken = {each.scheme for each in given}
    return replace(
        before,
        name=draft.name,
        kind=draft.kind or before.kind,
        grades=list(draft.grades) or before.grades,
        opened_on=draft.opened_on or before.opened_on,
        web=draft.web or before.web,
        codes=[*(each for each in before.codes if each.scheme not in spoken), *given],
        sites=sites if any(site != SiteFact() for site in sites) else before.sites,
    )


def _gone(found: SchoolDrafts, stored: _Stored, today: date) -> list[Gone]:
    """Whatever became of a row, its number is in the list."""
    met = {school_id for draft in found.drafts for school_id in stored.by_number.get(draft.code, ())}
    return [
        Gone(school_id=school.id, code=school.code, name=school.name)
        for school in stored.schools.values()
        if school.origin == found.mapping and is_running(school, today) and school.id not in met
    ]
