"""Danish and Swedish compounds taken apart, and put together from words that stand apart.

A part is a word of our lexicon or, with more caution, of the catalogue's own texts; a word that cannot be taken apart
into such parts without rest stays whole. Precision before recall: a wrong part finds wrong things, a missing one only
loses a help.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from catalog.lexicon.lexicon import Lexicon, lexicon, primary, stop_words

COMPOUNDING = frozenset({"da", "sv", "nb", "nn", "no"})
MIN_PART = 3
MIN_FOREIGN = 5
"""Letters of a part that only the catalogue knows."""
MIN_WORD, MAX_WORD = 6, 40
MAX_PARTS = 4
MAX_COST = 5.2
_LENGTH_COST = {3: 1.8, 4: 1.4}
_FOREIGN_COST = 0.9
_LINK_COST = 0.2
_SHORT_HEADS = frozenset({"år", "året", "årene", "åren"})


class Part(NamedTuple):
    surface: str
    """As it stands in the compound, without letters that only link."""
    lemma: str


class _Way(NamedTuple):
    cost: float
    parts: tuple[Part, ...]


class Splitter:
    """Takes the compounds of one language apart; ``known`` are the folded words of the catalogue."""

    def __init__(self, language: str, known: Collection[str] = ()) -> None:
        self.lexicon: Lexicon = lexicon(language)
        self._compounding = primary(language) in COMPOUNDING
        self._stops = stops = stop_words(language)
        self._foreign = (
            frozenset(
                word
                for word in known
                if len(word) >= MIN_FOREIGN and word.isalpha() and not self.lexicon.knows(word) and word not in stops
            )
            if self._compounding
            else frozenset()
        )
        self.split = lru_cache(maxsize=8192)(self._split)

    def _split(self, word: str) -> tuple[Part, ...]:
        """Two to four parts of a folded word, or none: fewest and longest parts first."""
        may_split = self._compounding and MIN_WORD <= len(word) <= MAX_WORD and word.isalpha()
        if not may_split or self.lexicon.knows(word):
            return ()
        way = self._best(word, MAX_PARTS, beginning=True)
        return way.parts if way is not None and way.cost <= MAX_COST else ()

    def _best(self, rest: str, parts_left: int, *, beginning: bool = False, foreign: bool = False) -> _Way | None:
        """The cheapest way to read ``rest`` as parts; of all the parts at most one is the catalogue's."""
        best = None if beginning else self._head(rest, foreign=foreign)
        if parts_left <= 1:
            return best
        for end in range(MIN_PART, len(rest) - 1):
            for first, cost, is_foreign in self._firsts(rest[:end]):
                if is_foreign and foreign:
                    continue
                tail = self._best(rest[end:], parts_left - 1, foreign=foreign or is_foreign)
                if tail is not None and (best is None or cost + tail.cost < best.cost):
                    best = _Way(cost + tail.cost, (first, *tail.parts))
        return best

    def _head(self, word: str, *, foreign: bool) -> _Way | None:
        if word in self.lexicon.heads and word not in self._stops and (len(word) >= MIN_PART or word in _SHORT_HEADS):
            lemma = self.lexicon.lemmas[word][0]
            return _Way(_LENGTH_COST.get(max(len(word), 3), 1.0), (Part(word, lemma),))
        if not foreign and word in self._foreign:
            return _Way(1.0 + _FOREIGN_COST, (Part(word, word),))
        return None

    def _firsts(self, piece: str) -> list[tuple[Part, float, bool]]:
        found: list[tuple[Part, float, bool]] = []
        if (lemma := self.lexicon.firsts.get(piece)) is not None:
            linked = piece != lemma
            surface = lemma if linked and piece[:-1] == lemma and piece.endswith("s") else piece
            found.append((Part(surface, lemma), _LENGTH_COST.get(len(piece), 1.0) + _LINK_COST * linked, False))
        elif piece in self._foreign:
            found.append((Part(piece, piece), 1.0 + _FOREIGN_COST, True))
        elif piece.endswith("s") and piece[:-1] in self._foreign:
            found.append((Part(piece[:-1], piece[:-1]), 1.0 + _FOREIGN_COST + _LINK_COST, True))
        return found


@lru_cache(maxsize=16)
def splitter(language: str, known: frozenset[str] = frozenset()) -> Splitter:
    """One splitter per language and set of words; hand in the same frozenset while it has not changed."""
    return Splitter(language, known)


def split(word: str, language: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """The parts of a folded word as they stand in it, or nothing where it is no compound we are sure of."""
    return tuple(part.surface for part in splitter(language, frozenset(known)).split(word))
