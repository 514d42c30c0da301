"""What must hold for the concepts of a scheme: complete labels, known references, sensible dates, unique notations."""

import re
from collections.abc import Iterator, Mapping

from catalog.vocabularies.entries import Entry, Located
from catalog.vocabularies.faults import Fault

LANGUAGES = ("da", "sv", "en")
COUNTRIES = ("dk", "se")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check_scheme(scheme: str, located: Mapping[str, Located], grades: tuple[str, ...]) -> list[Fault]:
    """Every fault of the scheme's concepts; concepts that could not be read at all are left out."""
    faults: list[Fault] = []
    owners: dict[tuple[str, str], str] = {}
    for code, found in located.items():
        if found.entry is None:
            continue
        findings = [
            *_code_findings(scheme, code),
            *_entry_findings(found.entry),
            *_reference_findings(code, found.entry, located, grades),
            *_notation_findings(code, found.entry, owners),
        ]
        faults += [Fault(file=found.file, place=code, problem=problem, fix=fix) for problem, fix in findings]
    return faults


def _code_findings(scheme: str, code: str) -> Iterator[tuple[str, str]]:
    if scheme == "language":
        if not _LANGUAGE.fullmatch(code):
            yield "this is not a BCP 47 tag", "Write it as da, pt-BR or zh-Hans"
    elif not _CODE.fullmatch(code):
        yield "a code goes into URLs", "Use a-z, 0-9, - and _, at most 64 characters"


def _entry_findings(entry: Entry) -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        label = getattr(entry, language)
        if not label.strip():
            yield f"the label in {language} is missing", f'Add {language} = "…"'
        elif label != label.strip():
            yield f"the label in {language} begins or ends with a space", "Remove the space"
    for country in (*entry.countries, *entry.grades):
        if country not in COUNTRIES:
            yield f"the country {country!r} is unknown", f"Use {' or '.join(COUNTRIES)}"
    for language, words in entry.synonyms.items():
        if language not in LANGUAGES:
            yield f"synonyms in {language!r} are not read", f"Use {', '.join(LANGUAGES)}"
        if not all(word.strip() for word in words):
            yield f"a synonym in {language} is empty", "Remove it"
    if entry.valid_from and entry.valid_until and entry.valid_until < entry.valid_from:
        yield f"it ends on {entry.valid_until}, before it begins", "Swap valid_from and valid_until, or correct them"


def _reference_findings(
    code: str, entry: Entry, located: Mapping[str, Located], grades: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if entry.broader:
        if entry.broader not in located:
            yield f"broader names {entry.broader!r}, which is not there", "Correct the code or add that concept"
        elif _in_a_circle(code, located):
            yield "broader leads back to the concept itself", "Remove broader on one of them"
    for country, (first, last) in entry.grades.items():
        unknown = [grade for grade in (first, last) if grade not in grades]
        for grade in unknown:
            yield f"grades.{country} names {grade!r}, which is not there", f"Use one of {', '.join(grades)}"
        if not unknown and grades.index(first) > grades.index(last):
            yield f"grades.{country} ends before it begins", "Write the first grade, then the last"


def _in_a_circle(code: str, located: Mapping[str, Located]) -> bool:
    seen: set[str] = set()
    current = code
    while current and current not in seen:
        seen.add(current)
        found = located.get(current)
        current = found.entry.broader if found and found.entry else ""
    return current == code


def _notation_findings(code: str, entry: Entry, owners: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    for register, notation in entry.notations.items():
        owner = owners.setdefault((register, notation), code)
        if owner != code:
            yield f"{register} code {notation} is already that of {owner}", "Give each concept its own code"
    for register in entry.unconfirmed:
        if register not in entry.notations:
            yield f"unconfirmed names {register!r}, but there is no such notation", "Remove it or add the notation"
