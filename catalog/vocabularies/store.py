"""Concepts by scheme and code; codes are stored, labels only shown, and a concept is never deleted, only ended."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from catalog.vocabularies.checks import check_scheme
from catalog.vocabularies.entries import Entry, Located, read_folder
from catalog.vocabularies.faults import DataFileRefused, Fault

SHIPPED = Path(__file__).parent / "data"


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    scheme: str
    code: str
    labels: Mapping[str, str]
    countries: tuple[str, ...]
    broader: str = ""
    notations: Mapping[str, str] = {}
    """Other registers' codes by register: ``skolverket``."""
    unconfirmed: tuple[str, ...] = ()
    """Registers whose code was found in one public list only."""
    synonyms: Mapping[str, tuple[str, ...]] = {}
    grades: Mapping[str, tuple[str, ...]] = {}
    """Grades a subject is taught in by country; a country without an entry sets no limit."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day of validity, included."""
    order: int = 0

    def holds(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on <= self.valid_until
        )


class Vocabularies:
    """Immutable after it is built; the same object may serve every request."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        schemes: dict[str, dict[str, Concept]] = {}
        for concept in concepts:
            schemes.setdefault(concept.scheme, {})[concept.code] = concept
        self._schemes = schemes

    @property
    def schemes(self) -> tuple[str, ...]:
        return tuple(self._schemes)

    def concept(self, scheme: str, code: str) -> Concept:
        """Raises: KeyError, when the scheme or the code is unknown."""
        return self._schemes[scheme][code]

    def knows(self, scheme: str, code: str) -> bool:
        return code in self._schemes.get(scheme, ())

    def label(self, scheme: str, code: str, language: str) -> str:
        """The label in the language, else in English; an unknown code is its own label."""
        concept = self._schemes.get(scheme, {}).get(code)
        if concept is None:
            return code
        return concept.labels.get(language) or concept.labels["en"]

    def concepts(self, scheme: str, *, country: str | None = None, on: date | None = None) -> tuple[Concept, ...]:
        """Concepts in their order; without ``on`` also those that have ended or not begun. Raises: KeyError."""
        return tuple(
            concept
            for concept in self._schemes[scheme].values()
            if (country is None or country in concept.countries) and (on is None or concept.holds(on))
        )


def load_vocabularies(*folders: Path) -> Vocabularies:
    """The shipped concepts, changed and extended by each folder in turn.

    A file ``<scheme>.toml`` of a municipality states only what differs: keys it leaves out stay as they were.

    Raises: DataFileRefused, with every fault of every file.
    """
    faults: list[Fault] = []
    schemes: dict[str, dict[str, Located]] = {}
    for folder in (SHIPPED, *folders):
        read_folder(folder, schemes, faults)
    for scheme, located in schemes.items():
        faults += check_scheme(scheme, located, tuple(schemes.get("grade", ())))
    if faults:
        raise DataFileRefused(faults=faults)
    grades = tuple(schemes["grade"])
    return Vocabularies(
        _concept(scheme, code, found.entry, order, grades)
        for scheme, located in schemes.items()
        for order, (code, found) in enumerate(located.items())
        if found.entry is not None
    )


@cache
def shipped() -> Vocabularies:
    return load_vocabularies()


def _concept(scheme: str, code: str, entry: Entry, order: int, grades: tuple[str, ...]) -> Concept:
    return Concept(
        scheme=scheme,
        code=code,
        labels=MappingProxyType({"da": entry.da, "sv": entry.sv, "en": entry.en}),
        countries=entry.countries,
        broader=entry.broader,
        notations=MappingProxyType(entry.notations),
        unconfirmed=entry.unconfirmed,
        synonyms=MappingProxyType(entry.synonyms),
        grades=MappingProxyType(
            {
                country: grades[grades.index(first) : grades.index(last) + 1]
                for country, (first, last) in entry.grades.items()
            }
        ),
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        order=order,
    )
