"""Mail: plain text through the municipality's own server, never inside a transaction, never longer than a few seconds.

A mail that could not be sent is tried again with growing pauses, and kept as failed where that does not help. What the
server said is kept without the address it said it about.
"""

import asyncio
import re
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec
from sqlalchemy import String, UniqueConstraint, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base, new_id
from catalog.core.settings import Settings

PATIENCE = 10.0
"""Seconds that a server may take for one mail, from the first byte to the last."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
"""Between the attempts; after the last one a mail is kept as failed."""
LONGEST, LONGEST_REASON = 254, 300
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,190}")
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f]+")
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3}(?= |$))? ?(.*)")
"""The enhanced status, by RFC 3463, before the words."""
_LIKE_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']*@[^\s<>()\[\],;:\"']*")
_LEFT_OUT = "…"
_FOR_GOOD = 500
"""Answers from here on will be the same the next time."""


class MailFailed(Exception):
    """The mail was not taken; the text is what the server said, or why it could not be asked."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.for_good = reason, for_good


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    to: str
    subject: str
    text: str


class MailFailure(Base):
    """A promised mail that was not taken yet."""

    __tablename__ = "mail_failure"
    __table_args__ = (UniqueConstraint("topic", "key"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    topic: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(36))
    """As in the outbox: what the mail is about, never whom it is to."""
    attempts: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    next_at: Mapped[datetime | None] = mapped_column(default=None)
    """None: nobody tries again by themselves."""
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")


def is_address(text: str) -> bool:
    """Whether mail could be sent to it: one address, without a name, a comment or anything that ends a line."""
    if len(text) > LONGEST or not _ADDRESS.fullmatch(text):
        return False
    host = text.rpartition("@")[2]
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return not host.startswith((".", "-"))


def compose(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The message as it goes over the line: UTF-8 that survives servers of seven bits.

    The subject is one line whatever it was: nothing in it can begin another header.

    Raises:
        MailFailed: an address is none.
    """
    if not is_address(mail.to) or not is_address(sender):
        raise MailFailed("This is no mail address.", for_good=True)
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, mail.to, _one_line(mail.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].encode("idna").decode())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_storable(mail.text), charset="utf-8", cte="quoted-printable")
    return message


def _storable(text: str) -> str:
    """Without halves of a character, which no encoding writes."""
    return text.encode(errors="replace").decode()


def _one_line(text: str) -> str:
    return _NOT_SHOWN.sub(" ", " ".join(_storable(text).split()))


async def send(settings: Settings, mail: Mail, now: datetime) -> str:
    """Hand one mail to the server; what the server said. Not inside a transaction: it may take ``PATIENCE``.

    Raises:
        MailFailed: there is no server, it does not answer in time, or it does not take the mail.
    """
    if not settings.smtp_url:
        raise MailFailed("HYLDE_SMTP_URL is not set.", for_good=True)
    message, server = compose(mail, settings.mail_from, now), urlsplit(settings.smtp_url)
    try:
        async with asyncio.timeout(PATIENCE):
            refused, said = await aiosmtplib.send(
                message,
                sender=settings.mail_from,
                recipients=[mail.to],
                hostname=server.hostname,
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                local_hostname=urlsplit(settings.base_url).hostname,  # the library would ask the name service
                timeout=PATIENCE,
                use_tls=server.scheme == "smtps",
                start_tls=server.scheme == "smtp+starttls",
            )
    except aiosmtplib.SMTPRecipientsRefused as error:
        worst = error.recipients[0]
        raise MailFailed(_said(worst.message, mail.to, worst.code), for_good=worst.code >= _FOR_GOOD) from error
    except aiosmtplib.SMTPResponseException as error:
        raise MailFailed(_said(error.message, mail.to, error.code)) from error
    except TimeoutError as error:
        raise MailFailed("The server does not answer in time.") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailFailed(_said(str(error) or type(error).__name__, mail.to)) from error
    if refused:
        raise MailFailed(_said(str(refused), mail.to))
    return _said(said, mail.to)


def _said(text: str, address: str, code: int | None = None) -> str:
    """One line of what the server said; whom it was about is left out, however the server calls them."""
    status, words = _STATUS.fullmatch(" ".join(_NOT_SHOWN.sub(" ", text).split())).groups()  # type: ignore[union-attr]  # fits all
    words = _LIKE_ADDRESS.sub(_LEFT_OUT, words)
    local = address.rpartition("@")[0]
    for name in (local, local.partition("+")[0]):
        if name:
            words = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", _LEFT_OUT, words, flags=re.IGNORECASE)
    return " ".join(filter(None, (str(code or ""), status, words)))[:LONGEST_REASON]


async def note_failure(session: AsyncSession, topic: str, key: str, failed: MailFailed, now: datetime) -> bool:
    """Keep that a promised mail was not taken; whether it will be tried again."""
    query = select(MailFailure).where(MailFailure.topic == topic, MailFailure.key == key)
    row = await session.scalar(query)
    if row is None:
        row = MailFailure(topic=topic, key=key, attempts=0)
        session.add(row)
    is_last = failed.for_good or row.attempts >= len(PAUSES)
    row.next_at = None if is_last else now + PAUSES[row.attempts]
    row.attempts, row.failed_at, row.reason = row.attempts + 1, now, failed.reason
    return not is_last


async def forget_failures(session: AsyncSession, topic: str, keys: Sequence[str]) -> None:
    """The mails were taken, or nobody waits for them any more."""
    await session.execute(delete(MailFailure).where(MailFailure.topic == topic, MailFailure.key.in_(keys)))
