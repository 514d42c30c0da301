"""What the service asks of a search engine; adapters answer it, and one conformance suite holds them to it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec
from msgspec.structs import force_setattr

MAX_PAGE = 500
MAX_HITS_PER_PAGE = 100
MAX_WORDS = 10
"""An engine reads no more words of a query; the caller cuts the text itself and says so."""

Document: TypeAlias = Mapping[str, Any]
"""``id`` (text), the fields a ``Layout`` names, and whatever a card shows (kept, not indexed)."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A document as an index takes it in, made earlier by ``search.prepare``: it stands for the same document."""

    id: str
    text: str


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Which fields of a document are searched, filtered and compared; the order of ``texts`` is their weight."""

    texts: Sequence[str]
    """Searched fields, the weightiest first; each holds a list of texts."""
    keywords: Sequence[str]
    """Filtered and counted fields; each holds a list of codes, compared letter by letter."""
    numbers: Sequence[str]
    """Whole numbers for ranges and for sorting, from 0 to 2**53; days as yyyymmdd."""
    ties: Sequence[str]
    """Numbers that order what is equally relevant, ascending; the last is unique, and ``id`` ends every tie."""
    plain: Sequence[str] = ()
    """Of ``texts``: fields that hold folded words (``search.words.fold``) and nothing else, in one text or several,
    so that an engine may take them as they stand. Nobody asks for such a text as a whole."""
    hidden: Sequence[str] = ()
    """Fields that are searched or filtered and not given back with a hit."""


class Is(msgspec.Struct, frozen=True, tag=True):
    """The keyword field holds one of the values; no values hold for no document."""

    field: str
    values: Sequence[str]


class Lacks(msgspec.Struct, frozen=True, tag=True):
    """The keyword field holds none of the values; a document without the field lacks them all."""

    field: str
    values: Sequence[str]


class Within(msgspec.Struct, frozen=True, tag=True):
    """The number lies from ``low`` to ``high``, both included; None leaves an end open. No number: not within."""

    field: str
    low: int | None = None
    high: int | None = None


class AllOf(msgspec.Struct, frozen=True, tag=True):
    """Every filter holds; without any, every document passes."""

    filters: Sequence["Filter"]


class AnyOf(msgspec.Struct, frozen=True, tag=True):
    """At least one filter holds; without any, none passes."""

    filters: Sequence["Filter"]


Filter: TypeAlias = Is | Lacks | Within | AllOf | AnyOf


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """Count the values of a keyword field, without the named filter: a chosen facet does not narrow itself."""

    field: str
    free_of: str | None = None
    """The key in ``Query.filters`` that does not narrow these counts; None: all filters do."""


class Computed(msgspec.Struct, frozen=True, kw_only=True):
    """A facet whose values are filters: each count is the total with that filter in place of the named one."""

    instead_of: str | None = None
    values: Mapping[str, Filter]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One search. A page typed by hand never fails: both numbers are moved into their limits."""

    text: str = ""
    """All words must match; the last is a prefix unless white space follows it."""
    filters: Mapping[str, Filter] = {}
    """By a name of the caller's; all of them must hold."""
    facets: Mapping[str, Facet] = {}
    """By a name of the caller's."""
    counts: Mapping[str, Computed] = {}
    sort: Sequence[str] = ()
    """Numbers in order of weight, ``-`` first for descending; empty for relevance. ``Layout.ties`` decide the rest."""
    page: int = 1
    """From 1 to MAX_PAGE."""
    hits_per_page: int = 20
    """From 0, which fetches nothing and only counts, to MAX_HITS_PER_PAGE."""

    def __post_init__(self) -> None:
        force_setattr(self, "page", min(max(self.page, 1), MAX_PAGE))
        force_setattr(self, "hits_per_page", min(max(self.hits_per_page, 0), MAX_HITS_PER_PAGE))


class Mark(msgspec.Struct, frozen=True):
    """A stretch of one text that matches the query, in characters: ``document[field][index][start:end]``."""

    index: int
    start: int
    end: int


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    document: Document
    marks: Mapping[str, Sequence[Mark]] = {}
    """By text field, in order, never overlapping; positions, not HTML: the template escapes and marks."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of hits with exact counts over everything that matches."""

    hits: Sequence[Hit]
    total: int
    facets: Mapping[str, Mapping[str, int]] = {}
    """By the query's names; no zero counts."""
    counts: Mapping[str, Mapping[str, int]] = {}
    """By the query's names, every value asked for, zeros too."""
    took_ms: float = 0.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    engine: str
    documents: int
    answers: bool
    """Proven by a search, not by a status page."""
    detail: str = ""


class SearchUnavailable(Exception):
    """The engine does not answer; what to do instead is the caller's business."""


class Engine(Protocol):
    """An index of one layout. Writes are visible to every search that starts after they return."""

    async def search(self, query: Query) -> Page:
        """Answer one query.

        Raises:
            SearchUnavailable: the engine is away.
        """
        ...

    async def put(self, documents: Sequence[Document]) -> None:
        """Add the documents, each in place of an earlier one with its id.

        Raises:
            ValueError: a document does not fit the layout; none of them was added.
            SearchUnavailable: the engine is away.
        """
        ...

    async def delete(self, ids: Sequence[str]) -> None: ...

    async def rebuild(self, batches: AsyncIterator[Sequence[Document | Prepared]]) -> int:
        """Fill a new index, check its count, put it in the place of the old one; the number of its documents.

        Searches are answered from the old index until then; a failing stream leaves the old one in place.
        """
        ...

    async def health(self) -> Health: ...

    async def close(self) -> None: ...
