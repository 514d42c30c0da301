"""Stating devices: a grade as a whole, by whom it is theirs to say, and never over what somebody else wrote."""

import asyncio
import uuid
from datetime import date

import pytest
from sqlalchemy import select, update

from catalog.core import outbox
from catalog.core.actor import ANONYMOUS, SYSTEM, Permission
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.errors import Forbidden, Invalid, NotFound
from catalog.core.outbox import OutboxEntry
from catalog.organisations.fleet.errors import DevicesChanged, SchoolClosed
from catalog.organisations.fleet.profiles import Devices, Ownership, Profile
from catalog.organisations.fleet.reading import equipment_everywhere, read_fleet, read_fleets
from catalog.organisations.fleet.schemas import UNSTATED, StateDevices
from catalog.organisations.fleet.service import FLEET_TOPIC, follow_merger, state_devices
from catalog.organisations.models import School
from catalog.vocabularies.region import Region
from tests.catalog.organisations.fleet.schools import (
    NO_DEVICE,
    OWN,
    add_school,
    chromebooks,
    person,
    state,
    stored,
    tablets,
)
from tests.conftest import TODAY


async def test_a_grade_is_stated_as_a_whole_and_the_others_stay(
    database: Database, region: Region, school: uuid.UUID
) -> None:
    assert await state(database, region, school, "456", tablets(), OWN) == ["4", "5", "6"]
    assert await state(database, region, school, "5", chromebooks()) == ["5"]
    fleet = await stored(database, region, school)
    assert {grade: fleet.of(grade).devices for grade in "3456"} == {
        "3": (),
        "4": (OWN, tablets()),
        "5": (chromebooks(),),
        "6": (OWN, tablets()),
    }
    assert fleet.of("4").stated_on == TODAY
    assert [each.grade for each in fleet.grades] == list("0123456789")
    assert fleet.equipment["4"] == (Profile(), Profile(platform="ipados", version="17.5"))
    assert "3" not in fleet.equipment


async def test_the_same_again_is_no_change_and_leaves_no_trace(
    database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "45", tablets(), OWN)
    assert await state(database, region, school, "45", OWN, tablets()) == []
    async with transaction(database.readers) as session:
        acts = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "state-devices"))).all()
        promised = (await session.scalars(select(OutboxEntry).where(OutboxEntry.topic == FLEET_TOPIC))).all()
    assert [(act.object_id, act.fields) for act in acts] == [(str(school), "grade-4,grade-5")]
    assert [entry.key for entry in promised] == [str(school)]


async def test_nothing_said_any_more_is_not_the_same_as_no_device(
    database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "01", NO_DEVICE)
    assert (await stored(database, region, school)).equipment == {"0": (), "1": ()}
    await state(database, region, school, "0")
    fleet = await stored(database, region, school)
    assert fleet.equipment == {"1": ()}
    assert fleet.of("0").version == UNSTATED != fleet.of("1").version


@pytest.mark.parametrize(
    ("devices", "errors"),
    [
        ([Devices(ownership=Ownership.MUNICIPAL)], {"devices-0-platform": "choose-one"}),
        ([Devices(ownership=Ownership.MUNICIPAL, platform="web")], {"devices-0-platform": "unknown-code"}),
        ([Devices(ownership=Ownership.MUNICIPAL, platform="amiga")], {"devices-0-platform": "unknown-code"}),
        ([tablets("16+")], {"devices-0-os_version": "not-a-version"}),
        ([tablets(year=1999)], {"devices-0-replace_in": "not-a-year"}),
        ([tablets(year=2057)], {"devices-0-replace_in": "not-a-year"}),
        ([tablets(share=0)], {"devices-0-pupils_per_device": "not-a-share"}),
        ([OWN, tablets(), tablets(share=2)], {"devices-2-ownership": "said-twice"}),
        ([NO_DEVICE, OWN], {"devices-0-ownership": "not-with-others"}),
        ([Devices(ownership=Ownership.BYOD, platform="ipados")], {"devices-0-platform": "only-municipal"}),
        (
            [Devices(ownership=Ownership.NONE, os_version="17", replace_in=2028, pupils_per_device=2)],
            {
                "devices-0-os_version": "only-municipal",
                "devices-0-replace_in": "only-municipal",
                "devices-0-pupils_per_device": "only-municipal",
            },
        ),
        ([tablets(str(number)) for number in range(21)], {"devices-20-ownership": "too-long"}),
    ],
)
async def test_what_cannot_be_is_refused_with_every_fault(
    database: Database, region: Region, school: uuid.UUID, devices: list[Devices], errors: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        await state(database, region, school, "4", *devices)
    assert refused.value.errors == errors
    assert (await stored(database, region, school)).of("4").devices == ()


async def test_two_generations_of_one_platform_stand_beside_each_other(
    database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "4", tablets("17.5", 2028), tablets("15.8", 2026), tablets("15.8", None))
    fleet = await stored(database, region, school)
    assert len(fleet.of("4").devices) == 3
    assert fleet.equipment["4"] == (Profile(platform="ipados", version="15.8"),)


async def test_a_grade_that_the_school_does_not_teach_and_no_grade_at_all_are_refused(
    database: Database, region: Region
) -> None:
    small = await add_school(database, "Rørholm Skole", "999104", "0123456")
    for grades, code in (("9", "not-at-school"), ("", "choose-one")):
        with pytest.raises(Invalid) as refused:
            await state(database, region, small, grades, OWN)
        assert refused.value.errors == {"grades": code}


async def test_of_a_closed_school_nothing_is_stated_and_nothing_counted(
    database: Database, region: Region, school: uuid.UUID, other: uuid.UUID
) -> None:
    await state(database, region, school, "4", tablets())
    async with transaction(database.writers) as session:
        await session.execute(update(School).where(School.id == school).values(closed_on=TODAY))
    with pytest.raises(SchoolClosed):
        await state(database, region, school, "4", OWN)
    async with transaction(database.readers) as session:
        assert await equipment_everywhere(session, TODAY) == {other: {}}
        assert school in await equipment_everywhere(session, date(2026, 11, 24))


async def test_who_may_state_and_see_the_devices_of_one_school_has_nothing_to_do_with_another(
    database: Database, region: Region, school: uuid.UUID, other: uuid.UUID
) -> None:
    leader = person(school, Permission.READ_SCHOOLS, Permission.MANAGE_DEVICES)
    teacher = person(school, Permission.READ_SCHOOLS)
    async with transaction(database.writers) as session:
        own, foreign = (
            StateDevices(school_id=key, seen={"4": UNSTATED}, devices=[tablets()]) for key in (school, other)
        )
        assert await state_devices(session, leader, region, own, TODAY) == ["4"]
        with pytest.raises(NotFound):
            await state_devices(session, leader, region, foreign, TODAY)
        with pytest.raises(Forbidden):
            await state_devices(session, teacher, region, own, TODAY)
    await state(database, region, other, "4", chromebooks())
    async with transaction(database.readers) as session:
        assert (await read_fleet(session, teacher, region, school, TODAY)).of("4").devices == (tablets(),)
        assert [fleet.id for fleet in await read_fleets(session, teacher, region, TODAY)] == [school]
        assert [fleet.id for fleet in await read_fleets(session, SYSTEM, region, TODAY)] == [school, other]
        with pytest.raises(NotFound):
            await read_fleet(session, teacher, region, other, TODAY)
        with pytest.raises(NotFound):
            await read_fleet(session, SYSTEM, region, uuid.uuid4(), TODAY)
        with pytest.raises(Forbidden):
            await read_fleets(session, ANONYMOUS, region, TODAY)


async def test_of_many_who_state_one_grade_at_once_one_is_heard_and_the_others_are_told(
    database: Database, region: Region, school: uuid.UUID
) -> None:
    seen = (await stored(database, region, school)).of("4").version

    async def say(version: str) -> str:
        command = StateDevices(school_id=school, seen={"4": seen}, devices=[tablets(version)])
        try:
            async with transaction(database.writers) as session:
                await state_devices(session, SYSTEM, region, command, TODAY)
        except DevicesChanged as error:
            return f"overtaken in {error.grades}"
        return version

    told = await asyncio.gather(*(say(str(number)) for number in range(10, 18)))
    heard = [each for each in told if each.isdecimal()]
    assert (len(heard), told.count("overtaken in ['4']")) == (1, 7)
    assert (await stored(database, region, school)).of("4").devices == (tablets(heard[0]),)


async def test_the_control_without_the_version_that_was_read_the_last_one_writes_over_all_others(
    database: Database, region: Region, school: uuid.UUID
) -> None:
    told = await asyncio.gather(
        *(state(database, region, school, "4", tablets(str(number))) for number in (15, 16, 17))
    )
    assert told == [["4"], ["4"], ["4"]]
    assert len((await stored(database, region, school)).of("4").devices) == 1


async def test_who_states_another_grade_at_once_is_not_disturbed(
    database: Database, region: Region, school: uuid.UUID
) -> None:
    async def say(grade: str) -> list[str]:
        command = StateDevices(school_id=school, seen={grade: UNSTATED}, devices=[OWN])
        async with transaction(database.writers) as session:
            return await state_devices(session, SYSTEM, region, command, TODAY)

    assert await asyncio.gather(*map(say, "789")) == [["7"], ["8"], ["9"]]


async def test_in_a_merger_the_devices_go_along_and_no_device_yields_to_some(
    database: Database, region: Region, school: uuid.UUID, other: uuid.UUID
) -> None:
    await state(database, region, school, "01", NO_DEVICE)
    await state(database, region, school, "4", tablets(), OWN)
    await state(database, region, school, "5", tablets())
    await state(database, region, other, "0", chromebooks())
    await state(database, region, other, "4", tablets(share=2), chromebooks())
    await state(database, region, other, "5", NO_DEVICE)
    async with transaction(database.writers) as session:
        assert await follow_merger(session, SYSTEM, school, other, TODAY) == 5
    fleet = await stored(database, region, other)
    assert {grade: fleet.of(grade).devices for grade in "0145"} == {
        "0": (chromebooks(),),
        "1": (NO_DEVICE,),
        "4": (OWN, chromebooks(), tablets(share=2)),
        "5": (tablets(),),
    }
    assert (await stored(database, region, school)).equipment == {}
    async with transaction(database.writers) as session:
        assert await follow_merger(session, SYSTEM, school, other, TODAY) == 0
        entries = await outbox.claim(session, FLEET_TOPIC)
        assert entries[-1].key == str(other)
