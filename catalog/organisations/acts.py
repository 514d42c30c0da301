"""The pages on which a school closes, opens again or becomes part of another: each says first what will happen."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, Invalid
from catalog.organisations.editing import Field
from catalog.organisations.errors import SchoolChanged, SchoolMerged, SchoolOpen
from catalog.organisations.fleet.errors import SchoolClosed
from catalog.organisations.lifecycle import Merge, Moved, close_school, foresee_merger, merge_schools, reopen_school
from catalog.organisations.reading import get_school
from catalog.organisations.schemas import SchoolDetail
from catalog.organisations.service import list_schools
from catalog.organisations.view import ActForm, moves_in_words, url_of
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import N_, gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link, Option, ShownForm, Typed, show_form

Sent: TypeAlias = Request[Any, Any, Any]
MANAGE: Mapping[str, Any] = needs(Permission.MANAGE_SCHOOLS)
LABELS: Mapping[str, str] = {
    "closed_on": N_("The first day on which it is closed"),
    "reopened_on": N_("Opened again on"),
    "reason": N_("Reason"),
    "into": N_("The school that takes over"),
    "on": N_("The first day on which it is part of the other"),
}


@get("/schools/{school_id:uuid}/close", opt=MANAGE, include_in_schema=False)
async def show_closing(
    session: NamedDependency[AsyncSession], today: NamedDependency[date], school_id: FromPath[uuid.UUID]
) -> Template:
    """What closing a school means."""
    detail = await get_school(session, school_id)
    _require_alone(detail)
    if detail.closed_on is not None:
        raise SchoolClosed
    return _closing(detail, show_form({"closed_on": [today.isoformat()]}, LABELS))


@post("/schools/{school_id:uuid}/close", opt=MANAGE, include_in_schema=False, status_code=303)
async def close(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    school_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Close a school from a day on."""
    form = FormReader(await read_form(request))
    day, reason = form.day("closed_on", required=True), form.text("reason", longest=300)
    refusal = ""
    if day is not None and not form.errors:
        try:
            async with session.begin_nested():
                await close_school(session, actor, school_id, day, reason, form.number("version") or 0)
        except Invalid as error:
            form.refuse(error.errors)
        except SchoolChanged as error:
            refusal = say(PROBLEMS[error.code])
        else:
            return Redirect(url_of(school_id), status_code=303)
    detail = await get_school(session, school_id)
    return _closing(detail, show_form(form.typed, LABELS, errors=form.errors, refusal=refusal), status=422)


def _closing(detail: SchoolDetail, form: ShownForm, *, status: int = 200) -> Template:
    lead = (
        gettext("From that day on the school can no longer be chosen, and roles held for it give no rights."),
        gettext("Nothing is deleted. The school can be opened again, and has everything that it had."),
    )
    return _act(detail, "close", form, say(N_("Close {school}"), {"school": detail.facts.name}), lead, status=status)


@get("/schools/{school_id:uuid}/reopen", opt=MANAGE, include_in_schema=False)
async def show_reopening(
    session: NamedDependency[AsyncSession], today: NamedDependency[date], school_id: FromPath[uuid.UUID]
) -> Template:
    """What opening a school again means."""
    detail = await get_school(session, school_id)
    _require_alone(detail)
    if detail.closed_on is None:
        raise SchoolOpen
    return _reopening(detail, show_form({"reopened_on": [today.isoformat()]}, LABELS))


@post("/schools/{school_id:uuid}/reopen", opt=MANAGE, include_in_schema=False, status_code=303)
async def reopen(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    school_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Open a closed school again."""
    form = FormReader(await read_form(request))
    day, reason = form.day("reopened_on", required=True), form.text("reason", longest=300)
    refusal = ""
    if day is not None and not form.errors:
        try:
            async with session.begin_nested():
                await reopen_school(session, actor, school_id, day, reason, form.number("version") or 0)
        except Invalid as error:
            form.refuse(error.errors)
        except SchoolChanged as error:
            refusal = say(PROBLEMS[error.code])
        else:
            return Redirect(url_of(school_id), status_code=303)
    detail = await get_school(session, school_id)
    return _reopening(detail, show_form(form.typed, LABELS, errors=form.errors, refusal=refusal), status=422)


def _reopening(detail: SchoolDetail, form: ShownForm, *, status: int = 200) -> Template:
    lead = (gettext("Roles held for the school that have not ended count again, at once."),)
    heading = say(N_("Open {school} again"), {"school": detail.facts.name})
    return _act(detail, "reopen", form, heading, lead, status=status)


@get("/schools/{school_id:uuid}/merge", opt=MANAGE, include_in_schema=False)
async def show_merger(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Template:
    """Which school takes over, and when."""
    detail = await get_school(session, school_id)
    _require_alone(detail)
    form = show_form({"on": [today.isoformat()]}, LABELS)
    return _merger(detail, form, await _others(session, region, today, detail, form))


@post("/schools/{school_id:uuid}/merge", opt=MANAGE, include_in_schema=False, status_code=303)
async def merge(
    request: Sent,
    state: State,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Say what a merger would move or, once that was read and is still true, do it."""
    form = FormReader(await read_form(request))
    detail = await get_school(session, school_id)
    schools = {str(each.id): each.id for each in await list_schools(session, today=today) if each.id != school_id}
    into, day = form.choice("into", schools, required=True), form.day("on", required=True)
    refusal, moved, other = "", None, await get_school(session, schools[into]) if into else None
    if other is not None and day is not None and not form.errors:
        is_meant = form.flag("confirmed")
        asked = Merge(
            old=school_id,
            old_version=(form.number("version") or 0) if is_meant else detail.version,
            new=other.id,
            new_version=(form.number("other_version") or 0) if is_meant else other.version,
            on=day,
        )
        work = merge_schools if is_meant else foresee_merger
        try:
            async with session.begin_nested():
                moved = await work(session, actor, region, asked, state["school_followers"], today)
        except Invalid as error:
            form.refuse(error.errors)
        except SchoolChanged as error:
            refusal = say(PROBLEMS[error.code])
        except Conflict as error:
            refusal = say(PROBLEMS[error.code], error.members)
        else:
            if is_meant:
                return Redirect(url_of(other.id), status_code=303)
    shown = show_form(_as_asked(form.typed), LABELS, errors=form.errors, refusal=refusal)
    if moved is not None and other is not None:
        return _foreseen(detail, other, shown, moved)
    return _merger(detail, shown, await _others(session, region, today, detail, shown), status=422)


def _as_asked(typed: Typed) -> Typed:
    return {name: values for name, values in typed.items() if name in LABELS}


async def _others(session: AsyncSession, region: Region, today: date, detail: SchoolDetail, form: ShownForm) -> Field:
    schools = await list_schools(session, region.country, today=today)
    options = (
        Option(value=str(each.id), label=f"{each.name} ({each.code})", chosen=str(each.id) == form.value("into"))
        for each in schools
        if each.id != detail.id
    )
    return Field(options=tuple(options))


def _merger(detail: SchoolDetail, form: ShownForm, schools: Field, *, status: int = 200) -> Template:
    lead = (
        gettext("Everything that is kept about the school moves to the other one. This cannot be taken back."),
        gettext("The next page says what will move, before anything is done."),
    )
    heading = say(N_("{school} became part of another school"), {"school": detail.facts.name})
    return _act(detail, "merge", form, heading, lead, fields={"into": schools}, status=status)


def _foreseen(detail: SchoolDetail, other: SchoolDetail, form: ShownForm, moved: Moved) -> Template:
    names = {"school": detail.facts.name, "other": other.facts.name}
    lead = (
        say(N_("{school} becomes part of {other}. This cannot be taken back."), names),
        gettext("The numbers of the school stay known, and lead to the other one."),
    )
    page = ActForm(
        heading=say(N_("{school} becomes part of {other}"), names),
        lead=lead,
        action=f"{url_of(detail.id)}/merge",
        back=Link(text=detail.facts.name, url=url_of(detail.id)),
        form=form,
        button=gettext("Merge the schools"),
        hidden={
            "confirmed": "yes",
            "into": str(other.id),
            "on": form.value("on"),
            "version": str(detail.version),
            "other_version": str(other.version),
        },
        moves=moves_in_words(moved),
        gained=tuple(moved.grades),
    )
    return Template("organisations/act.html", context={"page": page}, status_code=200)


def _require_alone(detail: SchoolDetail) -> None:
    if detail.merged_into is not None:
        raise SchoolMerged


def _act(
    detail: SchoolDetail,
    act: str,
    form: ShownForm,
    heading: str,
    lead: Sequence[str],
    *,
    fields: Mapping[str, Field] | None = None,
    status: int = 200,
) -> Template:
    buttons = {"close": N_("Close the school"), "reopen": N_("Open the school again"), "merge": N_("See what moves")}
    page = ActForm(
        heading=heading,
        lead=tuple(lead),
        action=f"{url_of(detail.id)}/{act}",
        back=Link(text=detail.facts.name, url=url_of(detail.id)),
        form=form,
        button=gettext(buttons[act]),
        hidden={"version": str(detail.version)},
        fields=fields or {},
        day={"close": "closed_on", "reopen": "reopened_on", "merge": "on"}[act],
        asks_reason=act != "merge",
        is_dangerous=act == "close",
    )
    return Template("organisations/act.html", context={"page": page}, status_code=status)


handlers = [show_closing, close, show_reopening, reopen, show_merger, merge]
