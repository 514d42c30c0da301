"""The demo's people: of every role, at several schools, each marked as invented.

Found again by their name among the demo's; one who is there already keeps what somebody changed.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.identity.models import User
from catalog.identity.people import add_user, grant_role
from seed.files import DataFileRefused, PersonEntry

SINCE = date(2025, 8, 1)
"""The first day of the school year of the demo's roles."""
BEGAN = datetime(2025, 8, 1, 6, tzinfo=UTC)


async def keep_people(
    session: AsyncSession, actor: Actor, people: Sequence[PersonEntry], schools: Mapping[str, uuid.UUID]
) -> int:
    """Store those who are not there yet; how many were new.

    Raises:
        DataFileRefused: somebody works at a school that the demo does not have.
    """
    known = set(await session.scalars(select(User.name).where(User.is_demo)))
    new = [person for person in people if person.name not in known]
    for person in new:
        user = await add_user(session, actor, now=BEGAN, name=person.name)
        user.is_demo = True
        for entry in person.roles:
            for key in entry.schools or [""]:
                if key and key not in schools:
                    raise DataFileRefused(f"people.toml: {person.key} works at {key}, which is no school")
                await grant_role(
                    session,
                    actor,
                    user.id,
                    entry.role,
                    now=BEGAN,
                    starts_on=SINCE,
                    ends_on=entry.ends_on,
                    school_id=schools[key] if key else None,
                )
    return len(new)
