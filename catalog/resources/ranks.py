"""Ranks: sparse labels in the order of titles, so that one changed title touches one document."""

import uuid
from typing import Any

from sqlalchemy import func, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.db import is_postgresql
from catalog.resources.models import Resource

SPARE = 2**20
"""Labels below are held only while neighbours move."""
END = 2**53
STEP = 2**32
"""The distance kept where there is room: at the end, and when labels are spread anew."""
_WINDOW = 64
_LOCK = 0x52_414E_4B  # «RANK»


def between(low: int | None, high: int | None) -> int | None:
    """A label strictly between two, ``STEP`` behind the last where nothing follows; None: no room is left."""
    floor = SPARE if low is None else low
    if high is None:
        label = floor + STEP
        return label if label < END else (floor + END) // 2 if END - floor > 1 else None
    label = high - STEP if low is None and high - STEP > floor else (floor + high) // 2
    return label if floor < label < high else None


def spread(count: int, low: int, high: int) -> list[int]:
    """``count`` labels evenly between two bounds, both left out; the caller sees to it that they fit."""
    return [low + (high - low) * (index + 1) // (count + 1) for index in range(count)]


async def place(session: AsyncSession, sort_key: str, resource_id: uuid.UUID) -> tuple[int, list[uuid.UUID]]:
    """A free label for a title among the others, and the resources whose own label had to move for it."""
    if is_postgresql(session):
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    await session.flush()
    low, high = await _neighbours(session, sort_key, resource_id)
    label = between(low, high)
    if label is not None:
        return label, []
    moved = await _make_room(session, sort_key, resource_id)
    low, high = await _neighbours(session, sort_key, resource_id)
    label = between(low, high)
    if label is None:
        raise RuntimeError(f"no room was made between {low} and {high}")
    return label, moved


def _key() -> Any:
    return tuple_(Resource.sort_key, Resource.id)


async def _neighbours(session: AsyncSession, sort_key: str, resource_id: uuid.UUID) -> tuple[int | None, int | None]:
    own = tuple_(sort_key, resource_id)
    below = select(Resource.rank).where(_key() < own, Resource.rank >= SPARE)
    above = select(Resource.rank).where(_key() > own, Resource.rank >= SPARE)
    return (
        await session.scalar(below.order_by(Resource.sort_key.desc(), Resource.id.desc()).limit(1)),
        await session.scalar(above.order_by(Resource.sort_key, Resource.id).limit(1)),
    )


async def _make_room(session: AsyncSession, sort_key: str, resource_id: uuid.UUID) -> list[uuid.UUID]:
    """Spread the labels of the neighbourhood anew, as small a one as gives each label room."""
    size = _WINDOW
    while True:
        ids, low, high = await _neighbourhood(session, sort_key, resource_id, size)
        if (high - low) // (len(ids) + 1) > _WINDOW or high - low == END - SPARE:
            break
        size *= 4
    labels = dict(zip(ids, spread(len(ids), low, high), strict=True))
    for index, each in enumerate([*ids, resource_id]):  # out of the way first: labels are unique at every moment
        await session.execute(update(Resource).where(Resource.id == each).values(rank=index))
    for each, label in labels.items():
        await session.execute(update(Resource).where(Resource.id == each).values(rank=label))
    return ids


async def _neighbourhood(
    session: AsyncSession, sort_key: str, resource_id: uuid.UUID, size: int
) -> tuple[list[uuid.UUID], int, int]:
    """The ids around a place in their order, and the labels on both sides that stay."""
    own = tuple_(sort_key, resource_id)
    down = select(Resource.id, Resource.rank).where(_key() < own, Resource.rank >= SPARE)
    up = select(Resource.id, Resource.rank).where(_key() > own, Resource.rank >= SPARE)
    below = (await session.execute(down.order_by(Resource.sort_key.desc(), Resource.id.desc()).limit(size + 1))).all()
    above = (await session.execute(up.order_by(Resource.sort_key, Resource.id).limit(size + 1))).all()
    low = below[size].rank if len(below) > size else SPARE
    high = above[size].rank if len(above) > size else END
    rows = [*reversed(below[:size]), *above[:size]]
    return [row.id for row in rows], low, high


async def count_out_of_order(session: AsyncSession) -> int:
    """How many resources stand before one that their title sorts after; 0 unless a rule is broken."""
    before = func.lag(Resource.rank).over(order_by=(Resource.sort_key, Resource.id)).label("before")
    rows = select(Resource.rank, before).subquery()
    return await session.scalar(select(func.count()).select_from(rows).where(rows.c.before >= rows.c.rank)) or 0
