"""Finding one entry by what a person has at hand: its title, its address, its number."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from catalog.lexicon.fold import fold
from catalog.resources.models import Identifier, Publisher, Resource, ResourceText
from catalog.resources.naming import slug_of
from catalog.resources.schemas import ResourceDetail
from catalog.vocabularies.identifiers import IdentifierRefused, normalise_identifier

MAX_ASKED = 300
MAX_FOUND = 20
NO_SLUG = "x"
_OWN_PAGE = re.compile(r"/resources/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_NUMBERED = ("isbn13", "ean", "apple_track_id", "apple_bundle_id", "google_package")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the catalogue, told apart from others of the same title."""

    id: uuid.UUID
    title: str
    slug: str
    publisher: str
    address: str
    listed: bool

    @property
    def page(self) -> str:
        return f"/resources/{self.id}-{self.slug}"


class PublisherRow(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    homepage: str
    resources: int
    """How many listed ones name it."""
    succeeded_by: str
    succeeded_on: str
    """ISO 8601, or empty."""


def page_of(detail: ResourceDetail) -> str:
    """The address of its page for readers."""
    return f"/resources/{detail.id}-{detail.slug}"


async def find_entries(
    session: AsyncSession, asked: str, *, listed_only: bool = False, limit: int = MAX_FOUND
) -> list[Found]:
    """Entries by a part of their title, whatever its case, or by an address or number exactly; best first."""
    text = asked.strip()[:MAX_ASKED]
    if not text:
        return []
    query = _entries().where(or_(*_ways(text)))
    query = query.order_by(_closeness(text), Resource.status, Resource.sort_key, Resource.id).limit(limit)
    if listed_only:
        query = query.where(Resource.status == "listed")
    return await _found(session, query)


async def titles_in(session: AsyncSession, service_id: uuid.UUID, limit: int = 500) -> list[Found]:
    """The titles of a service in their order."""
    query = _entries().where(Resource.service_id == service_id)
    return await _found(session, query.order_by(Resource.sort_key, Resource.id).limit(limit))


def _entries() -> Any:
    original = (ResourceText.resource_id == Resource.id) & (ResourceText.position == 0)
    query: Any = select(Resource, ResourceText.title, Publisher.name).join(ResourceText, original)
    return query.outerjoin(Publisher, Publisher.id == Resource.publisher_id)


async def _found(session: AsyncSession, query: Any) -> list[Found]:
    return [
        Found(
            id=row.id,
            title=title,
            slug=row.slug,
            publisher=publisher or "",
            address=row.url,
            listed=row.status == "listed",
        )
        for row, title, publisher in await session.execute(query)
    ]


def _ways(text: str) -> list[ColumnElement[bool]]:
    page = _OWN_PAGE.search(text)
    if page:
        return [Resource.id == uuid.UUID(page[1])]
    numbers = [("url", number) for number in _normal(text, ("url",))]
    numbers = numbers or [(scheme, value) for scheme in _NUMBERED for value in _normal(text, (scheme,))]
    ways: list[ColumnElement[bool]] = [
        Resource.id.in_(select(Identifier.resource_id).where(Identifier.scheme == scheme, Identifier.value == value))
        for scheme, value in numbers
    ]
    if numbers and numbers[0][0] == "url":
        return ways
    slug = slug_of(text)
    any_text = aliased(ResourceText)  # the original's is joined already
    titles = select(any_text.resource_id).where(any_text.title.contains(text, autoescape=True))
    ways.append(Resource.id.in_(titles))
    return ways if slug == NO_SLUG else [*ways, Resource.slug.contains(slug, autoescape=True)]


def _normal(text: str, schemes: Sequence[str]) -> list[str]:
    found = []
    for scheme in schemes:
        try:
            found.append(normalise_identifier(scheme, text))
        except IdentifierRefused:
            continue
    return found


def _closeness(text: str) -> ColumnElement[int]:
    """The very title before one that begins with it before one that holds it."""
    slug = slug_of(text)
    return case((Resource.slug == slug, 0), (Resource.slug.startswith(slug, autoescape=True), 1), else_=2)


def the_one(found: Sequence[Found], asked: str) -> Found | None:
    """The entry that is meant without a doubt: the only one, or the only one of that very title."""
    exact = [each for each in found if fold(each.title) == fold(asked)]
    certain = exact if len(exact) == 1 else found if len(found) == 1 else []
    return certain[0] if certain else None


async def publisher_names(session: AsyncSession, limit: int = 2000) -> list[str]:
    """For a list of suggestions."""
    return list(await session.scalars(select(Publisher.name).order_by(Publisher.name_key).limit(limit)))


async def list_publishers(session: AsyncSession, limit: int = 1000) -> list[PublisherRow]:
    """Publishers by name."""
    titles = select(Resource.publisher_id, func.count().label("number")).where(Resource.status == "listed")
    counted = titles.group_by(Resource.publisher_id).subquery()
    heir = Publisher.__table__.alias("heir")
    query = (
        select(Publisher, heir.c.name, counted.c.number)
        .outerjoin(heir, heir.c.id == Publisher.succeeded_by_id)
        .outerjoin(counted, counted.c.publisher_id == Publisher.id)
        .order_by(Publisher.name_key)
        .limit(limit)
    )
    return [
        PublisherRow(
            id=row.id,
            name=row.name,
            homepage=row.homepage,
            resources=number or 0,
            succeeded_by=succeeded_by or "",
            succeeded_on=row.succeeded_on.isoformat() if row.succeeded_on else "",
        )
        for row, succeeded_by, number in await session.execute(query)
    ]
