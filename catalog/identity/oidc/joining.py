"""Who somebody is that the provider signed in, and what follows for their roles.

A person is known by issuer and subject, never by a name or a mail address, which change and are given to others.
Whoever is known comes in; whoever was invited becomes the one who was meant; somebody new comes in by the settings. No
pupil is ever stored: where the settings say what makes a member of staff, somebody new for whom nothing of it holds is
refused, and no row is left.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import SYSTEM
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import invitations, people
from catalog.identity.errors import LastAdministrator
from catalog.identity.models import ExternalIdentity, Invitation, RoleGrant, SpentSignIn, User
from catalog.identity.oidc.claims import Told
from catalog.identity.oidc.errors import IdentityTaken, NotAdmitted, PersonLeft, SignInOutdated
from catalog.identity.oidc.placing import Place, find_schools
from catalog.identity.oidc.state import Begun
from catalog.identity.secrets import hash_secret

log = structlog.get_logger(__name__)
ORIGIN = "provider"
OF_A_SCHOOL = frozenset({Role.TEACHER, Role.SCHOOL_LEADER})
"""Held for the schools that the claim names, and not at all without one; the other roles are the municipality's."""


def says_who_teaches(settings: Settings) -> bool:
    """Whether a value of the claim of roles means «teacher»: then nobody else of the provider's people is staff."""
    return Role.TEACHER in settings.roles_of_claims.values()


def makes_teachers(settings: Settings) -> bool:
    """Whether somebody new is a teacher without a claim that says so."""
    return settings.oidc_join == "teacher" and not says_who_teaches(settings)


async def join(session: AsyncSession, told: Told, begun: Begun, settings: Settings, now: datetime, today: date) -> User:
    """Whoever it is, with the roles that follow today; the sign-in is spent.

    Raises:
        SignInOutdated: it was spent before.
        LinkSpent: the invitation was used or has run out.
        IdentityTaken: the one who was invited came with the account of somebody else.
        NotAdmitted: somebody new, and nothing lets them in.
        PersonLeft: they are known, and gone.
    """
    await _spend(session, begun, now)
    known = await _known(session, told)
    schools = await find_schools(session, told.schools, today)
    if begun.invitation_id is not None:
        user = await _invited(session, told, begun.invitation_id, known, now)
    elif known is not None:
        user = known
    else:
        user = await _newcomer(session, told, schools, settings, now)
    user = await people.hold_user(session, user.id)
    if user.left_at is not None or user.erased_at is not None:
        raise PersonLeft
    _note_words(session, user, told)
    roles = set(told.roles)
    is_new = known is None and begun.invitation_id is None
    if makes_teachers(settings) and (is_new or await _came_as_teacher(session, user)):
        roles.add(Role.TEACHER)
    await _follow(session, user, _places(roles, schools), now, today)
    if user.school_id is None and schools:
        user.school_id = schools[0]
    return user


async def is_spent(session: AsyncSession, begun: Begun) -> bool:
    """Whether the sign-in has let somebody in already."""
    query = select(SpentSignIn.id).where(SpentSignIn.state_hash == hash_secret(begun.id))
    return await session.scalar(query) is not None


async def _spend(session: AsyncSession, begun: Begun, now: datetime) -> None:
    """The unique hash decides between two at once; rows too old to matter go."""
    if await is_spent(session, begun):
        raise SignInOutdated
    await session.execute(delete(SpentSignIn).where(SpentSignIn.expires_at <= now))
    session.add(SpentSignIn(state_hash=hash_secret(begun.id), expires_at=begun.expires_at))
    await session.flush()


async def _known(session: AsyncSession, told: Told) -> User | None:
    query = (
        select(User)
        .join(ExternalIdentity, ExternalIdentity.user_id == User.id)
        .where(ExternalIdentity.issuer == told.issuer, ExternalIdentity.subject == told.subject)
    )
    return await session.scalar(query)


async def _invited(
    session: AsyncSession, told: Told, invitation_id: uuid.UUID, known: User | None, now: datetime
) -> User:
    await invitations.spend(session, invitation_id, now)
    invitation = await session.get_one(Invitation, invitation_id)
    if known is not None and known.id != invitation.user_id:
        raise IdentityTaken
    user = await people.get_user(session, invitation.user_id)
    if known is None:
        await _attach(session, user, told)
    return user


async def _newcomer(
    session: AsyncSession, told: Told, schools: list[uuid.UUID], settings: Settings, now: datetime
) -> User:
    must_follow = says_who_teaches(settings) or settings.oidc_join == "teacher"
    roles = told.roles | {Role.TEACHER} if makes_teachers(settings) else told.roles
    if must_follow and not _places(roles, schools):
        raise NotAdmitted
    user = await people.add_user(session, SYSTEM, now=now, name=told.name, mail=told.mail)
    await _attach(session, user, told)
    return user


async def _attach(session: AsyncSession, user: User, told: Told) -> None:
    session.add(ExternalIdentity(user_id=user.id, issuer=told.issuer, subject=told.subject))
    audit.record(session, SYSTEM, "attach-identity", "person", user.id)
    await session.flush()


def _note_words(session: AsyncSession, user: User, told: Told) -> None:
    """The provider's name and mail address are the newer ones; what it does not tell stays."""
    changed = [name for name in ("name", "mail") if (word := getattr(told, name)) and word != getattr(user, name)]
    for name in changed:
        setattr(user, name, getattr(told, name))
    if changed:
        user.version += 1
        audit.record(session, SYSTEM, "renew-from-provider", "person", user.id, changed)


async def _came_as_teacher(session: AsyncSession, user: User) -> bool:
    """Whoever came as a teacher stays one wherever the claim of the school leads."""
    query = select(RoleGrant.id).where(
        RoleGrant.user_id == user.id, RoleGrant.origin == ORIGIN, RoleGrant.role == Role.TEACHER
    )
    return await session.scalar(query.limit(1)) is not None


def _places(roles: Iterable[Role], schools: Iterable[uuid.UUID]) -> set[Place]:
    """The roles that follow, each where it is held."""
    of_schools = {Place(role=role, school_id=school) for school in schools for role in OF_A_SCHOOL.intersection(roles)}
    return of_schools | {Place(role=role) for role in set(roles) - OF_A_SCHOOL}


async def _end(session: AsyncSession, grant: RoleGrant, now: datetime, today: date) -> None:
    """A claim that is gone takes its role along; only the last administrator stays one until there is another."""
    try:
        await people.end_role(session, SYSTEM, grant.id, now=now, today=today)
    except LastAdministrator:
        log.warning("the provider no longer names the last administrator", person=str(grant.user_id))


async def _follow(session: AsyncSession, user: User, wanted: set[Place], now: datetime, today: date) -> None:
    """End what follows no more, give what is new; roles that people gave are not touched."""
    query = select(RoleGrant).where(
        RoleGrant.user_id == user.id,
        RoleGrant.origin == ORIGIN,
        RoleGrant.ended_at.is_(None),
        RoleGrant.ends_on.is_(None) | (RoleGrant.ends_on >= today),
    )
    held: set[Place] = set()
    for grant in (await session.scalars(query)).all():
        place = Place(role=grant.role, school_id=grant.school_id)
        if place in wanted and place not in held:
            held.add(place)
        else:
            await _end(session, grant, now, today)
    for place in sorted(wanted - held, key=str):
        await people.grant_role(
            session, SYSTEM, user.id, place.role, now=now, starts_on=today, school_id=place.school_id, origin=ORIGIN
        )
