"""Filters of the port as clauses of tantivy, built from values only: no query language is ever parsed."""

from collections.abc import Iterable, Sequence

import tantivy

from search.codes import spell
from search.port import AllOf, AnyOf, Filter, Is, Lacks, Layout, Within

Clause = tantivy.Query
LARGEST = 2**53
KEYWORD, NUMBER = "k_", "n_"


def all_of(clauses: Sequence[Clause], without: Iterable[Clause] = ()) -> Clause:
    """Every clause holds and none of the others; without any, every document passes."""
    parts = [(tantivy.Occur.Must, clause) for clause in clauses]
    refused = [(tantivy.Occur.MustNot, clause) for clause in without]
    if not parts:
        parts = [(tantivy.Occur.Must, tantivy.Query.all_query())]
    return parts[0][1] if len(parts) == 1 and not refused else tantivy.Query.boolean_query(parts + refused)


def any_of(clauses: Sequence[Clause]) -> Clause:
    """At least one clause holds; without any, no document passes."""
    if not clauses:
        return tantivy.Query.empty_query()
    if len(clauses) == 1:
        return clauses[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])


class Filtering:
    """Turns the filters of one layout into clauses; a field that the layout does not have is the caller's bug."""

    def __init__(self, schema: tantivy.Schema, layout: Layout) -> None:
        self._schema = schema
        self._layout = layout

    def clause(self, one: Filter) -> Clause:
        match one:
            case Is(field, values):
                return self._is(self.keyword(field), values)
            case Within(field, low, high):
                return self._within(self.number(field), low, high)
            case Lacks():
                return self._all_of([one])
            case AllOf(filters):
                return self._all_of(filters)
            case AnyOf(filters):
                return any_of([self.clause(part) for part in filters])

    def _all_of(self, filters: Sequence[Filter]) -> Clause:
        lacking = [one for one in filters if isinstance(one, Lacks)]
        return all_of(
            [self.clause(one) for one in filters if not isinstance(one, Lacks)],
            without=[self._is(self.keyword(one.field), one.values) for one in lacking],
        )

    def keyword(self, field: str) -> str:
        if field not in self._layout.keywords:
            raise ValueError(f"{field!r} is no keyword field of the index.")
        return KEYWORD + field

    def number(self, field: str) -> str:
        if field not in self._layout.numbers:
            raise ValueError(f"{field!r} is no number of the index.")
        return NUMBER + field

    def _is(self, field: str, values: Sequence[str]) -> Clause:
        known = [value for value in dict.fromkeys(values) if _can_be_held(value)]
        return any_of([tantivy.Query.term_query(self._schema, field, spell(value), "basic") for value in known])

    def _within(self, field: str, low: int | None, high: int | None) -> Clause:
        least, most = max(low or 0, 0), LARGEST if high is None else min(high, LARGEST)
        if least > most:
            return tantivy.Query.empty_query()
        return tantivy.Query.range_query(self._schema, field, tantivy.FieldType.Unsigned, least, most)


def _can_be_held(value: str) -> bool:
    """No document can hold a code that is not proper Unicode."""
    return value.isascii() or value == value.encode("utf-8", "ignore").decode()
