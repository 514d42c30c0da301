"""The audit log, to look through and to take away."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

import msgspec
from babel.dates import format_datetime
from litestar import Request, Response, get
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import ANONYMOUS, SYSTEM, Actor, Permission
from catalog.core.errors import Invalid
from catalog.core.settings import Settings
from catalog.operations.audit_log import (
    Asked,
    Entry,
    Found,
    Page,
    Who,
    find_all,
    find_page,
    list_actions,
    list_object_types,
)
from catalog.web.access import needs
from catalog.web.forms import FormReader
from catalog.web.i18n import N_, current_language, gettext, say
from catalog.web.sentences import FAULTS
from catalog.web.shown import Option
from catalog.web.tables import CSV, XLSX, Table, table_file

Sent: TypeAlias = Request[Any, Any, Any]
Row: TypeAlias = Annotated[int | None, QueryParameter(ge=0, le=2**62)]
WORDS: Mapping[str, str] = {
    "service": N_("the service itself"),
    "nobody": N_("a reader who was not signed in"),
    "former": N_("former employee"),
    "unknown": N_("not known any more"),
}
LABELS = ("who", "action", "type", "object", "since", "until", "request")
LONGEST = 200


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One act, in words."""

    seq: int
    at: str
    who: str
    action: str
    object_type: str
    object_id: str
    object_name: str
    """Where the object is somebody who is still known."""
    fields: str
    request_id: str


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    is_filtered: bool
    actions: tuple[Option, ...]
    types: tuple[Option, ...]
    lines: tuple[Line, ...]
    newer: str
    older: str
    csv: str
    xlsx: str


@get("/admin/audit", opt=needs(Permission.READ_AUDIT), include_in_schema=False)
async def show_audit(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    before: Row = None,
    after: Row = None,
) -> Template:
    """Who did what, the newest first."""
    form = _form(request)
    asked = _asked(form)
    found = Page(entries=(), has_newer=False, has_older=False)
    if not form.errors:
        try:
            found = await find_page(session, actor, asked, settings.zone, _named(), before=before, after=after)
        except Invalid as refused:
            form.refuse(refused.errors)
    typed = {name: form.text(name) for name in LABELS}
    kept = {name: value for name, value in typed.items() if value}
    first, last = (found.entries[0].seq, found.entries[-1].seq) if found.entries else (0, 0)
    page = AuditPage(
        typed=typed,
        errors={name: say(FAULTS[code]) for name, code in form.errors.items()},
        is_filtered=bool(kept),
        actions=_options(await list_actions(session, actor), asked.action),
        types=_options(await list_object_types(session, actor), asked.object_type),
        lines=tuple(_line(entry, settings) for entry in found.entries),
        newer=_address("", kept | {"after": str(first)}) if found.has_newer and found.entries else "",
        older=_address("", kept | {"before": str(last)}) if found.has_older and found.entries else "",
        csv=_address(f".{CSV}", kept),
        xlsx=_address(f".{XLSX}", kept),
    )
    return Template("operations/audit.html", context={"page": page}, status_code=422 if form.errors else 200)


@get(["/admin/audit.csv", "/admin/audit.xlsx"], opt=needs(Permission.READ_AUDIT), include_in_schema=False)
async def export_audit(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """The acts that are asked for as a file to keep."""
    kind = XLSX if request.url.path.endswith(XLSX) else CSV
    form = _form(request)
    asked = _asked(form)
    if form.errors:
        raise Invalid(errors=form.errors)
    found = await find_all(session, actor, asked, settings.zone, _named())
    return await asyncio.to_thread(_file, found, settings, kind)


def _file(found: Found, settings: Settings, kind: str) -> Response[bytes]:
    """Thousands of dates take their time to write: not where others wait. A file that was cut says so at its end."""
    rows: list[tuple[str | int, ...]] = [_cells(_line(entry, settings)) for entry in found.entries]
    if found.is_cut:
        said = gettext("Only the newest %(count)s acts are in this file: ask for fewer days to see older ones.")
        rows.append((said % {"count": len(found.entries)}, *[""] * (len(_head()) - 1)))
    return table_file(Table(name="audit", head=_head(), rows=rows), kind)


def _head() -> tuple[str, ...]:
    return (
        gettext("Number"),
        gettext("When"),
        gettext("Who"),
        gettext("Act"),
        gettext("About"),
        gettext("Id"),
        gettext("Name"),
        gettext("Fields"),
        gettext("Request"),
    )


def _cells(line: Line) -> tuple[str | int, ...]:
    return (
        line.seq,
        line.at,
        line.who,
        line.action,
        line.object_type,
        line.object_id,
        line.object_name,
        line.fields,
        line.request_id,
    )


def _form(request: Sent) -> FormReader:
    """The question as a form: an address is read by the same rules as what is sent."""
    pairs = [(name, value.replace("\0", "")) for name, value in request.query_params.multi_items()]
    return FormReader(FormMultiDict(pairs))


def _asked(form: FormReader) -> Asked:
    since, until = form.day("since"), form.day("until")
    if since and until and since > until:
        form.refuse({"until": "ends-before-it-starts"})
    if until == date.max or (since and since.year < 2):  # noqa: PLR2004 - the calendar's ends, where a zone overflows
        form.refuse({"until": "not-a-date"})
    return Asked(
        who=form.text("who", longest=LONGEST),
        action=form.text("action", longest=LONGEST),
        object_type=form.text("type", longest=LONGEST),
        object_id=form.text("object", longest=LONGEST),
        since=since,
        until=until,
        request_id=form.text("request", longest=LONGEST),
    )


def _named() -> dict[str, str]:
    return {str(SYSTEM.id): gettext(WORDS["service"]), str(ANONYMOUS.id): gettext(WORDS["nobody"])}


def who_in_words(who: Who) -> str:
    """A name where one is known; else what can be said."""
    if who.kind == "program":
        return say(
            N_("{program}, a program of {name}"), {"program": who.program, "name": who.name or gettext("somebody")}
        )
    if who.kind == "ended":
        return say(N_("an ended program of {name}"), {"name": who.name or gettext("somebody")})
    if who.kind == "person":
        return who.name or gettext("somebody without a name")
    return gettext(WORDS[who.kind])


def _line(entry: Entry, settings: Settings) -> Line:
    at = entry.at.astimezone(settings.zone)
    return Line(
        seq=entry.seq,
        at=format_datetime(at, "yyyy-MM-dd HH:mm:ss", locale=current_language.get()),
        who=who_in_words(entry.who),
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        object_name=who_in_words(entry.object_who) if entry.object_who else "",
        fields=", ".join(entry.fields),
        request_id=entry.request_id,
    )


def _options(values: Any, chosen: str) -> tuple[Option, ...]:
    known = list(values)
    if chosen and chosen not in known:
        known.insert(0, chosen)
    return tuple(Option(value=each, label=each, chosen=each == chosen) for each in known)


def _address(ending: str, query: Mapping[str, str]) -> str:
    return f"/admin/audit{ending}" + (f"?{urlencode(query)}" if query else "")


handlers = [show_audit, export_audit]
