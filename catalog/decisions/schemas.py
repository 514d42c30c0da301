"""What is asked and told about decisions."""

import uuid
from datetime import date

from catalog.core.schemas import Command, Schema


class Decide(Command, frozen=True, kw_only=True):
    """Record one decision about a resource or about a service: exactly one of the two ids."""

    outcome: str
    decided_on: date
    resource_id: uuid.UUID | None = None
    service_id: uuid.UUID | None = None
    valid_from: date | None = None
    """None: from the day it was decided."""
    valid_until: date | None = None
    """The last day, included."""
    subjects: list[str] = []
    grades: list[str] = []
    roles: list[str] = []
    schools: list[str] = []
    conditions: list[str] = []
    reasons: list[str] = []
    note: str = ""
    body: str = "municipality"
    evidence: str = ""
    use_instead_id: uuid.UUID | None = None
    rubric_version: str = ""


class DecisionRecord(Schema, frozen=True, kw_only=True):
    """A decision as stored."""

    id: uuid.UUID
    resource_id: uuid.UUID | None
    service_id: uuid.UUID | None
    outcome: str
    decided_on: date
    valid_from: date
    valid_until: date | None
    scope_subjects: list[str]
    scope_grades: list[str]
    scope_roles: list[str]
    scope_schools: list[str]
    conditions: list[str]
    reasons: list[str]
    note: str
    body: str
    evidence: str
    origin: str
    as_published: str
    use_instead_id: uuid.UUID | None
    is_undone: bool = False
