"""What schools have to work on, read for who may see it; the numbers of the municipality are for everybody."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import NotFound
from catalog.lexicon.collation import collation_key
from catalog.organisations.fleet.profiles import Devices, Equipment, equipment_of
from catalog.organisations.fleet.schemas import Grade, SchoolFleet, in_order
from catalog.organisations.models import DeviceGroup, HeadCount, School
from catalog.vocabularies.region import Region


async def read_fleet(
    session: AsyncSession, actor: Actor, region: Region, school_id: uuid.UUID, today: date
) -> SchoolFleet:
    """The devices of one school.

    Raises:
        Forbidden, NotFound: there is no such school, or it is not theirs to see.
    """
    actor.require(Permission.READ_SCHOOLS, school_id)
    return await stored_fleet(session, region, school_id, today)


async def stored_fleet(session: AsyncSession, region: Region, school_id: uuid.UUID, today: date) -> SchoolFleet:
    """As ``read_fleet``, for a service that asked for another right to these devices before.

    Raises:
        NotFound: there is no such school.
    """
    school = await session.get(School, school_id)
    if school is None:
        raise NotFound
    groups = await session.scalars(select(DeviceGroup).where(DeviceGroup.school_id == school_id))
    return fleet_of(school, groups.all(), region, today)


async def read_fleets(session: AsyncSession, actor: Actor, region: Region, today: date) -> list[SchoolFleet]:
    """The devices of every open school that somebody may see, by the name of the school.

    Raises:
        Forbidden: they may see those of none.
    """
    visible = actor.schools_with(Permission.READ_SCHOOLS)
    if visible is not None and not visible:
        actor.require(Permission.READ_SCHOOLS)
    schools = [each for each in await _open_schools(session, today) if visible is None or each.id in visible]
    groups: dict[uuid.UUID, list[DeviceGroup]] = {}
    of_them = DeviceGroup.school_id.in_([school.id for school in schools])
    for group in await session.scalars(select(DeviceGroup).where(of_them)):
        groups.setdefault(group.school_id, []).append(group)
    schools.sort(key=lambda school: (collation_key(school.name, region.country), school.code))
    return [fleet_of(school, groups.get(school.id, ()), region, today) for school in schools]


async def equipment_everywhere(session: AsyncSession, today: date) -> dict[uuid.UUID, Equipment]:
    """The profiles of every open school, also of one without any; for numbers and the search, which name no school."""
    open_ids = [school.id for school in await _open_schools(session, today)]
    stated: dict[uuid.UUID, list[tuple[str, Devices]]] = {school_id: [] for school_id in open_ids}
    for group in await session.scalars(select(DeviceGroup).where(DeviceGroup.school_id.in_(open_ids))):
        stated[group.school_id].append((group.grade, devices_of(group)))
    return {school_id: equipment_of(said) for school_id, said in stated.items()}


async def pupils_of(session: AsyncSession, schools: Iterable[uuid.UUID]) -> Mapping[tuple[uuid.UUID, str], int]:
    """The latest head count of each school and grade."""
    query = select(HeadCount).where(HeadCount.school_id.in_(list(schools)))
    rows = await session.scalars(query.order_by(HeadCount.counted_on, HeadCount.recorded_at))
    return {(row.school_id, row.grade): row.pupils for row in rows}


async def _open_schools(session: AsyncSession, today: date) -> list[School]:
    is_open = or_(School.closed_on.is_(None), School.closed_on > today)
    return list(await session.scalars(select(School).where(is_open)))


def fleet_of(school: School, groups: Sequence[DeviceGroup], region: Region, today: date) -> SchoolFleet:
    """The rows of one school as they are told."""
    by_grade: dict[str, list[DeviceGroup]] = {}
    for group in groups:
        by_grade.setdefault(group.grade, []).append(group)
    order = [each.code for each in region.vocabularies.concepts("grade")]
    grades = sorted({*school.grades, *by_grade}, key=lambda code: order.index(code) if code in order else len(order))
    return SchoolFleet(
        id=school.id,
        code=school.code,
        name=school.name,
        grades=tuple(_grade(code, by_grade.get(code, ())) for code in grades),
        is_closed=school.closed_on is not None and school.closed_on <= today,
    )


def _grade(code: str, groups: Sequence[DeviceGroup]) -> Grade:
    return Grade(
        grade=code,
        devices=in_order([devices_of(group) for group in groups]),
        stated_on=max((group.stated_on for group in groups if group.stated_on), default=None),
        source=next((group.source for group in groups if group.source), ""),
    )


def devices_of(group: DeviceGroup) -> Devices:
    return Devices(
        ownership=group.ownership,
        platform=group.platform,
        os_version=group.os_version,
        replace_in=group.replace_in,
        pupils_per_device=group.pupils_per_device,
    )
