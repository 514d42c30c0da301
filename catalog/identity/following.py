"""When a school becomes part of another, its staff have their roles, their programs and their pages at the new one."""

import uuid
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor
from catalog.core.clock import utc_now
from catalog.core.registries import SchoolFollower
from catalog.identity.models import ApiToken, RoleGrant, User
from catalog.identity.people import hold_user


async def follow_merger(session: AsyncSession, actor: Actor, old: uuid.UUID, new: uuid.UUID, on: date) -> int:
    """Move what holds still; the next request of each has the rights that they have now. How many roles were moved.

    Roles that ended before stay with the school that was. Who may merge schools was asked by the merger.
    """
    grants = await _grants(session, old, on)
    tokens = (
        await session.scalars(select(ApiToken).where(ApiToken.school_id == old, ApiToken.revoked_at.is_(None)))
    ).all()
    at_home = (await session.scalars(select(User.id).where(User.school_id == old))).all()
    people = {*(each.user_id for each in grants), *(each.user_id for each in tokens), *at_home}
    for user_id in sorted(people):  # in one order, so that two mergers never wait for each other
        user = await hold_user(session, user_id)
        user.school_id = new if user.school_id == old else user.school_id
        user.rights_changed_at = utc_now()
        user.version += 1
    for grant in grants:
        grant.school_id = new
    for token in tokens:
        token.school_id = new
    for user_id in sorted(people):
        audit.record(session, actor, "move-roles", "person", user_id, ["school"])
    await session.flush()
    await _end_doubles(session, new, {each.user_id for each in grants})
    return len(grants)


async def _grants(session: AsyncSession, school_id: uuid.UUID, on: date) -> list[RoleGrant]:
    query = select(RoleGrant).where(
        RoleGrant.school_id == school_id,
        RoleGrant.ended_at.is_(None),
        or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= on),
    )
    return list(await session.scalars(query.order_by(RoleGrant.id)))


async def _end_doubles(session: AsyncSession, school_id: uuid.UUID, people: set[uuid.UUID]) -> None:
    """Who had one role at both schools has it once, for the longer time."""
    query = select(RoleGrant).where(
        RoleGrant.school_id == school_id, RoleGrant.user_id.in_(people), RoleGrant.ended_at.is_(None)
    )
    held: dict[tuple[uuid.UUID, str], RoleGrant] = {}
    for grant in await session.scalars(query.order_by(RoleGrant.starts_on, RoleGrant.id)):
        first = held.setdefault((grant.user_id, grant.role), grant)
        if first is not grant and _covers(first, grant):
            grant.ended_at = utc_now()


def _covers(first: RoleGrant, other: RoleGrant) -> bool:
    return first.ends_on is None or (other.ends_on is not None and other.ends_on <= first.ends_on)


FOLLOWER = SchoolFollower(name="roles", merge=follow_merger)
