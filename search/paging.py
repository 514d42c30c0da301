"""The documents of one page, in an order that is total: two pages never share a document or lose one between them.

Relevance is ordered in one of two ways that give the same order. Few hits, or several words: one search scores all
readings, and what scores the same is ordered by its ties here. Many hits of one word: reading by reading, each in the
order of its ties, until the page is full; the rest is never looked at. A word too short for typos has few readings, so
fewer hits are many.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias, cast

import tantivy

from search.filters import LARGEST, NUMBER, Clause, Filtering, all_of
from search.prepare import ORDER
from search.readings import Readings
from search.store import State, count_of

Address: TypeAlias = tantivy.DocAddress
_FEW, _FEW_OF_SHORT_WORD = 1000, 100
_AHEAD = 500
_LAST = 2 * LARGEST


class Paging:
    """Pages over one state of an index."""

    def __init__(self, state: State, filtering: Filtering) -> None:
        self._state = state
        self._searcher = state.searcher
        self._filtering = filtering

    def by_relevance(
        self, readings: Readings, filters: Sequence[Clause], total: int, offset: int, limit: int
    ) -> list[Address]:
        if not readings.text.words:
            return self._by_ties(all_of(filters), offset, limit)
        if len(readings.text.words) == 1 and total > (_FEW if readings.text.words[0].typos else _FEW_OF_SHORT_WORD):
            return self._by_tiers(readings.tiers(), filters, offset, limit)
        return self._by_score(all_of([*map(_unscored, filters), readings.scored()]), total, offset, limit)

    def by_numbers(self, clause: Clause, sort: Sequence[str], offset: int, limit: int) -> list[Address]:
        """Order by numbers, the first the weightiest; a missing number comes last either way, ties decide the rest."""
        if not sort:
            return self._by_ties(clause, offset, limit)
        descending, field = sort[0].startswith("-"), self._filtering.number(sort[0].removeprefix("-"))
        order = tantivy.Order.Desc if descending else tantivy.Order.Asc
        found = self._searcher.search(clause, offset + limit + 1, count=False, order_by_field=field, order=order).hits
        page: list[Address] = []
        start = 0
        for value, run in groupby(found, key=lambda hit: hit[0]):
            hits = list(run)
            skip, want = max(offset - start, 0), limit - len(page)
            if want and skip < len(hits):
                if len(hits) == 1:
                    page.append(hits[0][1])
                else:
                    page += self.by_numbers(self._with_number(clause, field, value), sort[1:], skip, want)
            start += len(hits)
        return page

    def _with_number(self, clause: Clause, field: str, value: int | None) -> Clause:
        if value is None:
            return all_of([clause], without=[self._between(field, 0, LARGEST)])
        return all_of([clause, self._between(field, value, value)])

    def _between(self, field: str, low: int, high: int) -> Clause:
        return tantivy.Query.range_query(self._state.schema, field, tantivy.FieldType.Unsigned, low, high)

    def _by_ties(self, clause: Clause, offset: int, limit: int) -> list[Address]:
        result = self._searcher.search(
            clause, limit, count=False, order_by_field=ORDER, order=tantivy.Order.Asc, offset=offset
        )
        return [address for _, address in result.hits]

    def _by_tiers(self, tiers: Sequence[Clause], filters: Sequence[Clause], offset: int, limit: int) -> list[Address]:
        page: list[Address] = []
        before: list[Clause] = []
        for tier in tiers:
            result = self._searcher.search(
                all_of([*filters, tier], without=before),
                limit - len(page),
                order_by_field=ORDER,
                order=tantivy.Order.Asc,
                offset=offset,
            )
            page += [address for _, address in result.hits]
            if len(page) == limit:
                break
            if count := count_of(result):
                before.append(tier)
                offset = max(offset - count, 0)
        return page

    def _by_score(self, scored: Clause, total: int, offset: int, limit: int) -> list[Address]:
        """Sort the hits that score as those of the page do; they are known when a lower score was seen too."""
        wanted = min(offset + limit, total)
        hits = self._searcher.search(scored, min(wanted + _AHEAD, total), count=False).hits
        if len(hits) < total and hits[-1][0] == hits[wanted - 1][0]:
            hits = self._searcher.search(scored, total, count=False).hits
        scores = [-score for score, _ in hits]
        first = bisect_left(scores, scores[offset])
        end = bisect_right(scores, scores[wanted - 1])
        ordered = self._sorted(scores[first:end], [address for _, address in hits[first:end]])
        return ordered[offset - first : wanted - first]

    def _sorted(self, scores: Sequence[float], addresses: Sequence[Address]) -> list[Address]:
        columns = [self._searcher.fast_field_values(NUMBER + tie, list(addresses)) for tie in self._state.layout.ties]
        numbers = [[_LAST if number is None else number for number in column] for column in columns]
        keys = list(zip(scores, *numbers, strict=True))
        ordered: list[Address] = []
        for _, run in groupby(sorted(range(len(keys)), key=keys.__getitem__), key=keys.__getitem__):
            same = [addresses[place] for place in run]
            ordered += sorted(same, key=self._id) if len(same) > 1 else same
        return ordered

    def _id(self, address: Address) -> str:
        return cast("str", self._state.document(address)["id"])


def _unscored(clause: Clause) -> Clause:
    return tantivy.Query.const_score_query(clause, 0.0)
