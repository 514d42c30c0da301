"""What is stored about a member of staff: to read, to hand over and to erase."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
from babel.dates import format_datetime
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict
from catalog.core.registries import Owned, Ownership, PersonalSource
from catalog.core.settings import Settings
from catalog.identity.people import get_user
from catalog.identity.personal import erase_person, export_person
from catalog.operations.words import field_in_words, kind_in_words, value_in_words
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import current_language, gettext, say
from catalog.web.sentences import FAULTS, PROBLEMS

Sent: TypeAlias = Request[Any, Any, Any]
POLICY = needs(Permission.MANAGE_PERSONAL_DATA)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one kind, as a table with the words of its columns."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class DataPage(msgspec.Struct, frozen=True, kw_only=True):
    user_id: uuid.UUID
    name: str
    parts: tuple[Part, ...]
    erased: str
    """When; empty: not erased."""


class ErasePage(msgspec.Struct, frozen=True, kw_only=True):
    user_id: uuid.UUID
    name: str
    owned: tuple[Owned, ...]
    fault: str = ""
    """At the box to tick."""
    refusal: str = ""


@get("/admin/users/{user_id:uuid}/data", opt=POLICY, include_in_schema=False)
async def show_data(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    region: NamedDependency[Region],
    user_id: FromPath[uuid.UUID],
) -> Template:
    """Everything that is stored about somebody."""
    exported = await export_person(session, actor, _sources(request), user_id)
    user = await get_user(session, user_id)
    at = user.erased_at.astimezone(settings.zone) if user.erased_at else None
    page = DataPage(
        user_id=user_id,
        name=_name(user.name, is_erased=at is not None),
        parts=tuple(part for rows in exported.values() for part in _parts(rows, settings, region)),
        erased=format_datetime(at, "long", locale=current_language.get()) if at else "",
    )
    return Template("operations/data.html", context={"page": page})


@get("/admin/users/{user_id:uuid}/data.json", opt=POLICY, include_in_schema=False)
async def download_data(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    user_id: FromPath[uuid.UUID],
) -> Response[bytes]:
    """The same as a file for the person."""
    exported = await export_person(session, actor, _sources(request), user_id)
    headers = {"Content-Disposition": f'attachment; filename="person-{user_id}.json"'}
    return Response(as_json(user_id, exported, now), media_type="application/json", headers=headers)


def as_json(user_id: uuid.UUID, exported: Mapping[str, Any], now: datetime) -> bytes:
    """The file that a person is given: indented, for people read it too."""
    whole = {"person": str(user_id), "exported_at": now.isoformat(), "stored": exported}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2)


@get("/admin/users/{user_id:uuid}/erase", opt=POLICY, include_in_schema=False)
async def show_erase(
    request: Sent, session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], user_id: FromPath[uuid.UUID]
) -> Template:
    """What erasing does, before it is done."""
    return await _show_erase(request, session, actor, user_id)


@post("/admin/users/{user_id:uuid}/erase", opt=POLICY, include_in_schema=False, status_code=303)
async def erase(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
    user_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Erase somebody, at once and for good."""
    form = FormReader(await read_form(request))
    if not form.flag("sure"):
        return await _show_erase(request, session, actor, user_id, fault=say(FAULTS["field-missing"]))
    try:
        async with session.begin_nested():
            await erase_person(session, actor, _sources(request), user_id, now=now, today=today)
    except Conflict as refused:
        told = say(PROBLEMS[refused.code], refused.members)
        return await _show_erase(request, session, actor, user_id, refusal=told)
    return Redirect(f"/admin/users/{user_id}/data", status_code=303)


async def _show_erase(
    request: Sent, session: AsyncSession, actor: Actor, user_id: uuid.UUID, *, fault: str = "", refusal: str = ""
) -> Template:
    actor.require(Permission.MANAGE_PERSONAL_DATA)
    user = await get_user(session, user_id)
    ownerships: Sequence[Ownership] = request.app.state.ownerships
    owned = [each for ownership in ownerships for each in await ownership.owned_by(session, user_id)]
    name = _name(user.name or user.username or user.mail, is_erased=user.erased_at is not None)
    page = ErasePage(user_id=user_id, name=name, owned=tuple(owned), fault=fault, refusal=refusal)
    return Template("operations/erase.html", context={"page": page}, status_code=422 if fault or refusal else 200)


def _name(name: str, *, is_erased: bool) -> str:
    return gettext("former employee") if is_erased else name or gettext("somebody without a name")


def _sources(request: Sent) -> Sequence[PersonalSource]:
    sources: Sequence[PersonalSource] = request.app.state.personal_sources
    return sources


def _parts(rows: Sequence[Mapping[str, Any]], settings: Settings, region: Region) -> list[Part]:
    """One table for each kind of row, in the order in which they come."""
    kinds = dict.fromkeys(row["what"] for row in rows)
    parts = []
    for kind in kinds:
        own = [row for row in rows if row["what"] == kind]
        columns = [name for name in own[0] if name != "what"]
        parts.append(
            Part(
                title=kind_in_words(kind),
                head=tuple(field_in_words(name) for name in columns),
                rows=tuple(
                    tuple(value_in_words(name, row.get(name), settings.zone, region) for name in columns) for row in own
                ),
            )
        )
    return parts


handlers = [show_data, download_data, show_erase, erase]
