"""Resources in the order of their last change: what was read stays read, what changes meanwhile comes again."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.errors import Invalid
from catalog.resources.models import Resource
from catalog.resources.reading import get_resources
from catalog.resources.schemas import ResourceDetail
from catalog.web.api import Cursor


async def resources_since(
    session: AsyncSession, zone: ZoneInfo, limit: int, after: Cursor | None = None, since: datetime | None = None
) -> tuple[list[ResourceDetail], Cursor | None]:
    """A page of them, retired ones too, and where the next one begins; None: this is the last.

    Raises:
        Invalid: ``since`` could be anywhere in the world.
    """
    query = select(Resource.id, Resource.updated_at).order_by(Resource.updated_at, Resource.id).limit(limit + 1)
    if since is not None:
        if since.tzinfo is None:
            raise Invalid(errors={"updated_since": "without-zone"})
        query = query.where(Resource.updated_at >= since)
    if after is not None:
        query = query.where(tuple_(Resource.updated_at, Resource.id) > (after.at, after.id))
    rows = (await session.execute(query)).all()
    shown = rows[:limit]
    details = {each.id: each for each in await get_resources(session, [row.id for row in shown], zone)}
    last = Cursor(at=shown[-1].updated_at, id=shown[-1].id) if len(rows) > limit else None
    return [details[row.id] for row in shown], last
