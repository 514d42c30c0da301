"""A key that sorts titles the way a library of the country does, compared letter by letter.

Danish (and Norwegian): a ... z æ ø å, where ä sorts as æ, ö as ø and aa as å. Swedish (and Finnish): a ... z å ä ö,
where æ sorts as ä and ø as ö. Case, accents and punctuation decide only between titles that are otherwise equal;
numbers sort by their value, before letters. Two different titles never share a key, and a title sorts before every
title that begins with its words.
"""

import re
import unicodedata

from catalog.lexicon.fold import fold

_DANISH = {"æ": "{", "ä": "{", "œ": "|", "ø": "|", "ö": "|", "ő": "|", "å": "}"}
_SWEDISH = {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "œ": "}", "ő": "}"}
_ALIKE = {"ü": "y", "ű": "y", "þ": "th", "ð": "d", "đ": "d", "ł": "l", "ı": "i"}
_SWEDISH_COUNTRIES = frozenset({"se", "fi", "ax"})
_LEVEL = "\x01"  # below the space between words, so that the shorter title comes first
_RUN = re.compile(r"[0-9]+|[^\W\d_]|.", re.DOTALL)
_APOSTROPHES = frozenset("'’`´")


def collation_key(title: str, country: str) -> str:
    """What to sort titles by in a country (``dk``, ``se``; case of the code is ignored); any other sorts as Danish."""
    folded = fold(title)
    swedish = country.lower() in _SWEDISH_COUNTRIES
    return _LEVEL.join((_letters(folded, swedish=swedish), folded, title))


def _letters(folded: str, *, swedish: bool) -> str:
    order = _SWEDISH if swedish else _DANISH
    text = folded if swedish else folded.replace("aa", "å")
    key = "".join(_place(run, order) for run in _RUN.findall(text))
    return " ".join(key.split())


def _place(run: str, order: dict[str, str]) -> str:
    if "a" <= run <= "z" and len(run) == 1:
        return run
    if run.isascii() and run.isdigit():
        return _number(run)
    if (placed := order.get(run) or _ALIKE.get(run)) is not None:
        return placed
    plain = "".join(letter for letter in unicodedata.normalize("NFD", run) if not unicodedata.combining(letter))
    if run in _APOSTROPHES or not plain:
        return ""
    return plain if plain.isalnum() else " "


def _number(digits: str) -> str:
    """The number of its digits, then the digits: 2 before 10, however long they are."""
    value = digits.lstrip("0") or "0"
    nines, rest = divmod(len(value), 9)
    return "9" * nines + str(rest) + value
