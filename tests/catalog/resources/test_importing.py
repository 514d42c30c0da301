"""Importing resources: joined, found again, never over a person's words, and all of it taken back."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.db import Database, is_postgresql, transaction
from catalog.decisions.service import decided_among
from catalog.intake import batches
from catalog.intake.errors import ImportUndone
from catalog.intake.models import ImportEffect
from catalog.resources.models import Identifier, Resource
from catalog.resources.publishers import create_service
from catalog.resources.reading import find_by_identifier, get_resource
from catalog.resources.schemas import IdentifierFact, ServiceFacts
from catalog.resources.service import change_resource
from catalog.resources.undoing import foresee_undo
from catalog.vocabularies.region import Region
from tests.catalog.resources.importer import Importer, row
from tests.factories import facts, rule, store

ISBN = "9788702000009"


async def forbid(database: Database, slug: str) -> None:
    """A rule of the database's own against one resource."""
    checked = f"ALTER TABLE resource ADD CHECK (slug <> '{slug}')"
    trigger = (
        f"CREATE TRIGGER forbid BEFORE INSERT ON resource WHEN NEW.slug = '{slug}' "
        "BEGIN SELECT RAISE(ABORT, 'forbidden'); END"
    )
    async with transaction(database.writers) as session:
        await session.execute(text(checked if is_postgresql(session) else trigger))


@pytest.fixture
def importer(database: Database, actor: Actor, region: Region, tmp_path: Path) -> Importer:
    return Importer(database, actor, region, tmp_path)


async def test_every_row_is_accounted_for_and_a_broken_one_loses_no_good_one(importer: Importer) -> None:
    rows: list[dict[str, str] | str] = [
        row("1"),
        "{broken",
        row("2", isbn="9788702000001"),
        row("3", url="javascript:alert(1)"),
        row("4"),
    ]
    _, counts = await importer.run(rows)

    assert str(counts) == "accepted 2, unchanged 0, refused 3"
    assert [(each.line, each.outcome, each.code) for each in importer.reported if each.outcome == "refused"] == [
        (2, "refused", "not-json"),
        (3, "refused", "wrong-check-digit"),
        (4, "refused", "not-a-web-address"),
    ]
    assert sorted(await importer.listed()) == ["bind-1", "bind-4"]


async def test_what_the_database_refuses_is_a_refused_row(importer: Importer) -> None:
    await forbid(importer.database, "bind-2")
    _, counts = await importer.run([row("1"), row("2", publisher="Nord"), row("3")])
    assert str(counts) == "accepted 2, unchanged 0, refused 1"
    assert [(each.line, each.code) for each in importer.reported if each.outcome == "refused"] == [(2, "not-storable")]
    assert sorted(await importer.listed()) == ["bind-1", "bind-3"]


async def test_two_services_of_one_key_are_two(importer: Importer) -> None:
    async with transaction(importer.database.writers) as session:
        await create_service(session, importer.actor, ServiceFacts(key="google", name="Google"))
    rows = [row(str(place), service=name) for place, name in enumerate(("Google+", "数学", "科学", "google"))]
    await importer.run(rows)
    _, again = await importer.run(rows)
    assert str(again) == "accepted 0, unchanged 4, refused 0"
    keys = await importer.listed()
    async with transaction(importer.database.readers) as session:
        read = [await get_resource(session, keys[f"bind-{place}"]) for place in range(4)]
    assert [each.facts.service_key for each in read] == ["google-2", "x", "x-2", "google"]


async def test_a_batch_that_a_deadlock_broke_off_is_stored_all_the_same(importer: Importer) -> None:
    await importer.run([row("1"), row("2")])
    keys = await importer.listed()

    async def lock(session: AsyncSession, slug: str) -> None:
        await session.execute(select(Resource.id).where(Resource.id == keys[slug]).with_for_update())

    async with transaction(importer.database.writers) as session:
        if not is_postgresql(session):
            pytest.skip("SQLite has one writer at a time")
        await session.execute(text("SET LOCAL deadlock_timeout = '1min'"))  # the import is the one broken off
        await lock(session, "bind-2")
        importing = asyncio.create_task(importer.run([row("1", "Et"), row("2", "To")]))
        await asyncio.sleep(0.5)
        await lock(session, "bind-1")
    _, counts = await importing
    assert str(counts) == "accepted 2, unchanged 0, refused 0"
    assert sorted(await importer.listed()) == ["et", "to"]


async def test_a_second_run_changes_nothing_and_next_years_list_only_what_differs(importer: Importer) -> None:
    await importer.run([row("1"), row("2")])
    _, again = await importer.run([row("1"), row("2")])
    _, later = await importer.run([row("1", "Nyt navn"), row("2"), row("3")])

    assert str(again) == "accepted 0, unchanged 2, refused 0"
    assert str(later) == "accepted 2, unchanged 1, refused 0"
    assert sorted(await importer.listed()) == ["bind-2", "bind-3", "nyt-navn"]


async def test_a_field_that_a_person_edited_is_never_overwritten(importer: Importer) -> None:
    await importer.run([row("1", publisher="Nord")])
    key = (await importer.listed())["bind-1"]
    async with transaction(importer.database.writers) as session:
        read = await get_resource(session, key)
        edited = facts("Skrevet af et menneske", publisher="Nord", identifiers=read.facts.identifiers)
        await change_resource(session, importer.actor, importer.region, key, edited, 1)
    await importer.run([row("1", "Fra listen", publisher="Syd")])
    async with transaction(importer.database.readers) as session:
        read = await get_resource(session, key)

    assert read.facts.texts[0].title == "Skrevet af et menneske"
    assert read.facts.publisher == "Syd"


async def test_the_same_address_written_otherwise_is_the_same_resource(importer: Importer, region: Region) -> None:
    async with transaction(importer.database.writers) as session:
        own = await store(session, region, "Vores egen tekst", url="https://example.org/a")
    await importer.run([row("1", "Listens tekst", url="HTTPS://example.org/a/?utm_source=list")])
    async with transaction(importer.database.readers) as session:
        read = await get_resource(session, own)
        assert await find_by_identifier(session, "source:list", "1") in {own, None}
        assert await session.scalar(select(func.count()).select_from(Resource)) == 1
    assert read.facts.texts[0].title == "Vores egen tekst"


async def test_taking_an_import_back_restores_what_nobody_touched_and_lists_the_rest(importer: Importer) -> None:
    await importer.run([row("1"), row("2")])
    batch, _ = await importer.run([row("1", "Et"), row("2", "To"), row("3"), row("4"), row("5")])
    keys = await importer.listed()
    async with transaction(importer.database.writers) as session:
        read = await get_resource(session, keys["to"])
        edited = facts("To, rettet", identifiers=read.facts.identifiers)
        await change_resource(session, importer.actor, importer.region, keys["to"], edited, 2)
        await rule(session, importer.region, keys["bind-4"])

    undone = await importer.undo(batch)

    assert undone.restored == 3
    assert sorted((reason, key) for _, key, reason in undone.kept) == sorted(
        [("changed-since", keys["to"]), ("in-use", keys["bind-4"])]
    )
    assert sorted(await importer.listed()) == ["bind-1", "bind-4", "to-rettet"]
    with pytest.raises(ImportUndone):
        await importer.undo(batch)


async def test_what_cannot_be_taken_back_keeps_back_nothing_else(importer: Importer, region: Region) -> None:
    await importer.run([row("1", isbn=ISBN), row("2")])
    keys = await importer.listed()
    async with transaction(importer.database.writers) as session:
        facts_of_one = (await get_resource(session, keys["bind-1"])).facts
    batch, _ = await importer.run([row("1", "Et"), row("2", "To"), row("3")])
    async with transaction(importer.database.writers) as session:  # as if two numbers had changed places
        moved = update(Identifier).where(Identifier.scheme == "isbn13").values(value="9788702000016")
        await session.execute(moved)
        before = {"identifiers": [{"scheme": each.scheme, "value": each.value} for each in facts_of_one.identifiers]}
        changed = update(ImportEffect).where(ImportEffect.batch_id == batch, ImportEffect.object_id == keys["bind-1"])
        await session.execute(changed.values(before=before))
        await store(session, region, "Tager nummeret", identifiers=[IdentifierFact(scheme="isbn13", value=ISBN)])
    undone = await importer.undo(batch)
    assert (undone.restored, undone.kept) == (2, [("resource", keys["bind-1"], "identifier-taken")])
    assert sorted(await importer.listed()) == ["bind-2", "et", "tager-nummeret"]


async def test_a_large_import_is_taken_back_in_several_transactions(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "UNDO_BATCH", 2)
    await importer.run([row("1"), row("2")])
    batch, _ = await importer.run([row("1", "Et"), row("2", "To"), row("3"), row("4"), row("2", "Tre"), row("5")])
    undone = await importer.undo(batch)
    assert (undone.restored, undone.kept) == (5, [])
    assert sorted(await importer.listed()) == ["bind-1", "bind-2"]
    with pytest.raises(ImportUndone):
        await importer.undo(batch)


async def test_what_was_taken_back_can_be_imported_again(importer: Importer) -> None:
    batch, _ = await importer.run([row("1", url="https://example.org/a")])
    await importer.undo(batch)
    async with transaction(importer.database.readers) as session:
        assert (await session.scalars(select(Identifier.value))).all() == []
    _, counts = await importer.run([row("1", url="https://example.org/a")])
    assert str(counts) == "accepted 1, unchanged 0, refused 0"
    assert list(await importer.listed()) == ["bind-1"]


@pytest.mark.parametrize("at_once", [1, 100])
async def test_what_is_foreseen_is_the_same_however_many_effects_are_read_at_once(
    importer: Importer, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """One resource is made and changed by the same import; another is changed, and once more by a person."""
    monkeypatch.setattr(batches, "UNDO_BATCH", at_once)
    address = "https://example.org/a"
    await importer.run([row("1"), row("2")])
    batch, _ = await importer.run(
        [row("3", url=address), row("4", "Fire", url=address), row("1", "Et"), row("2", "To")]
    )
    key = (await importer.listed())["to"]
    async with transaction(importer.database.writers) as session:
        read = await get_resource(session, key)
        edited = facts("To, rettet", identifiers=read.facts.identifiers)
        await change_resource(session, importer.actor, importer.region, key, edited, read.version)
    async with transaction(importer.database.readers) as session:
        foreseen = await foresee_undo(session, batch, decided_among)
    assert (dict(foreseen.goes), foreseen.returns) == ({"resource": 1}, 1)
    assert foreseen.kept == [("resource", key, "changed-since")]
    assert (await importer.undo(batch)).kept == foreseen.kept
