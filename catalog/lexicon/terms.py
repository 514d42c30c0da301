"""The extra words under which a document is found: parts, forms, synonyms and spellings of the words it has.

They fill the last-ranked field of every engine alike, so they never outrank a word that stands in the text. Bounded,
sorted and without the document's own words: the same texts always give the same terms.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import chain, pairwise

import msgspec

from catalog.lexicon.compounds import COMPOUNDING, Part, splitter
from catalog.lexicon.fold import words
from catalog.lexicon.lexicon import lexicon, primary, stop_words
from catalog.lexicon.spellings import respellings, spellings
from catalog.lexicon.stems import inflections, lemmas, stem
from catalog.lexicon.synonyms import thesaurus

MAX_TERMS = 200
MAX_WORDS = 600
"""Words of a document that are looked at: a long text is found by its beginning."""
MAX_TERM = 40
MIN_TERM = 2
SHORT_TEXT = 8
"""A text of no more words is a title or a name: any two of its neighbours may be typed as one word."""
MIN_JOINED = 3
MAX_FORMS = 12
_TAGS = ("da", "sv", "en")


class _Terms(msgspec.Struct, frozen=True):
    """What one word adds, by how likely it is typed in its place."""

    parts: tuple[str, ...]
    synonyms: tuple[str, ...]
    forms: tuple[str, ...]
    spelled: tuple[str, ...]
    """Other spellings of the word itself."""

    spelled_terms: tuple[str, ...]
    """Other spellings of all the rest."""


def search_terms(
    texts: Iterable[tuple[str, str]], *, extra: Iterable[str] = (), known: Collection[str] = ()
) -> list[str]:
    """What a document with these (language, text) pairs is also found under: folded words, sorted, at most 200.

    Hand in the weightiest text first: where there is not room for all, earlier words keep theirs. ``extra`` are words
    to add in any case (a subject's names); ``known`` are the folded words of the catalogue that a compound may hold,
    best as one frozenset for a whole run.
    """
    terms_of = _maker(known if isinstance(known, frozenset) else frozenset(known)).terms_of
    own: set[str] = set()
    found: list[_Terms] = []
    joined: dict[str, None] = {}
    called: dict[str, None] = {}
    left = MAX_WORDS
    for language, text in texts:
        tokens = words(text)[:left]
        left -= len(tokens)
        own.update(tokens)
        stops = stop_words(language)
        found.extend(terms_of(token, language) for token in dict.fromkeys(tokens) if token not in stops)
        joined.update(dict.fromkeys(_joined(tokens, language)))
        for number in thesaurus().in_text(tokens, language):
            called.update(dict.fromkeys(thesaurus().added[number]))
    extras = [word for text in extra for word in words(text)]
    return _bounded(extras, joined, called, found, own)


def _bounded(
    extras: list[str], joined: Iterable[str], called: Iterable[str], found: list[_Terms], own: set[str]
) -> list[str]:
    tiers: tuple[Iterable[str], ...] = (
        extras,
        chain.from_iterable(terms.parts for terms in found),
        joined,
        chain.from_iterable(terms.spelled for terms in found),
        called,
        chain.from_iterable(terms.synonyms for terms in found),
        chain.from_iterable(terms.forms for terms in found),
        chain.from_iterable(spellings(word) for word in extras),
        chain.from_iterable(terms.spelled_terms for terms in found),
    )
    kept: set[str] = set()
    for tier in tiers:
        for term in tier:
            if term not in own and MIN_TERM <= len(term) <= MAX_TERM:
                kept.add(term)
                if len(kept) == MAX_TERMS:
                    return sorted(kept)
    return sorted(kept)


class _Maker:
    """Makes and remembers the terms of single words, for one set of known words."""

    def __init__(self, known: frozenset[str]) -> None:
        self.known = known
        self.terms_of = lru_cache(maxsize=8192)(self._terms_of)

    def _terms_of(self, word: str, language: str) -> _Terms:
        if not word.isalpha() or len(word) > MAX_TERM:
            synonyms = _called(word, language)
            return _Terms(parts=(), synonyms=synonyms, forms=(), spelled=(), spelled_terms=())
        parts = splitter(language, self.known).split(word)
        bases = dict.fromkeys([word, *lemmas(word, language)])
        bases.update((name, None) for part in parts for name in (part.surface, part.lemma))
        named = [*_named(parts), *lemmas(word, language), *self._respelled(word, language)]
        if (root := stem(word, language)) != word:
            named.append(root)
        forms = _compound_forms(word, parts, language) if parts else inflections(word, language)
        inner = [form for part in parts for form in inflections(part.surface, language)]
        synonyms = tuple(dict.fromkeys(name for base in bases for name in _called(base, language)))
        rest = dict.fromkeys([*named, *forms, *synonyms])
        return _Terms(
            parts=tuple(dict.fromkeys(named)),
            synonyms=synonyms,
            forms=tuple(dict.fromkeys([*forms, *inner])),
            spelled=spellings(word),
            spelled_terms=tuple(dict.fromkeys(spelling for name in rest for spelling in spellings(name))),
        )

    def _respelled(self, word: str, language: str) -> tuple[str, ...]:
        if primary(language) not in COMPOUNDING or lexicon(language).knows(word):
            return ()
        return respellings(word, lambda candidate: lexicon(language).knows(candidate) or candidate in self.known)


@lru_cache(maxsize=4)
def _maker(known: frozenset[str]) -> _Maker:
    return _Maker(known)


def _named(parts: Sequence[Part]) -> list[str]:
    """Parts as they stand and as words, and the shorter compounds that end the word."""
    tails = ["".join(part.surface for part in parts[start:]) for start in range(1, len(parts) - 1)]
    return [name for part in parts for name in (part.surface, part.lemma)] + tails


def _compound_forms(word: str, parts: Sequence[Part], language: str) -> list[str]:
    head = parts[-1].surface
    before = word.removesuffix(head)
    return [before + form for form in inflections(head, language)]


def _called(word: str, language: str) -> tuple[str, ...]:
    book = thesaurus()
    return tuple(name for number in book.called((word,), language) for name in book.added[number] if name != word)


def _joined(tokens: Sequence[str], language: str) -> Iterable[str]:
    """Neighbours as one word: all of a short text, of a longer one only what can be a compound."""
    known = lexicon(language)
    stops = stop_words(language)
    for first, second in pairwise(tokens):
        if min(len(first), len(second)) < MIN_JOINED or first in stops or second in stops:
            continue
        if len(tokens) <= SHORT_TEXT or (first in known.firsts and second in known.heads):
            yield first + second


def query_forms(word: str, *, known: Collection[str] = ()) -> list[tuple[str, ...]]:
    """What to search for in place of a word that finds nothing: its own words, then its stems, then its parts.

    Each alternative is one or several words that must all match. For the second try only: the terms of a document
    hold what most queries need, and a first search stays as typed. The word itself is not among them.
    """
    folded = words(word)
    if len(folded) != 1 or not folded[0].isalpha():
        return []
    (word,) = folded
    found: dict[tuple[str, ...], None] = {}
    for language in _TAGS:
        respelled = respellings(word, lexicon(language).knows)
        found.update(((name,), None) for name in (*lemmas(word, language), *respelled))
    handed_in = known if isinstance(known, frozenset) else frozenset(known)
    for language in _TAGS[:2]:
        if parts := splitter(language, handed_in).split(word):
            found[tuple(part.surface for part in parts)] = None
            found[tuple(part.lemma for part in parts)] = None
    for language in (*_TAGS, "de", "fr"):
        found[(stem(word, language),)] = None
    found.pop((word,), None)
    return list(found)[:MAX_FORMS]
