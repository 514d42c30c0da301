"""What is asked and told about head counts."""

import uuid
from collections.abc import Mapping
from datetime import date

from catalog.core.schemas import Command, Schema


class StateCounts(Command, frozen=True, kw_only=True):
    """How many pupils a school had on a day, by grade, as one source says."""

    school_id: uuid.UUID
    counted_on: date
    source: str
    pupils: Mapping[str, int | None]
    """By grade; None: this source says nothing of it any more. Grades that are not named stay as they are."""
    seen: Mapping[str, int | None] | None = None
    """By grade what was stored when the form was read; None: whatever is stored."""


class Count(Schema, frozen=True, kw_only=True):
    """What one source says of one day."""

    counted_on: date
    source: str
    pupils: Mapping[str, int]
    """By grade."""

    @property
    def total(self) -> int:
        return sum(self.pupils.values())
