"""The pages on which the administrator records a decision, sees the earlier ones and takes one back."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, Invalid, NotFound
from catalog.decisions.recording import LABELS, NAMES, read_decision
from catalog.decisions.schemas import Decide, DecisionRecord
from catalog.decisions.service import decide, find_decisions, undo_decision
from catalog.decisions.view import DecisionPage, Subject, UndoPage, earlier_of, fields_of
from catalog.organisations.service import list_schools
from catalog.resources.lookup import Found, find_entries, page_of, the_one
from catalog.resources.publishers import get_service
from catalog.resources.reading import get_resource
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link, Typed, show_form

Sent: TypeAlias = Request[Any, Any, Any]


async def _about(
    session: AsyncSession, resource_id: uuid.UUID | None, service_id: uuid.UUID | None
) -> tuple[Subject, list[DecisionRecord]]:
    """What is decided about, and what was decided so far: for a title also about its service.

    Raises:
        NotFound: there is no such resource or service.
    """
    if service_id is not None:
        service = await get_service(session, service_id)
        title = Link(text=service.facts.name, url=f"/admin/services/{service_id}/edit")
        subject = Subject(title=title, path=f"/admin/services/{service_id}/decisions", is_service=True)
        return subject, await find_decisions(session, service_ids=[service_id])
    if resource_id is None:
        raise NotFound
    detail = await get_resource(session, resource_id)
    portal = detail.service
    subject = Subject(
        title=Link(text=detail.facts.texts[0].title, url=page_of(detail)),
        path=f"/admin/resources/{resource_id}/decisions",
        service=Link(text=portal.name, url=f"/admin/services/{portal.id}/decisions/new") if portal else None,
    )
    services = [portal.id] if portal else []
    return subject, await find_decisions(session, resource_ids=[resource_id], service_ids=services)


# Recording


@get("/admin/resources/{resource_id:uuid}/decisions/new", opt=needs(Permission.DECIDE), include_in_schema=False)
async def show_resource_decision(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Template:
    """The form for a decision about a resource, and what was decided before."""
    return await _show_form(session, region, today, (resource_id, None), _blank(today))


@post(
    "/admin/resources/{resource_id:uuid}/decisions/new",
    opt=needs(Permission.DECIDE),
    include_in_schema=False,
    status_code=303,
)
async def record_resource_decision(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Record it, or show the form again."""
    form = FormReader(await read_form(request))
    return await _record(session, actor, region, today, (resource_id, None), form)


@get("/admin/services/{service_id:uuid}/decisions/new", opt=needs(Permission.DECIDE), include_in_schema=False)
async def show_service_decision(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    service_id: FromPath[uuid.UUID],
) -> Template:
    """The form for a decision about a service and all its titles."""
    return await _show_form(session, region, today, (None, service_id), _blank(today))


@post(
    "/admin/services/{service_id:uuid}/decisions/new",
    opt=needs(Permission.DECIDE),
    include_in_schema=False,
    status_code=303,
)
async def record_service_decision(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    service_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Record it, or show the form again."""
    form = FormReader(await read_form(request))
    return await _record(session, actor, region, today, (None, service_id), form)


Ids: TypeAlias = tuple[uuid.UUID | None, uuid.UUID | None]
"""Of the resource or of the service."""


def _blank(today: date) -> Typed:
    return {"decided_on": [today.isoformat()], "body": ["municipality"]}


async def _record(
    session: AsyncSession, actor: Actor, region: Region, today: date, ids: Ids, form: FormReader
) -> Response[Any]:
    subject, _ = await _about(session, *ids)
    schools = await list_schools(session, region.country, today=today)
    command = read_decision(form, region.vocabularies, [each.code for each in schools])
    command = replace(command, resource_id=ids[0], service_id=ids[1])
    command, candidates = await _with_other(session, form, command)
    if not form.errors:
        try:
            async with session.begin_nested():
                await decide(session, actor, region, command)
        except Invalid as error:
            form.refuse(error.errors, NAMES)
        else:
            return Redirect(f"{subject.path}/new" if subject.is_service else subject.title.url, status_code=303)
    return await _show_form(session, region, today, ids, form.typed, form=form, candidates=candidates)


async def _with_other(session: AsyncSession, form: FormReader, command: Decide) -> tuple[Decide, Sequence[Found]]:
    """The resource to use instead, by its title or address; where several bear it, they are returned to choose from."""
    asked = form.text("use_instead", longest=2000)
    if not asked:
        return command, ()
    entries = await find_entries(session, asked, listed_only=True)
    found = [each for each in entries if each.id != command.resource_id]
    chosen = next((each for each in found if str(each.id) == form.text("use_instead_id")), None)
    meant = chosen or the_one(found, asked)
    if meant is not None:
        return replace(command, use_instead_id=meant.id), found if chosen else ()
    form.errors["use_instead_id" if found else "use_instead"] = "choose-one" if found else "not-in-catalogue"
    return command, found


async def _show_form(
    session: AsyncSession,
    region: Region,
    today: date,
    ids: Ids,
    typed: Typed,
    *,
    form: FormReader | None = None,
    candidates: Sequence[Found] = (),
) -> Template:
    subject, records = await _about(session, *ids)
    schools, all_schools = await list_schools(session, region.country, today=today), await list_schools(session)
    shown = show_form(typed, LABELS, errors=form.errors if form else {})
    page = DecisionPage(
        subject=subject,
        form=shown,
        fields=fields_of(shown, region, today, schools, candidates),
        earlier=earlier_of(records, subject, region, all_schools),
    )
    return Template("decisions/new.html", context={"page": page}, status_code=422 if form else 200)


# Taking back


@get(
    "/admin/resources/{resource_id:uuid}/decisions/{decision_id:uuid}/undo",
    opt=needs(Permission.DECIDE),
    include_in_schema=False,
)
async def show_resource_undo(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    resource_id: FromPath[uuid.UUID],
    decision_id: FromPath[uuid.UUID],
) -> Template:
    """What taking it back means, before it is done."""
    return await _show_undo(session, region, (resource_id, None), decision_id)


@post(
    "/admin/resources/{resource_id:uuid}/decisions/{decision_id:uuid}/undo",
    opt=needs(Permission.DECIDE),
    include_in_schema=False,
    status_code=303,
)
async def undo_resource_decision(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    now: NamedDependency[datetime],
    resource_id: FromPath[uuid.UUID],
    decision_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Take back a decision about a resource."""
    return await _undo(session, actor, region, (resource_id, None), decision_id, now)


@get(
    "/admin/services/{service_id:uuid}/decisions/{decision_id:uuid}/undo",
    opt=needs(Permission.DECIDE),
    include_in_schema=False,
)
async def show_service_undo(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    service_id: FromPath[uuid.UUID],
    decision_id: FromPath[uuid.UUID],
) -> Template:
    """What taking it back means, before it is done."""
    return await _show_undo(session, region, (None, service_id), decision_id)


@post(
    "/admin/services/{service_id:uuid}/decisions/{decision_id:uuid}/undo",
    opt=needs(Permission.DECIDE),
    include_in_schema=False,
    status_code=303,
)
async def undo_service_decision(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    now: NamedDependency[datetime],
    service_id: FromPath[uuid.UUID],
    decision_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Take back a decision about a service."""
    return await _undo(session, actor, region, (None, service_id), decision_id, now)


async def _undo(
    session: AsyncSession, actor: Actor, region: Region, ids: Ids, decision_id: uuid.UUID, now: datetime
) -> Response[Any]:
    subject, records = await _about(session, *ids)
    _own(records, ids, decision_id)
    try:
        async with session.begin_nested():
            await undo_decision(session, actor, decision_id, now)
    except Conflict as error:
        return await _show_undo(session, region, ids, decision_id, say(PROBLEMS[error.code], error.members))
    return Redirect(f"{subject.path}/new", status_code=303)


async def _show_undo(
    session: AsyncSession, region: Region, ids: Ids, decision_id: uuid.UUID, refusal: str = ""
) -> Template:
    subject, records = await _about(session, *ids)
    record = _own(records, ids, decision_id)
    (decision,) = earlier_of([record], subject, region, await list_schools(session, region.country))
    page = UndoPage(subject=subject, decision=decision, action=f"{subject.path}/{decision_id}/undo", refusal=refusal)
    return Template("decisions/undo.html", context={"page": page}, status_code=422 if refusal else 200)


def _own(records: Sequence[DecisionRecord], ids: Ids, decision_id: uuid.UUID) -> DecisionRecord:
    """The decision about that very thing. Raise NotFound: it is about something else, or there is none."""
    for record in records:
        if record.id == decision_id and (record.resource_id, record.service_id) == ids:
            return record
    raise NotFound


handlers = [
    show_resource_decision,
    record_resource_decision,
    show_service_decision,
    record_service_decision,
    show_resource_undo,
    undo_resource_decision,
    show_service_undo,
    undo_service_decision,
]
