"""One-time links: the first way in for somebody new, and the way back for who lost theirs."""

import uuid
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.identity.errors import LinkSpent
from catalog.identity.models import Invitation, User
from catalog.identity.secrets import hash_secret, invitation_secret

LASTS = timedelta(days=7)
LASTS_ON_THE_MACHINE = timedelta(hours=1)
"""Of a link that the command line printed."""


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    secret: str
    """For the address; shown once."""
    expires_at: datetime


async def invite(
    session: AsyncSession,
    actor: Actor,
    user_id: uuid.UUID,
    installation: bytes,
    now: datetime,
    lasts: timedelta = LASTS,
) -> Invited:
    """A new link for a person; their earlier ones end, also where two are made at once."""
    actor.require(Permission.MANAGE_USERS)
    await session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    await session.execute(delete(Invitation).where(Invitation.user_id == user_id, Invitation.used_at.is_(None)))
    invitation = Invitation(user_id=user_id, hash="", created_at=now, expires_at=now + lasts, created_by=actor.id)
    secret = invitation_secret(installation, invitation.id)
    invitation.hash = hash_secret(secret)
    session.add(invitation)
    audit.record(session, actor, "invite", "person", user_id)
    await session.flush()
    return Invited(id=invitation.id, secret=secret, expires_at=invitation.expires_at)


async def find_invited(session: AsyncSession, secret: str, now: datetime) -> tuple[Invitation, User]:
    """Whose link it is; looking does not spend it.

    Raises:
        LinkSpent: there is no such link, it was used, it has run out, or the person has left.
    """
    query = (
        select(Invitation, User)
        .join(User, User.id == Invitation.user_id)
        .where(
            Invitation.hash == hash_secret(secret),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
            User.left_at.is_(None),
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise LinkSpent
    return row[0], row[1]


async def spend(session: AsyncSession, invitation_id: uuid.UUID, now: datetime) -> None:
    """Use the link up; of several at once one succeeds.

    Raises:
        LinkSpent: it was used or has run out.
    """
    spent = await session.scalar(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.used_at.is_(None), Invitation.expires_at > now)
        .values(used_at=now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    if spent is None:
        raise LinkSpent


async def forget_spent(session: AsyncSession, now: datetime) -> None:
    """Drop links that open nothing any more."""
    await session.execute(delete(Invitation).where((Invitation.expires_at <= now) | Invitation.used_at.is_not(None)))
