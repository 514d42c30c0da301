"""The ways a word with Nordic letters is typed on another keyboard, and the way back.

A keyboard is a style: all letters of a word change together, so that a word has a handful of spellings and not
their product. A spelling that is another word is the caller's to leave out.
"""

from collections.abc import Callable
from functools import lru_cache

_STYLES = (
    str.maketrans({"å": "aa", "æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "ü": "ue"}),  # the digraphs of old
    str.maketrans({"å": "a", "æ": "ae", "ä": "a", "ø": "o", "ö": "o", "ü": "u", "é": "e"}),  # what folding leaves
    str.maketrans({"å": "a", "æ": "a", "ä": "a", "ø": "o", "ö": "o"}),  # one letter for one letter
    str.maketrans({"æ": "ä", "ø": "ö"}),  # a Swedish keyboard
    str.maketrans({"ä": "æ", "ö": "ø"}),  # a Danish keyboard
    str.maketrans({"å": "aa"}),  # the spelling of names and before 1948
    str.maketrans({"é": "e", "è": "e", "ê": "e", "á": "a", "à": "a", "ó": "o", "ü": "u", "ç": "c", "ñ": "n"}),
)
_BACK = (("aa", "å"), ("ae", "æ"), ("ae", "ä"), ("oe", "ø"), ("oe", "ö"))
_PAIRS = (("ae", "æ", "oe", "ø"), ("ae", "ä", "oe", "ö"))


@lru_cache(maxsize=8192)
def spellings(word: str) -> tuple[str, ...]:
    """How a folded word may be typed where its letters are missing, likeliest first, without the word itself."""
    if word.isascii():
        return ("å".join(word.split("aa")),) if "aa" in word else ()
    found = dict.fromkeys(word.translate(style) for style in _STYLES)
    if "aa" in word:
        found[word.replace("aa", "å")] = None
    return tuple(spelling for spelling in found if spelling != word)


def respellings(word: str, is_word: Callable[[str], bool]) -> tuple[str, ...]:
    """The Nordic words that a word of plain letters stands for: ``laese`` is *læse* where that is a word.

    Only what ``is_word`` knows: *Israel* and *Michael* hold the same letters.
    """
    candidates: dict[str, None] = {}
    for plain, letter in _BACK:
        if plain in word:
            candidates[word.replace(plain, letter)] = None
    for ae, a_letter, oe, o_letter in _PAIRS:
        both = word.replace("aa", "å").replace(ae, a_letter).replace(oe, o_letter)
        candidates[both] = None
    return tuple(candidate for candidate in candidates if candidate != word and is_word(candidate))


@lru_cache(maxsize=8192)
def bare_letters(word: str) -> str:
    """A word by what engines leave of its letters: *læse* and *laese* share it, *låse* and *lase* as well."""
    return word if word.isascii() else word.translate(_STYLES[1])
