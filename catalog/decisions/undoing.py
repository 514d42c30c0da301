"""An import of decisions taken back: they stay stored and count for nothing, open questions go."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.db import Database
from catalog.decisions.models import Decision
from catalog.decisions.service import undo_decision
from catalog.intake.batches import Foreseen, Undone, attempt, foresee, take_back
from catalog.intake.models import ImportEffect, NameQuestion

CHANGED = "changed-since"


async def undo_decisions(database: Database, actor: Actor, batch_id: uuid.UUID, now: datetime) -> Undone:
    """Take an import of decisions back; questions that were answered stay, with what the answer recorded.

    Raises:
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """

    async def restore(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
        return [await attempt(session, partial(_restore, session, actor, effect, now)) for effect in effects]

    return await take_back(database, actor, batch_id, now, restore)


async def foresee_undo(session: AsyncSession, batch_id: uuid.UUID) -> Foreseen:
    """What ``undo_decisions`` would do now."""
    return await foresee(session, batch_id, _judge)


async def _judge(session: AsyncSession, effects: Sequence[ImportEffect]) -> list[str]:
    ids = {each.object_id for each in effects}
    held = select(Decision.id).where(Decision.id.in_(ids), Decision.undone_at.is_(None))
    open_ = select(NameQuestion.id).where(NameQuestion.id.in_(ids), NameQuestion.status == "open")
    untouched = set(await session.scalars(held.union(open_)))
    return ["" if each.object_id in untouched else CHANGED for each in effects]


async def _restore(session: AsyncSession, actor: Actor, effect: ImportEffect, now: datetime) -> str:
    """Undo one effect, or say why not."""
    if effect.object_type == "decision":
        row = await session.get(Decision, effect.object_id)
        if row is None or row.undone_at is not None:
            return CHANGED
        await undo_decision(session, actor, effect.object_id, now)
        return ""
    gone = delete(NameQuestion).where(NameQuestion.id == effect.object_id, NameQuestion.status == "open")
    return "" if (await session.scalars(gone.returning(NameQuestion.id))).all() else CHANGED
