"""What is asked and told about the devices of schools."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from catalog.core.schemas import Command, Schema
from catalog.organisations.fleet.profiles import Devices, Equipment, equipment_of

UNSTATED = 0
"""The version of a grade of which nobody has said anything."""


class StateDevices(Command, frozen=True, kw_only=True):
    """What the pupils of some grades of one school have: it takes the place of all that was said of those grades."""

    school_id: uuid.UUID
    seen: Mapping[str, int | None]
    """By grade the version that was read; None: whatever is stored."""
    devices: Sequence[Devices]
    """Empty: nobody knows any more."""
    source: str = ""
    """The name of a file; empty: a person wrote it here."""


class Grade(Schema, frozen=True, kw_only=True):
    """What is stated of one grade."""

    grade: str
    devices: tuple[Devices, ...] = ()
    stated_on: date | None = None
    source: str = ""

    @property
    def version(self) -> int:
        """Another for other devices; it follows from what is stated, so that stating the same again is no change."""
        return version_of(self.devices)


class SchoolFleet(Schema, frozen=True, kw_only=True):
    """The devices of one school, by grade in the order of grades: those it teaches, and those that have devices."""

    id: uuid.UUID
    code: str
    name: str
    grades: tuple[Grade, ...]
    is_closed: bool = False

    @property
    def equipment(self) -> Equipment:
        return equipment_of((each.grade, devices) for each in self.grades for devices in each.devices)

    def of(self, grade: str) -> Grade:
        return next((each for each in self.grades if each.grade == grade), Grade(grade=grade))


def in_order(devices: Sequence[Devices]) -> tuple[Devices, ...]:
    return tuple(sorted(devices, key=lambda each: each.kind))


def version_of(devices: Sequence[Devices]) -> int:
    """A number that names what is stated of a grade."""
    if not devices:
        return UNSTATED
    said = hashlib.sha256(msgspec.json.encode(in_order(devices))).digest()
    return int.from_bytes(said[:4]) >> 1 or 1
