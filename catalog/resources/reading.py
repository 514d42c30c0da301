"""Rows become Structs: what is stored of a resource, in the shape in which it was given."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import convert
from msgspec.structs import astuple
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from catalog.core.clock import local_day
from catalog.core.errors import NotFound
from catalog.resources.models import Identifier, Publisher, Resource, ResourceEvent, ResourceText, Service
from catalog.resources.schemas import (
    ClaimFact,
    Event,
    IdentifierFact,
    Named,
    PlacementFact,
    ResourceDetail,
    ResourceFacts,
    SourceTermFact,
    Text,
)

UTC = ZoneInfo("UTC")
PLAIN = (
    "kind",
    "form",
    "creator",
    "designation",
    "price_model",
    "url",
    "order_url",
    "lix",
    "reading_support",
    "accessibility",
    "accessibility_url",
    "languages",
    "logins",
    "end_users",
    "data_categories",
    "supplier_declared",
)
"""Fields that a resource's row holds as they are."""
PARTS: Mapping[str, type[Any]] = {
    "texts": Text,
    "identifiers": IdentifierFact,
    "placements": PlacementFact,
    "claims": ClaimFact,
    "source_terms": SourceTermFact,
}
"""Fields that have a table of their own."""
BY_VALUE = ("identifiers", "placements", "source_terms")
"""Parts without an order of their own, sorted by code point; a database may sort as people of some country do."""
FIELDS = (*PLAIN, "publisher", "service_key", *PARTS)


async def load(session: AsyncSession, resource_id: uuid.UUID, *, for_update: bool = False) -> Resource:
    """A resource with all that belongs to it; the one way to reach one by its id.

    Raises:
        NotFound: there is none.
    """
    query = select(Resource).where(Resource.id == resource_id).options(*loads())
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    resource: Resource | None = await session.scalar(query)
    if resource is None:
        raise NotFound
    return resource


def loads() -> list[Any]:
    """What ``facts_from`` needs to have been loaded."""
    return [selectinload(getattr(Resource, name)) for name in PARTS]


def facts_from(resource: Resource, publisher: str, service_key: str) -> ResourceFacts:
    """The stored facts in the shape in which they were given."""
    values: dict[str, Any] = {name: getattr(resource, name) for name in PLAIN}
    for name, kind in PARTS.items():
        facts = [convert(row, kind, from_attributes=True) for row in getattr(resource, name)]
        values[name] = sorted(facts, key=astuple) if name in BY_VALUE else facts
    return ResourceFacts(publisher=publisher, service_key=service_key, **values)


async def facts_of(session: AsyncSession, resource: Resource) -> ResourceFacts:
    """``facts_from``, with the names looked up."""
    publisher = await session.get(Publisher, resource.publisher_id) if resource.publisher_id else None
    service = await session.get(Service, resource.service_id) if resource.service_id else None
    return facts_from(resource, publisher.name if publisher else "", service.key if service else "")


async def get_resources(
    session: AsyncSession, ids: Collection[uuid.UUID], zone: ZoneInfo = UTC
) -> list[ResourceDetail]:
    """Those that exist, in the order of their ids; a fixed number of queries however many. Days are the zone's."""
    query = select(Resource).where(Resource.id.in_(ids)).options(*loads()).order_by(Resource.id)
    rows = (await session.scalars(query)).all()
    publishers = await _publishers(session, rows)
    services = await _services(session, rows)
    titles = await titles_of(session, [row.succeeded_by_id for row in rows if row.succeeded_by_id])
    return [
        ResourceDetail(
            id=row.id,
            slug=row.slug,
            status=row.status,
            version=row.version,
            rank=row.rank,
            updated_on=local_day(row.updated_at, zone),
            origin=row.origin,
            facts=facts_from(row, _name(publishers, row.publisher_id), _code(services, row.service_id)),
            publisher=publishers.get(row.publisher_id) if row.publisher_id else None,
            service=services.get(row.service_id) if row.service_id else None,
            succeeded_by=titles.get(row.succeeded_by_id) if row.succeeded_by_id else None,
        )
        for row in rows
    ]


async def get_resource(session: AsyncSession, resource_id: uuid.UUID, zone: ZoneInfo = UTC) -> ResourceDetail:
    """Raise NotFound where there is none."""
    found = await get_resources(session, [resource_id], zone)
    if not found:
        raise NotFound
    return found[0]


def _name(named: Mapping[uuid.UUID, Named], key: uuid.UUID | None) -> str:
    return named[key].name if key else ""


def _code(named: Mapping[uuid.UUID, Named], key: uuid.UUID | None) -> str:
    return named[key].code if key else ""


async def _publishers(session: AsyncSession, rows: Sequence[Resource]) -> dict[uuid.UUID, Named]:
    query = select(Publisher).where(Publisher.id.in_({row.publisher_id for row in rows}))
    return {p.id: Named(id=p.id, code=p.slug, name=p.name, url=p.homepage) for p in await session.scalars(query)}


async def _services(session: AsyncSession, rows: Sequence[Resource]) -> dict[uuid.UUID, Named]:
    query = select(Service).where(Service.id.in_({row.service_id for row in rows}))
    return {s.id: Named(id=s.id, code=s.key, name=s.name, url=s.url) for s in await session.scalars(query)}


async def titles_of(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Named]:
    """Original titles, by resource; ``code`` is the slug."""
    query = select(Resource.id, Resource.slug, Resource.url, ResourceText.title).join(
        ResourceText, (ResourceText.resource_id == Resource.id) & (ResourceText.position == 0)
    )
    rows = await session.execute(query.where(Resource.id.in_(ids)))
    return {row.id: Named(id=row.id, code=row.slug, name=row.title, url=row.url) for row in rows}


async def find_by_identifier(session: AsyncSession, scheme: str, value: str) -> uuid.UUID | None:
    """Which resource bears a normalised identifier."""
    query = select(Identifier.resource_id).where(Identifier.scheme == scheme, Identifier.value == value)
    found: uuid.UUID | None = await session.scalar(query)
    return found


async def history_of(session: AsyncSession, resource_id: uuid.UUID) -> list[Event]:
    """What happened to a resource itself, the latest first."""
    query = select(ResourceEvent).where(ResourceEvent.resource_id == resource_id)
    rows = (await session.scalars(query.order_by(ResourceEvent.happened_on.desc(), ResourceEvent.id))).all()
    titles = await titles_of(session, [row.other_id for row in rows if row.other_id])
    return [
        Event(happened_on=row.happened_on, what=row.what, other=titles.get(row.other_id) if row.other_id else None)
        for row in rows
    ]
