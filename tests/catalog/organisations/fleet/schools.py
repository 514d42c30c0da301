"""Schools with devices for these tests; every name is invented."""

import uuid
from collections.abc import Sequence

from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.db import Database, transaction
from catalog.organisations.fleet.profiles import Devices, Ownership
from catalog.organisations.fleet.reading import read_fleet
from catalog.organisations.fleet.schemas import SchoolFleet, StateDevices
from catalog.organisations.fleet.service import state_devices
from catalog.organisations.models import School
from catalog.vocabularies.region import Region
from tests.conftest import TODAY

OWN = Devices(ownership=Ownership.BYOD)
NO_DEVICE = Devices(ownership=Ownership.NONE)


def tablets(version: str = "17.5", year: int | None = 2028, *, share: int = 1) -> Devices:
    return Devices(
        ownership=Ownership.MUNICIPAL,
        platform="ipados",
        os_version=version,
        replace_in=year,
        pupils_per_device=share,
    )


def chromebooks(version: str = "") -> Devices:
    return Devices(ownership=Ownership.MUNICIPAL, platform="chromeos", os_version=version)


def person(school: uuid.UUID, *rights: Permission) -> Actor:
    """Somebody who holds rights for one school."""
    return Actor(id=uuid.uuid4(), at_schools={right: frozenset({school}) for right in rights})


async def add_school(
    database: Database, name: str, code: str, grades: Sequence[str] = tuple("0123456789")
) -> uuid.UUID:
    async with transaction(database.writers) as session:
        school = School(code=code, name=name, kind="folkeskole", grades=list(grades))
        session.add(school)
    return school.id


async def state(database: Database, region: Region, school: uuid.UUID, grades: str, *devices: Devices) -> list[str]:
    """State the grades whose codes are the letters of ``grades``, whatever is stored."""
    command = StateDevices(school_id=school, seen=dict.fromkeys(grades), devices=devices)
    async with transaction(database.writers) as session:
        return await state_devices(session, SYSTEM, region, command, TODAY)


async def stored(database: Database, region: Region, school: uuid.UUID) -> SchoolFleet:
    async with transaction(database.readers) as session:
        return await read_fleet(session, SYSTEM, region, school, TODAY)
