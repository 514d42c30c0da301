"""This process's view of the search index: filled at the start, kept up by the change feed, honest about its lag."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date

import structlog

from catalog.core import feed
from catalog.core.db import Database, transaction
from catalog.core.feed import FeedTrimmed, Position
from catalog.finding.beginnings import Beginnings
from catalog.finding.indexing import read_changes, stream_starts
from catalog.finding.prepared import names_of, publishers_of, schools_of
from search.indexer import Change, Indexer
from search.port import Engine, Prepared

log = structlog.get_logger(__name__)


class Index:
    """An engine that follows the feed of one database."""

    def __init__(self, engine: Engine, database: Database) -> None:
        self.engine = engine
        self.as_of: date | None = None
        """The day for which every document's «now» is known to be right; None: ask by dates."""
        self.ready = asyncio.Event()
        """Set once the first fill is done."""
        self.beginnings = Beginnings()
        self.publishers: dict[str, str] = {}
        """The names of those whose documents have been read, by their codes."""
        self._schools: set[str] = set()
        self._turned_on: date | None = None
        self._database = database
        self._reader: Indexer[Position] = Indexer(engine, self._read, Position())

    @property
    def lag(self) -> float:
        """Seconds since the index was last known to be level with the feed."""
        return self._reader.lag

    def scoped(self, school: str) -> str:
        """The school, if a document ever said something of its own to it; else a question for everybody will do."""
        return school if school in self._schools else ""

    async def fill(self, *, afresh: bool = False) -> int:
        """Read every document into a new index and swap it in; the number of documents.

        What was prepared when a document was written is taken as it is, unless all are to be read afresh.
        """
        position, names = Position(), list[tuple[str, tuple[str, ...]]]()

        async def batches() -> AsyncIterator[Sequence[Prepared]]:
            nonlocal position
            async with transaction(self._database.readers) as session:
                position = await feed.mark(session)  # in the same snapshot as the documents
                async for batch in stream_starts(session, afresh=afresh):
                    for start in batch:
                        names.append((start.prepared.id, start.names))
                        self.publishers.update(start.publishers)
                        self._schools.update(start.schools)
                    yield [start.prepared for start in batch]

        count = await self.engine.rebuild(batches())
        self.beginnings.fill_folded(names)
        self._reader.position, self.as_of, self._turned_on = position, None, None
        self.ready.set()
        return count

    async def catch_up(self) -> int:
        """Take in all that the feed has after our position; the number of changes."""
        try:
            taken = await self._reader.catch_up()
        except FeedTrimmed:
            log.warning("feed was trimmed; filling the index anew")
            return await self.fill()
        for resource, reason in self._reader.refused.items():
            log.error("document refused by the index", resource=resource, reason=reason)
        if not self._reader.refused:  # only now does the engine hold what was true on that day
            self.as_of = self._turned_on
        return taken

    async def _read(self, position: Position) -> tuple[Sequence[Change], Position]:
        async with transaction(self._database.readers) as session:
            changes = await read_changes(session, position)
        if changes is None:
            return [], position
        self._turned_on = changes.turned_on or self._turned_on
        for key, document in changes.documents:
            if document is None:
                self.beginnings.drop(key)
            else:
                self.beginnings.put(key, names_of(document))
                self.publishers.update(publishers_of(document))
                self._schools.update(schools_of(document))
        return changes.documents, changes.position
