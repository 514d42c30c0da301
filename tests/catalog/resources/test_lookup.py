"""Finding one entry by what a person has at hand."""

import uuid

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.resources.lifecycle import retire_resource
from catalog.resources.lookup import Found, find_entries, the_one
from catalog.resources.schemas import IdentifierFact, ResourceFacts, Text
from catalog.resources.service import create_resource
from catalog.vocabularies.region import Region
from tests.conftest import TODAY
from tests.factories import facts

DESERT = ResourceFacts(
    form="app",
    texts=[Text(language="da", title="Ørkenens dyr"), Text(language="en", title="Animals of the Desert")],
    publisher="Sandforlaget",
)
GARDEN = facts(
    "Dyr i haven",
    url="https://dyr.example/haven",
    identifiers=[IdentifierFact(scheme="isbn13", value="9788702000009")],
)


@pytest.fixture
async def stored(database: Database, region: Region) -> dict[str, uuid.UUID]:
    async with transaction(database.writers) as session:
        return {
            each.texts[0].title: await create_resource(session, SYSTEM, region, each, TODAY)
            for each in (DESERT, GARDEN, facts("100 % dyr_"))
        }


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("ØRKENENS", ["Ørkenens dyr"]),
        ("oerkenens DYR", ["Ørkenens dyr"]),
        ("dyr", ["Dyr i haven", "100 % dyr_", "Ørkenens dyr"]),
        ("https://Dyr.example/haven/?utm_source=x#top", ["Dyr i haven"]),
        ("https://dyr.example", []),
        ("978-87-02-00000-9", ["Dyr i haven"]),
        ("Animals of the", ["Ørkenens dyr"]),
        ("%", ["100 % dyr_"]),
        ("x' OR '1'='1", []),
        ("   ", []),
        ("漢字", []),
        ("dyr" * 5000, []),
    ],
)
async def test_an_entry_is_found_by_title_address_or_number(
    database: Database, stored: dict[str, uuid.UUID], asked: str, titles: list[str]
) -> None:
    async with transaction(database.readers) as session:
        assert [each.title for each in await find_entries(session, asked)] == titles


async def test_an_entry_is_found_by_the_address_of_its_own_page(
    database: Database, stored: dict[str, uuid.UUID]
) -> None:
    key = stored["Ørkenens dyr"]
    async with transaction(database.readers) as session:
        (found,) = await find_entries(session, f"http://127.0.0.1:8000/resources/{key}-orkenens-dyr?x=1")
    assert (found.id, found.publisher, found.page) == (key, "Sandforlaget", f"/resources/{key}-oerkenens-dyr")


async def test_a_retired_entry_is_found_last_or_not_at_all(database: Database, stored: dict[str, uuid.UUID]) -> None:
    async with transaction(database.writers) as session:
        await retire_resource(session, SYSTEM, stored["Dyr i haven"], TODAY)
    async with transaction(database.readers) as session:
        assert [each.listed for each in await find_entries(session, "i haven")] == [False]
        assert await find_entries(session, "i haven", listed_only=True) == []


def named(*titles: str) -> list[Found]:
    return [Found(id=uuid.uuid4(), title=title, slug="x", publisher="", address="", listed=True) for title in titles]


def test_only_one_that_fits_or_one_of_the_very_title_is_meant_without_a_doubt() -> None:
    one, two = named("Brøkbanken", "Brøkbanken 2")
    assert the_one([two], "brøk") == two
    assert the_one([one, two], "BRØKBANKEN") == one
    assert the_one([one, two], "brøk") is None
    assert the_one(named("Brøkbanken", "Brøkbanken"), "Brøkbanken") is None
    assert the_one([], "Brøkbanken") is None
