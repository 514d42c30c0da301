"""Drafts of a source become resources: found again by identifier, never over what a person wrote, all of it undoable.

Each draft has a savepoint of its own, so that a broken one never loses a good one; a transaction holds ``BATCH``.
"""

import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any, TypeAlias

from msgspec.structs import replace
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, Invalid
from catalog.intake.batches import (
    NOT_STORABLE,
    Counts,
    RowOutcome,
    Source,
    again_after_deadlock,
    close_batch,
    note_effect,
    open_batch,
    refused,
)
from catalog.intake.drafts import RefusedRow, ResourceDraft
from catalog.resources.errors import NotListed
from catalog.resources.lifecycle import follow
from catalog.resources.models import Identifier
from catalog.resources.publishers import keep_service
from catalog.resources.reading import FIELDS, facts_of, load
from catalog.resources.schemas import (
    ClaimFact,
    IdentifierFact,
    PlacementFact,
    ResourceFacts,
    SourceTermFact,
    Text,
)
from catalog.resources.service import change_resource, create_resource, tidy
from catalog.resources.testers import plain_without_nobody
from catalog.vocabularies.region import Region

BATCH = 100
Report: TypeAlias = Callable[[RowOutcome], None]
EXTENDED = ("identifiers", "placements", "source_terms")
"""What another source may add to a resource that is not its own."""


async def import_resources(
    database: Database,
    actor: Actor,
    region: Region,
    source: Source,
    drafts: Iterable[ResourceDraft | RefusedRow],
    today: date,
    report: Report = lambda _: None,
) -> tuple[uuid.UUID, Counts]:
    """Store the drafts of one file and return the import's id and the number of rows by outcome.

    Every row is reported: accepted, unchanged, or refused with field and code. Running it again changes nothing.
    """
    async with transaction(database.writers) as session:
        batch_id = await open_batch(session, actor, source)
    tally, rest = Counts(), iter(drafts)
    while chunk := list(islice(rest, BATCH)):

        async def store_chunk(chunk: Sequence[ResourceDraft | RefusedRow] = chunk) -> list[RowOutcome]:
            async with transaction(database.writers) as session:
                return [told async for told in _store_all(session, actor, region, source, batch_id, chunk, today)]

        outcomes = await again_after_deadlock(store_chunk)
        for outcome in outcomes:  # told only when they are true: after the commit
            _count(tally, outcome)
            report(outcome)
    async with transaction(database.writers) as session:
        await close_batch(session, batch_id, tally, utc_now())
    return batch_id, tally


def _count(tally: Counts, outcome: RowOutcome) -> None:
    if outcome.outcome in {"accepted", "unchanged", "refused"}:
        setattr(tally, outcome.outcome, getattr(tally, outcome.outcome) + 1)


async def _store_all(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    source: Source,
    batch_id: uuid.UUID,
    chunk: Sequence[ResourceDraft | RefusedRow],
    today: date,
) -> AsyncIterator[RowOutcome]:
    for each in chunk:
        if isinstance(each, RefusedRow):
            for outcome in refused_row(each):
                yield outcome
            continue
        try:
            async with session.begin_nested():
                changed = await _store(session, actor, region, source, batch_id, each, today)
        except DomainError as error:
            for outcome in _refusals(each.lines, error):
                yield outcome
            continue
        except NOT_STORABLE:
            for outcome in refused(each.lines, "not-storable"):
                yield outcome
            continue
        for line in each.lines:
            yield RowOutcome(line=line, outcome="accepted" if changed else "unchanged")
        for note in each.notes:
            yield RowOutcome(line=note.line, outcome="note", field=note.field, code=note.code, members=note.members)


def refused_row(row: RefusedRow) -> list[RowOutcome]:
    """One refused row; its further faults are told as notes, so that the row counts once."""
    return [
        RowOutcome(
            line=problem.line,
            outcome="note" if number else "refused",
            field=problem.field,
            code=problem.code,
            members=problem.members,
            row=problem.row,
        )
        for number, problem in enumerate(row.problems)
    ]


def _refusals(lines: Sequence[int], error: DomainError) -> list[RowOutcome]:
    members = {name: str(value) for name, value in error.members.items() if name != "errors"}
    if isinstance(error, Invalid):
        field, code = next(iter(error.errors.items()))
        return refused(lines, code, field=field)
    return refused(lines, error.code, **members)


async def _store(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    source: Source,
    batch_id: uuid.UUID,
    draft: ResourceDraft,
    today: date,
) -> bool:
    """Create or change the resource of a draft; whether anything changed."""
    service_key = await keep_service(session, actor, draft.service, draft.publisher) if draft.service else ""
    facts = facts_of_draft(draft, service_key)
    known = await _find(session, draft)
    if known is None:
        created = await create_resource(session, actor, region, facts, today, origin=source.mapping)
        note_effect(session, batch_id, "resource", created, created=True)
        return True
    row = await load(session, known, for_update=True)
    if row.status != "listed":
        raise NotListed
    stored = await facts_of(session, row)
    wanted = _joined(stored, tidy(facts, region), own=row.origin == source.mapping)
    changed = await change_resource(session, actor, region, known, wanted, row.version, by_import=True)
    if changed:
        before = {name: plain_without_nobody(getattr(stored, name)) for name in changed}
        note_effect(session, batch_id, "resource", known, created=False, version_after=row.version, before=before)
    return bool(changed)


def facts_of_draft(draft: ResourceDraft, service_key: str) -> ResourceFacts:
    terms = [*draft.source_terms, *([("licence", draft.content_licence)] if draft.content_licence else [])]
    return ResourceFacts(
        form=draft.form,
        kind=draft.kind,
        texts=[Text(language=t.language, title=t.title, description=t.description) for t in draft.texts],
        publisher=draft.publisher,
        creator=draft.creator,
        service_key=service_key,
        price_model=draft.price,
        url=draft.url,
        languages=list(draft.languages),
        logins=list(draft.logins),
        end_users=list(draft.end_users),
        identifiers=[IdentifierFact(scheme=scheme, value=value) for scheme, value in draft.identifiers],
        placements=[PlacementFact(subject=subject, grade=grade) for subject, grade in draft.placements],
        claims=[ClaimFact(platform=platform) for platform in draft.platforms],
        source_terms=[SourceTermFact(kind=kind, term=term) for kind, term in terms],
    )


def _joined(stored: ResourceFacts, given: ResourceFacts, *, own: bool) -> ResourceFacts:
    """What a source may make of a stored resource: its own it renews, another's it only extends.

    What the source leaves out stays; identifiers are never lost.
    """
    changes: dict[str, Any] = {}
    for name in FIELDS if own else EXTENDED:
        value = getattr(given, name)
        if name == "identifiers" or not own:
            value = sorted({*getattr(stored, name), *value}, key=repr)
        if value:
            changes[name] = value
    return replace(stored, **changes)


async def _find(session: AsyncSession, draft: ResourceDraft) -> uuid.UUID | None:
    """The resource that bears an identifier of the draft; the source's own key says most, the address least."""
    known = tuple_(Identifier.scheme, Identifier.value).in_(draft.identifiers)
    rows = await session.execute(select(Identifier.scheme, Identifier.resource_id).where(known))
    found = {row.scheme: row.resource_id for row in rows}
    order = sorted(found, key=lambda scheme: (not scheme.startswith("source:"), scheme == "url", scheme))
    return await follow(session, found[order[0]]) if order else None
