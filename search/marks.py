"""Where a document's texts hold the words of a query: positions in the text as it was written.

A beginning is marked as far as it was typed, a misspelt word as a whole. A word that the document holds as typed marks
no misspelt ones beside it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from search.port import Document, Mark
from search.vocabulary import Near
from search.words import WORD, Word, fold


class _Found(msgspec.Struct, frozen=True):
    word: str
    typos: int
    field: str
    mark: Mark


class Marking:
    """Marks the hits of one query; what was found out about a word is kept, as texts repeat their words."""

    def __init__(self, words: Sequence[Word], near: Mapping[str, Near], fields: Sequence[str]) -> None:
        self._words = words
        self._near = near
        self._fields = fields
        self._known: dict[str, tuple[tuple[Word, int], ...]] = {}

    def marks(self, document: Document) -> Mapping[str, Sequence[Mark]]:
        if not self._words:
            return {}
        found = [one for field in self._fields for one in self._in_field(field, document.get(field) or ())]
        fewest: dict[str, int] = {}
        for one in found:
            fewest[one.word] = min(one.typos, fewest.get(one.word, one.typos))
        marks: dict[str, list[Mark]] = {}
        for one in found:
            if one.typos == fewest[one.word]:
                _append(marks.setdefault(one.field, []), one.mark)
        return marks

    def _in_field(self, field: str, texts: Sequence[str]) -> list[_Found]:
        found = []
        for index, text in enumerate(texts):
            for match in WORD.finditer(text):
                written = match.group()
                known = self._known.get(written)
                if known is None:
                    known = self._known[written] = tuple(self._meant_by(fold(written)))
                for word, typos in known:
                    end = match.end() if typos else match.start() + _typed_length(written, word.folded)
                    found.append(_Found(word.folded, typos, field, Mark(index, match.start(), end)))
        return found

    def _meant_by(self, written: str) -> list[tuple[Word, int]]:
        meant = []
        for word in self._words:
            near = self._near[word.folded]
            if written == word.folded or (word.prefix and written.startswith(word.folded)):
                meant.append((word, 0))
            elif written in near.words or written in near.beginnings:
                typos = min(near.words.get(written, 2), near.beginnings.get(written, 2))
                meant.append((word, typos))
        return meant


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
