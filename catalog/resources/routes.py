"""Resources for programs: read page by page or since a moment, added, and changed on top of the version they read."""

import uuid
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.schemas import Schema
from catalog.core.settings import Settings
from catalog.resources.errors import ChangedMeanwhile
from catalog.resources.reading import get_resource
from catalog.resources.schemas import Named, ResourceDetail, ResourceFacts
from catalog.resources.service import change_resource, create_resource
from catalog.resources.syncing import resources_since
from catalog.resources.testers import with_testers, without_testers
from catalog.vocabularies.region import Region
from catalog.web.access import PUBLIC, needs
from catalog.web.api import (
    BEARER,
    ETAG,
    LINK,
    LOCATION,
    USUAL,
    V1,
    CursorText,
    IfMatch,
    Limit,
    VersionOutdated,
    entity_tag,
    next_link,
    read_cursor,
    read_if_match,
    refusals,
)

ADDRESS = f"{V1}/resources"
TAGS = ["Resources"]
STILL_BEING_WRITTEN = timedelta(minutes=5)
"""A change is dated when it is made and seen when it is committed: who asks for what came since asks a little further
back, and is told some of it twice."""
Since = Annotated[
    datetime | None,
    QueryParameter(
        description="Only what changed since this instant (RFC 3339 with a zone, such as 2027-01-31T08:00:00Z)."
    ),
]


class ResourceEntry(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    status: str
    """``listed`` or ``retired``."""
    version: int
    updated_on: date
    page: str
    """The path of the page for readers."""
    facts: ResourceFacts
    publisher: Named | None
    service: Named | None
    succeeded_by: Named | None
    """What took its place."""


class ResourcePage(Schema, frozen=True, kw_only=True):
    resources: list[ResourceEntry]
    synced_until: datetime
    """Of the first page: what to send as ``updated_since`` next time."""


def entry_of(detail: ResourceDetail) -> ResourceEntry:
    return ResourceEntry(
        id=detail.id,
        status=detail.status,
        version=detail.version,
        updated_on=detail.updated_on,
        page=f"/resources/{detail.id}-{detail.slug}",
        facts=detail.facts,
        publisher=detail.publisher,
        service=detail.service,
        succeeded_by=detail.succeeded_by,
    )


def _told(detail: ResourceDetail, actor: Actor, status: int = 200) -> Response[ResourceEntry]:
    headers = {"ETag": entity_tag(detail.version)}
    if status == 201:  # noqa: PLR2004 - created
        headers["Location"] = f"{ADDRESS}/{detail.id}"
    return Response(entry_of(_as_told_to(actor, detail)), status_code=status, headers=headers)


def _as_told_to(actor: Actor, detail: ResourceDetail) -> ResourceDetail:
    return detail if actor.may(Permission.MANAGE_CATALOGUE) else without_testers(detail)


@get(
    ADDRESS,
    opt=PUBLIC,
    operation_id="listResources",
    tags=TAGS,
    response_headers=[LINK],
    responses=refusals(422),
)
async def list_resources(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    actor: NamedDependency[Actor],
    limit: Limit = USUAL,
    cursor: CursorText = "",
    updated_since: Since = None,
) -> Response[ResourcePage]:
    """All resources, retired ones too, by the time of their last change. What changes while you read comes again."""
    found, last = await resources_since(session, settings.zone, limit, read_cursor(cursor), updated_since)
    told = [entry_of(_as_told_to(actor, each)) for each in found]
    page = ResourcePage(resources=told, synced_until=now - STILL_BEING_WRITTEN)
    return Response(page, headers=next_link(request, last))


@get(
    f"{ADDRESS}/{{resource_id:uuid}}",
    opt=PUBLIC,
    operation_id="getResource",
    tags=TAGS,
    response_headers=[ETAG],
    responses=refusals(404),
)
async def read_resource(
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    resource_id: FromPath[uuid.UUID],
) -> Response[ResourceEntry]:
    """One resource, with the version to send in If-Match. Who tested it is told to who may change it."""
    return _told(await get_resource(session, resource_id, settings.zone), actor)


@post(
    ADDRESS,
    opt=needs(Permission.MANAGE_CATALOGUE),
    operation_id="createResource",
    security=BEARER,
    tags=TAGS,
    response_headers=[ETAG, LOCATION],
    responses=refusals(401, 403, 409, 413, 422),
)
async def add_resource(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    data: JSONBody[ResourceFacts],
) -> Response[ResourceEntry]:
    """Add a resource; one that bears an identifier of another is refused."""
    resource_id = await create_resource(session, actor, region, data, today)
    return _told(await get_resource(session, resource_id, settings.zone), actor, 201)


@put(
    f"{ADDRESS}/{{resource_id:uuid}}",
    opt=needs(Permission.MANAGE_CATALOGUE),
    operation_id="replaceResource",
    security=BEARER,
    tags=TAGS,
    response_headers=[ETAG],
    responses=refusals(401, 403, 404, 409, 412, 413, 422, 428),
)
async def replace_resource(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    resource_id: FromPath[uuid.UUID],
    data: JSONBody[ResourceFacts],
    if_match: IfMatch = None,
) -> Response[ResourceEntry]:
    """Bring a resource to these facts, all of them: what is left out is unknown from then on.

    A claim without ``testedBy`` keeps the name that is stored for the same platform, browser and day of the test.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    stored = await get_resource(session, resource_id)
    version = read_if_match(if_match, stored.version)
    try:
        await change_resource(session, actor, region, resource_id, with_testers(data, stored.facts), version)
    except ChangedMeanwhile as error:  # between our look and the lock
        raise VersionOutdated(current_version=error.current_version) from error
    return _told(await get_resource(session, resource_id, settings.zone), actor)


handlers = [list_resources, read_resource, add_resource, replace_resource]
