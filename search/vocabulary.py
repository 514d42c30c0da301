"""Which words of an index a misspelt word may stand for: the rules on typos, without the engine's own automata.

A typo is a letter wrong, missing, too many, or swapped with its neighbour (OSA distance); a wrong first letter costs
two. A word with a digit is never a typo of another: "2024" is not "2025".
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import cast

import msgspec
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from search.words import Word

_AFTER_ANY = "\U0010ffff"


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """Words of the index by the number of typos, the fewest that do."""

    words: Mapping[str, int] = {}
    """Meant as they stand."""
    beginnings: Mapping[str, int] = {}
    """Begun by what was typed; empty for a finished word."""


class Vocabulary:
    """The words of one state of an index, folded."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(word for word in words if word.isalpha() or not any(map(str.isdigit, word)))
        self._firsts = sorted({word[0] for word in self._words})
        self._heads: dict[int, Mapping[str, Sequence[str]]] = {}

    def including(self, words: AbstractSet[str]) -> "Vocabulary":
        """Learn the words of documents that came in; words that went with others do no harm, they find nothing."""
        new = [word for word in words if not self._holds(word)]
        return Vocabulary([*self._words, *new]) if new else self

    def near(self, word: Word) -> Near:
        """Find what the word may be a misspelling of, without itself and what it begins."""
        if not word.typos or not self._words:
            return Near()
        words = {other: typos for other, typos in self._misspelt(word) if self._holds(other)}
        if not word.prefix:
            return Near(words=words)
        beginnings: dict[str, int] = {}
        for head, typos in sorted(self._misspelt(word), key=lambda found: found[1]):
            for other in self._beginning_with(head):
                if not other.startswith(word.folded):
                    beginnings.setdefault(other, typos)
        return Near(words=words, beginnings=beginnings)

    def _misspelt(self, word: Word) -> Iterator[tuple[str, int]]:
        """Beginnings of known words (whole ones among them) that differ from the word by as many typos as it may."""
        typed, most = word.folded, word.typos
        for length in range(len(typed) - most, len(typed) + most + 1):
            heads = self._heads_of(length).get(typed[0], ())
            for head, distance, _ in extract(typed, heads, scorer=OSA.distance, score_cutoff=most, limit=None):
                if distance:
                    yield head, int(distance)
        if most > 1:
            yield from ((head, 2) for head in self._with_another_first_letter(typed))

    def _with_another_first_letter(self, typed: str) -> Iterator[str]:
        rest = typed[1:]
        candidates = {rest, rest[0] + typed[0] + rest[1:]}
        candidates.update(first + end for first in self._firsts for end in (rest, typed))
        return (head for head in candidates if head[0] != typed[0] and self._begins_any(head))

    def _heads_of(self, length: int) -> Mapping[str, Sequence[str]]:
        """All different beginnings of this length, by first letter; kept, as every word of that length asks."""
        if length not in self._heads:
            found: defaultdict[str, list[str]] = defaultdict(list)
            last = ""
            for word in self._words:
                if len(word) >= length and (head := word[:length]) != last:
                    found[head[0]].append(head)
                    last = head
            self._heads[length] = dict(found)
        return self._heads[length]

    def _holds(self, word: str) -> bool:
        place = bisect_left(self._words, word)
        return place < len(self._words) and self._words[place] == word

    def _begins_any(self, head: str) -> bool:
        place = bisect_left(self._words, head)
        return place < len(self._words) and self._words[place].startswith(head)

    def _beginning_with(self, head: str) -> Sequence[str]:
        start = bisect_left(self._words, head)
        return cast("Sequence[str]", self._words[start : bisect_left(self._words, head + _AFTER_ANY, start)])
