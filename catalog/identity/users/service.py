"""Looking after people: invited, given roles, let in anew, and let go once somebody else has what they own."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound
from catalog.core.mail import is_address
from catalog.core.registries import Owned, Ownership
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import people
from catalog.identity.errors import HasLeft, StillOwns
from catalog.identity.invitations import LASTS, LASTS_ON_THE_MACHINE, Invited, invite
from catalog.identity.mailing import promise_mail
from catalog.identity.models import Invitation, RoleGrant, User
from catalog.identity.users.schemas import NewRole

LONGEST_NAME = 200


class Belongings(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody owns in one slice."""

    ownership: Ownership
    things: Sequence[Owned]


async def invite_person(
    session: AsyncSession,
    actor: Actor,
    secret: bytes,
    user_id: uuid.UUID,
    *,
    name: str,
    mail: str,
    role: NewRole | None,
    now: datetime,
) -> Invited:
    """Somebody new with a role, and the link that lets them in; ``user_id`` is the form's, so that twice is once.

    Raises:
        Invalid: a field cannot be meant.
    """
    actor.require(Permission.MANAGE_USERS)
    _check(name, mail)
    await people.add_user(session, actor, now=now, name=name, mail=mail, user_id=user_id)
    if role is not None:
        await give_roles(session, actor, user_id, role, now=now)
    return await invite(session, actor, user_id, secret, now)


async def change_person(
    session: AsyncSession, actor: Actor, user_id: uuid.UUID, version: int, *, name: str, mail: str
) -> User:
    """Another name or address.

    Raises:
        Invalid: a field cannot be meant.
        PersonChanged: somebody else changed the person since ``version``.
    """
    actor.require(Permission.MANAGE_USERS)
    _check(name, mail)
    user = await people.hold_user(session, user_id, version)
    if user.left_at is not None:
        raise HasLeft
    user.name, user.mail = name, mail
    user.version += 1
    audit.record(session, actor, "change-user", "person", user_id, ("name", "mail"))
    await session.flush()
    return user


def _check(name: str, mail: str) -> None:
    errors: dict[str, str] = {}
    if len(name) > LONGEST_NAME:
        errors["name"] = "too-long"
    if mail and not is_address(mail):
        errors["mail"] = "not-a-mail-address"
    if not name and not mail:
        errors["name"] = "field-missing"
    if errors:
        raise Invalid(errors=errors)


async def give_roles(
    session: AsyncSession, actor: Actor, user_id: uuid.UUID, role: NewRole, *, now: datetime, version: int | None = None
) -> None:
    """A role for each of the schools, or for the municipality.

    Raises:
        Invalid: it would end before it starts, is for no school that there is, or is held already.
        PersonChanged: somebody else changed the person since ``version``.
    """
    actor.require(Permission.MANAGE_USERS)
    await people.hold_user(session, user_id, version)
    for school in role.schools or (None,):
        if await _holds(session, user_id, role, school):
            raise Invalid(errors={"role": "said-twice"})
        await people.grant_role(
            session,
            actor,
            user_id,
            role.role,
            now=now,
            starts_on=role.starts_on,
            ends_on=role.ends_on,
            school_id=school,
        )


async def _holds(session: AsyncSession, user_id: uuid.UUID, role: NewRole, school: uuid.UUID | None) -> bool:
    """Whether the very same role is held on the day it would start."""
    query = select(RoleGrant.ends_on).where(
        RoleGrant.user_id == user_id,
        RoleGrant.role == role.role,
        RoleGrant.school_id.is_(None) if school is None else RoleGrant.school_id == school,
        RoleGrant.ended_at.is_(None),
        RoleGrant.starts_on <= role.starts_on,
    )
    return any(last is None or last >= role.starts_on for last in await session.scalars(query))


async def end_roles(
    session: AsyncSession,
    actor: Actor,
    user_id: uuid.UUID,
    grant_id: uuid.UUID,
    *,
    now: datetime,
    today: date,
    version: int | None = None,
) -> None:
    """Take one of a person's roles away, at once.

    Raises:
        NotFound: it is not theirs, or has ended.
        LastAdministrator: nobody else could administer.
        PersonChanged: somebody else changed the person since ``version``.
    """
    actor.require(Permission.MANAGE_USERS)
    await people.hold_user(session, user_id, version)
    granted = await session.get(RoleGrant, grant_id)
    if granted is None or granted.user_id != user_id:
        raise NotFound
    await people.end_role(session, actor, grant_id, now=now, today=today)


async def new_link(
    session: AsyncSession,
    actor: Actor,
    secret: bytes,
    user_id: uuid.UUID,
    now: datetime,
    lasts: timedelta = LASTS,
) -> Invited:
    """A new way in; earlier links end now, password and sessions when it is used.

    Raises:
        HasLeft: nothing lets them in any more.
    """
    actor.require(Permission.MANAGE_USERS)
    user = await people.get_user(session, user_id)
    if user.left_at is not None:
        raise HasLeft
    return await invite(session, actor, user_id, secret, now, lasts)


async def mail_link(
    session: AsyncSession, actor: Actor, settings: Settings, user_id: uuid.UUID, invitation_id: uuid.UUID, now: datetime
) -> None:
    """Promise to mail a link that is still open.

    Raises:
        NotFound: it is not theirs, opens nothing any more or was mailed; or there is no address or no mail server.
    """
    actor.require(Permission.MANAGE_USERS)
    user, invitation = await people.get_user(session, user_id), await session.get(Invitation, invitation_id)
    is_open = invitation is not None and invitation.used_at is None and invitation.expires_at > now
    if invitation is None or not is_open or invitation.user_id != user_id or invitation.mailed_at is not None:
        raise NotFound
    if not promise_mail(session, settings, invitation_id, user.mail):
        raise NotFound
    audit.record(session, actor, "mail-link", "person", user_id)


async def belongings(
    session: AsyncSession, actor: Actor, ownerships: Sequence[Ownership], user_id: uuid.UUID
) -> list[Belongings]:
    """What a person owns, slice by slice; nothing of a slice in which they own nothing."""
    actor.require(Permission.MANAGE_USERS)
    found = [Belongings(ownership=each, things=await each.owned_by(session, user_id)) for each in ownerships]
    return [each for each in found if each.things]


async def transfer(
    session: AsyncSession, actor: Actor, ownerships: Sequence[Ownership], giver: uuid.UUID, taker: uuid.UUID
) -> int:
    """Give everything a person owns to another; how many things.

    Raises:
        NotFound: there is no such person.
        Invalid: both are the same.
        HasLeft: the one who would take over has left.
    """
    actor.require(Permission.MANAGE_USERS)
    if giver == taker:
        raise Invalid(errors={"to": "choose-one"})
    held = {each: await people.hold_user(session, each) for each in sorted((giver, taker))}
    if held[taker].left_at is not None:
        raise HasLeft
    moved = 0
    for each in ownerships:
        moved += await each.transfer(session, actor, giver, taker)
    audit.record(session, actor, "transfer", "person", giver, ("owner",))
    return moved


async def let_go(
    session: AsyncSession,
    actor: Actor,
    ownerships: Sequence[Ownership],
    user_id: uuid.UUID,
    taker: uuid.UUID | None,
    *,
    now: datetime,
    today: date,
    version: int | None = None,
) -> None:
    """Somebody leaves, and whoever takes over has what they owned: both or neither.

    Raises:
        StillOwns: nobody was named to take over.
        LastAdministrator: nobody else could administer.
        HasLeft: they left before, or the one who would take over has.
        PersonChanged: somebody else changed the person since ``version``.
    """
    actor.require(Permission.MANAGE_USERS)
    await people.hold_user(session, user_id, version)
    owned = sum(len(each.things) for each in await belongings(session, actor, ownerships, user_id))
    if owned and taker is None:
        raise StillOwns(number=owned)
    if taker is not None:
        await transfer(session, actor, ownerships, user_id, taker)
    await people.let_go(session, actor, user_id, now=now, today=today)


async def first_admin(session: AsyncSession, actor: Actor, secret: bytes, now: datetime, today: date) -> Invited:
    """The link of the first administrator; who was made for an earlier one and never came is used again."""
    waiting = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.role == Role.ADMIN,
            RoleGrant.school_id.is_(None),
            RoleGrant.ended_at.is_(None),
            RoleGrant.granted_by == actor.id,
            User.seen_at.is_(None),
            User.left_at.is_(None),
            User.is_demo.is_(False),
            User.name == "",
            User.mail == "",
        )
    )
    user = await session.scalar(waiting.order_by(User.created_at).limit(1))
    if user is None:
        user = await people.add_user(session, actor, now=now)
        await people.grant_role(session, actor, user.id, Role.ADMIN, now=now, starts_on=today)
    return await invite(session, actor, user.id, secret, now, LASTS_ON_THE_MACHINE)
