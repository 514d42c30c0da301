"""The administrator's desk: what waits, what readers reported, the names that an import could not place."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from babel.dates import format_date, format_datetime
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.admin.waiting import Thing, Waiting, expiring, what_waits, without_decision, without_placement
from catalog.core.actor import Actor, Permission
from catalog.core.clock import local_day
from catalog.core.errors import Conflict, Invalid, NotFound
from catalog.core.settings import Settings
from catalog.decisions.questions import Answer, OpenQuestion, answer_question, open_questions
from catalog.resources.lookup import MAX_FOUND, Found, find_entries, the_one
from catalog.resources.publishers import find_services
from catalog.resources.reports import close_report, open_reports
from catalog.resources.schemas import ErrorReported
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import N_, current_language, gettext, say
from catalog.web.sentences import FAULTS, PROBLEMS
from catalog.web.shown import Link, Option

Sent: TypeAlias = Request[Any, Any, Any]
Asked = Annotated[str, QueryParameter(name="q", max_length=2000)]
SHOWN = 6
ABOUT: Mapping[str, str] = {
    "placement": N_("Subject or grade"),
    "text": N_("Title or description"),
    "platform": N_("Devices"),
    "decision": N_("The decision"),
    "link": N_("A link"),
    "barrier": N_("A barrier to accessibility"),
    "other": N_("Something else"),
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on a list of work."""

    link: Link
    detail: str
    do: Link
    """What to do about it."""


class WorkList(msgspec.Struct, frozen=True, kw_only=True):
    heading: str
    empty: str
    lines: tuple[Line, ...]


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    waiting: Waiting
    since: str
    """When the oldest document was promised."""
    expiring: tuple[Line, ...]
    asked: str
    found: tuple[Found, ...] | None
    """None before anything was asked."""
    more: bool = False
    """Others fit too, and are not shown."""


class ReportLine(msgspec.Struct, frozen=True, kw_only=True):
    report: ErrorReported
    about: str
    day: str


class QuestionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A name that waits for an answer; what was typed stays where it was refused."""

    question: OpenQuestion
    outcome: str
    day: str
    asked: str = ""
    service: str = ""
    fault: str = ""
    candidates: tuple[Option, ...] = ()


@get("/admin", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_desk(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    asked: Asked = "",
) -> Template:
    """What waits, and a way to find what is to be changed."""
    waiting = await what_waits(session, actor, today)
    language, since = current_language.get(), waiting.documents_since
    found = await find_entries(session, asked, limit=MAX_FOUND + 1)
    desk = Desk(
        day=_day(today),
        waiting=waiting,
        since=format_datetime(since.astimezone(settings.zone), "medium", locale=language) if since else "",
        expiring=tuple(_line(thing) for thing in waiting.expiring[:SHOWN]),
        asked=asked.strip(),
        found=tuple(found[:MAX_FOUND]) if asked.strip() else None,
        more=len(found) > MAX_FOUND,
    )
    return Template("admin/desk.html", context={"page": desk})


@get("/admin/waiting/{which:str}", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_work_list(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    today: NamedDependency[date],
    which: FromPath[str],
) -> Template:
    """One list of work: ``placement``, ``decision`` or ``expiring``."""
    match which:
        case "placement":
            heading, things = gettext("Without subject and grade"), await without_placement(session, actor)
        case "decision":
            heading, things = gettext("Without a decision"), await without_decision(session, actor)
        case "expiring":
            heading, things = gettext("Approvals that run out within 90 days"), await expiring(session, actor, today)
        case _:
            raise NotFound
    lines = tuple(_line(thing, edits=which == "placement") for thing in things)
    page = WorkList(heading=heading, empty=gettext("Nothing waits here."), lines=lines)
    return Template("admin/list.html", context={"page": page})


def _line(thing: Thing, *, edits: bool = False) -> Line:
    kind = "services" if thing.is_service else "resources"
    base = f"/admin/{kind}/{thing.id}"
    detail = [say(N_("Until {day}"), {"day": _day(thing.until)})] if thing.until else []
    detail += [gettext("the whole service")] if thing.is_service else []
    do = Link(
        text=gettext("Edit") if edits else gettext("Decide"), url=f"{base}/{'edit' if edits else 'decisions/new'}"
    )
    return Line(link=Link(text=thing.name, url=f"{base}/edit"), detail=" · ".join(detail), do=do)


def _day(day: date) -> str:
    return format_date(day, "long", locale=current_language.get())


# Reports


@get("/admin/reports", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_reports(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], settings: NamedDependency[Settings]
) -> Template:
    """What readers reported as wrong, the oldest first."""
    reports = [
        ReportLine(
            report=each,
            about=gettext(ABOUT.get(each.about, ABOUT["other"])),
            day=_day(local_day(each.written_at, settings.zone)),
        )
        for each in await open_reports(session, actor)
    ]
    return Template("admin/reports.html", context={"reports": reports})


@post(
    "/admin/reports/{report_id:uuid}/close",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
async def close(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    report_id: FromPath[uuid.UUID],
) -> Response[None]:
    """Note that a report was dealt with."""
    await close_report(session, actor, report_id, now)
    return Redirect("/admin/reports", status_code=303)


# Names


@get("/admin/names", opt=needs(Permission.IMPORT), include_in_schema=False)
async def show_names(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
) -> Template:
    """Names in decision lists that nothing in the catalogue bears."""
    return await _show_names(session, actor, region, settings)


@post("/admin/names/{question_id:uuid}", opt=needs(Permission.IMPORT), include_in_schema=False, status_code=303)
async def answer_name(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    now: NamedDependency[datetime],
    question_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Create what the name means, link it, or leave it; or show the list again."""
    form = FormReader(await read_form(request))
    how, target, found = form.text("how"), None, list[Found]()
    if how == "link-resource":
        found = await find_entries(session, form.text("target"), listed_only=True)
        chosen = next((each for each in found if str(each.id) == form.text("target_id")), None)
        meant = chosen or the_one(found, form.text("target"))
        target = meant.id if meant else None
    elif how == "link-service":
        services = {str(each.id): each.id for each in await find_services(session, region.country, 2000)}
        target = services.get(form.text("service"))
    if how.startswith("link") and target is None:
        fault = say(FAULTS["choose-one" if found or how == "link-service" else "not-in-catalogue"])
        return await _show_names(session, actor, region, settings, question_id, form, fault, found)
    try:
        async with session.begin_nested():
            await answer_question(session, actor, region, question_id, Answer(how=how, target_id=target), today, now)
    except (Invalid, Conflict, IntegrityError) as error:
        code, members = (error.code, error.members) if isinstance(error, Invalid | Conflict) else ("conflict", {})
        told = say(PROBLEMS[code], members)
        return await _show_names(session, actor, region, settings, question_id, form, told, found)
    return Redirect("/admin/names", status_code=303)


async def _show_names(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    settings: Settings,
    refused: uuid.UUID | None = None,
    form: FormReader | None = None,
    fault: str = "",
    found: Sequence[Found] = (),
) -> Template:
    language, label = current_language.get(), region.vocabularies.label
    candidates = [
        Option(value=str(each.id), label=" · ".join(filter(None, [each.title, each.publisher, each.address])))
        for each in found
    ]
    lines = []
    for each in await open_questions(session, actor):
        day = _day(local_day(each.asked_at, settings.zone))
        line = QuestionLine(question=each, outcome=label("outcome", each.outcome, language), day=day)
        if each.id == refused and form is not None:
            typed = {"asked": form.text("target"), "service": form.text("service"), "fault": fault}
            line = msgspec.structs.replace(line, candidates=tuple(candidates), **typed)
        lines.append(line)
    known = await find_services(session, region.country, 2000)
    services = [Option(value=str(each.id), label=each.facts.name) for each in known]
    context = {"lines": lines, "services": services, "refusal": fault}
    return Template("admin/names.html", context=context, status_code=422 if fault else 200)


handlers = [show_desk, show_work_list, show_reports, close, show_names, answer_name]
