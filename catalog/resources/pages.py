"""The pages on which a resource leaves the catalogue, or comes back.

What is about to happen is shown before it is done: both entries of a merge stand side by side.
"""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.errors import Conflict, NotFound
from catalog.core.settings import Settings
from catalog.resources import lifecycle
from catalog.resources.editing.words import scheme_name
from catalog.resources.lookup import MAX_FOUND, Found, find_entries, page_of
from catalog.resources.reading import get_resource
from catalog.resources.schemas import ResourceDetail
from catalog.resources.spans import grade_span
from catalog.vocabularies.region import Region
from catalog.web.access import ADMIN
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import N_, current_language, gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link

Sent: TypeAlias = Request[Any, Any, Any]
Asked = Annotated[str, QueryParameter(name="q", max_length=2000)]
OtherId = Annotated[str, QueryParameter(name="other", max_length=100)]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A resource in a few words, to see whether it is the right one."""

    id: str
    title: Link
    facts: tuple[tuple[str, str], ...]
    """Label and words, the filled-in ones only."""
    note: str
    """What tells it from another of the same title."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was found; its link chooses it."""

    link: Link
    note: str


class ChoosePage(msgspec.Struct, frozen=True, kw_only=True):
    """Looking for the other entry of a pair."""

    heading: str
    lead: str
    action: str
    entry: Entry
    asked: str
    found: tuple[Choice, ...] | None
    """None before anything was asked."""
    more: bool
    """Others fit too, and are not shown."""


class ConfirmPage(msgspec.Struct, frozen=True, kw_only=True):
    """What will happen, and the button that does it."""

    heading: str
    lead: tuple[str, ...]
    action: str
    button: str
    entries: tuple[Entry, ...]
    back: str
    hidden: tuple[tuple[str, str], ...] = ()
    keeps: bool = False
    """Ask which of the two entries stays."""
    danger: bool = False
    refusal: str = ""


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """An act between two entries, and what is said of it."""

    path: str
    heading: str
    lead: str
    confirm: tuple[str, ...]
    button: str


MERGE = Pairing(
    path="merge",
    heading=N_("Merge with another entry"),
    lead=N_("Two entries are the same thing. Find the other one by its title or address."),
    confirm=(
        N_("One entry stays. It takes over the identifiers, subjects and grades of the other."),
        N_("The other leaves the catalogue, and its address leads to the one that stays."),
        N_("What was decided about the other does not carry over; it stays to be read as history."),
    ),
    button=N_("Merge them"),
)
SUCCESSION = Pairing(
    path="succession",
    heading=N_("A later edition takes its place"),
    lead=N_("Find the later edition by its title or address."),
    confirm=(
        N_("The first entry leaves the catalogue, and its page points to the second."),
        N_("What was decided about the first does not carry over."),
    ),
    button=N_("Let it take its place"),
)


def _edit(resource_id: uuid.UUID) -> str:
    return f"/admin/resources/{resource_id}/edit"


def _entry(detail: ResourceDetail, region: Region) -> Entry:
    language = current_language.get()
    facts = detail.facts
    grades: dict[str, list[str]] = {}
    for each in facts.placements:
        grades.setdefault(each.subject, []).append(each.grade)
    placed = [
        f"{_subject(region, subject, language)} {grade_span(codes, language)}" for subject, codes in grades.items()
    ]
    known = (
        (gettext("Form"), region.vocabularies.label("form", facts.form, language)),
        (gettext("Publisher"), facts.publisher),
        (gettext("Service"), detail.service.name if detail.service else ""),
        (gettext("Subjects and grades"), ", ".join(placed)),
        (gettext("Address"), facts.url),
        (gettext("Identifiers"), ", ".join(f"{scheme_name(i.scheme)} {i.value}" for i in facts.identifiers)),
        (gettext("Last changed"), format_date(detail.updated_on, "long", locale=language)),
    )
    return Entry(
        id=str(detail.id),
        title=Link(text=facts.texts[0].title, url=page_of(detail)),
        facts=tuple(fact for fact in known if fact[1]),
        note=" · ".join(filter(None, [facts.publisher, facts.url])),
    )


def _subject(region: Region, code: str, language: str) -> str:
    return gettext("All subjects") if code == "*" else region.vocabularies.label("subject", code, language)


def _confirm(page: ConfirmPage) -> Template:
    return Template("editing/confirm.html", context={"page": page}, status_code=422 if page.refusal else 200)


# One entry


def _retiring(detail: ResourceDetail, region: Region, refusal: str = "") -> ConfirmPage:
    return ConfirmPage(
        heading=gettext("Take it out of the catalogue"),
        lead=(
            gettext("Nobody finds it by searching any more. Its page stays and says that it is gone."),
            gettext("You can put it back later."),
        ),
        action=f"/admin/resources/{detail.id}/retire",
        button=gettext("Take it out"),
        entries=(_entry(detail, region),),
        back=_edit(detail.id),
        danger=True,
        refusal=refusal,
    )


@get("/admin/resources/{resource_id:uuid}/retire", opt=ADMIN, include_in_schema=False)
async def show_retiring(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    resource_id: FromPath[uuid.UUID],
) -> Template:
    """What retiring means, before it is done."""
    return _confirm(_retiring(await get_resource(session, resource_id, settings.zone), region))


@post("/admin/resources/{resource_id:uuid}/retire", opt=ADMIN, include_in_schema=False, status_code=303)
async def retire(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Take a resource out of the catalogue."""
    detail = await get_resource(session, resource_id, settings.zone)
    try:
        async with session.begin_nested():
            await lifecycle.retire_resource(session, actor, resource_id, today)
    except Conflict as error:
        return _confirm(_retiring(detail, region, say(PROBLEMS[error.code], error.members)))
    return Redirect(page_of(detail), status_code=303)


def _restoring(detail: ResourceDetail, region: Region, refusal: str = "") -> ConfirmPage:
    return ConfirmPage(
        heading=gettext("Put it back into the catalogue"),
        lead=(gettext("It is found again by searching, with the decisions that were made about it."),),
        action=f"/admin/resources/{detail.id}/restore",
        button=gettext("Put it back"),
        entries=(_entry(detail, region),),
        back=_edit(detail.id),
        refusal=refusal,
    )


@get("/admin/resources/{resource_id:uuid}/restore", opt=ADMIN, include_in_schema=False)
async def show_restoring(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    resource_id: FromPath[uuid.UUID],
) -> Template:
    """What restoring means, before it is done."""
    return _confirm(_restoring(await get_resource(session, resource_id, settings.zone), region))


@post("/admin/resources/{resource_id:uuid}/restore", opt=ADMIN, include_in_schema=False, status_code=303)
async def restore(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """List a retired resource again."""
    detail = await get_resource(session, resource_id, settings.zone)
    try:
        async with session.begin_nested():
            await lifecycle.restore_resource(session, actor, resource_id, today)
    except Conflict as error:
        return _confirm(_restoring(detail, region, say(PROBLEMS[error.code], error.members)))
    return Redirect(page_of(detail), status_code=303)


# Two entries


@get("/admin/resources/{resource_id:uuid}/merge", opt=ADMIN, include_in_schema=False)
async def show_merging(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    resource_id: FromPath[uuid.UUID],
    asked: Asked = "",
    other: OtherId = "",
) -> Template:
    """Find the other entry, then see both."""
    return await _pair_page(session, region, settings.zone, MERGE, resource_id, asked, other)


@post("/admin/resources/{resource_id:uuid}/merge", opt=ADMIN, include_in_schema=False, status_code=303)
async def merge(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Merge two entries into the one that stays."""
    form = FormReader(await read_form(request))
    other_id = _id(form.text("other"))
    kept, gone = (resource_id, other_id) if form.text("keep") == str(resource_id) else (other_id, resource_id)
    try:
        async with session.begin_nested():
            await lifecycle.merge_resources(session, actor, gone, kept, today)
    except (Conflict, IntegrityError) as error:
        return await _refused_pair(session, region, settings.zone, MERGE, (resource_id, other_id), error)
    return Redirect(page_of(await get_resource(session, kept)), status_code=303)


@get("/admin/resources/{resource_id:uuid}/succession", opt=ADMIN, include_in_schema=False)
async def show_succession(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    resource_id: FromPath[uuid.UUID],
    asked: Asked = "",
    other: OtherId = "",
) -> Template:
    """Find the later edition, then see both."""
    return await _pair_page(session, region, settings.zone, SUCCESSION, resource_id, asked, other)


@post("/admin/resources/{resource_id:uuid}/succession", opt=ADMIN, include_in_schema=False, status_code=303)
async def succeed(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Let a later edition take the place of this one."""
    other_id = _id(FormReader(await read_form(request)).text("other"))
    try:
        async with session.begin_nested():
            await lifecycle.succeed_resource(session, actor, resource_id, other_id, today)
    except Conflict as error:
        return await _refused_pair(session, region, settings.zone, SUCCESSION, (resource_id, other_id), error)
    return Redirect(page_of(await get_resource(session, resource_id)), status_code=303)


def _id(text: str) -> uuid.UUID:
    """Raise NotFound for what is no id."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error


async def _pair_page(
    session: AsyncSession,
    region: Region,
    zone: ZoneInfo,
    act: Pairing,
    resource_id: uuid.UUID,
    asked: str,
    other: str,
) -> Template:
    detail = await get_resource(session, resource_id, zone)
    if other:
        return _confirm(_confirm_pair(region, act, [detail, await get_resource(session, _id(other), zone)]))
    action = f"/admin/resources/{resource_id}/{act.path}"
    entries = await find_entries(session, asked, listed_only=True, limit=MAX_FOUND + 2)
    found = [each for each in entries if each.id != resource_id]
    page = ChoosePage(
        heading=gettext(act.heading),
        lead=gettext(act.lead),
        action=action,
        entry=_entry(detail, region),
        asked=asked,
        found=tuple(_choice(action, each) for each in found[:MAX_FOUND]) if asked.strip() else None,
        more=len(found) > MAX_FOUND,
    )
    return Template("editing/choose.html", context={"page": page})


def _choice(action: str, found: Found) -> Choice:
    note = " · ".join(filter(None, [found.publisher, found.address]))
    return Choice(link=Link(text=found.title, url=f"{action}?other={found.id}"), note=note)


def _confirm_pair(region: Region, act: Pairing, pair: Sequence[ResourceDetail], refusal: str = "") -> ConfirmPage:
    first, second = pair
    return ConfirmPage(
        heading=gettext(act.heading),
        lead=tuple(gettext(sentence) for sentence in act.confirm),
        action=f"/admin/resources/{first.id}/{act.path}",
        button=gettext(act.button),
        entries=(_entry(first, region), _entry(second, region)),
        back=f"/admin/resources/{first.id}/{act.path}",
        hidden=(("other", str(second.id)),),
        keeps=act is MERGE,
        danger=True,
        refusal=refusal,
    )


async def _refused_pair(
    session: AsyncSession,
    region: Region,
    zone: ZoneInfo,
    act: Pairing,
    ids: tuple[uuid.UUID, uuid.UUID],
    error: Exception,
) -> Template:
    code, members = (error.code, error.members) if isinstance(error, Conflict) else ("conflict", {})
    pair = [await get_resource(session, each, zone) for each in ids]
    return _confirm(_confirm_pair(region, act, pair, say(PROBLEMS[code], members)))


handlers = [show_retiring, retire, show_restoring, restore, show_merging, merge, show_succession, succeed]
