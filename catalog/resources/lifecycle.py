"""The end of a resource: retired, merged into another, followed by a later edition; its history stays."""

import uuid
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit, outbox
from catalog.core.actor import Actor, Permission
from catalog.core.clock import utc_now
from catalog.resources.errors import AlreadyListed, NotListed, SameResource
from catalog.resources.models import Identifier, Placement, Resource, ResourceEvent
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.resources.reading import load


async def retire_resource(session: AsyncSession, actor: Actor, resource_id: uuid.UUID, today: date) -> None:
    """Take a resource out of the catalogue; its page stays and says so.

    Raises:
        NotFound: there is no such resource.
        NotListed: it is retired already.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    resource = await load(session, resource_id, for_update=True)
    if resource.status != "listed":
        raise NotListed
    _end(session, resource, today, "retired", None)
    audit.record(session, actor, "retire-resource", "resource", resource_id, ["status"])


async def restore_resource(session: AsyncSession, actor: Actor, resource_id: uuid.UUID, today: date) -> None:
    """List a retired resource again.

    Raises:
        NotFound: there is no such resource.
        AlreadyListed: it is not retired.
    """
    actor.require(Permission.MANAGE_CATALOGUE)
    resource = await load(session, resource_id, for_update=True)
    if resource.status == "listed":
        raise AlreadyListed
    resource.status, resource.succeeded_by_id = "listed", None
    resource.version, resource.updated_at = resource.version + 1, utc_now()
    _note(session, resource_id, today, "restored", None)
    audit.record(session, actor, "restore-resource", "resource", resource_id, ["status"])
    outbox.enqueue(session, DOCUMENT_TOPIC, [resource_id])


async def merge_resources(
    session: AsyncSession, actor: Actor, gone_id: uuid.UUID, kept_id: uuid.UUID, today: date
) -> None:
    """Two entries were one thing: the kept one takes the other's identifiers and placements, the other points to it.

    Raises:
        NotFound: one of them is unknown.
        SameResource: they are the same entry.
        NotListed: one of them is retired.
    """
    gone, kept = await _pair(session, actor, gone_id, kept_id)
    await session.execute(update(Identifier).where(Identifier.resource_id == gone_id).values(resource_id=kept_id))
    have = {(each.subject, each.grade) for each in kept.placements}
    kept.placements.extend(
        Placement(subject=each.subject, grade=each.grade)
        for each in gone.placements
        if (each.subject, each.grade) not in have
    )
    kept.version, kept.updated_at = kept.version + 1, utc_now()
    _end(session, gone, today, "merged", kept_id)
    _note(session, kept_id, today, "absorbed", gone_id)
    pointing = update(Resource).where(Resource.succeeded_by_id == gone_id, Resource.id.not_in(_merged_into([gone_id])))
    await session.execute(pointing.values(succeeded_by_id=kept_id))  # those merged before are found by ``follow``
    audit.record(session, actor, "merge-resources", "resource", gone_id, ["status", "succeededBy", "identifiers"])
    outbox.enqueue(session, DOCUMENT_TOPIC, [kept_id])


async def succeed_resource(
    session: AsyncSession, actor: Actor, old_id: uuid.UUID, new_id: uuid.UUID, today: date
) -> None:
    """A later edition took the place of an earlier: the old one leaves the catalogue and points to the new.

    Nothing of what was decided about the old one carries over.

    Raises:
        NotFound: one of them is unknown.
        SameResource: they are the same entry.
        NotListed: one of them is retired.
    """
    old, _ = await _pair(session, actor, old_id, new_id)
    _end(session, old, today, "succeeded", new_id)
    _note(session, new_id, today, "follows", old_id)
    audit.record(session, actor, "succeed-resource", "resource", old_id, ["status", "succeededBy"])
    outbox.enqueue(session, DOCUMENT_TOPIC, [new_id])


async def _pair(session: AsyncSession, actor: Actor, one: uuid.UUID, other: uuid.UUID) -> tuple[Resource, Resource]:
    """Both, locked in the order of their ids, so that two opposite merges do not wait for each other."""
    actor.require(Permission.MANAGE_CATALOGUE)
    if one == other:
        raise SameResource
    loaded = {key: await load(session, key, for_update=True) for key in sorted((one, other))}
    if any(resource.status != "listed" for resource in loaded.values()):
        raise NotListed
    return loaded[one], loaded[other]


def _end(session: AsyncSession, resource: Resource, today: date, what: str, other_id: uuid.UUID | None) -> None:
    resource.status, resource.succeeded_by_id = "retired", other_id
    resource.version, resource.updated_at = resource.version + 1, utc_now()
    _note(session, resource.id, today, what, other_id)
    outbox.enqueue(session, DOCUMENT_TOPIC, [resource.id])


def _note(session: AsyncSession, resource_id: uuid.UUID, today: date, what: str, other_id: uuid.UUID | None) -> None:
    session.add(ResourceEvent(resource_id=resource_id, happened_on=today, what=what, other_id=other_id))


def _merged_into(ids: Collection[uuid.UUID]) -> Select[uuid.UUID]:
    return select(ResourceEvent.resource_id).where(ResourceEvent.what == "merged", ResourceEvent.other_id.in_(ids))


async def absorbed_by(session: AsyncSession, resource_id: uuid.UUID) -> list[uuid.UUID]:
    """The entries that were merged into a resource, and those that had been merged into them."""
    found: list[uuid.UUID] = []
    last = [resource_id]
    while last:
        gone = select(Resource.id).where(
            Resource.status == "retired", Resource.succeeded_by_id.in_(last), Resource.id.in_(_merged_into(last))
        )
        last = [key for key in await session.scalars(gone.order_by(Resource.id)) if key not in found]
        found += last
    return found


async def follow(session: AsyncSession, resource_id: uuid.UUID) -> uuid.UUID:
    """The resource itself or, through merges only, the one it became."""
    seen: set[Any] = set()
    while resource_id not in seen:
        seen.add(resource_id)
        merged = select(ResourceEvent.other_id).where(
            ResourceEvent.resource_id == resource_id, ResourceEvent.what == "merged"
        )
        query = select(Resource.succeeded_by_id).where(
            Resource.id == resource_id, Resource.status == "retired", Resource.succeeded_by_id.in_(merged)
        )
        resource_id = await session.scalar(query) or resource_id
    return resource_id
