"""The words of the vocabularies as a search box meets them, in every language at once.

Built from plain data (facet, code, names), so that this package knows no vocabulary. Words are compared without case
and by ``loose`` letters: a teacher without å on the keyboard types *arskurs*.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec

from catalog.lexicon.fold import fold

FILTERING = frozenset({"grade", "platform", "login"})
"""Facets whose words filter; the words of all others stay text and only offer a chip."""
MAX_PHRASE_WORDS = 6
_RUN = re.compile(r"\d+|[^\W\d_]+")
_LOOSE = str.maketrans({"å": "a", "æ": "a", "ä": "a", "ø": "o", "ö": "o", "ü": "u", "é": "e"})


class Phrase(msgspec.Struct, frozen=True):
    """A name of one value of a facet; ``words`` are loose."""

    facet: str
    code: str
    words: tuple[str, ...]
    filters: bool


class Token(NamedTuple):
    """A run of letters or of digits of a query, with its place in it."""

    word: str
    """Loose."""
    start: int
    end: int


class PhraseBook(msgspec.Struct, frozen=True, kw_only=True):
    phrases: dict[tuple[str, ...], tuple[Phrase, ...]]
    """By words; several where a name means several values."""
    longest: dict[str, int]
    """By first word: the words of the longest phrase."""
    growing: frozenset[tuple[str, ...]]
    """Phrases that another one with another meaning goes on from: not to be believed while they are being typed."""
    grades: frozenset[str]
    """The codes of grades, for expressions with numbers."""

    def at(self, tokens: Sequence[Token], start: int) -> tuple[Phrase, ...]:
        """The longest phrase that begins at a token: all its meanings, or none."""
        for length in range(min(self.longest.get(tokens[start].word, 0), len(tokens) - start), 0, -1):
            if found := self.phrases.get(tuple(token.word for token in tokens[start : start + length])):
                return found
        return ()


def phrase_book(
    names: Iterable[tuple[str, str, Iterable[str]]], *, filtering: Collection[str] = FILTERING
) -> PhraseBook:
    """A book of (facet, code, labels and synonyms in all languages).

    A name that means values of several facets filters only if all of these do; a bare number or letter is no name.
    """
    found: dict[tuple[str, ...], dict[tuple[str, str], None]] = {}
    grades: set[str] = set()
    for facet, code, labels in names:
        if facet == "grade":
            grades.add(code)
        for label in labels:
            words = tuple(token.word for token in tokens_of(label))
            if 0 < len(words) <= MAX_PHRASE_WORDS and sum(map(len, words)) > 1 and not all(w.isdigit() for w in words):
                found.setdefault(words, {})[facet, code] = None
    phrases = {words: _meanings(words, list(values), filtering) for words, values in found.items()}
    longest: dict[str, int] = {}
    for words in phrases:
        longest[words[0]] = max(len(words), longest.get(words[0], 0))
    return PhraseBook(phrases=phrases, longest=longest, growing=_growing(phrases), grades=frozenset(grades))


def tokens_of(query: str) -> list[Token]:
    """The runs of a query; their places are those of the text as it was typed."""
    return [Token(loose(run.group()), run.start(), run.end()) for run in _RUN.finditer(query)]


def loose(word: str) -> str:
    """A word by what its letters are without their Nordic signs: *årskurs*, *aarskurs* and *arskurs* are one."""
    letters = fold(word)
    for digraph, letter in (("aa", "a"), ("ae", "a"), ("oe", "o")):
        letters = letters.replace(digraph, letter)
    return letters.translate(_LOOSE)


def _meanings(
    words: tuple[str, ...], values: Sequence[tuple[str, str]], filtering: Collection[str]
) -> tuple[Phrase, ...]:
    facets = {facet for facet, _ in values}
    filters = len(facets) == 1 and facets <= set(filtering)
    return tuple(Phrase(facet, code, words, filters) for facet, code in values)


def _growing(phrases: dict[tuple[str, ...], tuple[Phrase, ...]]) -> frozenset[tuple[str, ...]]:
    spelled = sorted((" ".join(words), words) for words in phrases)
    texts = [text for text, _ in spelled]
    growing: set[tuple[str, ...]] = set()
    for position, (text, words) in enumerate(spelled):
        meaning = {(phrase.facet, phrase.code) for phrase in phrases[words]}
        end = bisect_right(texts, text + "\U0010ffff")
        if any({(p.facet, p.code) for p in phrases[longer]} != meaning for _, longer in spelled[position + 1 : end]):
            growing.add(words)
    return frozenset(growing)
