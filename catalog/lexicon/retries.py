"""Other ways to write a query that finds nothing: joined, taken apart, in another form, in another language.

For the second try only: the terms of a document hold what most queries need, and a first search stays as typed.
"""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from catalog.lexicon.compounds import splitter
from catalog.lexicon.fold import words
from catalog.lexicon.lexicon import lexicon, stop_words
from catalog.lexicon.spellings import respellings
from catalog.lexicon.stems import lemmas, stem
from catalog.lexicon.synonyms import LANGUAGES, thesaurus

MAX_FORMS = 12
MIN_SPLIT = 3
"""Letters of either half of a word that is read as two."""
_STEMMED = (*LANGUAGES, "de", "fr")


def joined_forms(query: str) -> list[tuple[int, str]]:
    """Two neighbours of a query as one word, with the place of the first: those that make a known word first."""
    parts = query.split()
    found = [
        (place, first + second) for place, (first, second) in enumerate(pairwise(parts)) if _may_join(first, second)
    ]
    return sorted(found, key=lambda each: not _is_known("".join(words(each[1]))))


def _may_join(first: str, second: str) -> bool:
    """A number and a word are joined too (*3d printer*), two numbers are not."""
    return len(words(first)) == len(words(second)) == 1 and not (first.isdigit() and second.isdigit())


def _is_known(word: str) -> bool:
    return any(lexicon(language).knows(word) or splitter(language).split(word) for language in LANGUAGES)


def query_forms(word: str) -> list[tuple[str, ...]]:
    """What to search for in place of a word that finds nothing: its own words, its parts, then its stems.

    Each alternative is one or several words that must all match. The word itself is not among them.
    """
    folded = words(word)
    if len(folded) != 1 or not folded[0].isalpha():
        return []
    (word,) = folded
    found = dict.fromkeys((*_bases(word), *_parts(word), *_translated(word), *_stems(word)))
    found.pop((word,), None)
    return list(found)[:MAX_FORMS]


def _bases(word: str) -> Iterator[tuple[str, ...]]:
    for language in LANGUAGES:
        for name in (*lemmas(word, language), *respellings(word, lexicon(language).knows)):
            yield (name,)


def _parts(word: str) -> Iterator[tuple[str, ...]]:
    """As compounds; a word that is none may still be two words without the space between them."""
    is_compound = False
    for language in LANGUAGES:
        if parts := splitter(language).split(word):
            is_compound = True
            yield tuple(part.surface for part in parts)
            yield tuple(part.lemma for part in parts)
    if not is_compound and not any(lexicon(language).knows(word) for language in LANGUAGES):
        for language in LANGUAGES:
            yield from _halves(word, language)


def _halves(word: str, language: str) -> Iterator[tuple[str, str]]:
    """Two known words in a row, the likeliest first: halves that are equally long."""
    for end in sorted(range(MIN_SPLIT, len(word) - MIN_SPLIT + 1), key=lambda end: abs(len(word) - 2 * end)):
        first, second = word[:end], word[end:]
        if all(lexicon(language).lemmas_of(half) or half in _other_words(language) for half in (first, second)):
            yield first, second


@cache
def _other_words(language: str) -> frozenset[str]:
    """Words that the lexicon cannot inflect: small ones, and those of the thesaurus."""
    phrases = (phrase for group in thesaurus().groups for spoken, phrase in group.phrases if spoken == language)
    return stop_words(language).union(*map(words, phrases))


def _translated(word: str) -> Iterator[tuple[str, ...]]:
    """What its groups say in the other languages."""
    book = thesaurus()
    for language in LANGUAGES:
        for base in (word, *lemmas(word, language)):
            for number in book.called((base,), language):
                others = (phrase for other, phrase in book.groups[number].phrases if other != language)
                yield from (tuple(words(phrase)) for phrase in others)


def _stems(word: str) -> Iterator[tuple[str, ...]]:
    for language in _STEMMED:
        yield (stem(word, language),)
