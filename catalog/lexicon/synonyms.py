"""Words of the school for the same thing in Danish, Swedish and English, added to a text when it is indexed.

A word calls its group only in its own language (*rolig* is calm in one and fun in the other); English words call it
in Nordic texts too, where they are not a Nordic word.
"""

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from catalog.lexicon.compounds import split
from catalog.lexicon.fold import words
from catalog.lexicon.lexicon import DATA, lexicon, primary, stop_words

LANGUAGES = ("da", "sv", "en")
MAX_PHRASE = 4
_COLUMNS = len(LANGUAGES)
_ALIGNED = "= "
"""A line of several groups: the first words of all languages are one, the second ones another."""


class Group(msgspec.Struct, frozen=True):
    phrases: tuple[tuple[str, str], ...]
    """(language, phrase) in the order of the file."""
    narrower: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of the group that can be searched for."""
        found = {word: None for language, phrase in self.phrases for word in _content(phrase, language)}
        return tuple(found)

    @property
    def parts(self) -> tuple[str, ...]:
        """What the compounds of the group are made of."""
        found = {
            part: None
            for language, phrase in self.phrases
            for word in _content(phrase, language)
            for part in split(word, language)
        }
        return tuple(part for part in found if part not in self.words)


class Thesaurus(msgspec.Struct, frozen=True, kw_only=True):
    groups: tuple[Group, ...]
    calls: dict[str, dict[tuple[str, ...], tuple[int, ...]]]
    """By language and phrase: the numbers of the groups it calls."""
    added: tuple[tuple[str, ...], ...]
    """By number: the words that a group adds."""
    parts: tuple[tuple[str, ...], ...]
    """By number: the parts of those words."""

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
    groups = tuple(_groups())
    calls: dict[str, dict[tuple[str, ...], list[int]]] = {language: {} for language in LANGUAGES}
    for number, group in enumerate(groups):
        narrower = [(language, phrase) for language in LANGUAGES for phrase in group.narrower]
        for language, phrase in dict.fromkeys((*group.phrases, *narrower)):
            numbers = calls[language].setdefault(tuple(words(phrase)), [])
            if number not in numbers:
                numbers.append(number)
    return Thesaurus(
        groups=groups,
        calls={language: {phrase: tuple(found) for phrase, found in by.items()} for language, by in calls.items()},
        added=tuple(group.words for group in groups),
        parts=tuple(group.parts for group in groups),
    )


def _groups() -> Iterator[Group]:
    for path in sorted((DATA / "thesaurus").glob("*.toml")):
        for section in tomllib.loads(path.read_text(encoding="utf-8")).values():
            for line in section["groups"].strip().splitlines():
                try:
                    yield from read_line(line)
                except ValueError as error:
                    raise ValueError(f"{path.name}: {error}: {line}") from error


def read_line(line: str) -> Iterator[Group]:
    """The groups of a line of a thesaurus file.

    Raises:
        ValueError: the line has not three or four columns, or its aligned columns are not equally long.
    """
    columns = [_phrases(column) for column in line.removeprefix(_ALIGNED).split("|")]
    narrower = tuple(columns.pop()) if len(columns) == _COLUMNS + 1 else ()
    if len(columns) != _COLUMNS:
        raise ValueError("a line has a column for each of three languages, and perhaps one of narrower words")
    if not line.startswith(_ALIGNED):
        yield Group(tuple(_by_language(columns)), narrower)
    elif len(set(map(len, columns))) == 1 and not narrower:
        for row in zip(*columns, strict=True):
            yield Group(tuple(zip(LANGUAGES, row, strict=True)))
    else:
        raise ValueError("aligned columns are equally long, and have no narrower words")


def _by_language(columns: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    for language, phrases in zip(LANGUAGES, columns, strict=True):
        for phrase in phrases:
            yield language, phrase


def _phrases(text: str) -> list[str]:
    return [phrase for part in text.split(",") if (phrase := part.strip())]


def _content(phrase: str, language: str) -> list[str]:
    return [word for word in words(phrase) if word not in stop_words(language)]
