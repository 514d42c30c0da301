"""What is asked and told about schools."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from catalog.core.schemas import Command, Schema
from catalog.organisations.models import CodeScheme

FIELDS = ("code", "name", "kind", "grades", "opened_on", "web", "codes", "sites")
"""Of ``SchoolFacts``, in the order of the form."""
PLAIN = ("code", "name", "kind", "grades", "opened_on", "web")
"""Those that the row itself holds."""


class CodeFact(Schema, frozen=True, kw_only=True, order=True):
    """A number by which a register or an owner knows the school."""

    scheme: CodeScheme
    value: str


class SiteFact(Schema, frozen=True, kw_only=True, order=True):
    """An address where the school teaches."""

    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""


class SchoolFacts(Command, frozen=True, kw_only=True):
    """What is known of a school; all of it may be shown to any staff."""

    code: str
    """The number it is known by here, the national register's."""
    name: str
    kind: str
    grades: list[str]
    opened_on: date | None = None
    web: str = ""
    codes: list[CodeFact] = []
    sites: list[SiteFact] = []


class SchoolChoice(Schema, frozen=True, kw_only=True):
    """A school to choose in a list, by name."""

    id: uuid.UUID
    code: str
    name: str
    grades: list[str]


class OldCode(Schema, frozen=True, kw_only=True):
    """A number that led here once, and still does."""

    value: str
    scheme: CodeScheme
    valid_until: date | None
    school: str = ""
    """The name of the school that bore it; "": this one."""


class Happened(Schema, frozen=True, kw_only=True):
    """One entry of a school's history."""

    kind: str
    happened_on: date
    detail: str
    other: SchoolChoice | None = None
    """The school that it became part of, or that joined it."""
    recorded_at: datetime


class SchoolDetail(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    version: int
    facts: SchoolFacts
    closed_on: date | None
    merged_into: SchoolChoice | None
    old_codes: Sequence[OldCode]
    history: Sequence[Happened]
    """The latest first."""
    edited_fields: Sequence[str]

    def is_open(self, today: date) -> bool:
        return self.closed_on is None or self.closed_on > today


class SchoolLine(Schema, frozen=True, kw_only=True):
    """A school in the list."""

    id: uuid.UUID
    code: str
    name: str
    kind: str
    grades: list[str]
    closed_on: date | None
    merged_into: str = ""
    """The name of the school that took over."""
    found_by: str = ""
    """An old number by which it was found."""
