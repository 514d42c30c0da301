"""The pages on which the administrator writes down what is known of a resource.

A refused form comes back with 422, every fault and all that was typed; so does one that somebody else overtook, with
what is stored beside it.
"""

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
from catalog.core.errors import Conflict, Invalid
from catalog.resources.checks import MAX_LIX
from catalog.resources.editing.comparing import FIELDS, Difference, compare, take_stored
from catalog.resources.editing.facts import PARTS, add_rows, keep_order, read_facts, refuse, typed_from
from catalog.resources.editing.view import ResourceForm, fields_of, open_rows, rows_of
from catalog.resources.editing.words import LABELS
from catalog.resources.errors import ChangedMeanwhile, IdentifierTaken
from catalog.resources.lookup import page_of, publisher_names
from catalog.resources.publishers import find_services
from catalog.resources.reading import get_resource, titles_of
from catalog.resources.schemas import ResourceDetail
from catalog.resources.service import change_resource, create_resource
from catalog.vocabularies.identifiers import IdentifierRefused, normalise_identifier
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link, Typed, row_field, row_numbers, show_form

Sent: TypeAlias = Request[Any, Any, Any]
MEMBERS = {"minimum": 0, "maximum": MAX_LIX}
SERVICES_OFFERED = 2000


class Answer(msgspec.Struct, kw_only=True):
    """Why the form is shown, and what of it is to be said."""

    typed: Typed
    status: int = 200
    edited: bool = False
    errors: Mapping[str, str] = {}
    sentences: Mapping[str, str] = {}
    refusal: str = ""
    version: int = 0
    compared: bool = False
    taken_by: uuid.UUID | None = None


@get("/admin/resources/new", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_new_resource(
    session: NamedDependency[AsyncSession], region: NamedDependency[Region], today: NamedDependency[date]
) -> Template:
    """An empty form."""
    return await _show(session, region, today, None, Answer(typed=open_rows({}, region.language)))


@post("/admin/resources/new", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False, status_code=303)
async def add_resource(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
) -> Response[Any]:
    """Store a new resource, or show the form again."""
    form = FormReader(await read_form(request))
    if answer := _without_saving(form, None):
        return await _show(session, region, today, None, answer)
    facts = read_facts(form, region.vocabularies, ())
    answer = Answer(typed=form.typed, status=422, errors=form.errors)
    if not form.errors:
        try:
            async with session.begin_nested():
                resource_id = await create_resource(session, actor, region, facts, today)
        except (Invalid, Conflict, IntegrityError) as error:
            _explain(answer, form, error)
        else:
            return Redirect(page_of(await get_resource(session, resource_id)), status_code=303)
    return await _show(session, region, today, None, answer)


@get("/admin/resources/{resource_id:uuid}/edit", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_resource_form(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Template:
    """The form with what is stored."""
    detail = await get_resource(session, resource_id)
    typed = open_rows(typed_from(detail.facts), region.language)
    return await _show(session, region, today, detail, Answer(typed=typed, version=detail.version))


@post(
    "/admin/resources/{resource_id:uuid}/edit",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
async def edit_resource(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Store what was typed, or show the form again; whoever was overtaken sees both versions and decides."""
    form = FormReader(await read_form(request))
    detail = await get_resource(session, resource_id)
    if answer := _without_saving(form, detail):
        return await _show(session, region, today, detail, answer)
    version = form.number("version") or 0
    facts = keep_order(read_facts(form, region.vocabularies, detail.facts.source_terms), detail.facts)
    answer = Answer(typed=form.typed, status=422, errors=form.errors, version=version)
    if not form.errors:
        try:
            async with session.begin_nested():
                await change_resource(session, actor, region, resource_id, facts, version)
        except (Invalid, Conflict, IntegrityError) as error:
            _explain(answer, form, error)
        else:
            return Redirect(page_of(await get_resource(session, resource_id)), status_code=303)
    return await _show(session, region, today, await get_resource(session, resource_id), answer)


def _without_saving(form: FormReader, detail: ResourceDetail | None) -> Answer | None:
    """The buttons that only change the form: one row more, or one field as it is stored."""
    part, taken = form.text("add_row"), form.text("take")
    typed = {name: values for name, values in form.typed.items() if name not in {"add_row", "take"}}
    answer = Answer(typed=typed, edited=True, version=form.number("version") or 0, compared=form.flag("compared"))
    if part in PARTS:
        add_rows(typed, part)
    elif detail is not None and taken in FIELDS:
        answer.typed = take_stored(typed_from(detail.facts), typed, taken)
    elif not part and not taken:
        return None
    return answer


def _explain(answer: Answer, form: FormReader, error: Exception) -> None:
    """Say why the service refused, at the field where that is known."""
    match error:
        case Invalid():
            refuse(form, error.errors)
            answer.errors = form.errors
        case ChangedMeanwhile():
            answer.compared, answer.version = True, error.current_version
            answer.refusal = say(PROBLEMS[error.code])
        case IdentifierTaken():
            answer.taken_by = error.resource_id
            answer.sentences = {_bearer(form.typed, error): say(PROBLEMS[error.code], error.members)}
        case Conflict():
            answer.refusal = say(PROBLEMS[error.code], error.members)
        case _:  # somebody else took a name or a number in this very moment
            answer.refusal = say(PROBLEMS["conflict"])


def _bearer(typed: Typed, taken: IdentifierTaken) -> str:
    """The field in which a taken identifier was written: one of the rows, or the address."""
    for number in row_numbers(typed, "identifiers"):
        scheme, value = (typed.get(row_field("identifiers", number, name), [""])[-1] for name in ("scheme", "value"))
        try:
            if scheme.strip() == taken.scheme and normalise_identifier(taken.scheme, value) == taken.value:
                return row_field("identifiers", number, "value")
        except IdentifierRefused:
            continue
    return "url"


async def _show(
    session: AsyncSession, region: Region, today: date, detail: ResourceDetail | None, answer: Answer
) -> Template:
    services = await find_services(session, region.country, SERVICES_OFFERED)
    form = show_form(
        answer.typed,
        LABELS,
        errors=answer.errors,
        sentences=answer.sentences,
        members=MEMBERS,
        refusal=answer.refusal,
        edited=answer.edited,
    )
    differences: tuple[Difference, ...] | None = None
    if detail is not None and answer.compared:
        names = {each.facts.key: each.facts.name for each in services}
        differences = compare(typed_from(detail.facts), answer.typed, region.vocabularies, names)
    page = ResourceForm(
        heading=detail.facts.texts[0].title if detail else gettext("A new resource"),
        action=f"/admin/resources/{detail.id}/edit" if detail else "/admin/resources/new",
        form=form,
        fields=fields_of(form, region, today, services),
        rows=rows_of(form, region, today),
        publishers=tuple(await publisher_names(session)),
        version=answer.version,
        page=Link(text=gettext("The page that readers see"), url=page_of(detail)) if detail else None,
        is_retired=detail is not None and detail.status != "listed",
        links=_links(detail) if detail else (),
        differences=differences,
        taken_by=await _other(session, answer.taken_by),
        source_terms=tuple(each.term for each in detail.facts.source_terms) if detail else (),
    )
    return Template("editing/resource.html", context={"page": page}, status_code=answer.status)


async def _other(session: AsyncSession, resource_id: uuid.UUID | None) -> Link | None:
    if resource_id is None:
        return None
    other = (await titles_of(session, [resource_id]))[resource_id]
    return Link(text=other.name, url=f"/resources/{other.id}-{other.code}")


def _links(detail: ResourceDetail) -> tuple[Link, ...]:
    base = f"/admin/resources/{detail.id}"
    decide = Link(text=gettext("Record a decision"), url=f"{base}/decisions/new")
    if detail.status != "listed":
        return decide, Link(text=gettext("Put it back into the catalogue"), url=f"{base}/restore")
    return (
        decide,
        Link(text=gettext("A later edition takes its place"), url=f"{base}/succession"),
        Link(text=gettext("Merge with another entry"), url=f"{base}/merge"),
        Link(text=gettext("Take it out of the catalogue"), url=f"{base}/retire"),
    )


handlers = [show_new_resource, add_resource, show_resource_form, edit_resource]
