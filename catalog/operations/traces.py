"""What somebody did, as far as it is still known that it was they: told with the rest, and kept without a name.

Acts and imports hold opaque ids. Once the person is erased, nothing leads from the id to them.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Text, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor
from catalog.core.audit import AuditEntry
from catalog.core.clock import utc_now
from catalog.core.registries import PersonalSource
from catalog.identity.models import ApiToken, User
from catalog.intake.models import ImportBatch, ImportEffect
from catalog.operations.audit_log import programs_of
from catalog.resources.models import CompatibilityClaim, Resource
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.resources.testers import KEY, is_named, name_key, unnamed

AT_ONCE = 500
"""Effects of imports that are read together."""


async def export(session: AsyncSession, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Acts of the person and of their programs, acts upon the person, and the files they took in."""
    own = {user_id, *await programs_of(session, [user_id])}
    own |= set(await session.scalars(select(ApiToken.id).where(ApiToken.user_id == user_id)))
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
    rows += await _tests(session, user_id)
    taken_in = select(ImportBatch).where(ImportBatch.actor_id.in_(own)).order_by(ImportBatch.started_at)
    rows += [
        {"what": "import", "kind": batch.kind, "file_name": batch.file_name, "at": batch.started_at.isoformat()}
        for batch in await session.scalars(taken_in)
    ]
    return rows


async def _tests(session: AsyncSession, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Where the name stands as that of who tested a resource, and where it did before an import changed it."""
    key = await _key(session, user_id)
    if not key:
        return []
    rows: list[dict[str, Any]] = []
    for claim in await session.scalars(select(CompatibilityClaim).where(CompatibilityClaim.tested_by != "")):
        if name_key(claim.tested_by) == key:
            tested_on = claim.tested_on.isoformat() if claim.tested_on else None
            rows.append(_test(claim.resource_id, claim.platform, tested_on))
    async for effect in _effects_naming(session, key):
        named = [claim for claim in effect.before["claims"] if is_named(claim, key)]
        rows += [_test(effect.object_id, claim["platform"], claim.get("testedOn")) for claim in named]
    return rows


def _test(resource_id: uuid.UUID, platform: str, tested_on: str | None) -> dict[str, Any]:
    return {"what": "test", "object_id": str(resource_id), "platform": platform, "at": tested_on}


async def _key(session: AsyncSession, user_id: uuid.UUID) -> str:
    return name_key(await session.scalar(select(User.name).where(User.id == user_id)) or "")


async def _effects_naming(session: AsyncSession, key: str) -> AsyncIterator[ImportEffect]:
    """Effects of imports upon claims that name somebody; most say nothing of a name, and are not read."""
    last = 0
    named = select(ImportEffect).where(
        ImportEffect.object_type == "resource", cast(ImportEffect.before, Text).contains(f'"{KEY}"')
    )
    while some := (
        await session.scalars(named.where(ImportEffect.seq > last).order_by(ImportEffect.seq).limit(AT_ONCE))
    ).all():
        last = some[-1].seq
        for effect in some:
            if any(is_named(claim, key) for claim in effect.before.get("claims", [])):
                yield effect


async def erase(session: AsyncSession, actor: Actor, user_id: uuid.UUID) -> int:
    """Take the name off what says who tested a resource; acts stay, for they hold none.

    Nothing but the name is stored there, so that of two people of one name both are taken off.
    """
    key = await _key(session, user_id)
    if not key:
        return 0
    touched = 0
    async for effect in _effects_naming(session, key):
        effect.before = {**effect.before, "claims": unnamed(effect.before["claims"], key)}
        touched += 1
    await session.flush()
    names = await session.scalars(select(CompatibilityClaim.tested_by).distinct())
    spellings = [name for name in names if name_key(name) == key]
    return touched + await _empty(session, actor, spellings)


async def _empty(session: AsyncSession, actor: Actor, spellings: Sequence[str]) -> int:
    """Whoever reads resources, by a form or as a program, hears of it as of any change."""
    emptied = update(CompatibilityClaim).where(CompatibilityClaim.tested_by.in_(spellings)).values(tested_by="")
    rows = (await session.scalars(emptied.returning(CompatibilityClaim.resource_id))).all()
    changed = sorted(set(rows))
    newer = update(Resource).where(Resource.id.in_(changed))
    newer = newer.values(version=Resource.version + 1, updated_at=utc_now())
    await session.execute(newer.execution_options(synchronize_session=False))
    for resource_id in changed:
        audit.record(session, actor, "change-resource", "resource", resource_id, ["claims"])
    outbox.enqueue(session, DOCUMENT_TOPIC, changed)
    return len(rows)


SOURCE = PersonalSource(name="acts", export=export, erase=erase)
