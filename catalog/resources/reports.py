"""What readers report as wrong on a page, kept for the administrator; throttled, without names."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound, TooManyRequests
from catalog.resources.models import ErrorReport, Resource
from catalog.resources.reading import titles_of
from catalog.resources.schemas import ErrorReported, ReportError
from catalog.vocabularies.texts import clean_text

ABOUT = ("placement", "text", "platform", "decision", "link", "barrier", "other")
MAX_TEXT = 2000
PER_RESOURCE = 20
"""Open reports of one resource in an hour; more say nothing new."""
IN_ALL = 200
"""Reports of everybody in an hour."""
KEPT_AFTER_HANDLING = timedelta(days=90)
"""How long a report that was dealt with is kept; the page about privacy says so."""


async def report_error(
    session: AsyncSession, actor: Actor, resource_id: uuid.UUID | None, report: ReportError, now: datetime
) -> uuid.UUID:
    """Keep what a reader wrote about a resource or, without one, about the service itself.

    Raises:
        NotFound: there is no such resource.
        Invalid: no subject is chosen, or the text is empty or over ``MAX_TEXT`` letters.
        TooManyRequests: many were written within the hour.
    """
    if resource_id is not None and await session.get(Resource, resource_id) is None:
        raise NotFound
    errors = {} if report.about in ABOUT else {"about": "unknown-code"}
    text = clean_text(report.text)
    if not text:
        errors["text"] = "field-missing"
    elif len(text) > MAX_TEXT:
        errors["text"] = "too-long"
    if errors:
        raise Invalid(errors=errors)
    await _throttle(session, resource_id, now)
    row = ErrorReport(resource_id=resource_id, about=report.about, text=text, written_at=now)
    session.add(row)
    audit.record(session, actor, "report-error", "error_report", row.id, ["about", "text"])
    return row.id


async def _throttle(session: AsyncSession, resource_id: uuid.UUID | None, now: datetime) -> None:
    recent = ErrorReport.written_at > now - timedelta(hours=1)
    own = func.count().filter(ErrorReport.resource_id == resource_id)
    counted = await session.execute(select(func.count(), own).select_from(ErrorReport).where(recent))
    in_all, for_this = counted.one()
    if in_all >= IN_ALL or for_this >= PER_RESOURCE:
        raise TooManyRequests(retry_after=3600)


async def open_reports(session: AsyncSession, actor: Actor, limit: int = 200) -> list[ErrorReported]:
    """What is not handled yet, the oldest first."""
    actor.require(Permission.MANAGE_CATALOGUE)
    query = select(ErrorReport).where(ErrorReport.handled_at.is_(None)).order_by(ErrorReport.written_at).limit(limit)
    rows = (await session.scalars(query)).all()
    titles = await titles_of(session, {row.resource_id for row in rows if row.resource_id})
    return [
        ErrorReported(
            id=row.id,
            resource=titles.get(row.resource_id) if row.resource_id else None,
            about=row.about,
            text=row.text,
            written_at=row.written_at,
        )
        for row in rows
    ]


async def close_report(session: AsyncSession, actor: Actor, report_id: uuid.UUID, now: datetime) -> None:
    """Note that a report was dealt with. Raise NotFound where there is none."""
    actor.require(Permission.MANAGE_CATALOGUE)
    row = await session.get(ErrorReport, report_id)
    if row is None:
        raise NotFound
    row.handled_at = row.handled_at or now
    audit.record(session, actor, "close-report", "error_report", report_id, ["handledAt"])


async def forget_handled(session: AsyncSession, now: datetime) -> int:
    """Erase the reports that were dealt with long enough ago; the number of them."""
    old = delete(ErrorReport).where(ErrorReport.handled_at < now - KEPT_AFTER_HANDLING).returning(ErrorReport.id)
    return len((await session.scalars(old)).all())
