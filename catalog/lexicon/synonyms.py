"""Words of the school for the same thing in Danish, Swedish and English, added to a text when it is indexed.

A word calls its group only in its own language (*rolig* is calm in one and fun in the other); English words call it
in Nordic texts too, where they are not a Nordic word.
"""

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from catalog.lexicon.fold import words
from catalog.lexicon.lexicon import DATA, lexicon, primary, stop_words

LANGUAGES = ("da", "sv", "en")
MAX_PHRASE = 4


class Group(msgspec.Struct, frozen=True):
    phrases: tuple[tuple[str, str], ...]
    """(language, phrase) in the order of the file."""

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of the group that can be searched for."""
        found = {word: None for language, phrase in self.phrases for word in _content(phrase, language)}
        return tuple(found)


class Thesaurus(msgspec.Struct, frozen=True, kw_only=True):
    groups: tuple[Group, ...]
    calls: dict[str, dict[tuple[str, ...], tuple[int, ...]]]
    """By language and phrase: the numbers of the groups it calls."""
    added: tuple[tuple[str, ...], ...]
    """By number: the words that a group adds."""

    def called(self, phrase: tuple[str, ...], language: str) -> tuple[int, ...]:
        """The groups that a phrase calls in a text of the language."""
        base = primary(language)
        if base not in LANGUAGES:
            base = "da" if base in {"nb", "nn", "no"} else "en"
        found = self.calls[base].get(phrase, ())
        if base != "en" and not found and not (len(phrase) == 1 and lexicon(base).knows(phrase[0])):
            found = self.calls["en"].get(phrase, ())
        return found

    def in_text(self, tokens: Sequence[str], language: str) -> Iterator[int]:
        """The groups called by two to four words that follow one another."""
        for start in range(len(tokens)):
            for length in range(2, min(MAX_PHRASE, len(tokens) - start) + 1):
                yield from self.called(tuple(tokens[start : start + length]), language)


@cache
def thesaurus() -> Thesaurus:
    entries = tomllib.loads((DATA / "synonyms.toml").read_text(encoding="utf-8"))["group"]
    groups: list[Group] = []
    calls: dict[str, dict[tuple[str, ...], list[int]]] = {language: {} for language in LANGUAGES}
    for number, entry in enumerate(entries):
        phrases = tuple((language, p) for language in LANGUAGES for p in _phrases(entry.get(language, "")))
        groups.append(Group(phrases))
        narrower = tuple((language, p) for language in LANGUAGES for p in _phrases(entry.get("under", "")))
        for language, phrase in (*phrases, *narrower):
            calls[language].setdefault(tuple(words(phrase)), []).append(number)
    return Thesaurus(
        groups=tuple(groups),
        calls={language: {phrase: tuple(found) for phrase, found in by.items()} for language, by in calls.items()},
        added=tuple(group.words for group in groups),
    )


def _phrases(text: str) -> list[str]:
    return [phrase for part in text.split(",") if (phrase := part.strip())]


def _content(phrase: str, language: str) -> list[str]:
    return [word for word in words(phrase) if word not in stop_words(language)]
