"""Words of a file about devices, as people write them in three languages; what cannot be meant is never guessed."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from catalog.organisations.fleet.checks import platforms
from catalog.organisations.fleet.profiles import Ownership
from catalog.vocabularies.region import Region
from catalog.vocabularies.store import Vocabularies

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "school": (
        "school",
        "school code",
        "skole",
        "skolekode",
        "institutionsnummer",
        "skola",
        "skolkod",
        "skolenhetskod",
    ),
    "grades": ("grades", "grade", "klasse", "klasser", "klassetrin", "årskurs", "årskurser"),
    "ownership": ("ownership", "ejerskab", "ejer", "ägande", "ägare"),
    "platform": ("platform", "device", "enhed", "enhet", "plattform"),
    "os_version": ("version", "os_version", "os version"),
    "replace_in": ("replace_in", "replace in", "udskiftes", "udskiftes i", "byts ut", "byts ut år"),
    "pupils_per_device": (
        *("pupils_per_device", "pupils per device", "elever pr. enhed", "elever pr enhed"),
        *("elever per enhet", "elever per enhed"),
    ),
}
"""By field the headings under which a file may have it."""
NEEDED = ("school", "grades")
OWNERSHIP: Mapping[str, Ownership] = {
    **dict.fromkeys(("municipal", "kommunal", "kommunens", "kommune", "kommun", "kommunens egen"), Ownership.MUNICIPAL),
    **dict.fromkeys(("byod", "own", "egen", "egne", "egna", "elevens egen", "elevens"), Ownership.BYOD),
    **dict.fromkeys(("none", "no device", "ingen", "ingen enhed", "ingen enhet", "inga"), Ownership.NONE),
}
_DASH = re.compile("[-–—]")
_BETWEEN = re.compile(r"[,;/&+]|\bog\b|\boch\b|\band\b")
_WORDS = re.compile(r"\b(?:klasse|klasser|klassetrin|årskurs|årskurser|åk|grades?)\b|\.")
ZERO = frozenset({"f", "förskoleklass", "børnehaveklasse", "bh"})


def read_grades(text: str, region: Region) -> tuple[str, ...]:
    """«4–6», «0-1, 3», «F–3»: the codes of grades, in order; none where a part of it is no grade of this country."""
    order = region.codes("grade")
    found: set[str] = set()
    plain = _WORDS.sub(" ", text.casefold())
    parts = [part for part in _BETWEEN.split(plain) if part.strip()]
    for part in parts:
        ends = ["0" if end.strip() in ZERO else end.strip() for end in _DASH.split(part)]
        if len(ends) > 2 or not set(ends) <= set(order):  # noqa: PLR2004 - a span has two ends
            return ()
        first, last = order.index(ends[0]), order.index(ends[-1])
        if first > last:
            return ()
        found.update(order[first : last + 1])
    return tuple(code for code in order if code in found)


def span_of(grades: Sequence[str], region: Region) -> str:
    """Grades as a file has them, read again by ``read_grades``; a dash that no spreadsheet takes for a date."""
    order = region.codes("grade")
    spans: list[list[str]] = []
    for code in sorted(grades, key=lambda code: order.index(code) if code in order else len(order)):
        last = spans[-1][-1] if spans else ""
        if last in order and code in order and order.index(code) == order.index(last) + 1:
            spans[-1].append(code)
        else:
            spans.append([code])
    return ", ".join(f"{span[0]}–{span[-1]}" if len(span) > 1 else span[0] for span in spans)


def read_platform(text: str, vocabularies: Vocabularies) -> str:
    """The code of a platform by its code, its label or another word for it; "" for a word that is none."""
    return _platform_words(vocabularies).get(" ".join(text.casefold().split()), "")


@lru_cache(maxsize=4)
def _platform_words(vocabularies: Vocabularies) -> Mapping[str, str]:
    words: dict[str, str] = {}
    for code in platforms(vocabularies):
        concept = vocabularies.concept("platform", code)
        said = [*concept.labels.values(), *(word for given in concept.synonyms.values() for word in given)]
        words.update({word.casefold(): code for word in said if word.casefold() not in words})
    return words | {code: code for code in platforms(vocabularies)}
