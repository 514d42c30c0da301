"""Where a document's texts hold the words of a query: positions in the text as it was written.

A beginning is marked as far as it was typed, a misspelt word as a whole. A word that the document holds as typed marks
no misspelt ones beside it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate, product
from re import Match

import msgspec

from search.port import Document, Mark
from search.vocabulary import Near
from search.words import IN_PLACE, WORD, Word, fold, fold_in_place

_FEW, _FEW_LETTERS = 80, 3
"""So many words are looked for one by one; for more, every word of a text is looked at."""


class _Found(msgspec.Struct, frozen=True):
    word: str
    typos: int
    at: int
    length: int


class Marking:
    """Marks the hits of one query; what was found out about a written word is kept, as texts repeat their words."""

    def __init__(self, words: Sequence[Word], near: Mapping[str, Near], fields: Sequence[str]) -> None:
        self._words = words
        self._near = near
        self._fields = fields
        self._beginnings = tuple(word.folded for word in words if word.prefix)
        self._wanted = {word.folded for word in words}.union(
            *(one.words.keys() | one.beginnings for one in near.values())
        )
        self._spellings = _spellings(self._wanted)
        self._known: dict[str, Sequence[tuple[str, int]]] = {}

    def marks(self, document: Document) -> Mapping[str, Sequence[Mark]]:
        if not self._words:
            return {}
        texts: list[Sequence[str]] = [document.get(field) or () for field in self._fields]
        parts = ["\n".join(part) for part in texts]
        found = self._fewest_typos("\n".join(parts))
        ends = list(accumulate(len(part) + 1 for part in parts))
        marks: dict[str, list[Mark]] = {}
        for one in found:
            place = bisect_right(ends, one.at)
            at = one.at - (ends[place - 1] if place else 0)
            _append(marks.setdefault(self._fields[place], []), _mark(texts[place], at, one.length))
        return marks

    def _fewest_typos(self, texts: str) -> list[_Found]:
        found = list(self._found(texts))
        fewest: dict[str, int] = {}
        for one in found:
            fewest[one.word] = min(one.typos, fewest.get(one.word, one.typos))
        return [one for one in found if one.typos == fewest[one.word]]

    def _found(self, texts: str) -> Iterator[_Found]:
        for match in self._worth_reading(texts):
            written = match.group()
            meant = self._known.get(written)
            if meant is None:
                meant = self._known[written] = self._meant_by(fold(written))
            for word, typos in meant:
                length = len(written) if typos else _typed_length(written, word)
                yield _Found(word, typos, match.start(), length)

    def _worth_reading(self, texts: str) -> Iterator[Match[str]]:
        """The written words that may be meant: those that begin like a wanted one, where that is quickly told."""
        folded = fold_in_place(texts) if self._spellings else None
        if folded is None:
            yield from WORD.finditer(texts)
            return
        starts = set()
        for spelling in self._spellings:
            at = folded.find(spelling)
            while at >= 0:
                if not at or not texts[at - 1].isalnum():
                    starts.add(at)
                at = folded.find(spelling, at + 1)
        for at in sorted(starts):
            if match := WORD.match(texts, at):
                yield match

    def _meant_by(self, written: str) -> Sequence[tuple[str, int]]:
        if written not in self._wanted and not written.startswith(self._beginnings):
            return ()
        meant: list[tuple[str, int]] = []
        for word in self._words:
            near = self._near[word.folded]
            if written == word.folded or (word.prefix and written.startswith(word.folded)):
                meant.append((word.folded, 0))
            elif written in near.words or written in near.beginnings:
                meant.append((word.folded, min(near.words.get(written, 2), near.beginnings.get(written, 2))))
        return meant


def _spellings(words: AbstractSet[str]) -> Sequence[str]:
    """All ways in which the words may stand in a text that is folded in place; none where there are too many."""
    spelt = list(words)
    for letter, folded in IN_PLACE:
        if len(spelt) > _FEW or any(word.count(folded) > _FEW_LETTERS for word in spelt):
            return ()
        # a beginning may end in the midst of what a letter folds to
        cut = [word[:-1] + letter for word in spelt if word.endswith(folded[0])]
        spelt = [
            "".join(part + glue for part, glue in zip(parts, (*glues, ""), strict=True))
            for parts in (word.split(folded) for word in (*spelt, *cut))
            for glues in product((folded, letter), repeat=len(parts) - 1)
        ]
    return spelt


def _mark(texts: Sequence[str], at: int, length: int) -> Mark:
    index = 0
    while at > len(texts[index]):
        at -= len(texts[index]) + 1
        index += 1
    return Mark(index, at, at + length)


def _append(marks: list[Mark], mark: Mark) -> None:
    """Two words of a query may both be found in one word of a text: the longer stretch covers both."""
    if marks and (marks[-1].index, marks[-1].start) == (mark.index, mark.start):
        marks[-1] = max(marks[-1], mark, key=lambda one: one.end)
    else:
        marks.append(mark)


def _typed_length(written: str, typed: str) -> int:
    """How many letters of the written word hold the typed ones: folding may make two letters of one."""
    if written.isascii():
        return len(typed)
    length = next(end for end in range(1, len(written) + 1) if len(fold(written[:end])) >= len(typed))
    while length < len(written) and not fold(written[length]):
        length += 1  # a mark or an invisible character belongs to the letter before it
    return length
