"""The pages on which a reader finds, opens and understands a resource, and tells us what is wrong."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound, TooManyRequests
from catalog.core.settings import Settings
from catalog.finding import indexing
from catalog.finding.asking import MAX_TEXT, Asked, address, read_question
from catalog.finding.finding import Finder, Found
from catalog.finding.index import Index
from catalog.organisations.reading import follow_code
from catalog.organisations.service import list_schools
from catalog.resources.lifecycle import follow
from catalog.resources.reading import get_resource
from catalog.resources.reports import KEPT_AFTER_HANDLING, report_error
from catalog.resources.schemas import ReportError, ResourceDetail
from catalog.shelf import about, choosing
from catalog.shelf.cards import Report, Text
from catalog.shelf.choice import COOKIE, Choice, choice_cookie, read_choice, with_school
from catalog.shelf.devices_view import fleet_for, with_devices
from catalog.shelf.facet_view import Narrowing, without
from catalog.shelf.gathering import gather
from catalog.shelf.neighbours import Neighbours
from catalog.shelf.presenting import Circumstances, find_page, last_page
from catalog.shelf.reader import Reader
from catalog.shelf.resource_view import report_form, resource_page
from catalog.vocabularies.region import Region
from catalog.web.access import PUBLIC, visitor_of
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import current_language, gettext, say
from catalog.web.sentences import FAULTS, PROBLEMS

AnyRequest: TypeAlias = Request[Any, Any, Any]
ID_LENGTH = 36
UNREADY_SECONDS = "2"
VARIES = {"Vary": "HX-Request, Cookie, Accept-Language"}


async def read_reader(request: AnyRequest, session: AsyncSession, region: Region, today: date) -> Reader:
    """Who reads; the table of schools is asked only where one is kept."""
    choice, name = read_choice(request.cookies, region), ""
    if COOKIE not in request.cookies:  # nothing was chosen in this browser: the account's school
        choice = Choice(school=visitor_of(request).school)
    if choice.school:
        school = await follow_code(session, choice.school, today)  # an old code leads to the school that took over
        choice = with_school(choice, school.code if school else "")
        name = school.name if school else ""
    return Reader(region=region, language=current_language.get(), today=today, choice=choice, school_name=name)


@get("/find", opt=PUBLIC, include_in_schema=False)
async def find(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    finder: NamedDependency[Finder],
    index: NamedDependency[Index],
    today: NamedDependency[date],
) -> Response[Any]:
    """The search page, or for htmx what changes of it; a bare address begins with the grades that are kept."""
    if not index.ready.is_set():
        headers = {"Retry-After": UNREADY_SECONDS, "Refresh": UNREADY_SECONDS}
        return Template("shelf/filling.html", status_code=503, headers=headers)
    is_fragment = request.headers.get("HX-Request") == "true"
    reader = await with_devices(session, actor, await read_reader(request, session, region, today))
    if reader.choice.grades and not request.query_params and not is_fragment:
        url = address(Asked(chosen={"grade": reader.choice.grades}))
        return Redirect(url, status_code=303, headers=VARIES)
    parameters = request.query_params.dict()
    asked = replace(read_question(parameters, region), school=reader.choice.school)
    found = await _answer(finder, asked, today)
    circumstances = Circumstances(
        publishers=index.publishers,
        rulings=await Neighbours(index, reader).rulings(session, found),
        lag=index.lag,
        too_long=any(len(text) > MAX_TEXT for text in parameters.get("q", ())),
        **({} if found.page.total else await _instead(session, finder, found, reader)),
    )
    name = "shelf/find_fragment.html" if is_fragment else "shelf/find.html"
    context = {"page": find_page(found, reader, circumstances), "request_path": address(found.asked)}
    return Template(name, context=context, headers=VARIES)


async def _answer(finder: Finder, asked: Asked, today: date) -> Found:
    """The page that was asked for, or the last one there is."""
    found = await finder.find(replace(asked, page=max(asked.page, 1)), today)
    last = last_page(found.page.total)
    return found if asked.page <= last else await finder.find(replace(asked, page=last), today)


async def _instead(session: AsyncSession, finder: Finder, found: Found, reader: Reader) -> dict[str, int]:
    """Where nothing was found: how much there is without the filters, without the words, or soon."""
    narrowing = Narrowing(found=found, reader=reader, publishers={})
    numbers = {"waiting": (await indexing.lag(session)).waiting}
    asked, spans = found.asked, narrowing.spans()
    words = without(asked.text, spans)
    if words and (narrowing.chips() or spans):
        unfiltered = Asked(text=words, school=asked.school)
        numbers["without_filters"] = (await finder.find(unfiltered, reader.today)).page.total
    if words and asked.chosen:
        wordless = Asked(chosen=asked.chosen, school=asked.school)
        numbers["without_words"] = (await finder.find(wordless, reader.today)).page.total
    return numbers


@get("/resources/{name:str}", opt=PUBLIC, include_in_schema=False)
async def show_resource(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    index: NamedDependency[Index],
    today: NamedDependency[date],
    name: FromPath[str],
    reported: FromQuery[str] = "",
) -> Response[Any]:
    """One resource, by its id; the rest of its name may be wrong, and an entry that was merged leads to the other."""
    detail = await get_resource(session, await follow(session, read_id(name)))
    path = resource_path(detail)
    if request.url.path != path:
        query = f"?{request.url.query}" if request.url.query else ""
        return Redirect(f"{path}{query}", status_code=301)
    report = report_form(f"/resources/{detail.id}", sent=bool(reported))
    return await _resource_template(request, session, actor, region, index, today, detail, report)


@post("/resources/{resource_id:uuid}/report", opt=PUBLIC, include_in_schema=False)
async def report_resource(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    index: NamedDependency[Index],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Keep what a reader found wrong; after a fault the page shows what was written."""
    form = FormReader(await read_form(request))
    detail = await get_resource(session, resource_id)
    sent = ReportError(about=form.text("about"), text=form.text("text"))
    status, errors = await _keep_report(session, actor, resource_id, sent, now)
    if not errors:
        return Redirect(f"{resource_path(detail)}?reported=1#report", status_code=303)
    typed = {"about": sent.about, "text": sent.text}
    report = report_form(f"/resources/{detail.id}", typed=typed, errors=errors)
    return await _resource_template(request, session, actor, region, index, today, detail, report, status)


async def _keep_report(
    session: AsyncSession, actor: Actor, resource_id: uuid.UUID | None, sent: ReportError, now: datetime
) -> tuple[int, dict[str, str]]:
    """The status and the sentence at each field; no sentences: it is kept."""
    try:
        async with session.begin_nested():
            await report_error(session, actor, resource_id, sent, now)
    except Invalid as error:
        return error.status, {field: gettext(FAULTS[code]) for field, code in error.errors.items()}
    except TooManyRequests as error:
        return error.status, {"text": say(PROBLEMS[error.code], error.members)}
    return 303, {}


async def _resource_template(
    request: AnyRequest,
    session: AsyncSession,
    actor: Actor,
    region: Region,
    index: Index,
    today: date,
    detail: ResourceDetail,
    report: Report,
    status: int = 200,
) -> Template:
    reader = await read_reader(request, session, region, today)
    known = await gather(session, index, reader, detail)
    fleet = await fleet_for(session, actor, reader)
    may_edit = actor.may(Permission.MANAGE_CATALOGUE)
    edit_url = f"/admin/resources/{detail.id}/edit" if may_edit else ""
    page = resource_page(known, report, back=_back(request), edit_url=edit_url, fleet=fleet)
    return Template("shelf/resource.html", context={"page": page}, status_code=status)


def _back(request: AnyRequest) -> Text | None:
    """To the search that the reader came from, as the browser says."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host") or came_from.path != "/find":
        return None
    url = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    return Text(text=gettext("Back to the results"), url=url)


def read_id(name: str) -> uuid.UUID:
    """The id with which a name begins. Raise NotFound where it begins with none."""
    try:
        key = uuid.UUID(name[:ID_LENGTH])
    except ValueError:
        raise NotFound from None
    if name[ID_LENGTH:] and not name[ID_LENGTH:].startswith("-"):
        raise NotFound
    return key


def resource_path(detail: ResourceDetail) -> str:
    return f"/resources/{detail.id}-{detail.slug}"


@get("/choose", opt=PUBLIC, include_in_schema=False)
async def show_choice(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    next_page: Annotated[str, QueryParameter(name="next")] = "/find",
) -> Template:
    """Choose a school and grades, or forget them."""
    reader = await read_reader(request, session, region, today)
    page = choosing.choose_page(
        reader, await list_schools(session, region.country, today=today), choosing.next_address(next_page)
    )
    return Template("shelf/choose.html", context={"page": page})


@post("/choose", opt=PUBLIC, include_in_schema=False)
async def keep_choice(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
) -> Response[Any]:
    """Keep the choice in the reader's own browser, and back to the page."""
    form = FormReader(await read_form(request))
    reader = await read_reader(request, session, region, today)
    schools = await list_schools(session, region.country, today=today)
    next_url, chosen = choosing.next_address(form.text("next")), Choice()
    if form.text("keep") != "no":
        school = form.choice("school", [school.code for school in schools])
        sent = form.texts("grade")
        chosen = Choice(school=school, grades=tuple(code for code in region.codes("grade") if code in sent))
        if len(chosen.grades) < len(sent):
            form.errors.setdefault("grade", "unknown-code")
    if form.errors:
        errors = {name: gettext(FAULTS[code]) for name, code in form.errors.items()}
        page = choosing.choose_page(reader, schools, next_url, shown=chosen, errors=errors)
        return Template("shelf/choose.html", context={"page": page}, status_code=422)
    url = choosing.after(next_url, reader.choice, chosen, region)
    return Redirect(url, status_code=303, cookies=[choice_cookie(chosen, https=settings.is_https)])


@get("/accessibility", opt=PUBLIC, include_in_schema=False)
async def show_accessibility(settings: NamedDependency[Settings], reported: FromQuery[str] = "") -> Template:
    """What we know about our own barriers, and where to report others."""
    return _accessibility(settings, about.barrier_report(sent=bool(reported)))


@post("/accessibility", opt=PUBLIC, include_in_schema=False)
async def report_barrier(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Keep what a reader wrote about a barrier."""
    sent = ReportError(about="barrier", text=FormReader(await read_form(request)).text("text"))
    status, errors = await _keep_report(session, actor, None, sent, now)
    if not errors:
        return Redirect("/accessibility?reported=1#report", status_code=303)
    return _accessibility(settings, about.barrier_report(sent.text, errors.get("text", "")), status)


def _accessibility(settings: Settings, report: Report, status: int = 200) -> Template:
    authority = about.authority(settings, current_language.get())
    context = {"report": report, "contact": None, "authority": authority}
    return Template("accessibility.html", context=context, status_code=status)


@get("/privacy", opt=PUBLIC, include_in_schema=False)
async def show_privacy(settings: NamedDependency[Settings]) -> Template:
    """What is stored, where and for how long."""
    context = {
        "cookies": about.cookie_rows(settings),
        "staff": about.staff_lines(),
        "report_days": KEPT_AFTER_HANDLING.days,
        "contact": None,
    }
    return Template("privacy.html", context=context)


handlers: list[BaseRouteHandler] = [
    find,
    show_resource,
    report_resource,
    show_choice,
    keep_choice,
    show_accessibility,
    report_barrier,
    show_privacy,
]
