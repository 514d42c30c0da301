"""Schools: the list, one school, and the forms of those who look after the register.

A refused form comes back with 422, every fault and all that was typed; so does one that somebody else overtook, with
what is stored beside it.
"""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, Invalid
from catalog.organisations import acts, editing
from catalog.organisations.counts import desk as counting
from catalog.organisations.counts.service import latest_counts
from catalog.organisations.errors import SchoolChanged
from catalog.organisations.lists import desk as lists
from catalog.organisations.reading import get_school, list_lines
from catalog.organisations.schemas import FIELDS, SchoolDetail
from catalog.organisations.service import add_school, change_school
from catalog.organisations.view import Pupils, SchoolForm, in_words, school_list, school_page, url_of
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link, Typed, show_form

Sent: TypeAlias = Request[Any, Any, Any]
Asked = Annotated[str, QueryParameter(name="q", max_length=200)]
READ = needs(Permission.READ_SCHOOLS, Permission.MANAGE_SCHOOLS)
MANAGE = needs(Permission.MANAGE_SCHOOLS)


class Answer(msgspec.Struct, kw_only=True):
    """Why the form is shown, and what of it is to be said."""

    typed: Typed
    status: int = 200
    edited: bool = False
    errors: Mapping[str, str] = {}
    refusal: str = ""
    version: int = 0
    compared: bool = False


@get("/schools", opt=READ, include_in_schema=False)
async def show_schools(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    asked: Asked = "",
    closed: FromQuery[str] = "",
) -> Template:
    """All schools, own ones first; with a name or any of their numbers, old ones too, those that bear it."""
    text = clean_line(asked)
    lines = await list_lines(session, region.country, today, text, closed=bool(closed))
    own = actor.schools_with(Permission.READ_SCHOOLS) or frozenset()
    page = school_list(lines, actor, own, region, text, closed=bool(closed))
    return Template("organisations/list.html", context={"page": page})


@get("/schools/{school_id:uuid}", opt=READ, include_in_schema=False)
async def show_school(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Template:
    """What all staff may know of a school; its head counts for those who may see them."""
    detail = await get_school(session, school_id)
    pupils = None
    if actor.may(Permission.READ_SCHOOLS, school_id):
        latest = await latest_counts(session, school_id)
        pupils = Pupils(
            url=f"{url_of(school_id)}/pupils",
            total=sum(latest.pupils.values()) if latest else None,
            day=in_words(latest.counted_on) if latest else "",
        )
    page = school_page(detail, actor, region, today, pupils)
    return Template("organisations/school.html", context={"page": page})


@get("/schools/new", opt=MANAGE, include_in_schema=False)
async def show_new_school(region: NamedDependency[Region], today: NamedDependency[date]) -> Template:
    """An empty form."""
    return _show(region, today, None, Answer(typed={}))


@post("/schools/new", opt=MANAGE, include_in_schema=False, status_code=303)
async def enter_school(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
) -> Response[Any]:
    """Store a new school, or show the form again."""
    form = FormReader(await read_form(request))
    if answer := _without_saving(form, None):
        return _show(region, today, None, answer)
    facts = editing.read_facts(form)
    answer = Answer(typed=form.typed, status=422, errors=form.errors)
    if not form.errors:
        try:
            async with session.begin_nested():
                school_id = await add_school(session, actor, region, facts, today)
        except (Invalid, Conflict, IntegrityError) as error:
            _explain(answer, form, error)
        else:
            return Redirect(url_of(school_id), status_code=303)
    return _show(region, today, None, answer)


@get("/schools/{school_id:uuid}/edit", opt=MANAGE, include_in_schema=False)
async def show_school_form(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Template:
    """The form with what is stored."""
    detail = await get_school(session, school_id)
    return _show(region, today, detail, Answer(typed=editing.typed_from(detail.facts), version=detail.version))


@post("/schools/{school_id:uuid}/edit", opt=MANAGE, include_in_schema=False, status_code=303)
async def edit_school(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Store what was typed, or show the form again; whoever was overtaken sees both versions and decides."""
    form = FormReader(await read_form(request))
    detail = await get_school(session, school_id)
    if answer := _without_saving(form, detail):
        return _show(region, today, detail, answer)
    version = form.number("version") or 0
    facts = editing.read_facts(form)
    answer = Answer(typed=form.typed, status=422, errors=form.errors, version=version)
    if not form.errors:
        try:
            async with session.begin_nested():
                await change_school(session, actor, region, school_id, facts, version, today)
        except (Invalid, Conflict, IntegrityError) as error:
            _explain(answer, form, error)
        else:
            return Redirect(url_of(school_id), status_code=303)
        detail = await get_school(session, school_id)
    return _show(region, today, detail, answer)


def _without_saving(form: FormReader, detail: SchoolDetail | None) -> Answer | None:
    """The buttons that only change the form: one row more, or one field as it is stored."""
    part, taken = form.text("add_row"), form.text("take")
    typed = {name: values for name, values in form.typed.items() if name not in {"add_row", "take"}}
    answer = Answer(typed=typed, edited=True, version=form.number("version") or 0, compared=form.flag("compared"))
    if part in editing.PARTS:
        editing.add_row(typed, part)
    elif detail is not None and taken in FIELDS:
        answer.typed = editing.take_stored(editing.typed_from(detail.facts), typed, taken)
    elif not part and not taken:
        return None
    return answer


def _explain(answer: Answer, form: FormReader, error: Exception) -> None:
    match error:
        case Invalid():
            editing.refuse(form, error.errors)
            answer.errors = form.errors
        case SchoolChanged():
            answer.compared, answer.version = True, error.current_version
            answer.refusal = say(PROBLEMS[error.code])
        case Conflict():
            answer.refusal = say(PROBLEMS[error.code], error.members)
        case _:  # somebody else took a number in this very moment
            answer.refusal = say(PROBLEMS["conflict"])


def _show(region: Region, today: date, detail: SchoolDetail | None, answer: Answer) -> Template:
    typed = editing.with_blank_rows(answer.typed)
    form = show_form(typed, editing.LABELS, errors=answer.errors, refusal=answer.refusal, edited=answer.edited)
    stored = editing.typed_from(detail.facts) if detail else {}
    back = Link(text=gettext("Schools"), url="/schools")
    page = SchoolForm(
        heading=detail.facts.name if detail else gettext("A new school"),
        action=f"{url_of(detail.id)}/edit" if detail else "/schools/new",
        back=Link(text=detail.facts.name, url=url_of(detail.id)) if detail else back,
        form=form,
        fields=editing.fields_of(form, region, today),
        rows=editing.rows_of(form),
        version=answer.version,
        differences=editing.compare(stored, answer.typed, region) if detail and answer.compared else None,
    )
    return Template("organisations/edit.html", context={"page": page}, status_code=answer.status)


handlers = [
    show_schools,
    show_school,
    show_new_school,
    enter_school,
    show_school_form,
    edit_school,
    *acts.handlers,
    *counting.handlers,
    *lists.handlers,
]
