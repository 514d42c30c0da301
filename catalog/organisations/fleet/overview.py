"""The fleet of several schools at a glance: what is where, and what must be replaced when. Pure."""

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import msgspec

from catalog.organisations.fleet.profiles import Devices, Ownership
from catalog.organisations.fleet.schemas import Grade, SchoolFleet
from catalog.organisations.fleet.words import span_of
from catalog.vocabularies.region import Region
from catalog.web.tables import Table

HEAD = (
    *("school", "name", "grades", "ownership", "platform", "version", "replace_in", "pupils_per_device"),
    *("stated_on", "source"),
)
"""Of the export, which the import reads."""
Pupils = Mapping[tuple[uuid.UUID, str], int]


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """Devices of one kind at one school that are to be replaced in one year."""

    year: int | None
    """None: nobody has said."""
    school: SchoolFleet
    grades: tuple[str, ...]
    devices: Devices
    count: int | None = None
    """About how many, by the latest head count; None where a grade has none."""


def alike(grades: Sequence[Grade]) -> list[tuple[Grade, ...]]:
    """Neighbouring grades of which the same is stated."""
    return [tuple(group) for _, group in groupby(grades, key=lambda grade: grade.devices)]


def replacements(fleets: Iterable[SchoolFleet], pupils: Pupils) -> list[Replacement]:
    """The municipality's devices by year, those without one last; within a year in the order of the schools."""
    found: list[Replacement] = []
    for school in fleets:
        kinds: dict[Devices, list[str]] = {}
        for grade in school.grades:
            for devices in grade.devices:
                if devices.ownership is Ownership.MUNICIPAL:
                    kinds.setdefault(devices, []).append(grade.grade)
        found += [
            Replacement(
                year=devices.replace_in,
                school=school,
                grades=tuple(grades),
                devices=devices,
                count=_count(school.id, grades, devices, pupils),
            )
            for devices, grades in kinds.items()
        ]
    return sorted(found, key=lambda each: (each.year is None, each.year or 0))


def _count(school: uuid.UUID, grades: Sequence[str], devices: Devices, pupils: Pupils) -> int | None:
    known = [pupils.get((school, grade)) for grade in grades]
    if any(number is None for number in known):
        return None
    return sum(math.ceil(number / devices.pupils_per_device) for number in known if number is not None)


def as_table(fleets: Iterable[SchoolFleet], region: Region) -> Table:
    """Every kind of device with the grades that have it, a row each, as the import takes it."""
    rows = [
        (
            school.code,
            school.name,
            span_of([grade.grade for grade in grades], region),
            devices.ownership.value,
            devices.platform,
            devices.os_version,
            devices.replace_in,
            devices.pupils_per_device if devices.ownership is Ownership.MUNICIPAL else None,
            grades[0].stated_on,
            grades[0].source,
        )
        for school in fleets
        for grades in alike(school.grades)
        for devices in grades[0].devices
    ]
    return Table(name="devices", head=HEAD, rows=rows)
