"""Reading people: the list with its filters, one person with all their roles, and whom somebody means by a word."""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import NotFound
from catalog.core.roles import Role
from catalog.identity.models import ExternalIdentity, Invitation, RoleGrant, User
from catalog.identity.people import get_user
from catalog.identity.users.schemas import HeldRole, PersonDetail, PersonLine, Search, State, When
from catalog.lexicon.collation import collation_key
from catalog.organisations.models import School

ON_A_PAGE = 50
_ROLES = tuple(Role)
_WHENS = tuple(When)


def require_reader(actor: Actor) -> None:
    """Whoever manages people, or answers for their data; names of staff are for nobody else."""
    if not actor.may(Permission.MANAGE_PERSONAL_DATA):
        actor.require(Permission.MANAGE_USERS)


async def list_people(
    session: AsyncSession, actor: Actor, search: Search, today: date, country: str = ""
) -> tuple[list[PersonLine], int]:
    """One page of people by name, as the country sorts, and how many there are in all."""
    require_reader(actor)
    rows = (await session.scalars(select(User).where(*_conditions(search, today)))).all()
    ordered = sorted(rows, key=lambda user: _place(user, country))
    first = (max(search.page, 1) - 1) * ON_A_PAGE
    shown = ordered[first : first + ON_A_PAGE]
    roles = await _roles_of(session, [user.id for user in shown], today)
    lines = [
        PersonLine(
            id=user.id,
            name=user.name,
            mail=user.mail,
            username=user.username or "",
            state=_state(user),
            seen_at=user.seen_at,
            roles=tuple(role for role in roles.get(user.id, ()) if role.when is not When.OVER),
        )
        for user in shown
    ]
    return lines, len(ordered)


async def get_person(
    session: AsyncSession, actor: Actor, user_id: uuid.UUID, now: datetime, today: date
) -> PersonDetail:
    """Raises NotFound."""
    require_reader(actor)
    user = await get_user(session, user_id)
    issuers = select(ExternalIdentity.issuer).where(ExternalIdentity.user_id == user_id)
    unused = (Invitation.user_id == user_id, Invitation.used_at.is_(None), Invitation.expires_at > now)
    invitation = await session.scalar(select(Invitation).where(*unused))
    return PersonDetail(
        id=user.id,
        name=user.name,
        mail=user.mail,
        username=user.username or "",
        state=_state(user),
        created_at=user.created_at,
        seen_at=user.seen_at,
        left_at=user.left_at,
        has_password=bool(user.password_hash),
        providers=tuple(await session.scalars(issuers.order_by(ExternalIdentity.issuer))),
        roles=tuple((await _roles_of(session, [user_id], today)).get(user_id, ())),
        version=user.version,
        invited_until=invitation.expires_at if invitation else None,
        invitation_id=invitation.id if invitation else None,
        mailed_at=invitation.mailed_at if invitation else None,
    )


async def find_person(session: AsyncSession, actor: Actor, word: str) -> User:
    """The one person here who is meant by a user name, an address, a name or an id.

    Raises:
        NotFound: nobody is, or several are.
    """
    require_reader(actor)
    said = word.strip()
    meant: list[ColumnElement[bool]] = [User.username == said.casefold(), User.mail.icontains(said, autoescape=True)]
    meant.append(User.name == said)
    with suppress(ValueError):
        meant.append(User.id == uuid.UUID(said))
    found = (await session.scalars(select(User).where(or_(*meant), User.left_at.is_(None)))).all() if said else ()
    exact = [user for user in found if said.casefold() in {user.username, user.mail.casefold(), str(user.id)}]
    named = [user for user in found if user.name == said]
    for chosen in (exact, named):
        if len(chosen) == 1:
            return chosen[0]
    raise NotFound


def shown_name(user: User) -> str:
    """What a person is called where they have no name."""
    return user.name or user.username or user.mail or str(user.id)[:8]


def _place(user: User, country: str) -> tuple[bool, object, str]:
    """Those without a name stand last."""
    name = user.name or user.username or user.mail
    return not name, collation_key(name, country), str(user.id)


def _conditions(search: Search, today: date) -> Iterable[ColumnElement[bool]]:
    match search.state:
        case State.LEFT:
            yield User.left_at.is_not(None)
        case State.INVITED:
            yield User.left_at.is_(None)
            yield User.seen_at.is_(None)
        case State.ACTIVE:
            yield User.left_at.is_(None)
            yield User.seen_at.is_not(None)
        case None:
            yield User.left_at.is_(None)
    if search.text.strip():
        said = search.text.strip()
        spelt = {said, said.lower(), said.upper(), said.title()}  # SQLite folds a–z only
        columns = (User.name, User.mail, User.username)
        yield or_(*(column.icontains(text, autoescape=True) for column in columns for text in sorted(spelt)))
    if search.role is not None or search.school_id is not None:
        held = select(RoleGrant.user_id).where(
            RoleGrant.ended_at.is_(None), or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today)
        )
        if search.role is not None:
            held = held.where(RoleGrant.role == search.role)
        if search.school_id is not None:
            held = held.where(RoleGrant.school_id == search.school_id)
        yield User.id.in_(held)


async def _roles_of(
    session: AsyncSession, user_ids: Sequence[uuid.UUID], today: date
) -> dict[uuid.UUID, list[HeldRole]]:
    query = (
        select(RoleGrant, School)
        .outerjoin(School, School.id == RoleGrant.school_id)
        .where(RoleGrant.user_id.in_(user_ids))
        .order_by(RoleGrant.starts_on, RoleGrant.id)
    )
    found: dict[uuid.UUID, list[HeldRole]] = {}
    for grant, school in await session.execute(query):
        found.setdefault(grant.user_id, []).append(_held(grant, school, today))
    for roles in found.values():
        roles.sort(key=lambda held: (_WHENS.index(held.when), _ROLES.index(held.role), held.school))
    return found


def _held(grant: RoleGrant, school: School | None, today: date) -> HeldRole:
    closed = school is not None and school.closed_on is not None and school.closed_on <= today
    when = When.NOW
    if grant.ended_at is not None or (grant.ends_on is not None and grant.ends_on < today) or closed:
        when = When.OVER
    elif grant.starts_on > today:
        when = When.LATER
    return HeldRole(
        id=grant.id,
        role=grant.role,
        school=school.name if school else "",
        starts_on=grant.starts_on,
        ends_on=grant.ends_on,
        ended_at=grant.ended_at,
        when=when,
        by_provider=grant.origin == "provider",
    )


def _state(user: User) -> State:
    if user.left_at is not None:
        return State.LEFT
    return State.INVITED if user.seen_at is None else State.ACTIVE
