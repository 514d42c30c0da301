"""The demo's people: invented, of every role, at several schools, and stored once."""

from datetime import date

from sqlalchemy import select

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity.models import RoleGrant, User
from catalog.organisations.models import DeviceGroup, HeadCount
from catalog.vocabularies.region import Region
from seed.files import DATA, Plan, grade_codes, read_plan
from seed.people import keep_people
from seed.schools import keep_schools
from tests.conftest import TODAY


async def keep(database: Database, region: Region, plan: Plan) -> int:
    async with transaction(database.writers) as session:
        schools, _ = await keep_schools(session, SYSTEM, region, plan, TODAY)
        return await keep_people(session, SYSTEM, plan.people, schools)


async def test_there_is_somebody_of_every_role_and_all_are_marked(database: Database, region: Region) -> None:
    plan = read_plan(DATA)
    assert await keep(database, region, plan) == len(plan.people) >= len(Role)
    async with database.readers() as session:
        users = (await session.scalars(select(User))).all()
        grants = (await session.scalars(select(RoleGrant))).all()
    assert all(user.is_demo and not user.password_hash and user.username is None for user in users)
    assert {grant.role for grant in grants} == set(Role)
    assert len({grant.school_id for grant in grants if grant.role is Role.TEACHER}) >= 4
    assert any(grant.ends_on and grant.ends_on < date(2026, 11, 25) for grant in grants)


async def test_a_second_run_adds_nobody(database: Database, region: Region) -> None:
    plan = read_plan(DATA)
    await keep(database, region, plan)
    assert await keep(database, region, plan) == 0


async def test_schools_get_their_pupils_of_two_years_and_their_devices_once(database: Database, region: Region) -> None:
    plan = read_plan(DATA)
    for new in (len(plan.schools), 0):
        async with transaction(database.writers) as session:
            assert (await keep_schools(session, SYSTEM, region, plan, TODAY))[1] == new
    async with database.readers() as session:
        counts = (await session.scalars(select(HeadCount))).all()
        devices = (await session.scalars(select(DeviceGroup))).all()
    assert {count.counted_on for count in counts} == {date(2025, 9, 5), date(2026, 9, 5)}
    assert len(devices) == sum(len(grade_codes(entry.grades)) for entry in plan.devices)


def test_devices_stand_at_schools_and_in_grades_that_the_demo_has() -> None:
    plan = read_plan(DATA)
    grades = {school.key: set(grade_codes(school.grades)) for school in plan.schools}
    assert plan.devices
    for entry in plan.devices:
        assert set(grade_codes(entry.grades)) <= grades[entry.school], entry
        assert bool(entry.platform) == (entry.ownership == "municipal"), entry
