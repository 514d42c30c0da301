"""Who asks, looked up anew for every request: a role that ended or a person who left is refused at the next one."""

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission, Visitor
from catalog.core.db import Database, transaction
from catalog.core.roles import Grant, Rights, Role, rights_of
from catalog.identity import sessions
from catalog.identity.models import ApiToken, RoleGrant, Session, User
from catalog.identity.secrets import hash_secret
from catalog.identity.tokens.service import note_use
from catalog.organisations.models import School

_ORDER = tuple(Role)


class VisitorFinder:
    """Looks up whoever comes with a secret; a busy database never keeps anybody from reading."""

    def __init__(self, database: Database, now: Callable[[], datetime], today: Callable[[], date]) -> None:
        self._database, self._now, self._today = database, now, today
        self._noted: dict[uuid.UUID, datetime] = {}
        """By token, when this process noted its use last: of a hundred requests at once one writes."""

    async def __call__(self, *, session: str = "", token: str = "") -> Visitor | None:
        async with transaction(self._database.readers) as reading:
            program = await self._program(reading, token) if token else None
            found = None if token else await self._browser(reading, session)
        if program is not None:
            return await self._used(*program)
        if found is None:
            return None
        visitor, row = found
        if row.rights_changed_at > row.renewed_at and row.hash == hash_secret(session):
            return await self._renewed(visitor, row.id, session)
        if row.last_seen_at < self._now() - sessions.SEEN_STEP:
            with suppress(OperationalError):
                async with transaction(self._database.writers) as writing:
                    await sessions.touch(writing, row.id, self._now())
        return visitor

    async def _used(self, visitor: Visitor, token: ApiToken) -> Visitor:
        latest, now = self._noted.get(token.id, token.last_used_at), self._now()
        if latest is None or latest < now - sessions.SEEN_STEP:
            self._noted[token.id] = now
            with suppress(OperationalError):
                async with transaction(self._database.writers) as writing:
                    await note_use(writing, token.id, now)
        return visitor

    async def _renewed(self, visitor: Visitor, session_id: uuid.UUID, secret: str) -> Visitor:
        with suppress(OperationalError):
            async with transaction(self._database.writers) as writing:
                fresh = await sessions.renew(writing, session_id, secret, self._now())
            return msgspec.structs.replace(visitor, fresh_token=fresh)
        return visitor

    async def _browser(self, session: AsyncSession, secret: str) -> tuple[Visitor, Row[*tuple[Any, ...]]] | None:
        now, hashed = self._now(), hash_secret(secret)
        query = (
            select(
                Session.id,
                Session.hash,
                Session.renewed_at,
                Session.last_seen_at,
                User.id.label("user_id"),
                User.name,
                User.rights_changed_at,
                User.language,
                School.code,
            )
            .join(User, User.id == Session.user_id)
            .outerjoin(School, and_(School.id == User.school_id, is_running(self._today())))
            .where(
                or_(
                    Session.hash == hashed,
                    and_(Session.previous_hash == hashed, Session.previous_until > now),
                ),
                *sessions.is_open(now),  # type: ignore[arg-type]  # conditions
                User.left_at.is_(None),
            )
        )
        row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        grants, schools = await grants_of(session, row.user_id, self._today())
        rights = rights_of(grants, self._today())
        actor = Actor(id=row.user_id, user_id=row.user_id, everywhere=rights.everywhere, at_schools=rights.at_schools)
        roles = {grant.role for grant in grants}
        visitor = Visitor(
            actor=actor,
            session_id=row.id,
            name=row.name,
            roles=tuple(role.value for role in _ORDER if role in roles),
            schools=tuple(schools),
            language=row.language,
            school=row.code or "",
        )
        return visitor, row

    async def _program(self, session: AsyncSession, token: str) -> tuple[Visitor, ApiToken] | None:
        query = (
            select(ApiToken, User.name)
            .join(User, User.id == ApiToken.user_id)
            .where(
                ApiToken.hash == hash_secret(token),
                ApiToken.revoked_at.is_(None),
                ApiToken.expires_at > self._now(),
                User.left_at.is_(None),
            )
        )
        row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        found, name = row
        grants, schools = await grants_of(session, found.user_id, self._today())
        rights = narrowed(rights_of(grants, self._today()), found.permissions, found.school_id)
        actor = Actor(id=found.id, user_id=found.user_id, everywhere=rights.everywhere, at_schools=rights.at_schools)
        return Visitor(actor=actor, token_id=found.id, name=name, schools=tuple(schools)), found


def narrowed(rights: Rights, permissions: Sequence[str], school: uuid.UUID | None) -> Rights:
    """What a program may: of its person's rights those it was made for, at its school if it was made for one."""
    wanted = {each for each in Permission if each.value in permissions}
    everywhere = rights.everywhere & wanted
    at_schools = {each: schools for each, schools in rights.at_schools.items() if each in wanted}
    if school is not None:
        theirs = {each for each in wanted if each in everywhere or school in at_schools.get(each, frozenset())}
        return Rights(everywhere=frozenset(), at_schools={each: frozenset({school}) for each in theirs})
    return Rights(everywhere=everywhere, at_schools=at_schools)


def is_running(today: date) -> ColumnElement[bool]:
    """Of a school: it is not closed."""
    return or_(School.closed_on.is_(None), School.closed_on > today)


async def grants_of(session: AsyncSession, user_id: uuid.UUID, today: date) -> tuple[list[Grant], list[str]]:
    """The roles that a person holds today, and the names of the schools they hold them for.

    A role for a school that is closed is none: the school has nobody any more.
    """
    query = (
        select(RoleGrant, School.name)
        .outerjoin(School, School.id == RoleGrant.school_id)
        .where(
            RoleGrant.user_id == user_id,
            RoleGrant.ended_at.is_(None),
            RoleGrant.starts_on <= today,
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today),
            or_(School.id.is_(None), is_running(today)),
        )
        .order_by(School.name)
    )
    rows = (await session.execute(query)).all()
    grants = [
        Grant(role=row.role, school=row.school_id, starts_on=row.starts_on, ends_on=row.ends_on) for row, _ in rows
    ]
    return grants, list(dict.fromkeys(name for _, name in rows if name))
