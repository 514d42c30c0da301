"""The pages on which a resource leaves the catalogue, or comes back.

What is about to happen is shown before it is done: both entries of a merge stand side by side.
"""

import uuid
from datetime import date
from typing import Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, NotFound
from catalog.core.settings import Settings
from catalog.resources import lifecycle
from catalog.resources.lookup import MAX_FOUND, find_entries, page_of
from catalog.resources.reading import get_resource
from catalog.resources.schemas import ResourceDetail
from catalog.resources.view import (
    MERGE,
    RESTORE,
    RETIRE,
    SUCCESSION,
    Act,
    ChoosePage,
    ConfirmPage,
    Pairing,
    choice_of,
    confirm_one,
    confirm_pair,
    entry_of,
)
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import gettext, say
from catalog.web.sentences import PROBLEMS

Sent: TypeAlias = Request[Any, Any, Any]
Asked = Annotated[str, QueryParameter(name="q", max_length=2000)]
OtherId = Annotated[str, QueryParameter(name="other", max_length=100)]


def _confirm(page: ConfirmPage) -> Template:
    return Template("editing/confirm.html", context={"page": page}, status_code=422 if page.refusal else 200)


# One entry


@get("/admin/resources/{resource_id:uuid}/retire", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_retiring(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    resource_id: FromPath[uuid.UUID],
) -> Template:
    """What retiring means, before it is done."""
    return _confirm(confirm_one(region, RETIRE, await get_resource(session, resource_id, settings.zone)))


@post(
    "/admin/resources/{resource_id:uuid}/retire",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
async def retire(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Take a resource out of the catalogue."""
    return await _do(session, actor, region, RETIRE, await get_resource(session, resource_id, settings.zone), today)


@get("/admin/resources/{resource_id:uuid}/restore", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
async def show_restoring(
    session: NamedDependency[AsyncSession],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    resource_id: FromPath[uuid.UUID],
) -> Template:
    """What restoring means, before it is done."""
    return _confirm(confirm_one(region, RESTORE, await get_resource(session, resource_id, settings.zone)))


@post(
    "/admin/resources/{resource_id:uuid}/restore",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
async def restore(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    resource_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """List a retired resource again."""
    return await _do(session, actor, region, RESTORE, await get_resource(session, resource_id, settings.zone), today)


async def _do(
    session: AsyncSession, actor: Actor, region: Region, act: Act, detail: ResourceDetail, today: date
) -> Response[Any]:
    try:
        async with session.begin_nested():
            await act.change(session, actor, detail.id, today)
    except Conflict as error:
        return _confirm(confirm_one(region, act, detail, say(PROBLEMS[error.code], error.members)))
    return Redirect(page_of(detail), status_code=303)


# Two entries


@get("/admin/resources/{resource_id:uuid}/merge", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
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


@post(
    "/admin/resources/{resource_id:uuid}/merge",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
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


@get("/admin/resources/{resource_id:uuid}/succession", opt=needs(Permission.MANAGE_CATALOGUE), include_in_schema=False)
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


@post(
    "/admin/resources/{resource_id:uuid}/succession",
    opt=needs(Permission.MANAGE_CATALOGUE),
    include_in_schema=False,
    status_code=303,
)
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
        return _confirm(confirm_pair(region, act, [detail, await get_resource(session, _id(other), zone)]))
    action = f"/admin/resources/{resource_id}/{act.path}"
    entries = await find_entries(session, asked, listed_only=True, limit=MAX_FOUND + 2)
    found = [each for each in entries if each.id != resource_id]
    page = ChoosePage(
        heading=gettext(act.heading),
        lead=gettext(act.lead),
        action=action,
        entry=entry_of(detail, region),
        asked=asked,
        found=tuple(choice_of(action, each) for each in found[:MAX_FOUND]) if asked.strip() else None,
        more=len(found) > MAX_FOUND,
    )
    return Template("editing/choose.html", context={"page": page})


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
    return _confirm(confirm_pair(region, act, pair, say(PROBLEMS[code], members)))


handlers = [show_retiring, retire, show_restoring, restore, show_merging, merge, show_succession, succeed]
