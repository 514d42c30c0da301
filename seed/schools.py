"""The demo's schools: their numbers, addresses, pupils and devices, stored through the services.

A school is known by its institution number; one that is there already keeps what somebody changed.
"""

import uuid
from collections.abc import Mapping
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.organisations.counts.schemas import StateCounts
from catalog.organisations.counts.service import state_counts
from catalog.organisations.fleet.profiles import Devices, Ownership
from catalog.organisations.fleet.schemas import StateDevices
from catalog.organisations.fleet.service import state_devices
from catalog.organisations.models import CodeScheme
from catalog.organisations.schemas import CodeFact, SchoolFacts, SiteFact
from catalog.organisations.service import add_school, list_schools
from catalog.vocabularies.region import Region
from seed.files import DeviceEntry, Plan, SchoolEntry, grade_codes

ORIGIN = "demo"
OPENED = date(1998, 8, 1)


async def keep_schools(
    session: AsyncSession, actor: Actor, region: Region, plan: Plan, today: date
) -> tuple[dict[str, uuid.UUID], int]:
    """Ids by key, and how many schools were new; only new ones get pupils and devices.

    Raises:
        DataFileRefused: a span of grades cannot be read.
        Invalid: the register refuses a school.
    """
    known = {school.code: school.id for school in await list_schools(session)}
    ids, new = dict[str, uuid.UUID](), list[SchoolEntry]()
    for entry in plan.schools:
        if entry.institution_number in known:
            ids[entry.key] = known[entry.institution_number]
            continue
        ids[entry.key] = await add_school(session, actor, region, _facts(entry), today, origin=ORIGIN)
        new.append(entry)
    for entry in new:
        await _count(session, actor, region, plan, entry, ids, today)
        await _equip(session, actor, region, plan, entry, ids, today)
    return ids, len(new)


def _facts(entry: SchoolEntry) -> SchoolFacts:
    return SchoolFacts(
        code=entry.institution_number,
        name=entry.name,
        kind=entry.kind,
        grades=grade_codes(entry.grades),
        opened_on=OPENED,
        codes=[CodeFact(scheme=CodeScheme.STIL, value=entry.institution_number)],
        sites=[SiteFact(street=street, city="Sundby") for street in entry.sites],
    )


async def _count(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    plan: Plan,
    entry: SchoolEntry,
    ids: Mapping[str, uuid.UUID],
    today: date,
) -> None:
    """This year's figures, and last year's: the same children were a grade lower, and the oldest have left."""
    this_year = plan.municipality.head_count_on
    last_year = this_year.replace(year=this_year.year - 1)
    numbers = list(entry.head_counts.values())
    before = dict(zip(entry.head_counts, [*numbers[1:], numbers[-1]], strict=True)) if numbers else {}
    for day, pupils in ((last_year, before), (this_year, entry.head_counts)):
        if pupils and day <= today:
            command = StateCounts(school_id=ids[entry.key], counted_on=day, source=ORIGIN, pupils=pupils)
            await state_counts(session, actor, region, command, today)


async def _equip(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    plan: Plan,
    entry: SchoolEntry,
    ids: Mapping[str, uuid.UUID],
    today: date,
) -> None:
    for group in plan.devices:
        if group.school == entry.key:
            command = StateDevices(
                school_id=ids[entry.key],
                seen=dict.fromkeys(grade_codes(group.grades)),
                devices=[_devices(group)],
                source=ORIGIN,
            )
            await state_devices(session, actor, region, command, today)


def _devices(entry: DeviceEntry) -> Devices:
    return Devices(
        ownership=Ownership(entry.ownership),
        platform=entry.platform,
        os_version=entry.os_version,
        replace_in=entry.replace_in,
        pupils_per_device=entry.pupils_per_device,
    )
