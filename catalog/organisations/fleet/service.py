"""Keeping what the pupils of each school and grade work on.

A grade is stated as a whole, under the lock of its school: of two people who state it at once, the second is told and
sees what the first one wrote.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound
from catalog.core.registries import SchoolFollower
from catalog.organisations.fleet.checks import faults
from catalog.organisations.fleet.errors import DevicesChanged, SchoolClosed
from catalog.organisations.fleet.profiles import Devices, Ownership
from catalog.organisations.fleet.reading import devices_of, fleet_of
from catalog.organisations.fleet.schemas import StateDevices, in_order, version_of
from catalog.organisations.models import DeviceGroup, School
from catalog.vocabularies.region import Region

FLEET_TOPIC = "fleet"
"""Of the outbox: the devices of the school that is the key have changed."""
MAX_SOURCE = 100


async def state_devices(
    session: AsyncSession, actor: Actor, region: Region, command: StateDevices, today: date
) -> list[str]:
    """Store what some grades have to work on; the grades of which it is something new.

    Raises:
        Forbidden, NotFound: it is not this person's to say.
        SchoolClosed: nobody works there any more.
        Invalid: by ``grades`` or ``devices-number-field`` what is wrong.
        DevicesChanged: somebody else stated one of the grades since it was read.
    """
    actor.require(Permission.MANAGE_DEVICES, command.school_id)
    school = await _lock(session, command.school_id)
    if school.closed_on is not None and school.closed_on <= today:
        raise SchoolClosed
    _check(command, school, region, today)
    stored = fleet_of(school, await _groups(session, [school.id]), region, today)
    overtaken = [grade for grade, seen in command.seen.items() if seen is not None and seen != stored.of(grade).version]
    if overtaken:
        raise DevicesChanged(grades=overtaken)
    wanted = version_of(command.devices)
    changed = [grade for grade in command.seen if stored.of(grade).version != wanted]
    if changed:
        await _replace(session, school.id, changed, command, today)
        audit.record(session, actor, "state-devices", "school", school.id, [f"grade-{grade}" for grade in changed])
        outbox.enqueue(session, FLEET_TOPIC, [school.id])
    return changed


def _check(command: StateDevices, school: School, region: Region, today: date) -> None:
    found = {
        f"devices-{number}-{field}": code
        for (number, field), code in faults(command.devices, region.vocabularies, today).items()
    }
    if not command.seen:
        raise Invalid(errors={**found, "grades": "choose-one"})
    if not set(command.seen) <= set(school.grades or region.codes("grade")):
        raise Invalid(errors={**found, "grades": "not-at-school"})
    if found:
        raise Invalid(errors=found)


async def _lock(session: AsyncSession, school_id: uuid.UUID) -> School:
    query = select(School).where(School.id == school_id).with_for_update()
    school: School | None = await session.scalar(query.execution_options(populate_existing=True))
    if school is None:
        raise NotFound
    return school


async def _groups(session: AsyncSession, schools: Collection[uuid.UUID]) -> Sequence[DeviceGroup]:
    query = select(DeviceGroup).where(DeviceGroup.school_id.in_(schools)).order_by(DeviceGroup.id)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def _replace(
    session: AsyncSession, school_id: uuid.UUID, grades: Collection[str], command: StateDevices, today: date
) -> None:
    of_them = (DeviceGroup.school_id == school_id, DeviceGroup.grade.in_(grades))
    await session.execute(delete(DeviceGroup).where(*of_them))
    source = command.source[:MAX_SOURCE]
    session.add_all(
        _row(school_id, grade, devices, source, today) for grade in grades for devices in in_order(command.devices)
    )
    await session.flush()


def _row(school_id: uuid.UUID, grade: str, devices: Devices, source: str, stated_on: date | None) -> DeviceGroup:
    return DeviceGroup(
        school_id=school_id,
        grade=grade,
        ownership=devices.ownership,
        platform=devices.platform,
        os_version=devices.os_version,
        replace_in=devices.replace_in,
        pupils_per_device=devices.pupils_per_device,
        source=source,
        stated_on=stated_on,
    )


async def follow_merger(session: AsyncSession, actor: Actor, old: uuid.UUID, new: uuid.UUID, _: date) -> int:
    """The devices of a school go with its pupils: a grade that both have stated has the devices of both.

    Who may merge schools was asked by the merger.
    """
    for school_id in sorted((old, new)):  # in one order, so that two mergers never wait for each other
        await _lock(session, school_id)
    groups = await _groups(session, [old, new])
    coming = [group for group in groups if group.school_id == old]
    if not coming:
        return 0
    there = {(group.grade, devices_of(group).kind) for group in groups if group.school_id == new}
    equipped = {group.grade for group in groups if group.ownership is not Ownership.NONE}
    for group in groups:
        is_double = group.school_id == old and (group.grade, devices_of(group).kind) in there
        if is_double or (group.ownership is Ownership.NONE and group.grade in equipped):
            await session.delete(group)
        else:
            group.school_id = new
    await session.flush()
    audit.record(session, actor, "move-devices", "school", new, {f"grade-{group.grade}" for group in coming})
    outbox.enqueue(session, FLEET_TOPIC, [new])
    return len(coming)


FOLLOWER = SchoolFollower(name="devices", merge=follow_merger)
