"""The demo's own people, whom its sign-in page offers one click; in no other installation does anybody come in so."""

import uuid
from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.errors import NotFound
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity.models import User
from catalog.identity.visiting import grants_of

_ORDER = tuple(Role)


class DemoPerson(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    roles: tuple[Role, ...]
    schools: tuple[str, ...]


async def demo_people(session: AsyncSession, settings: Settings, today: date) -> Sequence[DemoPerson]:
    """Those who may be chosen, by their first role and name; nobody outside the demo."""
    if not settings.demo:
        return ()
    found = []
    for user in await session.scalars(select(User).where(User.is_demo, User.left_at.is_(None))):
        grants, schools = await grants_of(session, user.id, today)
        roles = {grant.role for grant in grants}
        ordered = tuple(role for role in _ORDER if role in roles)
        found.append(DemoPerson(id=user.id, name=user.name, roles=ordered, schools=tuple(schools)))
    return sorted(found, key=lambda person: ([_ORDER.index(role) for role in person.roles] or [99], person.name))


async def demo_person(session: AsyncSession, settings: Settings, user_id: str) -> User:
    """The one that was chosen. Raises NotFound outside the demo, and for anybody who is not of it."""
    try:
        wanted = uuid.UUID(user_id)
    except ValueError:
        raise NotFound from None
    user = await session.get(User, wanted) if settings.demo else None
    if user is None or not user.is_demo or user.left_at is not None:
        raise NotFound
    return user
