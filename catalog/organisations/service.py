"""Keeping the table of schools."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.lexicon.collation import collation_key
from catalog.organisations.models import School
from catalog.organisations.schemas import SchoolChoice, SchoolFacts


async def keep_schools(session: AsyncSession, actor: Actor, schools: list[SchoolFacts]) -> int:
    """Store schools by their code, changing what differs; the number stored or changed."""
    actor.require(Permission.ADMINISTER)
    known = {school.code: school for school in await session.scalars(select(School))}
    changed = 0
    for facts in schools:
        values = {"name": facts.name, "kind": facts.kind, "grades": facts.grades}
        school = known.get(facts.code)
        if school is None:
            school = School(code=facts.code, **values)  # type: ignore[arg-type]  # one literal, checked by the Struct
            session.add(school)
        elif all(getattr(school, name) == value for name, value in values.items()):
            continue
        for name, value in values.items():
            setattr(school, name, value)
        audit.record(session, actor, "keep-school", "school", school.id, values)
        changed += 1
    return changed


async def list_schools(session: AsyncSession, country: str = "") -> list[SchoolChoice]:
    """All schools by name, as the country sorts; as Danish where none is given."""
    rows = sorted(await session.scalars(select(School)), key=lambda row: (collation_key(row.name, country), row.code))
    return [SchoolChoice(id=row.id, code=row.code, name=row.name, grades=row.grades) for row in rows]
