"""Which school a number means that the provider tells."""

import uuid
from collections.abc import Iterable
from datetime import date

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.roles import Role
from catalog.organisations.reading import follow_codes


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A role, for a school or for the municipality."""

    role: Role
    school_id: uuid.UUID | None = None


async def find_schools(session: AsyncSession, numbers: Iterable[str], today: date) -> list[uuid.UUID]:
    """The schools that are open today; what is closed leads to the school that took over."""
    asked = list(numbers)
    found = await follow_codes(session, asked, today)
    return list(dict.fromkeys(found[number].id for number in asked if number in found))
