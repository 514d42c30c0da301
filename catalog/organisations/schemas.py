"""What is asked and told about schools."""

import uuid

from catalog.core.schemas import Command, Schema


class SchoolFacts(Command, frozen=True, kw_only=True):
    code: str
    name: str
    kind: str
    grades: list[str]


class SchoolChoice(Schema, frozen=True, kw_only=True):
    """A school to choose in a list, by name."""

    id: uuid.UUID
    code: str
    name: str
    grades: list[str]
