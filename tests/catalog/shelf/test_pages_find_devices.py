"""The facet «Runs on our devices»: what a class has, to whom it may be told, and the hits that run on it."""

import uuid

import pytest

from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.resources.schemas import ClaimFact
from catalog.shelf.choice import COOKIE
from catalog.vocabularies.region import Region
from tests.catalog.organisations.fleet.schools import NO_DEVICE, OWN, add_school, chromebooks, state, tablets
from tests.conftest import Client, OpenClient, settle, sign_in
from tests.factories import places, store
from tests.pages import FindSeen, see

ENGLISH = {"accept-language": "en"}
CLAIMS = {
    "App 16": [ClaimFact(platform="ipados", min_version="16", app=True)],
    "App 17": [ClaimFact(platform="ipados", min_version="17", app=True)],
    "I browser": [ClaimFact(platform="web")],
    "Kun Windows": [ClaimFact(platform="windows", app=True)],
}


@pytest.fixture
async def school(database: Database, region: Region) -> uuid.UUID:
    """A school, another with other devices, and four resources."""
    first = await add_school(database, "Mågebakkeskolen", "999101")
    await state(database, region, first, "01", NO_DEVICE)
    await state(database, region, first, "23", tablets("16.4"))
    await state(database, region, first, "4567", tablets("17.5"))
    await state(database, region, first, "89", OWN)
    second = await add_school(database, "Ålegræsskolen", "999102")
    await state(database, region, second, "4", chromebooks("126"))
    async with transaction(database.writers) as session:
        for title, claims in CLAIMS.items():
            await store(session, region, title, claims=claims, placements=places(("dansk", "4")))
    return first


async def look(client: Client, query: str = "q=", *, keeps: str = "") -> FindSeen:
    if keeps:
        client.cookies.set(COOKIE, keeps)
    await settle(client)
    response = await client.get(f"/find?{query}", headers=ENGLISH)
    assert response.status_code == 200, response.text[:300]
    return see(response.text)


async def test_everybody_is_offered_the_devices_of_the_municipality_and_no_school_is_named(
    client: Client, school: uuid.UUID
) -> None:
    seen = await look(client, keeps="999101.")
    assert seen.facet("device") == {
        "iPad, version 17.5": 3,
        "iPad, version 16.4": 2,
        "Chromebook, version 126": 1,
        "The pupils' own": 1,
    }
    assert "Mågebakkeskolen" not in seen.page.one("details", id="facet-device").text


async def test_a_teacher_is_offered_the_devices_of_their_school_grade_by_grade(
    open_client: OpenClient, school: uuid.UUID
) -> None:
    async with open_client() as client:
        await sign_in(client, Role.TEACHER, schools=[school])
        seen = await look(client, keeps="999101.")
        assert seen.facet("device") == {
            "iPad, version 16.4 (grades 2–3)": 2,
            "iPad, version 17.5 (grades 4–7)": 3,
            "The pupils' own (grades 8–9)": 1,
        }
        of_the_class = await look(client, keeps="999101.4")
        assert of_the_class.facet("device") == {"iPad, version 17.5 (grades 4–7)": 3}


async def test_choosing_a_device_finds_what_runs_on_it(client: Client, school: uuid.UUID) -> None:
    for code, titles in (
        ("ipados-17.5", ["App 16", "App 17", "I browser"]),
        ("ipados-16.4", ["App 16", "I browser"]),
        ("own", ["I browser"]),
    ):
        seen = await look(client, f"q=&sort=title&device={code}")
        assert seen.titles == titles
        assert seen.chosen("device") == [code]
    both = await look(client, "q=&sort=title&device=own&device=ipados-16.4")
    assert both.titles == ["App 16", "I browser"]
    assert set(both.chips) == {"The pupils' own", "iPad, version 16.4"}


async def test_a_device_and_other_filters_hold_together_and_are_counted_each_without_its_own(
    client: Client, school: uuid.UUID
) -> None:
    seen = await look(client, "q=&device=ipados-16.4&platform=ipados")
    assert seen.titles == ["App 16"]
    assert seen.facet("device")["iPad, version 17.5"] == 2
    assert seen.facet("platform") == {"iPad": 1, "Web browser": 1}
    assert seen.facet("grade") == {"Grade 4": 1}


async def test_a_device_that_no_school_has_finds_nothing_and_one_that_is_none_is_told(
    client: Client, school: uuid.UUID
) -> None:
    nothing = await look(client, "q=&device=ipados-9")
    assert nothing.titles == []
    assert "0 resources for iPad, version 9" in nothing.page.one("main").text
    told = await look(client, "q=&device=amiga-1&device=%3Cb%3E")
    assert len(told.titles) == 4
    assert "device=amiga-1" in told.page.one("main").text


async def test_a_change_of_the_fleet_is_in_the_search_when_the_worker_is_done(
    client: Client, database: Database, region: Region, school: uuid.UUID
) -> None:
    assert "iPad, version 18" not in (await look(client)).facet("device")
    await state(database, region, school, "9", tablets("18"))
    assert (await look(client)).facet("device")["iPad, version 18"] == 3
    await state(database, region, school, "9", OWN)
    assert "iPad, version 18" not in (await look(client)).facet("device")
