"""Exact counts of one query: its total, the values of its facets, and computed values, each a filter of its own.

One aggregation serves all facets that the same filters narrow, so a page costs one pass and one more for each filter
that some facet is free of.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from search.codes import read
from search.filters import Clause, Filtering, all_of
from search.port import Computed, Facet
from search.prepare import ORDER
from search.store import State, count_of

_ALL_VALUES = 65_000
"""The most buckets tantivy hands out; it would stop at ten without being asked."""
_EVERY = "every"
"""Counts the column that every document has once."""


class Counting:
    """Counts over one state of an index, for one text and its named filters."""

    def __init__(
        self, state: State, filtering: Filtering, matches: Sequence[Clause], filters: Mapping[str, Clause]
    ) -> None:
        self._searcher = state.searcher
        self._filtering = filtering
        self._matches = matches
        self._filters = filters
        self._total: int | None = None

    def base(self, without: str | None = None) -> list[Clause]:
        """What must hold: the text, and all filters but the named one."""
        return [*self._matches, *(clause for name, clause in self._filters.items() if name != without)]

    def total(self) -> int:
        """Count what the query finds, unless facets that all filters narrow have counted it already."""
        if self._total is None:
            self._total = self._count(self.base())
        return self._total

    def facets(self, asked: Mapping[str, Facet]) -> dict[str, dict[str, int]]:
        together: defaultdict[str | None, dict[str, Facet]] = defaultdict(dict)
        for name, facet in asked.items():
            together[facet.free_of if facet.free_of in self._filters else None][name] = facet
        found = {name: values for free_of, group in together.items() for name, values in self._values(free_of, group)}
        return {name: found[name] for name in asked}

    def computed(self, asked: Mapping[str, Computed]) -> dict[str, dict[str, int]]:
        return {
            name: {
                value: self._count([*self.base(without=one.instead_of), self._filtering.clause(filter_)])
                for value, filter_ in one.values.items()
            }
            for name, one in asked.items()
        }

    def _values(self, free_of: str | None, group: Mapping[str, Facet]) -> list[tuple[str, dict[str, int]]]:
        request: dict[str, Any] = {
            f"={name}": {"terms": {"field": self._filtering.keyword(facet.field), "size": _ALL_VALUES}}
            for name, facet in group.items()
        }
        every = {_EVERY: {"value_count": {"field": ORDER}}}
        answer: dict[str, Any] = self._searcher.aggregate(all_of(self.base(without=free_of)), request | every)
        if free_of is None:
            self._total = int(answer[_EVERY]["value"])
        return [(name, {read(one["key"]): one["doc_count"] for one in answer[f"={name}"]["buckets"]}) for name in group]

    def _count(self, clauses: Sequence[Clause]) -> int:
        return count_of(self._searcher.search(all_of(clauses), 1))
