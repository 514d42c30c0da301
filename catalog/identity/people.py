"""People and the roles they hold: the acts that everything else is made of, without a page.

There is always somebody who can administer: neither a role is ended nor a person let go if nobody else could come in.
"""

import uuid
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound
from catalog.core.roles import Role
from catalog.identity.errors import HasLeft, LastAdministrator, PersonChanged
from catalog.identity.models import ApiToken, ExternalIdentity, Invitation, RoleGrant, Session, User
from catalog.organisations.models import School


async def add_user(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    name: str = "",
    mail: str = "",
    user_id: uuid.UUID | None = None,
) -> User:
    """Somebody who is known but has not come in yet, and may do nothing."""
    actor.require(Permission.MANAGE_USERS)
    user = User(name=name, mail=mail, created_at=now, rights_changed_at=now)
    if user_id is not None:
        user.id = user_id
    session.add(user)
    audit.record(session, actor, "add-user", "person", user.id, ("name", "mail"))
    await session.flush()
    return user


async def get_user(session: AsyncSession, user_id: uuid.UUID) -> User:
    """Raises NotFound."""
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


async def is_known(session: AsyncSession, user_id: uuid.UUID) -> bool:
    return await session.scalar(select(User.id).where(User.id == user_id)) is not None


async def hold_user(session: AsyncSession, user_id: uuid.UUID, version: int | None = None) -> User:
    """The person as they are now, kept from being changed by others until this transaction ends.

    Raises:
        NotFound: there is no such person.
        PersonChanged: somebody changed them since ``version`` was read; None asks for no version.
    """
    held = select(User).where(User.id == user_id).with_for_update(key_share=True)
    user = await session.scalar(held.execution_options(populate_existing=True))
    if user is None:
        raise NotFound
    if version is not None and user.version != version:
        raise PersonChanged(current_version=user.version)
    return user


async def grant_role(
    session: AsyncSession,
    actor: Actor,
    user_id: uuid.UUID,
    role: Role,
    *,
    now: datetime,
    starts_on: date,
    ends_on: date | None = None,
    school_id: uuid.UUID | None = None,
    origin: str = "person",
) -> RoleGrant:
    """Give somebody a role; it counts from their next request on, and renews the secrets of their sessions.

    Raises:
        NotFound: there is no such person.
        HasLeft: they are no member of staff any more.
        Invalid: it would end before it starts, or the school is none.
    """
    actor.require(Permission.MANAGE_USERS)
    user = await hold_user(session, user_id)
    if user.left_at is not None:
        raise HasLeft
    errors = {"ends_on": "ends-before-it-starts"} if ends_on is not None and ends_on < starts_on else {}
    if school_id is not None and await session.get(School, school_id) is None:
        errors["school"] = "unknown-code"
    if errors:
        raise Invalid(errors=errors)
    granted = RoleGrant(
        user_id=user_id,
        role=role,
        school_id=school_id,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=actor.id,
        granted_at=now,
        origin=origin,
    )
    session.add(granted)
    if user.school_id is None:
        user.school_id = school_id  # until they choose another, the answers of their school come first
    user.rights_changed_at = now
    user.version += 1
    audit.record(session, actor, "grant-role", "person", user_id, ("role", "school", "starts_on", "ends_on"))
    await session.flush()
    return granted


async def end_role(
    session: AsyncSession, actor: Actor, grant_id: uuid.UUID, *, now: datetime, today: date
) -> RoleGrant:
    """Take a role away, at once.

    Raises:
        NotFound: there is no such grant, or it was ended.
        LastAdministrator: nobody else could administer.
    """
    actor.require(Permission.MANAGE_USERS)
    granted = await session.get(RoleGrant, grant_id)
    if granted is None or granted.ended_at is not None:
        raise NotFound
    user = await hold_user(session, granted.user_id)
    if granted.role == Role.ADMIN and granted.school_id is None:
        await _require_other(session, RoleGrant.id != grant_id, user.id, today)
    granted.ended_at = now
    user.rights_changed_at = now
    user.version += 1
    audit.record(session, actor, "end-role", "person", granted.user_id, ("role", "school"))
    await session.flush()
    return granted


async def let_go(session: AsyncSession, actor: Actor, user_id: uuid.UUID, *, now: datetime, today: date) -> User:
    """Somebody leaves: their roles end, and no session, key, password or link lets them in from this moment on.

    Raises:
        HasLeft: they left before.
        LastAdministrator: nobody else could administer.
    """
    actor.require(Permission.MANAGE_USERS)
    user = await hold_user(session, user_id)
    if user.left_at is not None:
        raise HasLeft
    await require_other_admin(session, user_id, today)
    user.left_at = user.rights_changed_at = now
    user.username, user.password_hash = None, ""
    user.version += 1
    plain = {"synchronize_session": False}
    ended = update(RoleGrant).where(RoleGrant.user_id == user_id, RoleGrant.ended_at.is_(None)).values(ended_at=now)
    await session.execute(ended.execution_options(**plain))
    await revoke_tokens(session, user_id, now)
    await session.execute(delete(Session).where(Session.user_id == user_id))
    unused = delete(Invitation).where(Invitation.user_id == user_id, Invitation.used_at.is_(None))
    await session.execute(unused)
    audit.record(session, actor, "let-go", "person", user_id, ("left_at", "roles", "sessions", "tokens", "username"))
    await session.flush()
    return user


async def revoke_tokens(session: AsyncSession, user_id: uuid.UUID, now: datetime) -> None:
    """End every key that a person made for a program; the caller records it."""
    held = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    await session.execute(held.values(revoked_at=now).execution_options(synchronize_session=False))


async def require_other_admin(session: AsyncSession, user_id: uuid.UUID, today: date) -> None:
    """Raise LastAdministrator where somebody can administer and nobody else can."""
    await _require_other(session, RoleGrant.user_id != user_id, user_id, today)


async def is_anybody_admin(session: AsyncSession, today: date, *, by_provider: bool = False) -> bool:
    """Whether somebody who has come in before, perhaps through the provider, administers the whole municipality."""
    query = select(RoleGrant.id).join(User, User.id == RoleGrant.user_id).where(*_able(today))
    if by_provider:
        query = query.where(User.id.in_(select(ExternalIdentity.user_id)))
    return await session.scalar(query.limit(1)) is not None


async def _require_other(session: AsyncSession, others: ColumnElement[bool], user_id: uuid.UUID, today: date) -> None:
    """Somebody else must administer at least as long as who goes would have.

    Two who end each other's role at once wait here for each other: the second one finds nobody left.
    """
    query = select(RoleGrant).join(User, User.id == RoleGrant.user_id).where(*_able(today)).order_by(RoleGrant.id)
    held = query.with_for_update(of=RoleGrant).execution_options(populate_existing=True)
    able = {grant.id: grant for grant in await session.scalars(held)}
    rest = set(await session.scalars(select(RoleGrant.id).where(RoleGrant.id.in_(able), others)))
    going = [grant.ends_on or date.max for key, grant in able.items() if key not in rest and grant.user_id == user_id]
    staying = [able[key].ends_on or date.max for key in rest]
    if going and max(staying, default=date.min) < max(going):
        raise LastAdministrator


def _able(today: date) -> list[ColumnElement[bool]]:
    """Conditions of a role, joined with its person, by which somebody can administer the municipality today."""
    return [
        RoleGrant.role == Role.ADMIN,
        RoleGrant.school_id.is_(None),
        RoleGrant.ended_at.is_(None),
        RoleGrant.starts_on <= today,
        or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today),
        User.left_at.is_(None),
        User.seen_at.is_not(None),
    ]
