"""Values of cells as the catalogue keeps them: codes, dates and links; what cannot be meant is a problem of its row."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from catalog.intake.crosswalk import key_of
from catalog.intake.files.rows import Row
from catalog.intake.mapping import CODED, Mapping
from catalog.vocabularies.identifiers import IdentifierRefused, normalise_identifier
from catalog.vocabularies.store import Vocabularies
from catalog.vocabularies.texts import clean_line, clean_text, html_to_text

MAX_TITLE, MAX_DESCRIPTION, MAX_NAME, MAX_TERM = 300, 10_000, 200, 200
MAX_ITEMS = 200
"""Of a list in one cell."""
_ANY_OTHER = "*"
_MAX_MARKUP = 200_000
_YEARS = range(1900, 2101)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?: .*)?")


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with one row."""

    line: int
    field: str
    """The field of the mapping; empty when the row as a whole cannot be read."""
    code: str
    members: dict[str, Any] = {}
    row: dict[str, str | None] = {}
    """The row itself, for the report."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was changed on the way in, and does not refuse the row."""

    line: int
    field: str
    code: str
    members: dict[str, Any] = {}


class Cells:
    """The fields of one row; problems and notes are collected while they are read."""

    def __init__(self, row: Row, mapping: Mapping, vocabularies: Vocabularies) -> None:
        self.problems: list[RowProblem] = []
        self.notes: list[Note] = []
        self._row = row
        self._mapping = mapping
        self._vocabularies = vocabularies

    def refuse(self, field: str, code: str, **members: Any) -> None:
        self.problems.append(
            RowProblem(line=self._row.line, field=field, code=code, members=members, row=self._row.values)
        )

    def note(self, field: str, code: str, **members: Any) -> None:
        self.notes.append(Note(line=self._row.line, field=field, code=code, members=members))

    def raw(self, field: str) -> str:
        templates = self._mapping.fields.get(field)
        return templates.render(self._row.values) if templates else ""

    def line(self, field: str, text: str, limit: int = MAX_NAME) -> str:
        """One line without markup; refused when it is longer than ``limit``."""
        found = clean_line(html_to_text(text[:_MAX_MARKUP])) if text else ""
        if len(found) > limit:
            self.refuse(field, "too-long", limit=limit, length=len(found))
        return found

    def paragraphs(self, field: str, text: str) -> str:
        """Text without markup; cut, with a note, where it is longer than a description may be."""
        found = clean_text(html_to_text(text[:_MAX_MARKUP])) if text else ""
        if len(found) <= MAX_DESCRIPTION:
            return found
        self.note(field, "cut", limit=MAX_DESCRIPTION, length=len(text))
        return found[: MAX_DESCRIPTION - 1].rstrip() + "…"

    def link(self, field: str) -> str:
        """A web address that may be shown; ``javascript:`` and the like are refused."""
        text = clean_line(self.raw(field)).replace(" ", "%20")  # as every browser does
        if text:
            try:
                normalise_identifier("url", text)
            except IdentifierRefused as error:
                self.refuse(field, error.code, value=text[:MAX_TERM])
        return text

    def day(self, field: str) -> date | None:
        text = clean_line(self.raw(field))
        if not text:
            return None
        found = read_day(text)
        if found is None:
            self.refuse(field, "impossible-date", value=text[:MAX_TERM])
        return found

    def code(self, field: str) -> str:
        """The one code of a field, of several words the first that has one; empty when the source says nothing."""
        codes = self.codes(field)
        return codes[0] if codes else ""

    def codes(self, field: str) -> tuple[str, ...]:
        return self._codes_of(field, self._mapping.split(self.raw(field)))

    def language(self, field: str, text: str) -> str:
        code = self._language_code(text)
        if text and not code:
            self.refuse(field, "unknown-language", value=clean_line(text)[:MAX_TERM])
        return code

    def terms(self, text: str) -> tuple[str, ...]:
        """The source's own words, as they are shown."""
        found = (clean_line(html_to_text(term[:MAX_DESCRIPTION]))[:MAX_TERM] for term in self._mapping.split(text))
        return tuple(dict.fromkeys(filter(None, found)))[:MAX_ITEMS]

    def _codes_of(self, field: str, words: Iterable[str]) -> tuple[str, ...]:
        table = self._mapping.values.get(field, {})
        codes: list[str] = []
        for word in words:
            key = key_of(word)
            if not key:
                continue
            if key in table:
                codes += table[key]
            elif CODED[field] != "language" and self._vocabularies.knows(CODED[field], key):
                codes.append(key)
            elif _ANY_OTHER in table:
                codes += table[_ANY_OTHER]
            elif CODED[field] == "language":
                codes.append(self.language(field, word))
            else:
                self.refuse(field, "unknown-code", value=clean_line(word)[:MAX_TERM])
        return tuple(dict.fromkeys(filter(None, codes)))[:MAX_ITEMS]

    def _language_code(self, text: str) -> str:
        """``pt_BR`` and ``pt-BR`` are ``pt`` unless the vocabulary has the variety."""
        tag = text.strip().replace("_", "-")
        main = tag.partition("-")[0].lower()
        for code in (tag, main):
            if self._vocabularies.knows("language", code):
                return code
        return ""


def read_day(text: str) -> date | None:
    """ISO or day first, as Danish and Swedish files write it; a time of day is left out."""
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None
