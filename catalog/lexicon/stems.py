"""The forms of a word: from our lexicon where it knows the word, else by its ending, and the Snowball stem of it.

A form that no text holds costs nothing but room, a missing one is a title that is not found: unknown words get every
form their ending allows, known ones only their own.
"""

from collections.abc import Callable
from functools import lru_cache
from threading import Lock

import snowballstemmer

from catalog.lexicon.compounds import COMPOUNDING
from catalog.lexicon.lexicon import lexicon, primary

_ALGORITHMS = {
    "da": "danish",
    "sv": "swedish",
    "nb": "norwegian",
    "nn": "norwegian",
    "no": "norwegian",
    "en": "english",
    "de": "german",
    "fr": "french",
}
MIN_STEM = 3
MIN_GUESSED = 4
"""Letters of a word that is worth guessing at; shorter unknown words are names and abbreviations."""
_ENDINGS = {
    "da": (
        ("e", ("e", "en", "er", "erne", "et")),
        ("", ("", "e", "en", "ene", "er", "erne", "et")),
    ),
    "sv": (
        (("a", "or", "orna", "an"), ("a", "an", "or", "orna", "ar", "ade", "at")),
        (("ar", "arna"), ("", "e", "en", "ar", "arna", "a")),
        (("er", "erna"), ("", "en", "er", "erna", "a")),
        (("", "e"), ("", "e", "en", "et", "ar", "arna", "er", "erna")),
    ),
}
_SIBILANTS = ("s", "x", "z", "ch", "sh")
_lock = Lock()  # a stemmer keeps the word it works on


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Callable[[str], str] | None:
    algorithm = _ALGORITHMS.get(language)
    return snowballstemmer.stemmer(algorithm).stemWord if algorithm else None


@lru_cache(maxsize=8192)
def stem(word: str, language: str) -> str:
    """The Snowball stem of a folded word; the word itself in a language without a stemmer."""
    stemmer = _stemmer(primary(language))
    if stemmer is None or not word.isalpha():
        return word
    with _lock:
        found = str(stemmer(word))
    return found if len(found) >= MIN_STEM else word


@lru_cache(maxsize=8192)
def lemmas(word: str, language: str) -> tuple[str, ...]:
    """The words of our lexicon that this is a form of."""
    return lexicon(language).lemmas_of(word)


@lru_cache(maxsize=8192)
def inflections(word: str, language: str) -> tuple[str, ...]:
    """The other forms of a folded word, likeliest first; nothing for numbers and for other languages."""
    known = lexicon(language)
    if word in known.whole or not word.isalpha():
        return ()
    found = known.family(word) or (_guessed(word, language) if len(word) >= MIN_GUESSED else ())
    return tuple(form for form in dict.fromkeys(found) if form != word)


def _guessed(word: str, language: str) -> tuple[str, ...]:
    base = primary(language)
    if base == "en":
        return _english(word)
    root = stem(word, language)
    for endings, forms in _ENDINGS.get("da" if base in COMPOUNDING - {"sv"} else base, ()):
        if word.endswith(endings):
            return tuple(root + form for form in forms if len(root + form) >= MIN_GUESSED)
    return ()


def _english(word: str) -> tuple[str, ...]:
    """One and many, and the bare verb; what else English has, its stem finds."""
    if word.endswith("ies"):
        return (word[:-3] + "y",)
    if word.endswith("es") and word[:-2].endswith(_SIBILANTS):
        return (word[:-2], word[:-1])
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return (word[:-1],)
    if word.endswith(_SIBILANTS):
        return (word + "es",)
    if verb := _bare_verb(word):
        return verb
    return (word[:-1] + "ies" if word.endswith("y") and word[-2] not in "aeiou" else word + "s",)


def _bare_verb(word: str) -> tuple[str, ...]:
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= MIN_STEM:
            doubled = (root[:-1],) if root[-1] == root[-2] else ()
            return (root, root + "e", *doubled)
    return ()
