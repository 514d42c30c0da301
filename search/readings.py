"""What a query's text matches, and how well: every way to read it, from the best to the least.

A word may be read as a word that is typed as it stands, as the beginning of one (only the last word), or as either
with typos, in any text field. Its best reading in a document has the fewest typos, then the weightiest field, then
the best exactness (a whole word before a beginning), then letters as typed (only a word that holds letters which
folding changes has any to compare). A query of one word that is a whole text reads better still.

A query of several words is read as the sum of its words' best readings: all typos, then all places of fields, then all
exactness, then all letters; or as a whole text of one field, which counts like each of its words in that field and is
more exact than any of them. The best sum orders the hits, so an exact title comes before every other hit.

The sum is written as one number, its parts in figures so large that no part runs into the next. Tantivy adds the
numbers up as scores: they stay whole numbers below 2**24, which its 32 bit floats hold exactly.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec
import tantivy

from search.filters import Clause, all_of, any_of
from search.port import MAX_WORDS
from search.prepare import ANYWHERE, HEADS, TYPED, WHOLE, words_field
from search.vocabulary import Vocabulary
from search.words import Text, Word

_WORD, _BEGINNING = 1, 2
_WORST = 2
_MANY = 100
"""Up to here words one by one are faster than tantivy's set of terms, which compiles an automaton."""


class Cost(msgspec.Struct, frozen=True, order=True):
    """How far a reading is from the best, by weight."""

    typos: int
    field: int
    exactness: int
    letters: int = 0


class Reading(msgspec.Struct, frozen=True):
    cost: Cost
    clause: Clause


class Readings:
    """All readings of one text over one state of an index."""

    def __init__(self, schema: tantivy.Schema, fields: int, text: Text, vocabulary: Vocabulary) -> None:
        self._schema = schema
        self._fields = fields
        self._words = [words_field(fields, place) for place in range(fields)]
        self.text = text
        self.near = {word.folded: vocabulary.near(word) for word in text.words}

    def matches(self) -> Sequence[Clause]:
        """One clause per word: what matches it at all, anywhere."""
        return [self._anywhere(word) for word in self.text.words]

    def tiers(self) -> Sequence[Clause]:
        """Read a single word: its readings from the best to the least, each clause without those before."""
        (word,) = self.text.words
        readings = sorted([*self._of_word(word), *self._of_whole()], key=lambda reading: reading.cost)
        return [reading.clause for reading in readings]

    def scored(self) -> Clause:
        """Everything that matches, with the best sum of readings as the score: the higher, the better."""
        count = len(self.text.words)
        words = all_of([self._best(self._of_word(word), 1) for word in self.text.words])
        if not self.text.whole:
            return words
        return tantivy.Query.disjunction_max_query([words, self._best(self._of_whole(), count)])

    def _best(self, readings: Iterable[Reading], words: int) -> Clause:
        scored = [
            tantivy.Query.const_score_query(reading.clause, self._score(reading.cost, words)) for reading in readings
        ]
        return tantivy.Query.disjunction_max_query(scored)

    def _score(self, cost: Cost, words: int) -> float:
        letters = 1
        exactness = letters * (MAX_WORDS + 1)
        field = exactness * (MAX_WORDS * _WORST + 1)
        typo = field * (MAX_WORDS * self._fields + 1)
        worst = _WORST * typo + self._fields * field + _WORST * exactness + letters
        spent = cost.typos * typo + cost.field * field + cost.exactness * exactness + cost.letters * letters
        return float(words * (worst + 1) - spent)

    def _anywhere(self, word: Word) -> Clause:
        near = self.near[word.folded]
        clauses = [self._beginning(ANYWHERE, word.folded) if word.prefix else self._term(ANYWHERE, word.folded)]
        if misspelt := near.words.keys() | near.beginnings.keys():
            clauses.append(self._terms(ANYWHERE, sorted(misspelt)))
        return any_of(clauses)

    def _of_whole(self) -> Iterable[Reading]:
        if not self.text.whole:
            return
        count = len(self.text.words)
        special = [word for word in self.text.words if word.typed]
        for field in range(self._fields):
            whole = self._term(f"{WHOLE}{field}", self.text.whole)
            if special:
                as_typed = [self._term(f"{TYPED}{field}", word.typed) for word in special]
                yield Reading(Cost(0, field * count, 0), all_of([whole, *as_typed]))
            yield Reading(Cost(0, field * count, 0, len(special)), whole)

    def _of_word(self, word: Word) -> Iterable[Reading]:
        near = self.near[word.folded]
        for field in range(self._fields):
            yield from self._as_typed(word, field)
            for exactness, others in ((_WORD, near.words), (_BEGINNING, near.beginnings)):
                for typos in (1, 2):
                    if misspelt := [other for other, count in others.items() if count == typos]:
                        clause = self._terms(self._words[field], misspelt)
                        yield Reading(Cost(typos, field, exactness), clause)

    def _as_typed(self, word: Word, field: int) -> Iterable[Reading]:
        kinds: list[tuple[int, Callable[[str, str], Clause]]] = [(_WORD, self._term)]
        if word.prefix:
            kinds.append((_BEGINNING, self._beginning))
        for exactness, clause in kinds:
            if word.typed:
                yield Reading(Cost(0, field, exactness), clause(f"{TYPED}{field}", word.typed))
            yield Reading(Cost(0, field, exactness, bool(word.typed)), clause(self._words[field], word.folded))

    def _term(self, field: str, word: str) -> Clause:
        return tantivy.Query.term_query(self._schema, field, word, "basic")

    def _terms(self, field: str, words: Sequence[str]) -> Clause:
        if len(words) > _MANY:
            return tantivy.Query.term_set_query(self._schema, field, words)
        return any_of([self._term(field, word) for word in words])

    def _beginning(self, field: str, start: str) -> Clause:
        if field == ANYWHERE and len(start) <= len(HEADS):
            return self._term(HEADS[len(start) - 1], start)
        return tantivy.Query.fuzzy_term_query(self._schema, field, start, distance=0, prefix=True)
