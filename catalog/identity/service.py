"""Letting the administrator in by a one-time link, and out."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import SYSTEM, Actor, administrator
from catalog.identity.errors import LinkSpent
from catalog.identity.models import AdminLink, Session

LINK_LASTS = timedelta(hours=1)
SESSION_LASTS = timedelta(hours=12)
IDLE_ENDS = timedelta(hours=2)
_SEEN_STEP = timedelta(minutes=5)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(session: AsyncSession, now: datetime) -> str:
    """A new secret for ``/admin/enter``; shown once, valid for an hour, works once."""
    token = secrets.token_urlsafe(32)
    session.add(AdminLink(hash=hash_token(token), expires_at=now + LINK_LASTS))
    audit.record(session, SYSTEM, "make-admin-link", "admin_link", "-")
    return token


async def enter(session: AsyncSession, token: str, now: datetime) -> str:
    """Spend the link and open a session; the token for its cookie, known to nobody before.

    Raises:
        LinkSpent: there is no such link, it was used, or it has run out.
    """
    spent = await session.scalar(
        update(AdminLink)
        .where(AdminLink.hash == hash_token(token), AdminLink.used_at.is_(None), AdminLink.expires_at > now)
        .values(used_at=now)
        .returning(AdminLink.id)
        .execution_options(synchronize_session=False)
    )
    if spent is None:
        raise LinkSpent
    fresh = secrets.token_urlsafe(32)
    opened = Session(hash=hash_token(fresh), created_at=now, last_seen_at=now, expires_at=now + SESSION_LASTS)
    session.add(opened)
    audit.record(session, administrator(opened.id), "sign-in", "session", opened.id)
    return fresh


async def leave(session: AsyncSession, actor: Actor) -> None:
    """End the actor's session."""
    await session.execute(delete(Session).where(Session.id == actor.id))
    audit.record(session, actor, "sign-out", "session", actor.id)


async def find_actor(session: AsyncSession, token: str, now: datetime) -> Actor | None:
    """Whose cookie this is, while the session lives: neither idle for two hours nor older than twelve."""
    query = select(Session.id).where(
        Session.hash == hash_token(token), Session.expires_at > now, Session.last_seen_at > now - IDLE_ENDS
    )
    found: uuid.UUID | None = await session.scalar(query)
    return None if found is None else administrator(found)


async def needs_touch(session: AsyncSession, actor: Actor, now: datetime) -> bool:
    """Whether the last use of the session was noted so long ago that it is to be noted anew."""
    seen = await session.scalar(select(Session.last_seen_at).where(Session.id == actor.id))
    return seen is not None and seen < now - _SEEN_STEP


async def touch(session: AsyncSession, actor: Actor, now: datetime) -> None:
    """Note that the session is in use; at most one write in five minutes."""
    await session.execute(
        update(Session).where(Session.id == actor.id, Session.last_seen_at < now - _SEEN_STEP).values(last_seen_at=now)
    )


async def forget_ended(session: AsyncSession, now: datetime) -> None:
    """Drop sessions and links that can open nothing any more."""
    idle = now - IDLE_ENDS
    await session.execute(delete(Session).where(or_(Session.expires_at <= now, Session.last_seen_at <= idle)))
    await session.execute(delete(AdminLink).where(AdminLink.expires_at <= now))
