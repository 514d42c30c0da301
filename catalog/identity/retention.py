"""How long what lets people in is kept once it lets nobody in any more; docs/personal-data.md says the same."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.idempotency import KeptAnswer
from catalog.core.mail import MailFailure, forget_failures
from catalog.identity import invitations, mailing, sessions
from catalog.identity.models import ApiToken, Invitation, SignInAttempt, SpentSignIn
from catalog.organisations.models import SchoolUpload

ATTEMPTS = timedelta(days=1)
ANSWERS = timedelta(days=1)
UPLOADS = timedelta(days=1)
TOKENS = timedelta(days=30)
"""After a program's key was revoked or has run out."""


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Drop everything that has been kept for as long as it may be."""
    await sessions.forget_ended(session, now)
    await session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - ATTEMPTS))
    await session.execute(delete(SpentSignIn).where(SpentSignIn.expires_at <= now))
    await _forget_spent(session, now)
    await session.execute(delete(KeptAnswer).where(KeptAnswer.kept_at <= now - ANSWERS))
    await session.execute(delete(SchoolUpload).where(SchoolUpload.sent_at <= now - UPLOADS))
    ended = (ApiToken.revoked_at <= now - TOKENS) | (ApiToken.expires_at <= now - TOKENS)
    await session.execute(delete(ApiToken).where(ended))


async def _forget_spent(session: AsyncSession, now: datetime) -> None:
    """Links that open nothing any more, with what hangs on them."""
    spent = select(Invitation.id).where((Invitation.expires_at <= now) | Invitation.used_at.is_not(None))
    gone = (await session.scalars(spent)).all()
    await forget_failures(session, mailing.TOPIC, [str(each) for each in gone])
    await invitations.forget_spent(session, now)
    await _forget_orphans(session)


async def _forget_orphans(session: AsyncSession) -> None:
    """Mails that failed for a link that was drawn back since, by a newer one or because its person left."""
    failed = (await session.scalars(select(MailFailure.key).where(MailFailure.topic == mailing.TOPIC))).all()
    there = {str(each) for each in await session.scalars(select(Invitation.id))}
    await forget_failures(session, mailing.TOPIC, [key for key in failed if key not in there])
