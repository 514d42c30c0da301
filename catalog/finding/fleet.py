"""What the search documents say of the fleet: the profiles of devices on which each resource runs.

A change of the fleet promises exactly those documents anew that would say something else of the profiles there are now.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import outbox
from catalog.finding.models import SearchDocument
from catalog.organisations.fleet.profiles import Profile, all_profiles
from catalog.organisations.fleet.reading import equipment_everywhere
from catalog.organisations.fleet.service import FLEET_TOPIC
from catalog.resources.models import CompatibilityClaim, Resource
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.resources.running import tokens_of
from catalog.resources.schemas import ClaimFact

BATCH = 500


class _Said(msgspec.Struct, frozen=True):
    """The one field of a document that is compared; the others are not even read."""

    runs_on: list[str] = []


async def read_profiles(session: AsyncSession, today: date) -> tuple[Profile, ...]:
    """Every profile that some grade of an open school has."""
    return all_profiles((await equipment_everywhere(session, today)).values())


async def promise_affected(session: AsyncSession, today: date) -> int:
    """Promise the documents that a change of the fleet makes wrong; the number of them.

    Resources are locked first: who writes a document meanwhile has ended, and is compared, or reads the new profiles.
    """
    entries = await outbox.claim(session, FLEET_TOPIC)
    if not entries:
        return 0
    await session.execute(select(Resource.id).order_by(Resource.id).with_for_update(read=True))
    profiles = await read_profiles(session, today)
    promised, last = 0, uuid.UUID(int=0)
    while rows := (await session.execute(_documents_after(last))).all():
        last = rows[-1].resource_id
        claims = await _claims(session, [row.resource_id for row in rows])
        wrong = [
            row.resource_id
            for row in rows
            if _said(row.document) != tokens_of(claims.get(row.resource_id, ()), profiles)
        ]
        outbox.enqueue(session, DOCUMENT_TOPIC, wrong)
        promised += len(wrong)
    await outbox.finish(session, entries)
    return promised


def _documents_after(last: uuid.UUID) -> Select[uuid.UUID, str]:
    query = select(SearchDocument.resource_id, SearchDocument.document).where(SearchDocument.document != "")
    return query.where(SearchDocument.resource_id > last).order_by(SearchDocument.resource_id).limit(BATCH)


def _said(document: str) -> list[str]:
    return msgspec.json.decode(document, type=_Said).runs_on


async def _claims(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[ClaimFact]]:
    found: dict[uuid.UUID, list[ClaimFact]] = {}
    for row in await session.scalars(select(CompatibilityClaim).where(CompatibilityClaim.resource_id.in_(ids))):
        found.setdefault(row.resource_id, []).append(msgspec.convert(row, ClaimFact, from_attributes=True))
    return found
