"""A change of the fleet reaches the search: the documents that it makes wrong are promised anew, and no others."""

import uuid

import msgspec
import pytest
from sqlalchemy import select, update

from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.core.settings import Settings
from catalog.finding.fleet import promise_affected, read_profiles
from catalog.finding.models import SearchDocument
from catalog.organisations.fleet.profiles import Profile
from catalog.organisations.models import School
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.resources.schemas import ClaimFact
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from tests.catalog.organisations.fleet.schools import NO_DEVICE, OWN, add_school, chromebooks, state, tablets
from tests.conftest import NOON, TODAY
from tests.factories import store

APP = ClaimFact(platform="ipados", min_version="16", app=True)
WEB = ClaimFact(platform="web")


class Documents:
    """The search documents of a small catalogue, written by the worker."""

    def __init__(self, database: Database, region: Region, settings: Settings) -> None:
        self.database, self.region = database, region
        self.worker = Worker(settings, database, region, lambda: NOON)
        self.ids: dict[str, uuid.UUID] = {}

    async def add(self, title: str, *claims: ClaimFact) -> None:
        async with transaction(self.database.writers) as session:
            self.ids[title] = await store(session, self.region, title, claims=list(claims))

    async def say(self) -> dict[str, list[str]]:
        """What each document says of the fleet, once the worker is done."""
        await self.worker.drain()
        async with transaction(self.database.readers) as session:
            rows = {row.resource_id: row.document for row in await session.scalars(select(SearchDocument))}
        return {title: msgspec.json.decode(rows[key])["runs_on"] for title, key in self.ids.items()}

    async def promised(self) -> set[str]:
        """The titles that a change of the fleet promises, before they are written."""
        async with transaction(self.database.writers) as session:
            count = await promise_affected(session, TODAY)
            waiting = await session.scalars(select(OutboxEntry).where(OutboxEntry.topic == DOCUMENT_TOPIC))
            keys = {uuid.UUID(entry.key) for entry in waiting}
        assert len(keys) == count
        return {title for title, key in self.ids.items() if key in keys}


@pytest.fixture
async def documents(database: Database, region: Region, settings: Settings) -> Documents:
    found = Documents(database, region, settings)
    for title, claims in {"App": [APP], "Web": [WEB], "Begge": [APP, WEB], "Ukendt": []}.items():
        await found.add(title, *claims)
    assert set(map(tuple, (await found.say()).values())) == {()}
    return found


@pytest.fixture
async def school(database: Database) -> uuid.UUID:
    return await add_school(database, "Mågebakkeskolen", "999101")


async def test_a_new_profile_promises_the_documents_that_run_on_it(
    documents: Documents, database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "456", tablets("17.5"))
    assert await documents.promised() == {"App", "Web", "Begge"}
    assert await documents.say() == {
        "App": ["ipados-17.5"],
        "Web": ["ipados-17.5"],
        "Begge": ["ipados-17.5"],
        "Ukendt": [],
    }
    await state(database, region, school, "7", tablets("15.8"), OWN)
    assert await documents.promised() == {"Web", "Begge"}
    assert (await documents.say())["Web"] == ["ipados-15.8", "ipados-17.5", "own"]


async def test_a_change_that_brings_no_new_profile_writes_no_document(
    documents: Documents, database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "456", tablets("17.5"))
    await documents.say()
    other = await add_school(database, "Ålegræsskolen", "999102")
    await state(database, region, other, "789", tablets("17.5", 2031, share=4))
    await state(database, region, other, "0", NO_DEVICE)
    assert await documents.promised() == set()


async def test_without_a_change_nothing_is_even_compared(
    documents: Documents, database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "4", tablets())
    await documents.say()
    async with transaction(database.writers) as session:
        await session.execute(update(SearchDocument).values(document='{"runs_on":["wrong"]}'))
        assert await promise_affected(session, TODAY) == 0


async def test_a_profile_that_nobody_has_any_more_leaves_the_documents(
    documents: Documents, database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "4", tablets("17.5"))
    await state(database, region, school, "5", chromebooks())
    assert (await documents.say())["Web"] == ["chromeos", "ipados-17.5"]
    await state(database, region, school, "4", chromebooks())
    assert await documents.promised() == {"App", "Web", "Begge"}
    assert await documents.say() == {"App": [], "Web": ["chromeos"], "Begge": ["chromeos"], "Ukendt": []}


async def test_a_resource_that_is_added_or_changed_later_knows_the_fleet(
    documents: Documents, database: Database, region: Region, school: uuid.UUID
) -> None:
    await state(database, region, school, "4", tablets("17.5"))
    await documents.say()
    await documents.add("Ny", APP)
    assert (await documents.say())["Ny"] == ["ipados-17.5"]


async def test_a_closed_school_has_no_profiles(database: Database, region: Region, school: uuid.UUID) -> None:
    await state(database, region, school, "4", tablets("17.5"), OWN)
    async with transaction(database.writers) as session:
        assert await read_profiles(session, TODAY) == (Profile(), Profile(platform="ipados", version="17.5"))
        await session.execute(update(School).where(School.id == school).values(closed_on=TODAY))
        assert await read_profiles(session, TODAY) == ()
