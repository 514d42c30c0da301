"""Which school a number means that the provider tells."""

import uuid
from collections.abc import Iterable
from datetime import date

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.roles import Role
from catalog.organisations.models import CodeScheme, School, SchoolCode

OF_OWNERS = (CodeScheme.CVR, CodeScheme.ORGNR)
"""Numbers of whoever runs schools: one may stand for all of them, so that it names none."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A role, for a school or for the municipality."""

    role: Role
    school_id: uuid.UUID | None = None


async def find_schools(session: AsyncSession, numbers: Iterable[str], today: date) -> list[uuid.UUID]:
    """The schools that are open today; what is closed leads to the school that took over."""
    found: dict[uuid.UUID, None] = {}
    for number in numbers:
        school = await _find(session, number, today)
        if school is not None:
            found[school] = None
    return list(found)


async def _find(session: AsyncSession, number: str, today: date) -> uuid.UUID | None:
    """None also where a number has come to mean several schools."""
    by_number = select(SchoolCode.school_id).where(SchoolCode.value == number, SchoolCode.scheme.not_in(OF_OWNERS))
    query = select(School).where(or_(School.code == number, School.id.in_(by_number)))
    open_now = {each for school in await session.scalars(query) if (each := await _successor(session, school, today))}
    return open_now.pop() if len(open_now) == 1 else None


async def _successor(session: AsyncSession, school: School, today: date) -> uuid.UUID | None:
    seen: set[uuid.UUID] = set()
    at: School | None = school
    while at is not None and at.id not in seen:
        if at.closed_on is None or at.closed_on > today:
            return at.id
        seen.add(at.id)
        at = None if at.merged_into_id is None else await session.get(School, at.merged_into_id)
    return None
