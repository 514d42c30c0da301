"""Figures of the open schools that somebody may see: devices that are due, and pupils by the day of counting."""

import uuid
from collections.abc import Collection
from datetime import date

import msgspec
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.organisations.models import DeviceGroup, HeadCount, School


class Due(msgspec.Struct, kw_only=True):
    id: uuid.UUID
    name: str
    grades: dict[int, set[str]]
    """By the year in which their devices are due; what is overdue under the year before this one."""


class Counted(msgspec.Struct, kw_only=True):
    id: uuid.UUID
    name: str
    days: list[tuple[date, int]]
    """The latest first; where sources differ on a day, the one that speaks of most pupils, as on the school's page."""


async def due_devices(session: AsyncSession, schools: Collection[uuid.UUID] | None, today: date) -> list[Due]:
    """Schools that have devices to be replaced by next year, by name."""
    query = select(School.id, School.name, DeviceGroup.replace_in, DeviceGroup.grade).join(
        DeviceGroup, DeviceGroup.school_id == School.id
    )
    query = query.where(DeviceGroup.replace_in <= today.year + 1, _open(schools, today))
    found: dict[uuid.UUID, Due] = {}
    for row in await session.execute(query.order_by(School.name, School.id)):
        due = found.setdefault(row.id, Due(id=row.id, name=row.name, grades={}))
        due.grades.setdefault(max(row.replace_in or 0, today.year - 1), set()).add(row.grade)
    return list(found.values())


async def counted_pupils(session: AsyncSession, schools: Collection[uuid.UUID] | None, today: date) -> list[Counted]:
    """Schools of which somebody has stated the pupils, by name."""
    query = select(
        School.id, School.name, HeadCount.counted_on, HeadCount.source, func.sum(HeadCount.pupils).label("pupils")
    ).join(HeadCount, HeadCount.school_id == School.id)
    query = query.group_by(School.id, School.name, HeadCount.counted_on, HeadCount.source)
    found: dict[uuid.UUID, tuple[str, dict[date, int]]] = {}
    for row in await session.execute(query.where(_open(schools, today)).order_by(School.name, School.id)):
        days = found.setdefault(row.id, (row.name, {}))[1]
        days[row.counted_on] = max(days.get(row.counted_on, 0), row.pupils)
    return [Counted(id=key, name=name, days=sorted(days.items(), reverse=True)) for key, (name, days) in found.items()]


def _open(schools: Collection[uuid.UUID] | None, today: date) -> ColumnElement[bool]:
    """Those of the schools that are open; None: of all."""
    is_open = or_(School.closed_on.is_(None), School.closed_on > today)
    return is_open if schools is None else is_open & School.id.in_(schools)
