"""Danish and Swedish compounds taken apart, and put together from words that stand apart.

A part is a word of our lexicon or, with more caution, of the catalogue's own texts; a word that cannot be taken apart
into such parts without rest stays whole. Precision before recall: a wrong part finds wrong things, a missing one only
loses a help.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from catalog.lexicon.lexicon import lexicon, primary, stop_words

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
_SHORT_HEADS = frozenset({"år", "året", "årene", "åren", "ön", "ån", "by"})


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
        self.lexicon = lexicon(language)
        self._compounding = primary(language) in COMPOUNDING
        self._stops = stop_words(language)
        self._known = frozenset(known) if self._compounding else frozenset[str]()
        self.split = lru_cache(maxsize=8192)(self._split)
        self._foreign = lru_cache(maxsize=8192)(self._is_foreign)

    def _split(self, word: str) -> tuple[Part, ...]:
        """Two to four parts of a folded word, or none: fewest and longest parts first."""
        if parts := self.lexicon.together.get(word) or self.lexicon.together.get(word.removesuffix("s")):
            ends_in_s = word not in self.lexicon.together
            surfaces = (*parts[:-1], parts[-1] + "s" * ends_in_s)
            return tuple(Part(surface, lemma) for surface, lemma in zip(surfaces, parts, strict=True))
        may_split = self._compounding and MIN_WORD <= len(word) <= MAX_WORD and word.isalpha()
        if not may_split or self.lexicon.knows(word):
            return ()
        way = self._best(word, MAX_PARTS, beginning=True)
        return way.parts if way is not None and way.cost <= MAX_COST else ()

    def _is_foreign(self, word: str) -> bool:
        """Whether only the catalogue knows the word: not ours, and not a compound of ours, whose parts say more."""
        if word not in self._known or len(word) < MIN_FOREIGN or not word.isalpha() or word in self._stops:
            return False
        if self.lexicon.knows(word):
            return False
        way = self._best(word, MAX_PARTS, beginning=True, foreign=True)
        return way is None or way.cost > MAX_COST

    def _best(self, rest: str, parts_left: int, *, beginning: bool = False, foreign: bool = False) -> _Way | None:
        """The cheapest way to read ``rest`` as parts; of all the parts at most one is the catalogue's."""
        best = None if beginning else self._head(rest, foreign=foreign)
        if parts_left <= 1:
            return best
        for end in range(MIN_PART, len(rest) - 1):
            read = self._first(rest[:end], foreign=foreign, inner=not beginning)
            if read is None:
                continue
            first, cost, is_foreign = read
            tail = self._best(rest[end:], parts_left - 1, foreign=foreign or is_foreign)
            if tail is not None and (best is None or cost + tail.cost < best.cost):
                best = _Way(cost + tail.cost, (first, *tail.parts))
        return best

    def _head(self, word: str, *, foreign: bool) -> _Way | None:
        heads = self.lexicon.heads
        genitive = len(word) > MIN_FOREIGN and word.removesuffix("s") in heads
        if word in self._stops:
            return None
        if (word in heads or genitive) and (len(word) >= MIN_PART or word in _SHORT_HEADS):
            lemma = self.lexicon.lemmas_of(word)[0]
            return _Way(_LENGTH_COST.get(max(len(word), 3), 1.0), (Part(word, lemma),))
        if not foreign and self._foreign(word):
            return _Way(1.0 + _FOREIGN_COST, (Part(word, word),))
        return None

    def _first(self, piece: str, *, foreign: bool, inner: bool) -> tuple[Part, float, bool] | None:
        """What a part that others follow is, its cost, and whether only the catalogue knows it.

        After another part any word may take an s: *bogmærke*, but *ordbogsside*.
        """
        if (lemma := self.lexicon.firsts.get(piece)) is not None and piece not in self._stops:
            linked = piece != lemma
            surface = lemma if piece == lemma + "s" else piece
            return Part(surface, lemma), _LENGTH_COST.get(len(piece), 1.0) + _LINK_COST * linked, False
        bare = piece.removesuffix("s")
        if inner and bare != piece and bare not in self._stops and (lemma := self.lexicon.firsts.get(bare)) is not None:
            return Part(bare, lemma), _LENGTH_COST.get(len(bare), 1.0) + _LINK_COST, False
        if foreign:
            return None
        if self._foreign(piece):
            return Part(piece, piece), 1.0 + _FOREIGN_COST, True
        if bare != piece and self._foreign(bare):
            return Part(bare, bare), 1.0 + _FOREIGN_COST + _LINK_COST, True
        return None


@lru_cache(maxsize=16)
def splitter(language: str, known: frozenset[str] = frozenset()) -> Splitter:
    """One splitter per language and set of words; hand in the same frozenset while it has not changed."""
    return Splitter(language, known)


def split(word: str, language: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """The parts of a folded word as they stand in it, or nothing where it is no compound we are sure of."""
    return tuple(part.surface for part in splitter(language, frozenset(known)).split(word))
