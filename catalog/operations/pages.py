"""Settings in force, jobs and the test mail."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
from babel.dates import format_date, format_datetime
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.mail import Mail, MailFailed, is_address, send
from catalog.core.settings import Settings
from catalog.finding.index import Index
from catalog.identity.models import User
from catalog.operations.in_force import SettingRow, settings_in_force
from catalog.operations.jobs import About, Jobs, about_this, look_at_jobs, try_mail_again
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import N_, current_language, gettext, say
from catalog.web.sentences import FAULTS

Sent: TypeAlias = Request[Any, Any, Any]
SUBJECT = N_("A test mail from Hylde at {municipality}")
TEXT = N_(
    "This mail was sent from the page about operations. Æ, ø, å, ä and ö arrive whole if you can read them here.\n"
)
TOPICS: Mapping[str, str] = {
    "document": N_("documents for the search"),
    "fleet": N_("schools whose devices changed"),
    "invitation-mail": N_("mails with links"),
}
LEASES: Mapping[str, str] = {"daily": N_("the turn of the day"), "mail": N_("sending mail")}
REASONS = (
    N_("HYLDE_SMTP_URL is not set."),
    N_("The server does not answer in time."),
    N_("This is no mail address."),
)
"""What core.mail says itself; everything else is the server's own words."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in words, and what it is about."""

    label: str
    text: str
    note: str = ""


class FailedLine(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    person: str
    person_url: str
    reason: str
    when: str
    next: str
    """Empty: nobody tries again by themselves."""


class TestMail(msgspec.Struct, frozen=True, kw_only=True):
    to: str
    error: str = ""
    said: str = ""
    """What the server said, where it took the mail."""
    failed: str = ""
    """Why not."""


class OperationsPage(msgspec.Struct, frozen=True, kw_only=True):
    about: tuple[Row, ...]
    work: tuple[Row, ...]
    failed: tuple[FailedLine, ...]
    settings: tuple[SettingRow, ...]
    mail: TestMail
    sends_mail: bool


@get("/admin/operations", opt=needs(Permission.OPERATE), include_in_schema=False)
async def show_operations(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    index: NamedDependency[Index],
    now: NamedDependency[datetime],
) -> Template:
    """What is set, what runs and what waits."""
    return await _show(session, actor, settings, index, now)


@post("/admin/operations/test-mail", opt=needs(Permission.OPERATE), include_in_schema=False, status_code=200)
async def send_test_mail(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    index: NamedDependency[Index],
    now: NamedDependency[datetime],
) -> Template:
    """Send a mail that says nothing, and show what the server said.

    The session is used only afterwards: its transaction begins with its first statement.
    """
    actor.require(Permission.OPERATE)
    form = FormReader(await read_form(request))
    to = form.text("to", required=True, longest=254)
    if to and not is_address(to):
        form.refuse({"to": "not-a-mail-address"})
    if form.errors:
        return await _show(session, actor, settings, index, now, TestMail(to=to, error=say(FAULTS[form.errors["to"]])))
    members = {"municipality": settings.municipality}
    try:
        said = await send(settings, Mail(to=to, subject=say(SUBJECT, members), text=gettext(TEXT)), now)
        shown = TestMail(to=to, said=said)
    except MailFailed as error:
        shown = TestMail(to=to, failed=gettext(error.reason))
    audit.record(session, actor, "send-test-mail", "mail", "test")
    return await _show(session, actor, settings, index, now, shown)


@post(
    "/admin/operations/mails/{failure_id:uuid}/again",
    opt=needs(Permission.OPERATE),
    include_in_schema=False,
    status_code=303,
)
async def try_again(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], failure_id: FromPath[uuid.UUID]
) -> Response[None]:
    """Try a mail again that was kept as failed."""
    await try_mail_again(session, actor, failure_id)
    return Redirect("/admin/operations#mail", status_code=303)


async def _show(
    session: AsyncSession,
    actor: Actor,
    settings: Settings,
    index: Index,
    now: datetime,
    mail: TestMail | None = None,
) -> Template:
    jobs, about = await look_at_jobs(session, actor, now), await about_this(session)
    if mail is None:
        person = await session.get(User, actor.user_id) if actor.user_id else None
        mail = TestMail(to=person.mail if person else "")
    page = OperationsPage(
        about=_about(about, jobs, settings),
        work=_work(jobs, index, settings),
        failed=tuple(_failed(jobs, settings)),
        settings=settings_in_force(settings),
        mail=mail,
        sends_mail=bool(settings.smtp_url),
    )
    return Template("operations/operations.html", context={"page": page}, status_code=422 if mail.error else 200)


def _moment(moment: datetime, settings: Settings) -> str:
    return format_datetime(moment.astimezone(settings.zone), "medium", locale=current_language.get())


def _about(about: About, jobs: Jobs, settings: Settings) -> tuple[Row, ...]:
    return (
        Row(label=gettext("Version"), text=about.version),
        Row(
            label=gettext("Database"), text=about.database, note=say(N_("at revision {name}"), {"name": about.revision})
        ),
        Row(label=gettext("Address"), text=settings.base_url),
        Row(
            label=gettext("Head of the audit log"),
            text=str(jobs.audit_head.rows),
            note=jobs.audit_head.hash,
        ),
    )


def _work(jobs: Jobs, index: Index, settings: Settings) -> tuple[Row, ...]:
    worker = gettext("in the web process") if settings.worker == "embedded" else gettext("in a process of its own")
    day = date.fromisoformat(jobs.turned) if jobs.turned else None
    turned = format_date(day, "long", locale=current_language.get()) if day else gettext("not yet")
    rows = [Row(label=gettext("Worker"), text=worker), Row(label=gettext("The last day that was turned"), text=turned)]
    for lease in jobs.leads:
        until = say(N_("until {moment}"), {"moment": _moment(lease.until, settings)})
        text = lease.holder if lease.holds else gettext("nobody now")
        label = say(N_("Leads: {work}"), {"work": gettext(LEASES.get(lease.name, lease.name))})
        rows.append(Row(label=label, text=text, note=until))
    for waits in jobs.waits:
        label = say(N_("Waits: {work}"), {"work": gettext(TOPICS.get(waits.topic, waits.topic))})
        since = say(N_("since {moment}"), {"moment": _moment(waits.since, settings)})
        rows.append(Row(label=label, text=str(waits.count), note=since))
    if not jobs.waits:
        rows.append(Row(label=gettext("Waits"), text=gettext("nothing")))
    level = say(N_("level {seconds} seconds ago"), {"seconds": round(index.lag)})
    rows.append(
        Row(
            label=gettext("Search index of this process"),
            text=gettext("filled") if index.ready.is_set() else gettext("being filled"),
            note=level if index.ready.is_set() else "",
        )
    )
    feed = say(N_("since {moment}"), {"moment": _moment(jobs.feed_since, settings)}) if jobs.feed_since else ""
    rows.append(Row(label=gettext("Changes kept for indexes"), text=str(jobs.feed_rows), note=feed))
    return tuple(rows)


def _failed(jobs: Jobs, settings: Settings) -> list[FailedLine]:
    return [
        FailedLine(
            id=mail.id,
            person=mail.person or gettext("a mail with a link"),
            person_url=f"/admin/users/{mail.person_id}" if mail.person_id else "",
            reason=gettext(mail.reason),
            when=_moment(mail.failed_at, settings),
            next=_moment(mail.next_at, settings) if mail.next_at else "",
        )
        for mail in jobs.failed
    ]


handlers = [show_operations, send_test_mail, try_again]
