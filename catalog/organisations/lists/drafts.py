"""Rows of a register become drafts of schools: what can be meant, and of each row what is wrong with it.

Of a file only what the mapping names is ever kept: names of persons, numbers of telephones and the like are not read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from catalog.intake.cells import read_day
from catalog.intake.files.rows import Row
from catalog.organisations.codes import CodeRefused, normalise_code
from catalog.organisations.fleet.words import read_grades
from catalog.organisations.lists.mapping import SchoolMapping, first_of
from catalog.organisations.models import CodeScheme
from catalog.organisations.schemas import CodeFact, SiteFact
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line

_SURROUNDING = (" kommune", " kommun", "s kommune", "s kommun")
WIDEST_SHOWN = 200


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    field: str = ""
    code: str
    members: dict[str, Any] = {}


class SchoolDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One row as far as it could be read."""

    line: int
    code: str = ""
    name: str = ""
    parent: str = ""
    """The number of the school that it is a department of."""
    kind: str = ""
    grades: tuple[str, ...] = ()
    web: str = ""
    opened_on: date | None = None
    codes: tuple[CodeFact, ...] = ()
    site: SiteFact = SiteFact()
    problems: tuple[Problem, ...] = ()
    """The row is refused."""
    notes: tuple[Problem, ...] = ()
    """What is left out of it, or strange."""


class SchoolDrafts(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says, to be compared with what is stored."""

    mapping: str
    scheme: CodeScheme
    drafts: tuple[SchoolDraft, ...]
    skipped: int
    """Rows of other municipalities, of schools that the register lists as closed, and rows that stand there twice."""


def read_schools(rows: Iterable[Row], mapping: SchoolMapping, region: Region, own: str) -> SchoolDrafts:
    """The rows of the own municipality, named by its number or its name; others are only counted."""
    drafts: list[SchoolDraft] = []
    skipped = 0
    for row in rows:
        if not row.problem and not is_own(row.values, mapping, own):
            skipped += 1
            continue
        drafts.append(_draft(row, mapping, region))
    once = tuple(_without_doubles(drafts))
    skipped += len(drafts) - len(once)
    return SchoolDrafts(mapping=mapping.name, scheme=mapping.scheme, drafts=once, skipped=skipped)


def is_own(values: Mapping[str, str | None], mapping: SchoolMapping, own: str) -> bool:
    """Whether a row is read at all: of the municipality, and of a school that the register counts."""
    for column, words in mapping.only.items():
        if column in values and (values[column] or "").strip().casefold() not in words:
            return False
    if not mapping.municipality:
        return True
    wanted = _plain(own)
    return bool(wanted) and wanted in {_plain(text) for text in first_of(mapping.municipality, values)}


def _plain(text: str) -> str:
    """«0851» is 851, and «Sundby Kommune» Sundby."""
    plain = clean_line(text).casefold()
    for ending in _SURROUNDING[:2]:
        plain = plain.removesuffix(ending)
    return plain.lstrip("0") or plain


def _draft(row: Row, mapping: SchoolMapping, region: Region) -> SchoolDraft:
    if row.problem:
        broken = Problem(code=row.problem, members=dict(row.members))
        return SchoolDraft(line=row.line, problems=(broken,))
    return _Reader(row, mapping, region).read()


class _Reader:
    """Reads one row, and collects what is wrong with it."""

    def __init__(self, row: Row, mapping: SchoolMapping, region: Region) -> None:
        self._row, self._mapping, self._region = row, mapping, region
        self._problems: list[Problem] = []
        self._notes: list[Problem] = []

    def read(self) -> SchoolDraft:
        code, parent, name = self._number("code"), self._number("parent"), self._text("name")
        if not code and not any(each.field == "code" for each in self._problems):
            self._refuse("code", "field-missing")
        if not name:
            self._refuse("name", "field-missing")
        draft = {
            "kind": "" if parent and parent != code else self._kind(),
            "grades": self._grades(),
            "opened_on": self._day(),
            "codes": self._codes(code),
        }
        return SchoolDraft(
            line=self._row.line,
            code=code,
            name=name,
            parent=parent if parent != code else "",
            web=self._text("web"),
            site=SiteFact(**{column: self._render(each) for column, each in self._mapping.site.items()}),
            problems=tuple(self._problems),
            notes=tuple(self._notes),
            **draft,  # type: ignore[arg-type]  # one of each type, as the Struct says
        )

    def _render(self, templates: Any) -> str:
        return clean_line(templates.render(self._row.values))

    def _text(self, field: str) -> str:
        return self._render(self._mapping.fields[field])

    def _refuse(self, field: str, code: str, **members: Any) -> None:
        self._problems.append(Problem(field=field, code=code, members=members))

    def _note(self, field: str, code: str, **members: Any) -> None:
        self._notes.append(Problem(field=field, code=code, members=members))

    def _number(self, field: str) -> str:
        written = self._text(field)
        if not written:
            return ""
        try:
            return normalise_code(self._mapping.scheme, written.removesuffix(".0"))  # as a workbook has it
        except CodeRefused as error:
            self._refuse(field, error.code)
            return ""

    def _kind(self) -> str:
        written = self._text("kind")
        code = self._mapping.kinds.get(written.casefold(), written.casefold())
        if not self._region.vocabularies.knows("school_type", code):
            self._refuse("kind", "unknown-kind", value=written[:WIDEST_SHOWN])
            return ""
        return code

    def _grades(self) -> tuple[str, ...]:
        written = self._text("grades")
        grades = read_grades(written, self._region) if written else ()
        if not grades and self._mapping.fields["grades"].columns:
            self._note("grades", "grades-unread" if written else "grades-missing", value=written[:WIDEST_SHOWN])
        return grades

    def _day(self) -> date | None:
        written = self._text("opened_on")
        found = read_day(written) if written else None
        if written and found is None:
            self._note("opened_on", "impossible-date", value=written[:WIDEST_SHOWN])
        return found

    def _codes(self, own: str) -> tuple[CodeFact, ...]:
        found = {CodeFact(scheme=self._mapping.scheme, value=own)} if own else set()
        for scheme, templates in self._mapping.codes.items():
            if written := self._render(templates):
                try:
                    found.add(CodeFact(scheme=scheme, value=normalise_code(scheme, written.removesuffix(".0"))))
                except CodeRefused as error:
                    self._note(scheme, error.code)
        return tuple(sorted(found))


def _without_doubles(drafts: Sequence[SchoolDraft]) -> Iterator[SchoolDraft]:
    """Of rows that say different things of one number all are refused; the same twice is once."""
    said: dict[str, list[SchoolDraft]] = {}
    for draft in drafts:
        if draft.code:
            said.setdefault(draft.code, []).append(_unnumbered(draft))
    differing = {code for code, rows in said.items() if any(other != rows[0] for other in rows)}
    seen: set[str] = set()
    for draft in drafts:
        if draft.code in differing:
            twice = Problem(field="code", code="number-twice", members={"value": draft.code})
            yield msgspec.structs.replace(draft, problems=(*draft.problems, twice))
        elif draft.code not in seen or not draft.code:
            yield draft
        seen.add(draft.code)


def _unnumbered(draft: SchoolDraft) -> SchoolDraft:
    return msgspec.structs.replace(draft, line=0)
