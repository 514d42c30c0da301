"""Mails to people who were invited: promised with the invitation, sent after the commit, by one worker at a time.

The address is read and the secret derived when a mail is sent: neither is ever stored in a promise. A worker that dies
between the sending and the note of it leaves a mail that is sent twice, never one that is lost.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from babel.dates import format_datetime
from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import lease, outbox
from catalog.core.db import Database, transaction
from catalog.core.mail import Mail, MailFailed, MailFailure, forget_failures, note_failure, send
from catalog.core.outbox import OutboxEntry
from catalog.core.settings import Settings, installation_secret
from catalog.identity.models import Invitation, User
from catalog.identity.secrets import invitation_secret
from catalog.web.i18n import N_, say

log = structlog.get_logger(__name__)
TOPIC = "invitation-mail"
"""Of the outbox; the key is the invitation's id."""
AT_ONCE = 20
HOLDS_FOR = timedelta(minutes=5)
"""How long one worker keeps others from sending the same mails; longer than ``AT_ONCE`` mails may take."""
SUBJECT = N_("Your way in to Hylde at {municipality}")
TEXT = N_(
    "Hello\n\n"
    "{municipality} has invited you to Hylde, the shelf of digital learning resources. This link lets you in once:\n\n"
    "{link}\n\n"
    "It works until {until}. If you did not expect it, you need not do anything.\n"
)


def invitation_link(settings: Settings, secret: str) -> str:
    """The address that a one-time link is."""
    return f"{settings.base_url.rstrip('/')}/invitation?key={secret}"


def promise_mail(session: AsyncSession, settings: Settings, invitation_id: uuid.UUID, address: str) -> bool:
    """Promise to mail a link once this transaction is committed; False: it has to be handed over by hand."""
    if not settings.smtp_url or not address:
        return False
    outbox.enqueue(session, TOPIC, [invitation_id])
    return True


async def send_due(database: Database, settings: Settings, holder: str, now: datetime) -> int:
    """Send the mails that are due, one after the other, each outside any transaction; how many were looked at."""
    async with transaction(database.readers) as session:
        due = await _due(session, now)
    if not due:
        return 0
    async with transaction(database.writers) as session:
        if not await lease.hold(session, "mail", holder, now, HOLDS_FOR):
            return 0
    for key in due:
        await _send_one(database, settings, key, now)
    return len(due)


async def _due(session: AsyncSession, now: datetime) -> Sequence[str]:
    waits = and_(MailFailure.topic == OutboxEntry.topic, MailFailure.key == OutboxEntry.key)
    query = (
        select(OutboxEntry.key)
        .outerjoin(MailFailure, waits)
        .where(OutboxEntry.topic == TOPIC, or_(MailFailure.id.is_(None), MailFailure.next_at <= now))
        .order_by(OutboxEntry.seq)
        .limit(AT_ONCE)
    )
    return list(dict.fromkeys((await session.scalars(query)).all()))


async def _send_one(database: Database, settings: Settings, key: str, now: datetime) -> None:
    """Send one invitation's mail if it is still wanted, and note what became of it."""
    async with transaction(database.readers) as session:
        mail = await _write(session, settings, uuid.UUID(key), now)
    failed: MailFailed | None = None
    if mail is not None:
        try:
            await send(settings, mail, now)
        except MailFailed as error:
            failed = error
            log.warning("mail not taken", topic=TOPIC, key=key, reason=error.reason)
    async with transaction(database.writers) as session:
        if failed is not None and await note_failure(session, TOPIC, key, failed, now):
            return
        if failed is None:
            await forget_failures(session, TOPIC, [key])
        if mail is not None and failed is None:
            mailed = update(Invitation).where(Invitation.id == uuid.UUID(key)).values(mailed_at=now)
            await session.execute(mailed.execution_options(synchronize_session=False))
        await outbox.drop(session, TOPIC, key)


async def _write(session: AsyncSession, settings: Settings, invitation_id: uuid.UUID, now: datetime) -> Mail | None:
    """The mail of an invitation that opens something, to somebody with an address, that was not mailed before."""
    query = (
        select(User.mail, User.language, Invitation.expires_at)
        .join(User, User.id == Invitation.user_id)
        .where(
            Invitation.id == invitation_id,
            Invitation.used_at.is_(None),
            Invitation.mailed_at.is_(None),
            Invitation.expires_at > now,
            User.left_at.is_(None),
            User.mail != "",
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None or not settings.smtp_url:
        return None
    language = row.language or settings.default_language
    members = {
        "municipality": settings.municipality,
        "link": invitation_link(settings, invitation_secret(installation_secret(settings), invitation_id)),
        "until": format_datetime(row.expires_at.astimezone(settings.zone), "long", locale=language),
    }
    return Mail(
        to=row.mail, subject=say(SUBJECT, members, language=language), text=say(TEXT, members, language=language)
    )
