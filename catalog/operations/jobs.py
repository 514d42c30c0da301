"""What runs behind the requests, as far as the database and this process know: who leads, what waits, what failed."""

import importlib.metadata
import uuid
from datetime import datetime

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor, Permission
from catalog.core.db import is_postgresql
from catalog.core.errors import NotFound
from catalog.core.feed import FeedEntry
from catalog.core.lease import Lease
from catalog.core.mail import MailFailure
from catalog.core.outbox import OutboxEntry
from catalog.finding.indexing import TURNED
from catalog.identity import mailing
from catalog.identity.models import Invitation, User


class Leads(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """Of the lease: ``daily`` or ``mail``."""
    holder: str
    """The beginning of a worker's own name, as in the log."""
    until: datetime
    holds: bool


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    topic: str
    count: int
    since: datetime


class FailedMail(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    topic: str
    person_id: uuid.UUID | None
    person: str
    """To whom; empty for whoever may not see the names of people, and where nobody waits for it any more."""
    attempts: int
    failed_at: datetime
    next_at: datetime | None
    """None: until somebody tries again."""
    reason: str


class Jobs(msgspec.Struct, frozen=True, kw_only=True):
    leads: tuple[Leads, ...]
    turned: str
    """The last day that was declared, as ISO 8601; empty before the first."""
    waits: tuple[Waits, ...]
    feed_rows: int
    feed_since: datetime | None
    failed: tuple[FailedMail, ...]
    audit_head: audit.Head


class About(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    database: str
    revision: str


async def look_at_jobs(session: AsyncSession, actor: Actor, now: datetime) -> Jobs:
    """All of one moment."""
    actor.require(Permission.OPERATE)
    leases = await session.scalars(select(Lease).order_by(Lease.name))
    leads = tuple(
        Leads(name=row.name, holder=row.holder[:8], until=row.until_at, holds=row.until_at > now) for row in leases
    )
    grouped = select(OutboxEntry.topic, func.count(), func.min(OutboxEntry.written_at)).group_by(OutboxEntry.topic)
    waits = tuple(
        Waits(topic=topic, count=count, since=since)
        for topic, count, since in await session.execute(grouped.order_by(OutboxEntry.topic))
    )
    rows, since = (await session.execute(select(func.count(), func.min(FeedEntry.written_at)))).one()
    last = select(FeedEntry.key).where(FeedEntry.topic == TURNED).order_by(FeedEntry.seq.desc()).limit(1)
    return Jobs(
        leads=leads,
        turned=await session.scalar(last) or "",
        waits=waits,
        feed_rows=rows,
        feed_since=since,
        failed=await _failed(session, is_named=actor.may(Permission.MANAGE_USERS)),
        audit_head=await audit.read_head(session),
    )


async def _failed(session: AsyncSession, *, is_named: bool) -> tuple[FailedMail, ...]:
    rows = (await session.scalars(select(MailFailure).order_by(MailFailure.failed_at.desc()).limit(200))).all()
    invited = [uuid.UUID(row.key) for row in rows if row.topic == mailing.TOPIC]
    of = select(Invitation.id, User.id, User.name, User.mail).join(User, User.id == Invitation.user_id)
    people = {str(found[0]): found[1:] for found in await session.execute(of.where(Invitation.id.in_(invited)))}
    failed = []
    for row in rows:
        person_id, name, address = people.get(row.key, (None, "", ""))
        failed.append(
            FailedMail(
                id=row.id,
                topic=row.topic,
                person_id=person_id if is_named else None,
                person=(name or address) if is_named else "",
                attempts=row.attempts,
                failed_at=row.failed_at,
                next_at=row.next_at,
                reason=row.reason,
            )
        )
    return tuple(failed)


async def about_this(session: AsyncSession) -> About:
    """Which version runs on which database."""
    asked = "SHOW server_version" if is_postgresql(session) else "SELECT sqlite_version()"
    kind = "PostgreSQL" if is_postgresql(session) else "SQLite"
    revision = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return About(
        version=_version(), database=f"{kind} {await session.scalar(text(asked))}", revision=str(revision or "")
    )


def _version() -> str:
    try:
        return importlib.metadata.version("hylde")
    except importlib.metadata.PackageNotFoundError:  # run from its sources
        return "?"


async def try_mail_again(session: AsyncSession, actor: Actor, failure_id: uuid.UUID) -> None:
    """Promise a mail that was kept as failed once more, from the beginning.

    Raises:
        NotFound: it was sent meanwhile, or nobody waits for it any more.
    """
    actor.require(Permission.OPERATE)
    failure = await session.get(MailFailure, failure_id)
    if failure is None:
        raise NotFound
    topic, key = failure.topic, uuid.UUID(failure.key)
    await session.delete(failure)
    await outbox.drop(session, topic, str(key))
    outbox.enqueue(session, topic, [key])
    audit.record(session, actor, "try-mail-again", "mail", key)
