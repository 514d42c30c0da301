"""The list of imports, what one did, and taking it back: asked first, and told afterwards what stayed and why."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from babel.dates import format_datetime
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.admin.imports.service import Import, foresee_undo, named_things, read_import, undo
from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.db import transaction
from catalog.core.settings import Settings
from catalog.intake.batches import list_batches
from catalog.intake.errors import ImportUndone
from catalog.intake.models import ImportBatch
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.i18n import N_, current_language, gettext, ngettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link

LISTED, SHOWN = 100, 50
KINDS: Mapping[str, str] = {
    "resources": N_("Resources"),
    "decisions": N_("Decisions"),
    "devices": N_("Devices"),
    "schools": N_("Schools"),
    "head-counts": N_("Head counts"),
}
THINGS: Mapping[str, str] = {
    "resource": N_("Resource"),
    "decision": N_("Decision"),
    "question": N_("Name without an entry"),
    "devices": N_("Devices of a school"),
    "school": N_("School"),
    "head-counts": N_("Head counts of a school"),
}
WHY: Mapping[str, str] = {
    "changed-since": N_("Somebody changed it since, or it is gone already."),
    "in-use": N_("Something else points to it by now, such as a decision or somebody's role."),
    "identifier-taken": N_("Another resource has its number or address by now."),
}
OTHERWISE = N_("As things stand it could not be put back as it was.")
"""Of a reason that only the attempt shows."""


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One import on the list, and at the head of its own page."""

    link: Link
    kind: str
    moment: str
    who: str
    mapping: str
    accepted: int
    unchanged: int
    refused: int
    state: str
    """A sentence where it is not simply done."""
    is_undone: bool


class ThingRow(msgspec.Struct, frozen=True, kw_only=True):
    link: Link
    kind: str
    note: str
    """New or changed; of what stays, why."""


class ImportPage(msgspec.Struct, frozen=True, kw_only=True):
    row: ImportRow
    things: tuple[ThingRow, ...]
    more: int
    """How many are not shown."""
    refusal: str = ""


class UndoPage(msgspec.Struct, frozen=True, kw_only=True):
    """Before it is done, and after."""

    row: ImportRow
    lead: tuple[str, ...]
    kept: tuple[ThingRow, ...]
    kept_count: int
    is_done: bool = False
    is_running: bool = False


@get("/admin/imports", opt=needs(Permission.IMPORT), include_in_schema=False)
async def show_imports(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], settings: NamedDependency[Settings]
) -> Template:
    """The latest imports."""
    rows = [_row(each, settings) for each in await list_batches(session, actor, LISTED)]
    return Template("admin/imports.html", context={"rows": rows, "is_full": len(rows) == LISTED})


@get("/admin/imports/{batch_id:uuid}", opt=needs(Permission.IMPORT), include_in_schema=False)
async def show_import(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    batch_id: FromPath[uuid.UUID],
) -> Template:
    """What one import did."""
    return _show(await read_import(session, actor, batch_id, SHOWN), settings)


@get("/admin/imports/{batch_id:uuid}/undo", opt=needs(Permission.IMPORT), include_in_schema=False)
async def show_undo(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    batch_id: FromPath[uuid.UUID],
) -> Template:
    """What taking it back means, before it is done."""
    found = await read_import(session, actor, batch_id, SHOWN)
    try:
        foreseen = await foresee_undo(session, actor, region, batch_id, today)
    except ImportUndone as error:
        return _show(found, settings, say(PROBLEMS[error.code]))
    page = UndoPage(
        row=_row(found.batch, settings),
        lead=_foretold(foreseen.goes, foreseen.returns),
        kept=await _kept(session, foreseen.kept),
        kept_count=len(foreseen.kept),
        is_running=found.batch.finished_at is None,
    )
    return Template("admin/import_undo.html", context={"page": page})


@post("/admin/imports/{batch_id:uuid}/undo", opt=needs(Permission.IMPORT), include_in_schema=False, status_code=200)
async def take_back(
    state: State,
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
    batch_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Take it back, and tell what stayed: that is stored nowhere, so the answer is the page itself.

    Without the request's session: a large import is taken back in several transactions, which would wait for it.
    """
    database = state["database"]
    try:
        undone = await undo(database, actor, region, batch_id, now, today)
    except ImportUndone as error:
        async with transaction(database.readers) as session:
            found = await read_import(session, actor, batch_id, SHOWN)
        return _show(found, settings, say(PROBLEMS[error.code]))
    state["work"].set()  # as at the end of a request that writes
    stayed = list({each[:2]: each for each in undone.kept}.values())  # of a thing changed twice both changes stay
    async with transaction(database.readers) as session:
        found = await read_import(session, actor, batch_id, 0)
        kept = await _kept(session, stayed)
    told = ngettext("%(num)d change was taken back.", "%(num)d changes were taken back.", undone.restored)
    page = UndoPage(
        row=_row(found.batch, settings),
        lead=(told % {"num": undone.restored},),
        kept=kept,
        kept_count=len(stayed),
        is_done=True,
    )
    return Template("admin/import_undo.html", context={"page": page})


def _show(found: Import, settings: Settings, refusal: str = "") -> Template:
    things = tuple(
        ThingRow(
            link=Link(text=each.name, url=each.url),
            kind=gettext(THINGS[each.kind]),
            note=gettext("New") if each.created else gettext("Changed"),
        )
        for each in found.touched
    )
    page = ImportPage(
        row=_row(found.batch, settings), things=things, more=max(0, found.effects - SHOWN), refusal=refusal
    )
    return Template("admin/import.html", context={"page": page}, status_code=422 if refusal else 200)


def _row(batch: ImportBatch, settings: Settings) -> ImportRow:
    state = ""
    if batch.undone_at:
        state = say(N_("Taken back {moment}"), {"moment": _moment(batch.undone_at, settings)})
    elif batch.finished_at is None:
        state = gettext("Still running, or broken off")
    return ImportRow(
        link=Link(text=batch.file_name, url=f"/admin/imports/{batch.id}"),
        kind=gettext(KINDS.get(batch.kind, batch.kind)),
        moment=_moment(batch.started_at, settings),
        who=gettext("the command line") if batch.actor_id == SYSTEM.id else gettext("somebody signed in"),
        mapping=batch.mapping,
        accepted=batch.accepted,
        unchanged=batch.unchanged,
        refused=batch.refused,
        state=state,
        is_undone=batch.undone_at is not None,
    )


def _moment(moment: datetime, settings: Settings) -> str:
    return format_datetime(moment.astimezone(settings.zone), "medium", locale=current_language.get())


def _foretold(goes: Mapping[str, int], returns: int) -> tuple[str, ...]:
    """What would happen, one sentence for each kind of thing."""
    counted = (
        (
            goes.get("resource", 0),
            ngettext(
                "%(num)d resource leaves the catalogue; its page stays and says so.",
                "%(num)d resources leave the catalogue; their pages stay and say so.",
                goes.get("resource", 0),
            ),
        ),
        (
            returns,
            ngettext(
                "%(num)d resource gets the facts back that it had before.",
                "%(num)d resources get the facts back that they had before.",
                returns,
            ),
        ),
        (
            goes.get("decision", 0),
            ngettext(
                "%(num)d decision is taken back: it stays in the history, and what held before holds again.",
                "%(num)d decisions are taken back: they stay in the history, and what held before holds again.",
                goes.get("decision", 0),
            ),
        ),
        (
            goes.get("devices", 0),
            ngettext(
                "%(num)d school gets back what was stated of its devices before.",
                "%(num)d schools get back what was stated of their devices before.",
                goes.get("devices", 0),
            ),
        ),
        (
            goes.get("school", 0),
            ngettext(
                "%(num)d school that the list brought goes.",
                "%(num)d schools that the list brought go.",
                goes.get("school", 0),
            ),
        ),
        (
            goes.get("school-facts", 0),
            ngettext(
                "%(num)d school gets the facts back that it had before.",
                "%(num)d schools get the facts back that they had before.",
                goes.get("school-facts", 0),
            ),
        ),
        (
            goes.get("head-counts", 0),
            ngettext(
                "%(num)d school loses the head counts that the list brought.",
                "%(num)d schools lose the head counts that the list brought.",
                goes.get("head-counts", 0),
            ),
        ),
        (
            goes.get("question", 0),
            ngettext(
                "%(num)d name without an entry no longer waits for an answer.",
                "%(num)d names without an entry no longer wait for an answer.",
                goes.get("question", 0),
            ),
        ),
    )
    found = tuple(sentence % {"num": number} for number, sentence in counted if number)
    return found or (gettext("Nothing is left that could be taken back."),)


async def _kept(session: AsyncSession, kept: Sequence[tuple[str, uuid.UUID, str]]) -> tuple[ThingRow, ...]:
    """The first of what stays, with the reason."""
    some = kept[:SHOWN]
    named = await named_things(session, [(kind, key) for kind, key, _ in some])
    return tuple(
        ThingRow(
            link=Link(text=thing.name, url=thing.url),
            kind=gettext(THINGS[thing.kind]),
            note=gettext(WHY.get(reason, OTHERWISE)),
        )
        for kind, key, reason in some
        if (thing := named.get((kind, key)))
    )


handlers = [show_imports, show_import, show_undo, take_back]
