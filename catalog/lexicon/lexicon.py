"""The words we know in each language: how they are inflected, and how they begin and end a compound.

Read once from the data files of this package, all of them written for Hylde; a mistake in one names file and word.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

DATA = Path(__file__).parent / "data"
MIN_VERB_HEAD = 5
"""Letters of a verb's form that may end a compound; shorter ones (*bar*, *ser*, *red*) end too much by chance."""


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """The known words of one language; empty for a language we have no words of."""

    forms: dict[str, tuple[str, ...]]
    """By word: all its forms, itself first."""
    lemmas: dict[str, tuple[str, ...]]
    """By form: the words it is a form of."""
    firsts: dict[str, str]
    """By what can begin a compound, linking letters included: the word it is (*børne*: *barn*)."""
    heads: frozenset[str]
    """Forms that can end a compound."""
    whole: frozenset[str]
    """Words that are neither a compound nor part of one, whatever they look like."""
    together: dict[str, tuple[str, ...]]
    """Compounds that no rule takes apart, and their parts."""

    def knows(self, word: str) -> bool:
        return bool(self.lemmas_of(word)) or word in self.whole or word.removesuffix("s") in self.whole

    def lemmas_of(self, word: str) -> tuple[str, ...]:
        """The words that this is a form of; a genitive counts as the form before its s."""
        return self.lemmas.get(word) or self.lemmas.get(word.removesuffix("s"), ())

    def family(self, word: str) -> tuple[str, ...]:
        """All forms of the words that this is a form of."""
        return tuple(dict.fromkeys(form for lemma in self.lemmas_of(word) for form in self.forms[lemma]))


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon for a language tag; Norwegian is read with the Danish words."""
    base = primary(language)
    known = {"nb": "da", "nn": "da", "no": "da"}.get(base, base)
    irregular = tomllib.loads((DATA / "irregular.toml").read_text(encoding="utf-8"))
    path = DATA / f"{known}.toml"
    builder = _Builder()
    for line in irregular.get(known, "").splitlines():
        if line.strip():
            builder.add_irregular(line.split())
    if path.exists():
        for name, section in tomllib.loads(path.read_text(encoding="utf-8")).items():
            builder.add_section(name, section)
    return builder.build()


def primary(language: str) -> str:
    """``da`` of ``da-DK``."""
    return language.replace("_", "-").split("-", 1)[0].lower()


@cache
def stop_words(language: str) -> frozenset[str]:
    """The words of a language that say nothing to a search."""
    lists = tomllib.loads((DATA / "stopwords.toml").read_text(encoding="utf-8"))
    base = primary(language)
    return frozenset(lists.get({"nb": "da", "nn": "da", "no": "da"}.get(base, base), "").split())


def regular_forms(word: str, base: str, endings: list[str]) -> Iterator[str]:
    """The word, then each ending on its base."""
    yield word
    root = _root(word, base)
    for ending in endings:
        yield root + ending
        if base == "contract" and ending == "en":
            yield word + ending


def _root(word: str, base: str) -> str:
    match base:
        case "cut":
            return word[:-1]
        case "double":
            return word + word[-1]
        case "contract":
            stem = word[:-2] + word[-1]
            return stem[:-2] + stem[-1] if len(stem) > 2 and stem[-2] == stem[-3] else stem  # noqa: PLR2004 - two letters
        case _:
            return word


class _Builder:
    def __init__(self) -> None:
        self.forms: dict[str, dict[str, None]] = {}
        self.lemmas: dict[str, dict[str, None]] = {}
        self.firsts: dict[str, str] = {}
        self.heads: set[str] = set()
        self.whole: set[str] = set()
        self.not_last: set[str] = set()
        self.irregular: set[str] = set()
        self.together: dict[str, tuple[str, ...]] = {}

    def add_irregular(self, entry: list[str]) -> None:
        forms = [form for form in entry if not form.startswith("+")]
        word = forms[0]
        self.irregular.add(word)
        self._add(word, forms)
        firsts = [form[1:] for form in entry if form.startswith("+")]
        self.heads.update(form for form in forms if firsts or len(form) >= MIN_VERB_HEAD)
        for first in firsts:
            self.firsts.setdefault(first, word)

    def add_section(self, name: str, section: dict[str, Any]) -> None:
        base = section.get("base", "whole")
        for word in section["words"].split():
            if name in {"known", "not_last"}:
                (self.whole if name == "known" else self.not_last).add(word)
                continue
            if name == "together":
                self.together[word.replace("|", "")] = tuple(word.split("|"))
                continue
            forms = list(regular_forms(word, base, section["forms"])) if word not in self.irregular else [word]
            self._add(word, forms)
            if section.get("parts", True):
                verb = name.startswith("verb")
                self.heads.update(form for form in forms if not verb or len(form) >= MIN_VERB_HEAD)
                for link in section["links"]:
                    first = word[:-1] + link[1:] if link.startswith("-") else word + link
                    self.firsts.setdefault(first, word)

    def _add(self, word: str, forms: list[str]) -> None:
        self.forms.setdefault(word, {}).update(dict.fromkeys(forms))
        for form in forms:
            self.lemmas.setdefault(form, {})[word] = None

    def build(self) -> Lexicon:
        endings = {form for word in self.not_last for form in self.forms.get(word, (word,))}
        return Lexicon(
            forms={word: tuple(forms) for word, forms in self.forms.items()},
            lemmas={form: tuple(words) for form, words in self.lemmas.items()},
            firsts=self.firsts,
            heads=frozenset(self.heads - endings),
            whole=frozenset(self.whole),
            together=self.together,
        )
