"""The page of a resource says whether it runs on what the pupils have, to whom it is theirs to know."""

import uuid
from collections.abc import Sequence

import pytest
from sqlalchemy import update

from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.organisations.models import School
from catalog.resources.schemas import ClaimFact
from catalog.shelf.choice import COOKIE
from catalog.vocabularies.region import Region
from tests.catalog.organisations.fleet.schools import NO_DEVICE, OWN, add_school, chromebooks, state, tablets
from tests.conftest import TODAY, Client, OpenClient, settle, sign_in
from tests.factories import store
from tests.pages import Element, read_page

ENGLISH = {"accept-language": "en"}
APP = ClaimFact(platform="ipados", min_version="16", app=True)
WEB = ClaimFact(platform="web")


async def small_fleet(database: Database, region: Region) -> tuple[uuid.UUID, uuid.UUID]:
    """One school as the strategy has it, another with older tablets."""
    first = await add_school(database, "Mågebakkeskolen", "999101")
    second = await add_school(database, "Ålegræsskolen", "999102")
    await state(database, region, first, "01", NO_DEVICE)
    await state(database, region, first, "23", tablets("15.8"))
    await state(database, region, first, "456", tablets("17.5"))
    await state(database, region, first, "7", tablets(""), chromebooks())
    await state(database, region, first, "8", OWN)
    await state(database, region, second, "0", NO_DEVICE)
    await state(database, region, second, "456", tablets("15.8"))
    return first, second


async def open_resource(client: Client, claims: Sequence[ClaimFact], region: Region, *, keeps: str = "") -> Element:
    async with transaction(client.app.state.database.writers) as session:
        key = await store(session, region, "Sætningssmedjen", claims=list(claims))
    if keeps:
        client.cookies.set(COOKIE, f"{keeps}.")
    await settle(client)
    response = await client.get(f"/resources/{key}", headers=ENGLISH)
    assert response.status_code == 200, response.text[:300]
    return read_page(response.text).one("main")


def table(page: Element) -> list[list[str]]:
    found = page.all("table", aria_labelledby="on-devices")
    return (
        [[cell.text for cell in row.all(role="rowheader") + row.all("td")] for row in found[0].all("tr")[1:]]
        if found
        else []
    )


def checks(page: Element) -> list[str]:
    return [line.text for line in page.one("ul", "checks").all("li")] if page.all("ul", "checks") else []


async def test_a_reader_of_the_school_sees_grade_by_grade_whether_it_runs_and_why_not(
    open_client: OpenClient, database: Database, region: Region
) -> None:
    school, _ = await small_fleet(database, region)
    async with open_client() as client:
        await sign_in(client, Role.TEACHER, schools=[school])
        page = await open_resource(client, [APP], region, keeps="999101")
    assert page.one("h3", id="on-devices").text == "On the devices at Mågebakkeskolen"
    assert table(page) == [
        ["Grades 0–1", "no device", "No device"],
        ["Grades 2–3", "iPad, version 15.8", "NoIt needs version 16 or later."],
        ["Grades 4–6", "iPad, version 17.5", "Yes"],
        ["Grade 7", "Chromebook", "NoIt is not made for this device."],
        ["Grade 7", "iPad", "Not knownIt needs version 16 or later; which one is in use is not known."],
        ["Grade 8", "the pupils' own", "Not knownIt is not for every device."],
        ["Grade 9", "not stated", "Not known"],
    ]
    (line,) = checks(page)
    said, why = line.split("* (says the supplier)")
    assert said == "Runs on the devices at Mågebakkeskolen in grades 4–6"
    assert why == (
        "Grades 2–3: no. Grades 7–8: not known for all devices. Grades 0–1: no device. Grade 9: devices not stated."
    )
    assert "Works on iPad" not in page.text


async def test_what_runs_in_a_browser_runs_wherever_there_is_a_device(
    open_client: OpenClient, database: Database, region: Region
) -> None:
    await small_fleet(database, region)
    async with open_client() as client:
        await sign_in(client, Role.IT)
        page = await open_resource(client, [APP, WEB], region, keeps="999101")
    assert {row[2] for row in table(page)} == {"No device", "Yes", "Yes, in a browser", "Not known"}
    assert "in grades 2–8" in checks(page)[0]


@pytest.mark.parametrize("kept", ["", "999101", "999102"])
async def test_whoever_may_not_see_a_schools_devices_is_told_numbers_that_name_no_school(
    open_client: OpenClient, database: Database, region: Region, kept: str
) -> None:
    first, _ = await small_fleet(database, region)
    async with open_client() as client:
        if kept == "999102":
            await sign_in(client, Role.TEACHER, schools=[first])
        page = await open_resource(client, [APP], region, keeps=kept)
    assert page.one("h3", id="on-devices").text == "On the devices of the schools"
    assert table(page) == [
        ["Grade 0", "Yes at 0 of 2 schoolsNo device at 2"],
        ["Grade 1", "Yes at 0 of 1 schoolNo device at 1"],
        ["Grades 2–3", "Yes at 0 of 1 schoolNo at 1"],
        ["Grades 4–6", "Yes at 1 of 2 schoolsNo at 1"],
        ["Grades 7–8", "Yes at 0 of 1 schoolNot known at 1"],
    ]
    assert "15.8" not in page.text
    assert checks(page) == ["Works on iPad* (says the supplier)"]


async def test_a_closed_school_counts_no_more(client: Client, database: Database, region: Region) -> None:
    first, _ = await small_fleet(database, region)
    async with transaction(database.writers) as session:
        await session.execute(update(School).where(School.id == first).values(closed_on=TODAY))
    page = await open_resource(client, [APP], region)
    assert table(page) == [
        ["Grade 0", "Yes at 0 of 1 schoolNo device at 1"],
        ["Grades 4–6", "Yes at 0 of 1 schoolNo at 1"],
    ]


@pytest.mark.parametrize("claims", [[], [APP]])
async def test_without_a_claim_or_without_a_fleet_nothing_is_said_of_devices(
    client: Client, database: Database, region: Region, claims: list[ClaimFact]
) -> None:
    if not claims:
        await small_fleet(database, region)
    page = await open_resource(client, claims, region)
    assert table(page) == []
    assert "On the devices" not in page.text
