"""Sessions of browsers: opened at sign-in, renewed when rights change, ended by time, by the person or from afar."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor
from catalog.core.errors import NotFound
from catalog.core.schemas import Schema
from catalog.identity.models import Session, User
from catalog.identity.secrets import hash_secret, new_secret

LASTS = timedelta(hours=12)
IDLE_ENDS = timedelta(hours=2)
SEEN_STEP = timedelta(minutes=5)
"""How often the last use is noted."""
UNDER_WAY = timedelta(seconds=60)
"""How long the secret before a renewal still opens: for what the browser had sent already."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    secret: str
    """For the cookie; known to nobody before."""


class ShownSession(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    browser: str
    way: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


async def open_session(
    session: AsyncSession, user: User, now: datetime, *, way: str, browser: str = "", id_token: str = ""
) -> Opened:
    """Sign a person in; whoever asks has proved who they are.

    ``browser`` is what its owner knows it by, such as «Firefox, Windows».
    """
    secret = new_secret()
    opened = Session(
        user_id=user.id,
        hash=hash_secret(secret),
        created_at=now,
        renewed_at=now,
        last_seen_at=now,
        expires_at=now + LASTS,
        way=way,
        browser=browser[:100],
        id_token=id_token,
    )
    session.add(opened)
    user.seen_at = now
    audit.record(session, Actor(id=user.id), "sign-in", "session", opened.id)
    await session.flush()
    return Opened(id=opened.id, secret=secret)


def is_open(now: datetime) -> list[object]:
    """Conditions of a session that lives: neither idle for two hours nor older than twelve."""
    return [Session.expires_at > now, Session.last_seen_at > now - IDLE_ENDS]


async def renew(session: AsyncSession, session_id: uuid.UUID, secret: str, now: datetime) -> str:
    """Give a session a new secret; "" where another request was faster, and the browser is told by that one."""
    fresh = new_secret()
    renewed = await session.scalar(
        update(Session)
        .where(Session.id == session_id, Session.hash == hash_secret(secret))
        .values(
            hash=hash_secret(fresh),
            previous_hash=hash_secret(secret),
            previous_until=now + UNDER_WAY,
            renewed_at=now,
            last_seen_at=now,
        )
        .returning(Session.id)
        .execution_options(synchronize_session=False)
    )
    return "" if renewed is None else fresh


async def touch(session: AsyncSession, session_id: uuid.UUID, now: datetime) -> None:
    """Note that the session is in use; at most one write in five minutes."""
    await session.execute(
        update(Session)
        .where(Session.id == session_id, Session.last_seen_at < now - SEEN_STEP)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )


async def list_sessions(
    session: AsyncSession, user_id: uuid.UUID, now: datetime, this: uuid.UUID | None
) -> list[ShownSession]:
    """The open sessions of one person, the latest used first."""
    query = select(Session).where(Session.user_id == user_id, *is_open(now))  # type: ignore[arg-type]  # conditions
    rows: Sequence[Session] = (await session.scalars(query.order_by(Session.last_seen_at.desc()))).all()
    return [
        ShownSession(
            id=row.id,
            browser=row.browser,
            way=row.way,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_this=row.id == this,
        )
        for row in rows
    ]


async def end_session(session: AsyncSession, actor: Actor, session_id: uuid.UUID) -> Session:
    """End one of the actor's own sessions; what it was, for the provider's own sign-out.

    Raises:
        NotFound: it is not theirs, or has ended.
    """
    ended = await session.get(Session, session_id)
    if ended is None or ended.user_id != actor.user_id:
        raise NotFound
    await session.delete(ended)
    audit.record(session, actor, "sign-out", "session", session_id)
    return ended


async def end_all_sessions(
    session: AsyncSession, actor: Actor, user_id: uuid.UUID, *, but: uuid.UUID | None = None
) -> int:
    """End every session of a person, but perhaps the one that asks; how many there were."""
    doomed = delete(Session).where(Session.user_id == user_id)
    if but is not None:
        doomed = doomed.where(Session.id != but)
    ended = (await session.scalars(doomed.returning(Session.id))).all()
    audit.record(session, actor, "end-sessions", "person", user_id)
    return len(ended)


async def forget_ended(session: AsyncSession, now: datetime) -> None:
    """Drop sessions that can open nothing any more."""
    idle = now - IDLE_ENDS
    await session.execute(delete(Session).where(or_(Session.expires_at <= now, Session.last_seen_at <= idle)))
