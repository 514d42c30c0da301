"""Rows of a file about devices become what they say of a school's grades; every fault of a row is told."""

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.intake.batches import RowOutcome
from catalog.intake.files.headers import Wanted
from catalog.intake.files.rows import Row
from catalog.organisations.fleet.checks import MOST_PUPILS, faults
from catalog.organisations.fleet.profiles import Devices, Ownership
from catalog.organisations.fleet.words import COLUMNS, NEEDED, OWNERSHIP, read_grades, read_platform
from catalog.organisations.reading import follow_codes
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
WANTED = Wanted(
    columns=tuple(name for names in COLUMNS.values() for name in names),
    needed=tuple(COLUMNS[field] for field in NEEDED),
)


class Stated(msgspec.Struct, kw_only=True):
    """One row as far as it could be read."""

    row: Row
    school: uuid.UUID | None = None
    grades: tuple[str, ...] = ()
    devices: Devices = Devices(ownership=Ownership.NONE)
    problems: list[tuple[str, str]] = []
    """Fields and codes; none: it can be stored."""

    def refuse(self, field: str, code: str) -> None:
        self.problems.append((field, code))

    def outcomes(self) -> list[RowOutcome]:
        """A refused row: its first fault counts it, the others are notes."""
        return [
            RowOutcome(
                line=self.row.line,
                outcome="note" if number else "refused",
                field=field,
                code=code,
                members=self.row.members,
                row=self.row.values,
            )
            for number, (field, code) in enumerate(self.problems)
        ]


async def read_stated(session: AsyncSession, rows: Sequence[Row], region: Region, today: date) -> list[Stated]:
    """What each row says, and what is wrong with it."""
    schools = await follow_codes(session, {_cell(row, "school") for row in rows}, today, closed=True)
    known = {code: school.id for code, school in schools.items()}
    return [_read(row, known, region, today) for row in rows]


def _read(row: Row, known: Mapping[str, uuid.UUID], region: Region, today: date) -> Stated:
    stated = Stated(row=row, problems=[])
    if row.problem:
        stated.refuse("", row.problem)
        return stated
    school, grades = _cell(row, "school"), _cell(row, "grades")
    stated.school = known.get(school)
    if stated.school is None:
        stated.refuse("school", "unknown-school" if school else "field-missing")
    stated.grades = read_grades(grades, region)
    if not stated.grades:
        stated.refuse("grades", "unknown-grade" if grades else "field-missing")
    stated.devices = _devices(stated, region)
    if not stated.problems:
        stated.problems += [(field, code) for (_, field), code in _faults(stated.devices, region, today).items()]
    return stated


def _faults(devices: Devices, region: Region, today: date) -> Mapping[tuple[int, str], str]:
    return faults([devices], region.vocabularies, today)


def _devices(stated: Stated, region: Region) -> Devices:
    ownership, platform = (_cell(stated.row, field) for field in ("ownership", "platform"))
    owner = OWNERSHIP.get(ownership.casefold(), Ownership.MUNICIPAL)
    if ownership and ownership.casefold() not in OWNERSHIP:
        stated.refuse("ownership", "unknown-code")
    elif not ownership and not platform:
        stated.refuse("ownership", "field-missing")
    code = read_platform(platform, region.vocabularies) if platform else ""
    if platform and not code:
        stated.refuse("platform", "unknown-code")
    share = _number(stated, "pupils_per_device")
    return Devices(
        ownership=owner,
        platform=code,
        os_version=_cell(stated.row, "os_version"),
        replace_in=_number(stated, "replace_in"),
        pupils_per_device=1 if share is None else min(share, MOST_PUPILS + 1),
    )


def _number(stated: Stated, field: str) -> int | None:
    text = _cell(stated.row, field).removesuffix(".0")  # as a workbook has it
    if not text:
        return None
    if not WHOLE_NUMBER.fullmatch(text):
        stated.refuse(field, "not-a-number")
        return None
    return int(text)


def _cell(row: Row, field: str) -> str:
    return next((text for name in COLUMNS[field] if (text := clean_line(row.values.get(name) or ""))), "")


def refuse_together(stated: Sequence[Stated], region: Region, today: date) -> None:
    """A grade is stated as a whole: rows that contradict each other, and what stands beside a refused row, is refused.

    What the refused row meant is not known; without it the rest would state less than the school has.
    """
    for rows in by_grade(stated).values():
        found = faults([each.devices for each in rows], region.vocabularies, today)
        for (number, field), code in found.items():
            rows[min(number, len(rows) - 1)].refuse(field, code)
    while beside := [each for each in stated if not each.problems and _is_beside(each, stated)]:
        for each in beside:
            each.refuse("grades", "beside-refused")


def _is_beside(one: Stated, stated: Sequence[Stated]) -> bool:
    return any(
        other.problems and other.school == one.school and (not other.grades or set(other.grades) & set(one.grades))
        for other in stated
    )


def by_grade(stated: Sequence[Stated]) -> dict[tuple[uuid.UUID, str], list[Stated]]:
    """The rows that can be stored, by the school and grade of which they say something."""
    found: dict[tuple[uuid.UUID, str], list[Stated]] = {}
    for each in stated:
        if each.school is not None and not each.problems:
            for grade in each.grades:
                found.setdefault((each.school, grade), []).append(each)
    return found
