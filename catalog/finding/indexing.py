"""Keeping search documents: written where the change was promised, told by the feed, read by every index."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import structlog
from sqlalchemy import and_, false, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import feed, outbox
from catalog.core.feed import Position
from catalog.decisions.service import rulings_for
from catalog.decisions.state import Ruling
from catalog.finding.documents import build, fingerprint
from catalog.finding.fleet import read_profiles
from catalog.finding.models import SearchDocument
from catalog.finding.prepared import OURS, Start, read_start, start_of, write_start
from catalog.organisations.fleet.profiles import Profile
from catalog.resources.models import Publisher, Resource
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.resources.reading import get_resources
from catalog.resources.schemas import ResourceDetail
from catalog.vocabularies.region import Region

log = structlog.get_logger(__name__)
CHANGED, TURNED = "document", "turned"
"""Topics of the feed: a document has a new version; every document is as of the day that is the key."""
BATCH = 200
STREAMED = 500


async def write_due(session: AsyncSession, region: Region, today: date, limit: int = BATCH) -> int:
    """Write the documents that were promised, one batch; the number of promises kept, 0 when none is left."""
    entries = await outbox.claim(session, DOCUMENT_TOPIC, limit)
    if entries:
        await write_documents(session, region, today, {uuid.UUID(entry.key) for entry in entries})
        await outbox.finish(session, entries)
    return len(entries)


async def write_documents(session: AsyncSession, region: Region, today: date, ids: Collection[uuid.UUID]) -> None:
    """Bring the documents of the resources up to date and tell the feed of those that changed.

    The resources stay locked until the commit: two workers that write the same document take turns, and the later
    one reads what the earlier could not yet see.
    """
    locked = select(Resource.id, Resource.service_id).where(Resource.id.in_(ids)).order_by(Resource.id)
    services = {row.id: row.service_id for row in await session.execute(locked.with_for_update())}
    details = await get_resources(session, services.keys())
    rulings = await rulings_for(session, services)
    publishers = await _publisher_names(session)
    profiles = await read_profiles(session, today)
    stored = {row.resource_id: row for row in await session.scalars(_documents(services))}
    built = await asyncio.to_thread(_build_all, details, rulings, publishers, profiles, today, region)
    changed: list[tuple[str, int]] = []
    for key, made in built.items():
        row = stored.get(key)
        if row is None:
            row = SearchDocument(resource_id=key, version=0, turns_on=None, document="", prepared="")
            session.add(row)
        elif (row.document, row.prepared) == (made.document, made.prepared):
            continue
        row.version, row.turns_on = row.version + 1, made.turns_on
        row.document, row.prepared = made.document, made.prepared
        changed.append((str(key), row.version))
    await session.flush()
    await feed.append(session, CHANGED, changed)


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a row and the day it turns; empty for what is not listed."""

    document: str = ""
    prepared: str = ""
    turns_on: date | None = None


def _build_all(
    details: Sequence[ResourceDetail],
    rulings: Mapping[uuid.UUID, Sequence[Ruling]],
    publishers: Mapping[uuid.UUID, tuple[str, ...]],
    profiles: Sequence[Profile],
    today: date,
    region: Region,
) -> dict[uuid.UUID, _Made]:
    """What each row holds.

    A resource that cannot be built is left as it was, and said: it must not keep back all others.
    """
    made: dict[uuid.UUID, _Made] = {}
    for detail in details:
        if detail.status != "listed":
            made[detail.id] = _Made()
            continue
        names = publishers.get(detail.publisher.id, ()) if detail.publisher else ()
        try:
            built = build(detail, rulings[detail.id], today, region, names, profiles)
            prepared = write_start(start_of(built.document))
        except Exception:
            log.exception("document cannot be built", resource=str(detail.id))
            continue
        document = msgspec.json.encode(built.document).decode()
        made[detail.id] = _Made(document=document, prepared=prepared, turns_on=built.turns_on)
    return made


def _documents(ids: Collection[uuid.UUID]) -> Any:
    return select(SearchDocument).where(SearchDocument.resource_id.in_(ids))


async def _publisher_names(session: AsyncSession) -> dict[uuid.UUID, tuple[str, ...]]:
    """Each publisher's own name, then those of what it became part of."""
    query = select(Publisher.id, Publisher.name, Publisher.succeeded_by_id)
    rows = {row.id: row for row in await session.execute(query)}
    names: dict[uuid.UUID, tuple[str, ...]] = {}
    for key in rows:
        chain: dict[uuid.UUID, str] = {}
        here: uuid.UUID | None = key
        while here is not None and here not in chain:
            chain[here], here = rows[here].name, rows[here].succeeded_by_id
        names[key] = tuple(chain.values())
    return names


async def turn_due(session: AsyncSession, today: date) -> int:
    """Promise anew every document whose state turned by today; the number of them."""
    query = select(SearchDocument.resource_id).where(SearchDocument.turns_on <= today)
    ids = (await session.scalars(query)).all()
    outbox.enqueue(session, DOCUMENT_TOPIC, ids)
    return len(ids)


async def declare_turned(session: AsyncSession, today: date) -> bool:
    """Tell every index that all documents are as of today, if they are: plain filters do from now on."""
    due = await session.scalar(select(func.count()).where(SearchDocument.turns_on <= today))
    waiting, _ = await outbox.depth(session, DOCUMENT_TOPIC)
    if due or waiting:
        return False
    await feed.append(session, TURNED, [(today.isoformat(), 0)])
    return True


async def renew_outdated(session: AsyncSession, region: Region) -> int:
    """Promise anew the documents that another version, or other vocabularies, made; the number of them."""
    start = msgspec.json.encode({"made": fingerprint(region)}).decode().removesuffix("}")
    outdated = and_(SearchDocument.document != "", func.substr(SearchDocument.document, 1, len(start)) != start)
    ids = (await session.scalars(select(SearchDocument.resource_id).where(outdated))).all()
    outbox.enqueue(session, DOCUMENT_TOPIC, ids)
    return len(ids)


async def promise_all(session: AsyncSession) -> int:
    """Promise every document anew, after a change of format or of vocabularies; the number of resources."""
    ids = (await session.scalars(select(Resource.id))).all()
    outbox.enqueue(session, DOCUMENT_TOPIC, ids)
    return len(ids)


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the feed, as an index takes it in."""

    documents: Sequence[tuple[str, dict[str, Any] | None]]
    """Id and document; None: gone."""
    position: Position
    turned_on: date | None = None


async def read_changes(session: AsyncSession, position: Position, limit: int = 500) -> Changes | None:
    """What came after a position, or None: nothing. Raise FeedTrimmed as ``feed.entries_after`` does."""
    entries = await feed.entries_after(session, position, limit)
    if not entries:
        return None
    ids = {uuid.UUID(entry.key) for entry in entries if entry.topic == CHANGED}
    rows = (await session.scalars(_documents(ids))).all()
    turned = [date.fromisoformat(entry.key) for entry in entries if entry.topic == TURNED]
    return Changes(
        documents=[(str(row.resource_id), msgspec.json.decode(row.document) if row.document else None) for row in rows],
        position=Position(entries[-1].xact, entries[-1].seq),
        turned_on=max(turned, default=None),
    )


async def stream_documents(session: AsyncSession) -> AsyncIterator[list[dict[str, Any]]]:
    """All documents of one snapshot, in batches."""
    async for rows in _stream(session, SearchDocument.document):
        yield [msgspec.json.decode(row) for row in rows]


async def stream_starts(session: AsyncSession, *, afresh: bool = False) -> AsyncIterator[list[Start]]:
    """What an index takes in of all documents of one snapshot, in batches; ``afresh`` from the documents."""
    ours = false() if afresh else func.substr(SearchDocument.prepared, 1, len(OURS)) == OURS
    async for rows in _stream(session, SearchDocument.prepared, ours):
        yield [read_start(row) for row in rows]
    async for rows in _stream(session, SearchDocument.document, not_(ours)):
        yield await asyncio.to_thread(lambda texts: [start_of(msgspec.json.decode(text)) for text in texts], rows)


async def _stream(session: AsyncSession, column: Any, *which: Any) -> AsyncIterator[Sequence[str]]:
    query = select(column).where(SearchDocument.document != "", *which).order_by(SearchDocument.resource_id)
    result = await session.stream_scalars(query.execution_options(yield_per=STREAMED))
    async for rows in result.partitions(STREAMED):
        yield rows


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far indexes can be behind the catalogue."""

    waiting: int
    """Documents promised and not yet written."""
    since: datetime | None


async def lag(session: AsyncSession) -> Lag:
    waiting, since = await outbox.depth(session, DOCUMENT_TOPIC)
    return Lag(waiting=waiting, since=since)
