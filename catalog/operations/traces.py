"""What somebody did, as far as it is still known that it was they: told with the rest, and kept without a name.

Acts and imports hold opaque ids. Once the person is erased, nothing leads from the id to them.
"""

import uuid
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import outbox
from catalog.core.actor import Actor
from catalog.core.audit import AuditEntry
from catalog.core.registries import PersonalSource
from catalog.identity.models import ApiToken, User
from catalog.intake.models import ImportBatch
from catalog.resources.models import CompatibilityClaim, Resource
from catalog.resources.publishers import DOCUMENT_TOPIC


async def export(session: AsyncSession, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Acts of the person and of their programs, acts upon the person, and the files they took in."""
    own = [user_id, *(await session.scalars(select(ApiToken.id).where(ApiToken.user_id == user_id))).all()]
    acts = (AuditEntry.actor_id.in_([str(each) for each in own])) | (AuditEntry.object_id == str(user_id))
    rows: list[dict[str, Any]] = [
        {
            "what": "act",
            "at": entry.at,
            "action": entry.action,
            "object_type": entry.object_type,
            "object_id": entry.object_id,
            "fields": entry.fields,
            "by": "the person" if entry.actor_id in {str(each) for each in own} else "somebody else",
        }
        for entry in await session.scalars(select(AuditEntry).where(acts).order_by(AuditEntry.seq))
    ]
    taken_in = select(ImportBatch).where(ImportBatch.actor_id.in_(own)).order_by(ImportBatch.started_at)
    claims = select(CompatibilityClaim.resource_id, CompatibilityClaim.platform, CompatibilityClaim.tested_on)
    name = await session.scalar(select(User.name).where(User.id == user_id))
    if name:
        for claim in await session.execute(claims.where(CompatibilityClaim.tested_by == name)):
            tested_on = claim.tested_on.isoformat() if claim.tested_on else None
            rows.append(
                {"what": "test", "object_id": str(claim.resource_id), "platform": claim.platform, "at": tested_on}
            )
    rows += [
        {"what": "import", "kind": batch.kind, "file_name": batch.file_name, "at": batch.started_at.isoformat()}
        for batch in await session.scalars(taken_in)
    ]
    return rows


async def erase(session: AsyncSession, _: Actor, user_id: uuid.UUID) -> int:
    """Take the name off what says who tested a resource; acts stay, for they hold none."""
    name = await session.scalar(select(User.name).where(User.id == user_id))
    if not name:
        return 0
    emptied = update(CompatibilityClaim).where(CompatibilityClaim.tested_by == name).values(tested_by="")
    rows = (await session.scalars(emptied.returning(CompatibilityClaim.resource_id))).all()
    changed = sorted(set(rows))
    newer = update(Resource).where(Resource.id.in_(changed)).values(version=Resource.version + 1)
    await session.execute(newer.execution_options(synchronize_session=False))
    outbox.enqueue(session, DOCUMENT_TOPIC, changed)
    return len(rows)


SOURCE = PersonalSource(name="acts", export=export, erase=erase)
