"""Storing facts about resources; the one way they get into the catalogue."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from msgspec.structs import replace
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor, Permission
from catalog.core.clock import utc_now
from catalog.core.errors import Invalid
from catalog.lexicon.collation import collation_key
from catalog.resources import ranks
from catalog.resources.checks import CLAIM_LINES, LINES, faults
from catalog.resources.errors import ChangedMeanwhile, IdentifierTaken, NotListed
from catalog.resources.models import (
    MAX_SORT_KEY,
    CompatibilityClaim,
    Identifier,
    Placement,
    Resource,
    ResourceEvent,
    ResourceText,
    Service,
    SourceTerm,
)
from catalog.resources.naming import slug_of
from catalog.resources.publishers import DOCUMENT_TOPIC, keep_publisher
from catalog.resources.reading import FIELDS, PLAIN, facts_of, load
from catalog.resources.schemas import IdentifierFact, PublisherFacts, ResourceFacts, Text
from catalog.vocabularies.identifiers import IdentifierRefused, normalise_identifier
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line, clean_text


async def create_resource(
    session: AsyncSession, actor: Actor, region: Region, facts: ResourceFacts, today: date, *, origin: str = ""
) -> uuid.UUID:
    """Add a resource to the catalogue and return its id.

    ``origin`` names what it was imported by; without one a person wrote it, and no import will overwrite it.

    Raises:
        Invalid: something about the facts is impossible; all faults at once.
        IdentifierTaken: another resource has one of the identifiers.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    facts = tidy(facts, region)
    resource = Resource(slug=slug_of(facts.texts[0].title), form=facts.form, origin=origin)
    resource.edited_fields = [] if origin else sorted(FIELDS)
    await fill(session, actor, region, resource, facts, FIELDS)
    session.add(resource)
    await session.flush()
    session.add(ResourceEvent(resource_id=resource.id, happened_on=today, what="created"))
    audit.record(session, actor, "create-resource", "resource", resource.id, FIELDS)
    outbox.enqueue(session, DOCUMENT_TOPIC, [resource.id])
    return resource.id


async def change_resource(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    resource_id: uuid.UUID,
    facts: ResourceFacts,
    version: int,
    *,
    by_import: bool = False,
) -> list[str]:
    """Bring a listed resource to the facts and return the names of the fields that changed.

    A person's change marks its fields as edited; an import leaves those fields alone.

    Raises:
        NotFound: there is no such resource.
        NotListed: it is retired.
        Invalid: something about the facts is impossible; all faults at once.
        ChangedMeanwhile: somebody changed it since ``version`` was read.
        IdentifierTaken: another resource has one of the identifiers.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    resource = await load(session, resource_id, for_update=True)
    if resource.status != "listed":
        raise NotListed
    facts = tidy(facts, region)
    if resource.version != version:
        raise ChangedMeanwhile(current_version=resource.version)
    stored = await facts_of(session, resource)
    kept = set(resource.edited_fields) if by_import else set[str]()
    changed = [name for name in FIELDS if name not in kept and getattr(stored, name) != getattr(facts, name)]
    if not changed:
        return []
    await fill(session, actor, region, resource, facts, changed)
    if not by_import:
        resource.edited_fields = sorted({*resource.edited_fields, *changed})
    resource.version += 1
    resource.updated_at = utc_now()
    audit.record(session, actor, "change-resource", "resource", resource_id, changed)
    outbox.enqueue(session, DOCUMENT_TOPIC, [resource_id])
    await session.flush()
    return changed


def tidy(facts: ResourceFacts, region: Region) -> ResourceFacts:
    """The facts as they are stored: clean texts, normalised identifiers, everything in a fixed order.

    Raises:
        Invalid: something is impossible.
    """
    facts = _cleaned(facts)
    errors = faults(facts, region.vocabularies)
    identifiers: set[tuple[str, str]] = set()
    for each in facts.identifiers:
        try:
            identifiers.add((each.scheme, normalise_identifier(each.scheme, each.value)))
        except IdentifierRefused as error:
            errors.setdefault("identifiers", error.code)
    if facts.url and "url" not in errors:
        identifiers.add(("url", normalise_identifier("url", facts.url)))
    if errors:
        raise Invalid(errors=errors)
    return replace(
        facts,
        identifiers=[IdentifierFact(scheme=scheme, value=value) for scheme, value in sorted(identifiers)],
        placements=sorted(set(facts.placements)),
        source_terms=sorted(set(facts.source_terms)),
    )


def _cleaned(facts: ResourceFacts) -> ResourceFacts:
    """What was written by hand or read from a file, as it may be stored; «<navn>» is what somebody wrote."""
    return replace(
        facts,
        texts=[
            replace(text, title=clean_line(text.title), description=clean_text(text.description))
            for text in facts.texts
        ],
        claims=[
            replace(claim, **{name: clean_line(getattr(claim, name)) for name in CLAIM_LINES}) for claim in facts.claims
        ],
        source_terms=[replace(each, term=clean_line(each.term)) for each in facts.source_terms],
        **{name: clean_line(getattr(facts, name)) for name in LINES},
    )


async def fill(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    resource: Resource,
    facts: ResourceFacts,
    names: Collection[str],
) -> None:
    """Write the named fields of the facts into the row and the tables around it."""
    for name in PLAIN:
        if name in names:
            setattr(resource, name, getattr(facts, name))
    if "publisher" in names:
        known = PublisherFacts(name=facts.publisher)
        resource.publisher_id = await keep_publisher(session, actor, known) if facts.publisher else None
    if "service_key" in names:
        resource.service_id = await _service_id(session, facts.service_key)
    if "identifiers" in names:
        await _refuse_taken(session, resource.id, facts.identifiers)
    for name, rows in _parts(facts).items():
        if name in names:
            await _replace(session, resource, name, rows)
    if "texts" in names:
        await _rename(session, region, resource, facts.texts)


def _parts(facts: ResourceFacts) -> dict[str, list[Any]]:
    """The rows of every field that has a table of its own."""
    return {
        "texts": [_row(ResourceText, text, position=position) for position, text in enumerate(facts.texts)],
        "identifiers": [_row(Identifier, each) for each in facts.identifiers],
        "placements": [_row(Placement, each) for each in facts.placements],
        "source_terms": [_row(SourceTerm, each) for each in facts.source_terms],
        "claims": [_row(CompatibilityClaim, claim, position=position) for position, claim in enumerate(facts.claims)],
    }


def _row(table: type[Any], fact: Any, **more: Any) -> Any:
    return table(**{name: getattr(fact, name) for name in fact.__struct_fields__}, **more)


async def _replace(session: AsyncSession, resource: Resource, name: str, rows: list[Any]) -> None:
    """Put rows in the place of others; the old ones go first, or their keys would collide."""
    if getattr(resource, name):
        setattr(resource, name, [])
        await session.flush()
    setattr(resource, name, rows)


async def _rename(session: AsyncSession, region: Region, resource: Resource, texts: Sequence[Text]) -> None:
    """What follows from the title: the slug, and the place among the others."""
    resource.slug = slug_of(texts[0].title)
    sort_key = collation_key(texts[0].title, region.country)[:MAX_SORT_KEY]
    if sort_key != resource.sort_key:
        resource.rank, moved = await ranks.place(session, sort_key, resource.id)
        resource.sort_key = sort_key
        outbox.enqueue(session, DOCUMENT_TOPIC, moved)


async def _service_id(session: AsyncSession, key: str) -> uuid.UUID | None:
    if not key:
        return None
    known = select(Service.id).where(
        Service.key == key
    )  # locked: who decides about it meanwhile waits for its new title
    found: uuid.UUID | None = await session.scalar(known.with_for_update(read=True))
    if found is None:
        raise Invalid(errors={"serviceKey": "unknown-code"})
    return found


async def _refuse_taken(session: AsyncSession, resource_id: uuid.UUID, identifiers: Sequence[IdentifierFact]) -> None:
    known = tuple_(Identifier.scheme, Identifier.value).in_([(each.scheme, each.value) for each in identifiers])
    taken = await session.scalar(select(Identifier).where(known, Identifier.resource_id != resource_id).limit(1))
    if taken is not None:
        raise IdentifierTaken(scheme=taken.scheme, value=taken.value, resource_id=taken.resource_id)
