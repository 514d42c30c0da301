"""The embedded engine: tantivy in memory, derived from the documents it is given, for one process.

Searches run in threads, each over the state that the last finished write left; writes come one after another. A rebuild
fills a second index beside the first; what is written meanwhile goes into both, and the stream never undoes it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from threading import Lock
from time import perf_counter

from search.counting import Counting
from search.filters import Clause, Filtering, all_of
from search.marks import Marking
from search.paging import Paging
from search.port import Document, Health, Hit, Layout, Page, Prepared, Query, SearchUnavailable
from search.prepare import Preparing, words_of
from search.readings import Readings
from search.store import State, Store, give_back_memory
from search.words import read


class RebuildFailed(Exception):
    """The new index does not hold what the stream held; the old one stays in place."""


class EmbeddedEngine:
    """An ``Engine`` of this process alone."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._prepare = Preparing(layout).prepare
        self._store: Store = Store(layout)
        self._state: State | None = self._store.commit()
        self._filtering = Filtering(self._store.schema, layout)
        self._writing = Lock()
        self._rebuilding = asyncio.Lock()
        self._meanwhile: dict[str, Document | None] | None = None

    async def search(self, query: Query) -> Page:
        return await asyncio.to_thread(self._answer, query)

    async def put(self, documents: Sequence[Document]) -> None:
        await asyncio.to_thread(self._write, documents, ())

    async def delete(self, ids: Sequence[str]) -> None:
        await asyncio.to_thread(self._write, (), ids)

    async def rebuild(self, batches: AsyncIterator[Sequence[Document | Prepared]]) -> int:
        """Fill a new index and put it in the place of the old one.

        Raises:
            RebuildFailed: the count of the new index is not that of the stream.
            ValueError: a document does not fit the layout.
        """
        async with self._rebuilding:
            self._now()
            self._meanwhile = {}
            try:
                filling = Filling(self._layout)
                async for documents in batches:
                    await asyncio.to_thread(filling.add, documents)
                return await asyncio.to_thread(self._swap, filling)
            finally:
                self._meanwhile = None

    async def health(self) -> Health:
        try:
            page = await self.search(Query(hits_per_page=1))
        except SearchUnavailable as error:
            return Health(engine="embedded", documents=0, answers=False, detail=str(error))
        return Health(engine="embedded", documents=page.total, answers=True)

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _now(self) -> State:
        state = self._state
        if state is None:
            raise SearchUnavailable("The embedded index is closed.")
        return state

    def _close(self) -> None:
        with self._writing:
            self._state = None

    def _write(self, documents: Sequence[Document], gone: Sequence[str]) -> None:
        with self._writing:
            vocabulary = self._now().vocabulary
            prepared = [self._prepare(document) for document in documents]
            self._store.write(prepared, gone)
            self._state = self._store.commit(vocabulary.including(frozenset().union(*map(words_of, prepared))))
            if self._meanwhile is not None:
                self._meanwhile.update(dict.fromkeys(gone))
                self._meanwhile.update((document["id"], document) for document in documents)

    def _swap(self, filling: "Filling") -> int:
        with self._writing:
            self._now()
            state = filling.finish(self._meanwhile or {})
            self._store, self._state = filling.store, state
        give_back_memory()
        return state.count

    def _answer(self, query: Query) -> Page:
        started = perf_counter()
        state = self._now()
        text = read(query.text)
        readings = Readings(state.schema, len(self._layout.texts), text, state.vocabulary)
        filters = {name: self._filtering.clause(one) for name, one in query.filters.items()}
        counting = Counting(state, self._filtering, readings.matches(), filters)
        facets = counting.facets(query.facets)
        total = counting.total()
        hits = self._hits(state, query, readings, list(filters.values()), total)
        return Page(
            hits=hits,
            total=total,
            facets=facets,
            counts=counting.computed(query.counts),
            took_ms=(perf_counter() - started) * 1000,
        )

    def _hits(self, state: State, query: Query, readings: Readings, filters: Sequence[Clause], total: int) -> list[Hit]:
        offset, limit = (query.page - 1) * query.hits_per_page, query.hits_per_page
        if not limit or offset >= total:
            return []
        paging = Paging(state, self._filtering)
        if query.sort:
            clause = all_of([*readings.matches(), *filters])
            addresses = paging.by_numbers(clause, query.sort, offset, limit)
        else:
            addresses = paging.by_relevance(readings, filters, total, offset, limit)
        marking = Marking(readings.text.words, readings.near, self._layout.texts)
        documents = map(state.document, addresses)
        return [Hit(document=document, marks=marking.marks(document)) for document in documents]


class Filling:
    """A new index while it is filled; an id that comes twice counts once, and its last document is kept."""

    def __init__(self, layout: Layout) -> None:
        self._prepare = Preparing(layout).prepare
        self.store = Store(layout)
        self._seen: set[str] = set()

    def add(self, documents: Sequence[Document | Prepared]) -> None:
        prepared = {
            each.id: each for each in (one if isinstance(one, Prepared) else self._prepare(one) for one in documents)
        }
        again = self._seen.intersection(prepared)
        self._seen.update(prepared)
        if again:
            self.store.write(prepared.values(), ())
        else:
            self.store.add(prepared.values())

    def finish(self, meanwhile: Mapping[str, Document | None]) -> State:
        """Bring in what was written meanwhile, and check the count."""
        written = [self._prepare(document) for document in meanwhile.values() if document is not None]
        gone = [one for one, document in meanwhile.items() if document is None]
        self.store.write(written, gone)
        expected = (self._seen | {prepared.id for prepared in written}).difference(gone)
        state = self.store.commit()
        if state.count != len(expected):
            raise RebuildFailed(f"The new index holds {state.count} documents, the stream held {len(expected)}.")
        return state
