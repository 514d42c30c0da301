"""When a school becomes part of another, decisions that named the old one hold at the new one."""

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor
from catalog.core.registries import SchoolFollower
from catalog.decisions.models import Decision
from catalog.organisations.models import School
from catalog.resources.publishers import DOCUMENT_TOPIC, mark_titles


async def follow_merger(session: AsyncSession, actor: Actor, old: uuid.UUID, new: uuid.UUID, _: date) -> int:
    """Move scopes, undone decisions' too; the search documents of all titles that they touch become due.

    Who may merge schools was asked by the merger.
    """
    codes = {row.id: row.code for row in await session.scalars(select(School).where(School.id.in_((old, new))))}
    moved = 0
    for row in await session.scalars(select(Decision).order_by(Decision.id)):
        if codes[old] not in row.scope_schools:
            continue
        named = (codes[new] if code == codes[old] else code for code in row.scope_schools)
        row.scope_schools = list(dict.fromkeys(named))
        audit.record(session, actor, "move-scope", "decision", row.id, ["scopeSchools"])
        if row.resource_id is not None:
            outbox.enqueue(session, DOCUMENT_TOPIC, [row.resource_id])
        elif row.service_id is not None:
            await mark_titles(session, row.service_id)
        moved += 1
    await session.flush()
    return moved


FOLLOWER = SchoolFollower(name="decisions", merge=follow_merger)
