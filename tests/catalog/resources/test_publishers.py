"""Services by their names, publishers by what became of them."""

from datetime import date

import pytest
from sqlalchemy import delete, select

from catalog.core.actor import Actor
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools, list_schools
from catalog.resources.errors import SameResource
from catalog.resources.publishers import (
    create_service,
    find_services,
    keep_publisher,
    keep_service,
    service_faults,
    service_ids,
    succeed_publisher,
)
from catalog.resources.schemas import PublisherFacts, ServiceFacts
from catalog.vocabularies.region import Region
from tests.factories import store

ON = date(2026, 8, 1)


async def test_a_service_is_known_by_its_name_and_its_key_tells_it_from_all_others(
    database: Database, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        await create_service(session, actor, ServiceFacts(key="google", name="Google"))
        await create_service(session, actor, ServiceFacts(key="skyen", name="Nordvest Portal"))
        names = ("Google+", "数学", "科学", "GOOGLE", "Nordvest portal", "google+", "数学")
        keys = [await keep_service(session, actor, name, "") for name in names]
        ids = await service_ids(session, ["google", "google-2", "nobody"])
    assert keys == ["google-2", "x", "x-2", "google", "skyen", "google-2", "x"]
    assert ids.keys() == {"google", "google-2"}


def test_what_is_said_of_a_service_has_its_limits() -> None:
    long = ServiceFacts(key="k" * 81, name="n" * 301, publisher="p" * 201)
    assert service_faults(long) == {"key": "not-a-key", "name": "too-long", "publisher": "too-long"}


@pytest.mark.parametrize(("country", "order"), [("dk", ["Zebra", "Ærlig", "Ånd"]), ("se", ["Zebra", "Ånd", "Ærlig"])])
async def test_services_and_schools_are_sorted_as_the_country_does(
    database: Database, actor: Actor, country: str, order: list[str]
) -> None:
    async with transaction(database.writers) as session:
        for place, name in enumerate(("Ånd", "Ærlig", "Zebra")):
            await create_service(session, actor, ServiceFacts(key=f"k{place}", name=name))
        facts = [SchoolFacts(code=name, name=name, kind="folkeskole", grades=["0"]) for name in order[::-1]]
        await keep_schools(session, actor, facts)
        assert [each.facts.name for each in await find_services(session, country)] == order
        assert [each.facts.name for each in await find_services(session, country, 1)] == order[:1]
        assert [each.name for each in await list_schools(session, country)] == order


async def test_a_succession_reaches_the_titles_of_all_earlier_publishers_and_never_a_ring(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        ids = [await keep_publisher(session, actor, PublisherFacts(name=name)) for name in ("Et", "To", "Tre", "Fire")]
        titles = {str(await store(session, region, f"Bog {name}", publisher=name)) for name in ("Et", "To", "Tre")}
        await store(session, region, "Bog Fire", publisher="Fire")
        await succeed_publisher(session, actor, ids[0], ids[1], ON)
        await succeed_publisher(session, actor, ids[1], ids[2], ON)
        await session.execute(delete(OutboxEntry))
        await succeed_publisher(session, actor, ids[2], ids[3], ON)
        assert set(await session.scalars(select(OutboxEntry.key))) == titles
        for heir in ids[:3]:
            with pytest.raises(SameResource):
                await succeed_publisher(session, actor, ids[3], heir, ON)
