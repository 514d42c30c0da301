"""The pages on which the administrator keeps services and publishers."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, Invalid, NotFound
from catalog.resources.editing.choices import Field, Offered, one_of
from catalog.resources.editing.comparing import Difference
from catalog.resources.errors import ChangedMeanwhile, KeyTaken
from catalog.resources.lookup import Found, PublisherRow, list_publishers, publisher_names, titles_in
from catalog.resources.publishers import (
    SERVICE_LINES,
    change_service,
    create_service,
    find_services,
    get_service,
    service_faults,
    succeed_publisher,
)
from catalog.resources.schemas import ServiceDetail, ServiceFacts
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import N_, gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import ShownForm, Typed, label_of, show_form

Sent: TypeAlias = Request[Any, Any, Any]
LABELS: Mapping[str, str] = {
    "name": N_("Name of the service"),
    "key": N_("Key"),
    "url": N_("Address of the service"),
    "publisher": N_("Publisher"),
    "succeeded_by": N_("Became part of"),
    "succeeded_on": N_("On"),
}
SHOWN = 2000


class ServiceForm(msgspec.Struct, frozen=True, kw_only=True):
    heading: str
    action: str
    form: ShownForm
    publishers: tuple[str, ...]
    id: str = ""
    """Empty while it is new."""
    version: int = 0
    titles: tuple[Found, ...] = ()
    differences: tuple[Difference, ...] | None = None


class SuccessionForm(msgspec.Struct, frozen=True, kw_only=True):
    publisher: PublisherRow
    form: ShownForm
    heirs: Field


# Services


@get("/admin/services", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_services(session: NamedDependency[AsyncSession], region: NamedDependency[Region]) -> Template:
    """All services by name."""
    services = await find_services(session, region.country, SHOWN)
    return Template("editing/services.html", context={"services": services})


@get("/admin/services/new", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_new_service(session: NamedDependency[AsyncSession]) -> Template:
    """An empty form."""
    return await _show(session, None, show_form({}, LABELS))


@post("/admin/services/new", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False, status_code=303)
async def add_service(
    request: Sent, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Store a new service, or show the form again."""
    form = FormReader(await read_form(request))
    facts, error = _read(form), None
    if not form.errors:
        try:
            async with session.begin_nested():
                await create_service(session, actor, facts)
        except (Invalid, Conflict, IntegrityError) as refused:
            error = refused
        else:
            return Redirect("/admin/services", status_code=303)
    return await _show(session, None, _again(form, error), status=422)


@get("/admin/services/{service_id:uuid}/edit", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_service(session: NamedDependency[AsyncSession], service_id: FromPath[uuid.UUID]) -> Template:
    """The form with what is stored, and the titles of the service."""
    detail = await get_service(session, service_id)
    return await _show(session, detail, show_form(_typed(detail.facts), LABELS), version=detail.version)


@post(
    "/admin/services/{service_id:uuid}/edit",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
async def edit_service(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    service_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Store what was typed, or show the form again; whoever was overtaken sees both versions and decides."""
    form = FormReader(await read_form(request))
    detail = await get_service(session, service_id)
    version, taken = form.number("version") or 0, form.text("take")
    if taken in SERVICE_LINES:
        typed = form.typed | {taken: _typed(detail.facts)[taken]}
        return await _show(session, detail, show_form(typed, LABELS, edited=True), version=version, compared=True)
    facts, error = _read(form), None
    if not form.errors:
        try:
            async with session.begin_nested():
                await change_service(session, actor, service_id, facts, version)
        except (Invalid, Conflict, IntegrityError) as refused:
            error = refused
        else:
            return Redirect("/admin/services", status_code=303)
    overtaken = isinstance(error, ChangedMeanwhile)
    detail = await get_service(session, service_id)
    version = detail.version if overtaken else version
    return await _show(session, detail, _again(form, error), status=422, version=version, compared=overtaken)


def _typed(facts: ServiceFacts) -> Typed:
    return {name: [getattr(facts, name)] for name in SERVICE_LINES}


def _read(form: FormReader) -> ServiceFacts:
    texts = {name: form.text(name, longest=longest) for name, longest in SERVICE_LINES.items()}
    facts = ServiceFacts(**texts | {name: clean_line(texts[name]) for name in ("name", "publisher")})
    form.refuse(service_faults(facts))
    return facts


def _again(form: FormReader, error: Exception | None) -> ShownForm:
    sentences, refusal = {}, ""
    match error:
        case None:
            pass
        case Invalid():
            form.refuse(error.errors)
        case KeyTaken():
            sentences["key"] = say(PROBLEMS[error.code])
        case Conflict():
            refusal = say(PROBLEMS[error.code], error.members)
        case _:  # somebody else took the key in this very moment
            refusal = say(PROBLEMS["conflict"])
    return show_form(form.typed, LABELS, errors=form.errors, sentences=sentences, refusal=refusal)


async def _show(
    session: AsyncSession,
    detail: ServiceDetail | None,
    form: ShownForm,
    *,
    status: int = 200,
    version: int = 0,
    compared: bool = False,
) -> Template:
    page = ServiceForm(
        heading=detail.facts.name if detail else gettext("A new service"),
        action=f"/admin/services/{detail.id}/edit" if detail else "/admin/services/new",
        form=form,
        publishers=tuple(await publisher_names(session)),
        id=str(detail.id) if detail else "",
        version=version,
        titles=tuple(await titles_in(session, detail.id)) if detail else (),
        differences=_compare(detail.facts, form) if detail and compared else None,
    )
    return Template("editing/service.html", context={"page": page}, status_code=status)


def _compare(stored: ServiceFacts, form: ShownForm) -> tuple[Difference, ...]:
    sides = {name: (getattr(stored, name), form.value(name).strip()) for name in SERVICE_LINES}
    return tuple(
        Difference(name=name, label=label_of(LABELS, name), stored=_line(old), typed=_line(new))
        for name, (old, new) in sides.items()
        if old != new
    )


def _line(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


# Publishers


@get("/admin/publishers", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_publishers(session: NamedDependency[AsyncSession]) -> Template:
    """All publishers by name, with what became of them."""
    return Template("editing/publishers.html", context={"publishers": await list_publishers(session)})


@get(
    "/admin/publishers/{publisher_id:uuid}/succession", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False
)
async def show_publisher_succession(
    session: NamedDependency[AsyncSession], today: NamedDependency[date], publisher_id: FromPath[uuid.UUID]
) -> Template:
    """The form that says which publisher it became part of."""
    return await _show_succession(session, publisher_id, {"succeeded_on": [today.isoformat()]})


@post(
    "/admin/publishers/{publisher_id:uuid}/succession",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
async def record_publisher_succession(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    publisher_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Record it, or show the form again."""
    form = FormReader(await read_form(request))
    day = form.day("succeeded_on", required=True)
    known = {str(each.id): each.id for each in await list_publishers(session)}
    heir = known.get(form.choice("succeeded_by", known))
    if heir is None:
        form.errors.setdefault("succeeded_by", "choose-one")
    if heir is None or day is None:
        return await _show_succession(session, publisher_id, form.typed, form)
    try:
        async with session.begin_nested():
            await succeed_publisher(session, actor, publisher_id, heir, day)
    except Conflict as error:
        refusal = say(PROBLEMS[error.code], error.members)
        return await _show_succession(session, publisher_id, form.typed, form, refusal)
    return Redirect("/admin/publishers", status_code=303)


async def _show_succession(
    session: AsyncSession, publisher_id: uuid.UUID, typed: Typed, form: FormReader | None = None, refusal: str = ""
) -> Template:
    rows = await list_publishers(session)
    publisher = next((each for each in rows if each.id == publisher_id), None)
    if publisher is None:
        raise NotFound
    shown = show_form(typed, LABELS, errors=form.errors if form else {}, refusal=refusal)
    others = [(str(each.id), each.name) for each in rows if each.id != publisher_id]
    page = SuccessionForm(publisher=publisher, form=shown, heirs=one_of(shown, "succeeded_by", Offered(choices=others)))
    return Template("editing/publisher.html", context={"page": page}, status_code=422 if form else 200)


handlers = [
    show_services,
    show_new_service,
    add_service,
    show_service,
    edit_service,
    show_publishers,
    show_publisher_succession,
    record_publisher_succession,
]
