"""The demo municipality, stored through the services: what is there already is found again and left as it is.

A resource is known by its key, kept as the identifier ``source:demo``. One that a person edited, retired or merged is
theirs: a later run changes neither it nor its decisions. Resources come before decisions, which name alternatives.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.db import Database, transaction
from catalog.decisions.schemas import Decide, DecisionRecord
from catalog.decisions.service import decide, find_decisions
from catalog.resources.models import Identifier, Resource
from catalog.resources.publishers import create_service, keep_publisher, service_ids
from catalog.resources.reading import facts_of, loads
from catalog.resources.schemas import (
    ClaimFact,
    IdentifierFact,
    PlacementFact,
    PublisherFacts,
    ResourceFacts,
    ServiceFacts,
    Text,
)
from catalog.resources.service import change_resource, create_resource, tidy
from catalog.vocabularies.region import Region
from seed.files import (
    DATA,
    DecisionEntry,
    PlatformEntry,
    ResourceEntry,
    Shelf,
    grade_codes,
    read_plan,
)
from seed.people import keep_people
from seed.schools import keep_schools

ORIGIN = "demo"
SCHEME = "source:demo"
NUMBERS = ("isbn", "apple_track_id", "apple_bundle_id", "google_package")
Progress = Callable[[int, int], None]
"""Called with the number of steps done and the number there are."""


@dataclass(kw_only=True)
class Loaded:
    """What the demo holds, and how much of it this run stored or changed."""

    schools: int = 0
    people: int = 0
    publishers: int = 0
    services: int = 0
    resources: int = 0
    decisions: int = 0
    changes: int = 0

    def __str__(self) -> str:
        held = (
            f"The demo holds {self.resources} resources of {self.publishers} publishers, {self.services} services, "
            f"{self.decisions} decisions, {self.schools} schools and {self.people} people"
        )
        return f"{held}; " + (f"{self.changes} of them are new or changed." if self.changes else "all were there.")


@dataclass(kw_only=True)
class _Known:
    """Ids by key, as they are stored."""

    services: dict[str, uuid.UUID] = field(default_factory=dict)
    resources: dict[str, uuid.UUID] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    """Keys of resources that no person has taken in hand."""


def _quietly(_done: int, _total: int) -> None:
    """Nobody watches."""


async def load_demo(
    database: Database, actor: Actor, region: Region, today: date, on_progress: Progress = _quietly
) -> Loaded:
    """Store what the data files say and the catalogue does not hold yet; one transaction for each publisher.

    Raises:
        DataFileRefused: a file cannot be meant; nothing is stored.
        Invalid: a file says something that the catalogue refuses; publishers before it are stored.
    """
    plan = read_plan(DATA)
    loaded, known = Loaded(schools=len(plan.schools), people=len(plan.people)), _Known()
    total = 1 + 2 * len(plan.shelves)
    async with transaction(database.writers) as session:
        schools, new_schools = await keep_schools(session, actor, region, plan, today)
        loaded.changes += new_schools
        loaded.changes += await keep_people(session, actor, plan.people, schools)
        keys = [service.key for shelf in plan.shelves for service in shelf.services]
        known.services = await service_ids(session, keys)
    on_progress(1, total)
    for done, shelf in enumerate(plan.shelves, start=2):
        async with transaction(database.writers) as session:
            loaded.changes += await _keep_shelf(session, actor, region, today, shelf, known)
        on_progress(done, total)
    for done, shelf in enumerate(plan.shelves, start=2 + len(plan.shelves)):
        async with transaction(database.writers) as session:
            loaded.changes += await _keep_decisions(session, actor, region, shelf, known)
        on_progress(done, total)
        loaded.publishers += 1
        loaded.services += len(shelf.services)
        loaded.resources += len(shelf.resources)
        loaded.decisions += sum(len(entry.decisions) for entry in shelf.services)
        loaded.decisions += sum(len(entry.decisions) for entry in shelf.resources)
    return loaded


async def _keep_shelf(
    session: AsyncSession, actor: Actor, region: Region, today: date, shelf: Shelf, known: _Known
) -> int:
    """A publisher with its services and resources; how many were new or changed."""
    publisher, changes = shelf.publisher, 0
    named = PublisherFacts(name=publisher.name, homepage=publisher.homepage, country=publisher.country)
    await keep_publisher(session, actor, named)
    for service in shelf.services:
        if service.key not in known.services:
            about = ServiceFacts(key=service.key, name=service.name, url=service.url, publisher=publisher.name)
            known.services[service.key] = (await create_service(session, actor, about)).id
            changes += 1
    stored = await _stored(session, [entry.key for entry in shelf.resources])
    for entry in shelf.resources:
        facts = tidy(_facts(entry, publisher.name), region)
        changes += await _keep_resource(session, actor, region, today, entry, facts, stored.get(entry.key), known)
    return changes


async def _stored(session: AsyncSession, keys: Sequence[str]) -> dict[str, Resource]:
    """The resources that bear the keys; after a merge one may bear several."""
    bears = select(Identifier.value, Identifier.resource_id).where(Identifier.scheme == SCHEME)
    ids = {row.value: row.resource_id for row in await session.execute(bears.where(Identifier.value.in_(keys)))}
    query = select(Resource).where(Resource.id.in_(ids.values())).options(*loads())
    resources = {resource.id: resource for resource in await session.scalars(query)}
    return {key: resources[resource_id] for key, resource_id in ids.items()}


async def _keep_resource(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    today: date,
    entry: ResourceEntry,
    facts: ResourceFacts,
    stored: Resource | None,
    known: _Known,
) -> bool:
    if stored is None:
        known.resources[entry.key] = await create_resource(session, actor, region, facts, today, origin=ORIGIN)
        known.ours.add(entry.key)
        return True
    known.resources[entry.key] = stored.id
    if not _is_ours(stored):
        return False
    known.ours.add(entry.key)
    if await facts_of(session, stored) == facts:
        return False
    return bool(await change_resource(session, actor, region, stored.id, facts, stored.version, by_import=True))


def _is_ours(stored: Resource) -> bool:
    """No person has edited it, retired it or merged another into it."""
    keys = [each for each in stored.identifiers if each.scheme == SCHEME]
    return stored.origin == ORIGIN and stored.status == "listed" and not stored.edited_fields and len(keys) == 1


async def _keep_decisions(session: AsyncSession, actor: Actor, region: Region, shelf: Shelf, known: _Known) -> int:
    """The decisions of a publisher's services and resources that are not recorded yet; how many."""
    services = {known.services[entry.key]: entry.decisions for entry in shelf.services}
    resources = {known.resources[entry.key]: entry.decisions for entry in shelf.resources if entry.key in known.ours}
    stored = await find_decisions(session, resource_ids=resources.keys(), service_ids=services.keys())
    recorded = {_recorded(record) for record in stored}
    wanted = [_command(entry, known, service_id=key) for key, entries in services.items() for entry in entries]
    wanted += [_command(entry, known, resource_id=key) for key, entries in resources.items() for entry in entries]
    changes = 0
    for command in wanted:
        if _content(command) not in recorded:
            await decide(session, actor, region, command)
            changes += 1
    return changes


def _command(
    entry: DecisionEntry, known: _Known, *, resource_id: uuid.UUID | None = None, service_id: uuid.UUID | None = None
) -> Decide:
    return Decide(
        outcome=entry.outcome,
        decided_on=entry.decided_on,
        resource_id=resource_id,
        service_id=service_id,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        subjects=entry.subjects,
        grades=grade_codes(entry.grades),
        conditions=entry.conditions,
        reasons=entry.reasons,
        note=entry.note,
        body=entry.body,
        evidence=entry.evidence,
        use_instead_id=known.resources[entry.use_instead] if entry.use_instead else None,
    )


def _content(command: Decide) -> tuple[object, ...]:
    """What makes two decisions the same one."""
    return (
        command.resource_id or command.service_id,
        command.outcome,
        command.decided_on,
        command.valid_from or command.decided_on,
        command.valid_until,
        *map(tuple, (command.subjects, command.grades, command.conditions, command.reasons)),
        command.evidence,
    )


def _recorded(record: DecisionRecord) -> tuple[object, ...]:
    """``_content`` of a stored decision; one that was taken back stays taken back."""
    return (
        record.resource_id or record.service_id,
        record.outcome,
        record.decided_on,
        record.valid_from,
        record.valid_until,
        *map(tuple, (record.scope_subjects, record.scope_grades, record.conditions, record.reasons)),
        record.evidence,
    )


def _facts(entry: ResourceEntry, publisher: str) -> ResourceFacts:
    return ResourceFacts(
        form=entry.form,
        kind=entry.kind,
        texts=[
            Text(language=language, title=text.title, description=text.description)
            for language, text in entry.texts.items()
        ],
        publisher=publisher,
        service_key=entry.service,
        price_model=entry.price,
        url=entry.url,
        lix=entry.lix,
        reading_support=entry.reading_support,
        accessibility=entry.accessibility,
        accessibility_url=entry.accessibility_url,
        languages=entry.languages,
        logins=entry.logins,
        end_users=entry.end_users,
        data_categories=entry.data_categories,
        supplier_declared=entry.supplier_declared,
        identifiers=_identifiers(entry),
        placements=[
            PlacementFact(subject=place.subject, grade=grade)
            for place in entry.placements
            for grade in grade_codes(place.grades)
        ],
        claims=_claims(entry.platforms),
    )


def _identifiers(entry: ResourceEntry) -> list[IdentifierFact]:
    numbers = {name.replace("isbn", "isbn13"): getattr(entry, name) for name in NUMBERS}
    return [
        IdentifierFact(scheme=SCHEME, value=entry.key),
        *(IdentifierFact(scheme=scheme, value=value) for scheme, value in numbers.items() if value),
    ]


def _claims(platforms: Sequence[PlatformEntry]) -> list[ClaimFact]:
    return [
        ClaimFact(
            platform=each.platform,
            min_version=each.min_version,
            app=each.app,
            offline=each.offline,
            limits=each.limits,
            tested_on=each.tested_on,
            tested_by=each.tested_by,
            supplier_declared=each.tested_on is None,
        )
        for each in platforms
    ]
