"""Taking an import back needs the right to what its kind does, before the first effect; a refusal closes nothing."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from catalog.admin.imports.service import foresee_undo, read_import, undo
from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import Forbidden, NotFound
from catalog.core.roles import Role
from catalog.decisions.undoing import undo_decisions
from catalog.intake.batches import RIGHTS, attempt, open_batch
from catalog.intake.models import ImportBatch
from catalog.organisations.fleet.importing import undo_devices
from catalog.organisations.lists.counting import undo_counts
from catalog.organisations.lists.undoing import undo_schools
from catalog.organisations.models import School
from catalog.resources.reading import get_resource
from catalog.vocabularies.region import Region
from tests.catalog.organisations.lists.files import THREE, read_stil, source_of
from tests.catalog.organisations.lists.test_lists import take_in
from tests.catalog.resources.entries import count
from tests.catalog.resources.importer import Importer, row
from tests.conftest import NOON, TODAY, Client, OpenClient, sign_in

KINDS = {
    "resources": Permission.MANAGE_CATALOGUE,
    "decisions": Permission.DECIDE,
    "schools": Permission.MANAGE_SCHOOLS,
    "head-counts": Permission.MANAGE_HEAD_COUNTS,
    "devices": Permission.MANAGE_DEVICES,
}
Undo: TypeAlias = Callable[[Database, Actor, Region, uuid.UUID, datetime, date], Awaitable[Any]]


def only(*rights: Permission) -> Actor:
    return Actor(id=uuid.uuid4(), everywhere=frozenset(rights))


def lacking(right: Permission) -> Actor:
    return only(*(each for each in Permission if each is not right))


def test_every_kind_has_its_right() -> None:
    assert RIGHTS == KINDS


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_asks_for_its_own_right_and_for_importing(
    database: Database, region: Region, kind: str
) -> None:
    async with transaction(database.writers) as session:
        batch = await open_batch(session, SYSTEM, source_of(kind=kind))
    for actor in (lacking(KINDS[kind]), lacking(Permission.IMPORT)):
        async with transaction(database.readers) as session:
            with pytest.raises(Forbidden):
                await read_import(session, actor, batch, 5)
            with pytest.raises(Forbidden):
                await foresee_undo(session, actor, region, batch, TODAY)
        with pytest.raises(Forbidden):
            await undo(database, actor, region, batch, NOON, TODAY)
    enough = only(Permission.IMPORT, KINDS[kind])
    async with transaction(database.readers) as session:
        assert (await read_import(session, enough, batch, 5)).batch.undone_at is None
        await foresee_undo(session, enough, region, batch, TODAY)
    await undo(database, enough, region, batch, NOON, TODAY)
    async with transaction(database.readers) as session:
        assert (await session.get_one(ImportBatch, batch)).undone_at is not None


async def test_a_reviewer_does_not_take_back_a_list_of_schools(
    database: Database, region: Region, tmp_path: Path, open_client: OpenClient, admin: Client
) -> None:
    done = await take_in(database, region, read_stil(tmp_path, region, THREE))
    path = f"/admin/imports/{done.batch_id}"
    schools = await count(database, School)
    async with open_client() as reviewer:
        await sign_in(reviewer, Role.REVIEWER)
        answers = [await reviewer.get(path), await reviewer.get(f"{path}/undo"), await reviewer.post(f"{path}/undo")]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert await count(database, School) == schools > 0
    assert (await admin.post(f"{path}/undo")).status_code == 200
    assert await count(database, School) == 0


async def _decisions(database: Database, actor: Actor, _: Region, batch: uuid.UUID, now: datetime, __: date) -> Any:
    return await undo_decisions(database, actor, batch, now)


@pytest.mark.parametrize(
    ("kind", "take_back"),
    [
        ("schools", undo_schools),
        ("head-counts", undo_counts),
        ("devices", undo_devices),
        ("decisions", _decisions),
    ],
)
async def test_what_takes_a_kind_back_asks_by_itself_and_leaves_the_import_open(
    database: Database, region: Region, kind: str, take_back: Undo
) -> None:
    async with transaction(database.writers) as session:
        batch = await open_batch(session, SYSTEM, source_of(kind=kind))
    with pytest.raises(Forbidden):
        await take_back(database, lacking(KINDS[kind]), region, batch, NOON, TODAY)
    async with transaction(database.readers) as session:
        assert (await session.get_one(ImportBatch, batch)).undone_at is None
    await take_back(database, SYSTEM, region, batch, NOON, TODAY)


async def test_an_import_that_was_refused_to_one_is_taken_back_by_another(
    database: Database, region: Region, tmp_path: Path
) -> None:
    importer = Importer(database, SYSTEM, region, tmp_path)
    batch, _ = await importer.run([row("1")])
    with pytest.raises(Forbidden):
        await undo(database, only(Permission.IMPORT, Permission.DECIDE), region, batch, NOON, TODAY)
    keys = await importer.listed()
    assert list(keys) == ["bind-1"]
    async with transaction(database.readers) as session:
        assert (await get_resource(session, keys["bind-1"])).version == 1
    assert (await undo(database, SYSTEM, region, batch, NOON, TODAY)).kept == []
    assert await importer.listed() == {}


async def test_a_missing_right_is_no_reason_to_keep_something(database: Database) -> None:
    async def forbidden() -> str:
        raise Forbidden(permission="decide")

    async def gone() -> str:
        raise NotFound

    async with transaction(database.writers) as session:
        assert await attempt(session, gone) == "not-found"
        with pytest.raises(Forbidden):
            await attempt(session, forbidden)
