"""Words of the school for the same thing in Danish, Swedish and English, added to a text when it is indexed.

A word calls its group only in its own language (*rolig* is calm in one and fun in the other); words of another
language call it too, where they are no word of the text's own.
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
MIN_TELLING = 4
_COLUMNS = len(LANGUAGES)
_OTHERS = {"da": ("sv", "en"), "sv": ("da", "en"), "en": ()}
"""Whose words are heard in a text of a language, if they are not its own: titles are left as they are."""
_ALIGNED = "= "
"""A line of several groups: the first words of all languages are one, the second ones another."""


class Group(msgspec.Struct, frozen=True):
    phrases: tuple[tuple[str, str], ...]
    """(language, phrase) in the order of the file."""
    narrower: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of the group that can be searched for, and of English words that change the one for many."""
        found = {word: None for language, phrase in self.phrases for word in _content(phrase, language)}
        many = [_many(phrase.split()[-1]) for language, phrase in self.phrases if language == "en"]
        together = [_together(phrase, language) for language, phrase in self.phrases]
        return tuple(dict.fromkeys([*found, *filter(None, (*many, *together))]))

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
    starts: dict[str, frozenset[str]]
    """By language: the words that begin a phrase of several."""
    added: tuple[tuple[str, ...], ...]
    """By number: the words that a group adds."""
    parts: tuple[tuple[str, ...], ...]
    """By number: the parts of those words."""

    def called(self, phrase: tuple[str, ...], language: str) -> tuple[int, ...]:
        """The groups that a phrase calls in a text of the language."""
        base = _spoken(language)
        found = self.calls[base].get(phrase, ())
        if not found and not (len(phrase) == 1 and lexicon(base).knows(phrase[0])):
            for other in _OTHERS[base]:
                found = found or self.calls[other].get(phrase, ())
        return found

    def in_text(self, tokens: Sequence[str], language: str) -> Iterator[int]:
        """The groups called by two to four words that follow one another, in whatever form they stand."""
        book = lexicon(_spoken(language))
        bare = [(book.lemmas_of(token) or (token,))[0] for token in tokens]
        for start, (token, base) in enumerate(zip(tokens, bare, strict=True)):
            if any(token in starts or base in starts for starts in self.starts.values()):
                for end in range(start + 2, min(start + MAX_PHRASE, len(tokens)) + 1):
                    for phrase in {tuple(tokens[start:end]), tuple(bare[start:end])}:
                        yield from self.called(phrase, language)


def _spoken(language: str) -> str:
    base = primary(language)
    return base if base in LANGUAGES else "da" if base in {"nb", "nn", "no"} else "en"


@cache
def thesaurus() -> Thesaurus:
    groups = tuple(_groups())
    calls: dict[str, dict[tuple[str, ...], list[int]]] = {language: {} for language in LANGUAGES}
    for number, group in enumerate(groups):
        narrower = [(language, phrase) for language in LANGUAGES for phrase in group.narrower]
        together = [("en", joined) for language, phrase in group.phrases if (joined := _together(phrase, language))]
        for language, phrase in dict.fromkeys((*group.phrases, *narrower, *together)):
            numbers = calls[language].setdefault(tuple(words(phrase)), [])
            if number not in numbers:
                numbers.append(number)
    return Thesaurus(
        groups=groups,
        starts={language: frozenset(phrase[0] for phrase in by if len(phrase) > 1) for language, by in calls.items()},
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


def _together(phrase: str, language: str) -> str:
    """*penpal* of *pen pal*, where that is one word as well."""
    joined = phrase.replace(" ", "")
    return joined if language == "en" and joined != phrase and joined in lexicon("en").together else ""


def _many(word: str) -> str:
    """*stories* of *story*, *leaves* of *leaf*; of other words a beginning or a forgiven letter is enough."""
    forms = lexicon("en").forms.get(word, ())
    if len(forms) == len(("one", "many")):
        return forms[1]
    return word[:-1] + "ies" if word.endswith("y") and len(word) > MIN_TELLING and word[-2] not in "aeiou" else ""


def _content(phrase: str, language: str) -> list[str]:
    """The words of a phrase that are asked for; of small words the longer ones tell (*andra världskriget*)."""
    return [word for word in words(phrase) if len(word) >= MIN_TELLING or word not in stop_words(language)]
