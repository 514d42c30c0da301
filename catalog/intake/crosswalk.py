"""From a source's own terms to our subjects and grades; a term that is not listed gives no placement and is kept."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from catalog.vocabularies.faults import Fault
from catalog.vocabularies.store import Vocabularies

SHIPPED = Path(__file__).parent / "crosswalks"
SCHEMES = ("subject", "grade")


class Crosswalk(msgspec.Struct, frozen=True):
    """By the source's term (``key_of``) the codes it stands for."""

    subjects: dict[str, tuple[str, ...]] = {}
    grades: dict[str, tuple[str, ...]] = {}


def read_crosswalk(path: Path, vocabularies: Vocabularies, faults: list[Fault]) -> Crosswalk:
    """Tables ``[subject]`` and ``[grade]``: a source's term and the codes it stands for."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        fix = 'Write [subject] and [grade] with lines such as "Algebra" = ["matematik"], in UTF-8'
        faults.append(Fault(file=str(path), place="", problem=f"cannot be read: {error}", fix=fix))
        return Crosswalk()
    faults += (
        Fault(file=str(path), place=key, problem="this table is not read", fix="Use [subject] and [grade]")
        for key in raw
        if key not in SCHEMES
    )
    tables = [_table(path, scheme, raw.get(scheme, {}), vocabularies, faults) for scheme in SCHEMES]
    return Crosswalk(*tables)


def key_of(term: str) -> str:
    """Case and spaces do not make another term."""
    return " ".join(term.split()).casefold()


def _table(
    path: Path, scheme: str, raw: Any, vocabularies: Vocabularies, faults: list[Fault]
) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    if not isinstance(raw, dict):
        fix = f"Write [{scheme}] on a line of its own"
        faults.append(Fault(file=str(path), place=scheme, problem="this is not a table", fix=fix))
        return table
    for term, codes in raw.items():
        place = f"{scheme}.{term}"
        for problem, fix in _findings(scheme, term, codes, vocabularies, table):
            faults.append(Fault(file=str(path), place=place, problem=problem, fix=fix))
        if isinstance(codes, list):
            table[key_of(term)] = tuple(str(code) for code in codes)
    return table


def _findings(
    scheme: str, term: str, codes: Any, vocabularies: Vocabularies, table: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    if key_of(term) in table:
        yield "the term is there twice", "Write all its codes on one line"
    if not isinstance(codes, list):
        yield "the codes are not a list", 'Write them as ["…", "…"]'
        return
    for code in codes:
        if not vocabularies.knows(scheme, str(code)):
            yield f"{code!r} is no {scheme}", f"Use a code of the {scheme} vocabulary"


def codes_of(table: Mapping[str, tuple[str, ...]], terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for term in terms for code in table.get(key_of(term), ())))
