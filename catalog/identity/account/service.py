"""What a person sees and decides about themselves: roles and rights are shown, language and school are theirs."""

import uuid
from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission, Visitor
from catalog.core.errors import Invalid, NotFound
from catalog.identity.account.schemas import Account, Me, Right, RoleHeld, SchoolName, TokenSeen
from catalog.identity.models import ApiToken, RoleGrant, User
from catalog.identity.visiting import is_running
from catalog.organisations.models import School


async def get_account(session: AsyncSession, actor: Actor, today: date) -> Account:
    """Raise NotFound for who is no person."""
    user = await _own(session, actor)
    return Account(
        name=user.name,
        mail=user.mail,
        username=user.username or "",
        has_password=bool(user.password_hash),
        language=user.language,
        school_id=user.school_id,
        version=user.version,
        roles=await _roles(session, user.id, today),
    )


async def _own(session: AsyncSession, actor: Actor) -> User:
    user = await session.get(User, actor.user_id) if actor.user_id == actor.id else None
    if user is None:
        raise NotFound
    return user


async def _roles(session: AsyncSession, user_id: uuid.UUID, today: date) -> list[RoleHeld]:
    """Those that hold or will, by their beginning; of a school that is closed none holds."""
    query = (
        select(RoleGrant, School.name)
        .outerjoin(School, School.id == RoleGrant.school_id)
        .where(
            RoleGrant.user_id == user_id,
            RoleGrant.ended_at.is_(None),
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today),
            or_(School.id.is_(None), is_running(today)),
        )
        .order_by(RoleGrant.starts_on, RoleGrant.role, School.name)
    )
    return [
        RoleHeld(
            role=row.role.value,
            school=school or "",
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            is_ahead=row.starts_on > today,
        )
        for row, school in await session.execute(query)
    ]


async def choose_for_me(
    session: AsyncSession, actor: Actor, *, language: str, school_id: uuid.UUID | None, languages: Collection[str]
) -> None:
    """Keep the language of pages, "" for the browser's, and the school whose answers come first.

    Raises:
        NotFound: whoever asks is no person.
        Invalid: there is no such language or school.
    """
    user = await _own(session, actor)
    errors: dict[str, str] = {}
    if language and language not in languages:
        errors["language"] = "unknown-code"
    if school_id is not None and await session.get(School, school_id) is None:
        errors["school"] = "unknown-code"
    if errors:
        raise Invalid(errors=errors)
    changed = [
        name for name, value in (("language", language), ("school_id", school_id)) if getattr(user, name) != value
    ]
    if not changed:
        return
    user.language, user.school_id = language, school_id
    audit.record(session, actor, "change-account", "person", user.id, changed)
    await session.flush()


async def schools_to_choose(session: AsyncSession, actor: Actor, today: date) -> list[School]:
    """For a token: those at which the actor may anything; all that run, for who may something everywhere."""
    query = select(School).where(is_running(today))
    if not actor.everywhere:
        query = query.where(School.id.in_({each for ids in actor.at_schools.values() for each in ids}))
    return list(await session.scalars(query))


async def who_asks(session: AsyncSession, visitor: Visitor) -> Me:
    """The rights that hold for this very request."""
    actor = visitor.actor
    token = await session.get(ApiToken, visitor.token_id) if visitor.token_id else None
    ids = {each for schools in actor.at_schools.values() for each in schools}
    rows = await session.scalars(select(School).where(School.id.in_(ids)).order_by(School.code))
    names = {row.id: SchoolName(id=row.id, code=row.code, name=row.name) for row in rows}
    rights = [
        Right(
            permission=each.value,
            schools=None
            if each in actor.everywhere
            else [name for key, name in names.items() if key in actor.at_schools[each]],
        )
        for each in Permission
        if actor.may_somewhere(each)
    ]
    seen = None
    if token is not None:
        seen = TokenSeen(name=token.name, beginning=token.beginning, expires_at=token.expires_at)
    return Me(name=visitor.name, roles=list(visitor.roles), rights=rights, token=seen)
