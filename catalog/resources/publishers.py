"""Publishers and services: what resources belong to."""

import uuid
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from catalog.core import audit, outbox
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound
from catalog.lexicon.collation import collation_key
from catalog.lexicon.fold import fold
from catalog.resources.checks import LINES, MAX_URL
from catalog.resources.errors import ChangedMeanwhile, KeyTaken, SameResource
from catalog.resources.models import Publisher, Resource, Service
from catalog.resources.naming import slug_of
from catalog.resources.schemas import PublisherFacts, ServiceDetail, ServiceFacts
from catalog.vocabularies.identifiers import is_web_address

DOCUMENT_TOPIC = "document"
"""Outbox rows of this topic name resources whose search document is due."""
SERVICE_LINES: Mapping[str, int] = {"name": 300, "key": 120, "url": MAX_URL, "publisher": LINES["publisher"]}
"""Fields of a service with the most letters that are kept."""


async def keep_publisher(session: AsyncSession, actor: Actor, facts: PublisherFacts) -> uuid.UUID:
    """The publisher of that name, added if unknown; a homepage or country given fills an empty one."""
    actor.require(Permission.MANAGE_CATALOGUE)
    publisher = await _find_publisher(session, facts.name)
    if publisher is None:
        slug = await _free_slug(session, Publisher.slug, facts.name)
        publisher = Publisher(slug=slug, name=facts.name, name_key=_name_key(facts.name))
        session.add(publisher)
        audit.record(session, actor, "add-publisher", "publisher", publisher.id, ["name"])
    publisher.homepage = publisher.homepage or facts.homepage
    publisher.country = publisher.country or facts.country
    await session.flush()
    return publisher.id


async def _find_publisher(session: AsyncSession, name: str) -> Publisher | None:
    query = select(Publisher).where(Publisher.name_key == _name_key(name))
    found: Publisher | None = await session.scalar(query)
    return found


def _name_key(name: str) -> str:
    """A folded name may be longer than the name."""
    return fold(name)[: LINES["publisher"]]


async def _free_slug(session: AsyncSession, column: InstrumentedAttribute[str], name: str) -> str:
    wanted = slug_of(name)
    taken = set(await session.scalars(select(column).where(column.startswith(wanted, autoescape=True))))
    return next(slug for n in range(1, len(taken) + 2) if (slug := wanted if n == 1 else f"{wanted}-{n}") not in taken)


async def succeed_publisher(session: AsyncSession, actor: Actor, old: uuid.UUID, new: uuid.UUID, on: date) -> None:
    """Record that one publisher became part of another; resources of the old are found under all names.

    Raises:
        NotFound: one of them is unknown.
        SameResource: they are one, or the new one became part of the old.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    rows = await session.execute(select(Publisher.id, Publisher.succeeded_by_id).with_for_update())
    heirs = {row.id: row.succeeded_by_id for row in rows}
    if not {old, new} <= heirs.keys():
        raise NotFound
    if old in _chain(heirs, new):
        raise SameResource
    gone = await session.get_one(Publisher, old)
    gone.succeeded_by_id, gone.succeeded_on = new, on
    audit.record(session, actor, "succeed-publisher", "publisher", old, ["succeededBy"])
    renamed = [key for key in heirs if old in _chain(heirs, key)]
    ids = await session.scalars(select(Resource.id).where(Resource.publisher_id.in_(renamed)))
    outbox.enqueue(session, DOCUMENT_TOPIC, ids)


def _chain(heirs: Mapping[uuid.UUID, uuid.UUID | None], key: uuid.UUID) -> list[uuid.UUID]:
    """A publisher, then what it became part of, and so on."""
    chain: list[uuid.UUID] = []
    here: uuid.UUID | None = key
    while here is not None and here not in chain:
        chain.append(here)
        here = heirs[here]
    return chain


async def create_service(session: AsyncSession, actor: Actor, facts: ServiceFacts) -> ServiceDetail:
    """Add a service.

    Raises:
        Invalid: a field is missing or no web address.
        KeyTaken: another service has the key.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    _check_service(facts)
    if await session.scalar(select(Service.id).where(Service.key == facts.key)):
        raise KeyTaken
    service = Service(key=facts.key, name=facts.name)
    session.add(service)
    await _fill_service(session, actor, service, facts)
    audit.record(session, actor, "create-service", "service", service.id, ["key", "name", "url", "publisher"])
    return ServiceDetail(id=service.id, version=service.version, facts=facts)


async def keep_service(session: AsyncSession, actor: Actor, name: str, publisher: str) -> str:
    """The key of the service of that name, added if unknown: «Google+» is not «Google», though its key would be."""
    found = await session.scalar(select(Service.key).where(Service.name == name).order_by(Service.key).limit(1))
    if found is None:
        rows = await session.execute(select(Service.key, Service.name).order_by(Service.key))
        found = next((row.key for row in rows if fold(row.name) == fold(name)), None)
    if found is None:
        key = await _free_slug(session, Service.key, name)
        found = (await create_service(session, actor, ServiceFacts(key=key, name=name, publisher=publisher))).facts.key
    return found


async def change_service(
    session: AsyncSession, actor: Actor, service_id: uuid.UUID, facts: ServiceFacts, version: int
) -> ServiceDetail:
    """Change a service; the documents of its titles become due.

    Raises:
        NotFound: there is no such service.
        Invalid: a field is missing or no web address.
        ChangedMeanwhile: somebody changed it since ``version`` was read.
        KeyTaken: another service has the key.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    locked = select(Service).where(Service.id == service_id).with_for_update()
    service = await session.scalar(locked.execution_options(populate_existing=True))
    if service is None:
        raise NotFound
    _check_service(facts)
    if service.version != version:
        raise ChangedMeanwhile(current_version=service.version)
    if await session.scalar(select(Service.id).where(Service.key == facts.key, Service.id != service_id)):
        raise KeyTaken
    service.key, service.name, service.version = facts.key, facts.name, version + 1
    await _fill_service(session, actor, service, facts)
    audit.record(session, actor, "change-service", "service", service_id, ["key", "name", "url", "publisher"])
    await mark_titles(session, service_id)
    return ServiceDetail(id=service.id, version=service.version, facts=facts)


async def mark_titles(session: AsyncSession, service_id: uuid.UUID) -> None:
    """The documents of a service's titles are due, also of one that is moving into it at this moment."""
    await session.execute(select(Service.id).where(Service.id == service_id).with_for_update(key_share=True))
    ids = await session.scalars(select(Resource.id).where(Resource.service_id == service_id))
    outbox.enqueue(session, DOCUMENT_TOPIC, ids)


def service_faults(facts: ServiceFacts) -> dict[str, str]:
    """By field the code of its fault; empty: nothing is wrong."""
    errors = {name: "field-missing" for name in ("key", "name") if not getattr(facts, name).strip()}
    errors |= {name: "too-long" for name, longest in SERVICE_LINES.items() if len(getattr(facts, name)) > longest}
    if facts.key and slug_of(facts.key) != facts.key:
        errors["key"] = "not-a-key"
    if facts.url and not is_web_address(facts.url):
        errors["url"] = "not-a-web-address"
    return errors


def _check_service(facts: ServiceFacts) -> None:
    if errors := service_faults(facts):
        raise Invalid(errors=errors)


async def _fill_service(session: AsyncSession, actor: Actor, service: Service, facts: ServiceFacts) -> None:
    service.url = facts.url
    service.publisher_id = (
        await keep_publisher(session, actor, PublisherFacts(name=facts.publisher)) if facts.publisher else None
    )
    await session.flush()


async def get_service(session: AsyncSession, service_id: uuid.UUID) -> ServiceDetail:
    """Raise NotFound where there is none."""
    row = await session.get(Service, service_id)
    if row is None:
        raise NotFound
    publisher = await session.get(Publisher, row.publisher_id) if row.publisher_id else None
    facts = ServiceFacts(key=row.key, name=row.name, url=row.url, publisher=publisher.name if publisher else "")
    return ServiceDetail(id=row.id, version=row.version, facts=facts)


async def service_ids(session: AsyncSession, keys: Collection[str]) -> dict[str, uuid.UUID]:
    """Those services that exist, by their keys."""
    rows = await session.execute(select(Service.key, Service.id).where(Service.key.in_(keys)))
    return {row.key: row.id for row in rows}


async def find_services(session: AsyncSession, country: str, limit: int = 500) -> list[ServiceDetail]:
    """Services by name, as the country sorts."""
    query = select(Service, Publisher.name).outerjoin(Publisher, Publisher.id == Service.publisher_id)
    found = [
        ServiceDetail(
            id=row.id,
            version=row.version,
            facts=ServiceFacts(key=row.key, name=row.name, url=row.url, publisher=publisher or ""),
        )
        for row, publisher in await session.execute(query)
    ]
    return sorted(found, key=lambda each: (collation_key(each.facts.name, country), each.facts.key))[:limit]
