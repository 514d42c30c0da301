"""The extra words under which a document is found: parts, forms, synonyms and spellings of the words it has.

They fill the last-ranked fields of every engine alike, so they never outrank a word that stands in the text. Bounded,
sorted and without the document's own words: the same texts always give the same terms.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise

import msgspec

from catalog.lexicon.compounds import COMPOUNDING, Part, splitter
from catalog.lexicon.fold import fold, words
from catalog.lexicon.lexicon import lexicon, primary, stop_words
from catalog.lexicon.spellings import bare_letters, respellings, spellings
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
_NEIGHBOURS = {"da": "sv", "nb": "sv", "nn": "sv", "no": "sv", "sv": "da"}
_HYPHENATED = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)+")

Text = tuple[str, str]
"""A language and a text in it."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is also found under: folded words, sorted; no word is in both."""

    titles: list[str]
    """What its titles say in other words."""
    rest: list[str]
    """What all else says in other words."""


class _Word(msgspec.Struct, frozen=True):
    """What one word adds, by how likely it is typed in its place."""

    parts: tuple[str, ...] = ()
    """Its parts, the compounds within it, its lemma and stem, and the word that plain letters stand for."""
    synonyms: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    distant: tuple[str, ...] = ()
    """Forms and synonyms of its parts, and parts of its synonyms."""
    spelled: tuple[str, ...] = ()
    """Other spellings of the word itself and of its parts."""


class _Said(msgspec.Struct, frozen=True):
    """What one text adds besides what its single words do."""

    words: list[_Word]
    joined: list[str]
    called: list[str]


def search_terms(texts: Iterable[Text], *, extra: Iterable[str] = (), known: Collection[str] = ()) -> list[str]:
    """What a document with these texts is also found under, at most 200 words; see ``document_terms``."""
    return document_terms((), texts, extra=extra, known=known).rest


def document_terms(
    titles: Iterable[Text], texts: Iterable[Text], *, extra: Iterable[str] = (), known: Collection[str] = ()
) -> Terms:
    """What a document is also found under, at most 200 words together.

    Where there is not room for all, titles come before texts and the weightier text before the next. ``extra`` are
    words to add to the rest in any case (a subject's synonyms); ``known`` are the folded words of the catalogue that
    a compound may hold, best as one frozenset for a whole run.
    """
    maker = _maker(known if isinstance(known, frozenset) else frozenset(known))
    own: set[str] = set()
    titled = [maker.said(text, own, left=MAX_WORDS) for text in titles]
    left, said = MAX_WORDS, list[_Said]()
    for text in texts:
        said.append(maker.said(text, own, left=left))
        left -= len(words(text[1])[:left])
    extras = [word for text in extra for word in words(text)]
    kept = _Kept(own)
    named = kept.take(_tiers(titled))
    rest = kept.take([extras, *_tiers(said), chain.from_iterable(map(spellings, extras))])
    return Terms(titles=named, rest=rest)


def _tiers(said: Sequence[_Said]) -> list[Iterable[str]]:
    """All terms of the texts, the likeliest to be typed first."""
    every = [word for each in said for word in each.words]
    return [
        chain.from_iterable(word.parts for word in every),
        chain.from_iterable(each.joined for each in said),
        chain.from_iterable(each.called for each in said),
        chain.from_iterable(word.synonyms for word in every),
        chain.from_iterable(word.spelled for word in every),
        chain.from_iterable(word.forms for word in every),
        chain.from_iterable(word.distant for word in every),
    ]


class _Kept:
    """Terms within the bound; two that engines fold into one take one place."""

    def __init__(self, own: Collection[str]) -> None:
        self._alike = set(map(bare_letters, own))
        self._left = MAX_TERMS

    def take(self, tiers: Iterable[Iterable[str]]) -> list[str]:
        kept: list[str] = []
        for term in chain.from_iterable(tiers):
            if self._left == 0:
                break
            if MIN_TERM <= len(term) <= MAX_TERM and (key := bare_letters(term)) not in self._alike:
                self._alike.add(key)
                self._left -= 1
                kept.append(term)
        return sorted(kept)


class _Maker:
    """Makes and remembers the terms of single words, for one set of known words."""

    def __init__(self, known: frozenset[str]) -> None:
        self.known = known
        self.terms_of = lru_cache(maxsize=16_384)(self._terms_of)

    def said(self, text: Text, own: set[str], *, left: int) -> _Said:
        """The terms of a text; its words become the document's ``own``."""
        language, written = text
        tokens = words(written)[:left]
        own.update(tokens)
        stops = stop_words(language)
        book = thesaurus()
        called = {word: None for number in book.in_text(tokens, language) for word in book.added[number]}
        return _Said(
            words=[self.terms_of(token, language) for token in dict.fromkeys(tokens) if token not in stops],
            joined=[*_hyphenated(written, MAX_WORDS), *_joined(tokens, language)],
            called=list(called),
        )

    def _terms_of(self, word: str, language: str) -> _Word:
        if not word.isalpha() or len(word) > MAX_TERM:
            return _Word(synonyms=_called(word, language))
        language = self._language_of(word, language)
        parts = splitter(language, self.known).split(word)
        bases = [word, *lemmas(word, language), *_compound_lemma(word, parts)]
        inner = [name for part in parts for name in (part.surface, part.lemma)]
        root = stem(word, language)
        within = _within(word, parts)
        named = [*inner, *within, *bases[1:], *self._respelled(word, language), root]
        synonyms = [name for base in (*bases, *within) for name in _called(base, language)]
        forms = _compound_forms(word, parts, language) if parts else inflections(word, language)
        distant = chain(
            (form for name in within for form in self._forms(name, language)),
            (name for each in inner for name in _called(each, language)),
            (form for part in parts for form in inflections(part.surface, language)),
            (part for base in bases for number in _numbers(base, language) for part in thesaurus().parts[number]),
        )
        return _Word(
            parts=_unique(word, named),
            synonyms=_unique(word, synonyms),
            forms=_unique(word, forms),
            distant=_unique(word, distant),
            spelled=_unique(word, chain.from_iterable(map(spellings, [word, *inner]))),
        )

    def _language_of(self, word: str, language: str) -> str:
        """The neighbour's language, for a word that only it has: titles are left as they are."""
        other = _NEIGHBOURS.get(primary(language), "")
        if other and not self._has(word, language) and self._has(word, other):
            return other
        return language

    def _has(self, word: str, language: str) -> bool:
        return lexicon(language).knows(word) or bool(splitter(language, self.known).split(word))

    def _forms(self, word: str, language: str) -> Sequence[str]:
        parts = splitter(language, self.known).split(word)
        return _compound_forms(word, parts, language) if parts else inflections(word, language)

    def _respelled(self, word: str, language: str) -> tuple[str, ...]:
        if primary(language) not in COMPOUNDING or lexicon(language).knows(word):
            return ()
        return respellings(word, lambda candidate: lexicon(language).knows(candidate) or candidate in self.known)


@lru_cache(maxsize=4)
def _maker(known: frozenset[str]) -> _Maker:
    return _Maker(known)


def _unique(word: str, found: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(found) if name != word)


def _within(word: str, parts: Sequence[Part]) -> list[str]:
    """The shorter compounds that begin and end a compound of three or four parts."""
    found: list[str] = []
    start = 0
    for part in parts[1:-1]:
        start = word.index(part.surface, start + 1)
        found += [word[start:], word[: start + len(part.surface)]]
    return found


def _compound_lemma(word: str, parts: Sequence[Part]) -> list[str]:
    """*tidslinje* of *tidslinjen*."""
    return [word.removesuffix(parts[-1].surface) + parts[-1].lemma] if parts else []


def _compound_forms(word: str, parts: Sequence[Part], language: str) -> list[str]:
    head = parts[-1].surface
    before = word.removesuffix(head)
    return [before + form for form in inflections(head, language)]


def _numbers(word: str, language: str) -> tuple[int, ...]:
    return thesaurus().called((word,), language)


def _called(word: str, language: str) -> tuple[str, ...]:
    book = thesaurus()
    return tuple(name for number in _numbers(word, language) for name in book.added[number] if name != word)


def _hyphenated(text: str, limit: int) -> Iterator[str]:
    """Words with hyphens as one word: *e-bog* is typed *ebog*."""
    if "-" in text or "\u2010" in text or "\u2011" in text:
        for found in _HYPHENATED.findall(fold(text))[:limit]:
            yield "".join(words(found))


def _joined(tokens: Sequence[str], language: str) -> Iterator[str]:
    """Neighbours as one word: all of a short text, of a longer one only what can be a compound."""
    known = lexicon(language)
    stops = stop_words(language)
    for first, second in pairwise(tokens):
        if min(len(first), len(second)) < MIN_JOINED or first in stops or second in stops:
            continue
        may_be_one = (first in known.firsts and second in known.heads) or first + second in known.together
        if len(tokens) <= SHORT_TEXT or may_be_one:
            yield first + second
