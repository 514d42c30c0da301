"""The first page answers each role's question, from what is stored, and only about their schools."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity import people
from catalog.organisations.fleet.profiles import Ownership
from catalog.organisations.models import DeviceGroup, HeadCount, School
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools, list_schools
from catalog.vocabularies.region import Region
from tests.conftest import NOON, TODAY, Client, OpenClient, sign_in
from tests.factories import places, rule, store
from tests.pages import Element, read_page

NORD, SYD = "100001", "100002"


@pytest.fixture
async def schools(database: Database) -> dict[str, uuid.UUID]:
    named = {NORD: "Nordskolen", SYD: "Sydskolen"}
    async with transaction(database.writers) as session:
        facts = [SchoolFacts(code=code, name=name, kind="folkeskole", grades=["4"]) for code, name in named.items()]
        await keep_schools(session, SYSTEM, facts)
        return {school.code: school.id for school in await list_schools(session)}


async def board(client: Client, role: Role | None, **more: Any) -> Element:
    await sign_in(client, role, **more)
    answer = await client.get("/", headers={"accept-language": "en"})
    assert answer.status_code == 200, answer.text
    return read_page(answer.text)


async def decide(database: Database, region: Region, title: str, outcome: str = "approved", **more: Any) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, title, placements=places(("matematik", "4")))
        await rule(session, region, key, outcome, on=TODAY - timedelta(days=3), **more)


def panel(page: Element, name: str) -> Element:
    return next(each for each in page.all("section") if each.get("aria-labelledby") == name)


async def test_who_is_not_signed_in_comes_to_the_search(client: Client) -> None:
    answer = await client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/find")


async def test_who_has_no_role_is_told_whom_to_ask(client: Client) -> None:
    page = await board(client, None, name="Ane Nord")
    assert page.one("h1").text == "Hello Ane"
    assert "Ask the administrator" in panel(page, "no-role").text


async def test_a_teacher_sees_what_was_decided_for_their_school_and_nothing_of_others(
    client: Client, database: Database, region: Region, schools: dict[str, uuid.UUID]
) -> None:
    await decide(database, region, "Brøkhavnen")
    await decide(database, region, "Nordstjernen", schools=[NORD])
    await decide(database, region, "Sydkompasset", schools=[SYD])
    await decide(database, region, "Spørgefuglen", "rejected", reasons=["quality"])
    page = await board(client, Role.TEACHER, schools=[schools[NORD]])
    new = panel(page, "new").text
    assert "New for Nordskolen" in new
    assert "Brøkhavnen is approved" in new
    assert "Nordstjernen is approved" in new
    assert "Spørgefuglen is not approved" in new
    assert "Sydkompasset" not in page.text


async def test_approvals_that_end_are_shown_unless_another_decision_follows(
    client: Client, database: Database, region: Region
) -> None:
    soon = TODAY + timedelta(days=20)
    await decide(database, region, "Udløberen", valid_until=soon)
    await decide(database, region, "Langtidsholderen", valid_until=TODAY + timedelta(days=400))
    async with transaction(database.writers) as session:
        key = await store(session, region, "Fornyeren", placements=places(("matematik", "4")))
        await rule(session, region, key, on=TODAY - timedelta(days=200), valid_until=soon)
        await rule(session, region, key, on=TODAY - timedelta(days=3))
    ends = panel(await board(client, Role.REVIEWER), "ends")
    assert [line.one("a", "ds-link").text for line in ends.all("li")] == ["Udløberen"]
    assert "The approval ends on December 15, 2026." in ends.text
    assert ends.one("a", "ds-button").text.startswith("Decide anew")


async def test_a_teacher_is_offered_no_button_that_they_may_not_press(
    client: Client, database: Database, region: Region
) -> None:
    await decide(database, region, "Udløberen", valid_until=TODAY + timedelta(days=20))
    page = await board(client, Role.TEACHER)
    assert panel(page, "ends").all("a", "ds-button") == []
    assert not [link for link in page.all("a") if link["href"].startswith("/admin")]


async def test_a_leader_sees_the_pupils_and_devices_of_their_own_school_only(
    client: Client, database: Database, schools: dict[str, uuid.UUID]
) -> None:
    async with transaction(database.writers) as session:
        for school, count in ((NORD, 411), (SYD, 733)):
            for day, pupils in ((date(2026, 9, 5), count), (date(2025, 9, 5), count - 11)):
                session.add(
                    HeadCount(school_id=schools[school], grade="4", pupils=pupils, counted_on=day, source="test")
                )
            session.add(
                DeviceGroup(
                    school_id=schools[school],
                    grade="4",
                    ownership=Ownership.MUNICIPAL,
                    platform="ipados",
                    replace_in=2025 if school == NORD else 2026,
                )
            )
    page = await board(client, Role.SCHOOL_LEADER, schools=[schools[NORD]])
    assert [cell.text for cell in panel(page, "pupils").one("tbody").all("td")] == ["411", "+11"]
    assert [cell.text for cell in panel(page, "devices").one("tbody").all("td")] == ["1", "0", "0"]
    assert "Sydskolen" not in page.text
    everything = await board(client, Role.PURCHASING)
    assert "Counted on September 5, 2026." in panel(everything, "pupils").text
    assert "733" in panel(everything, "pupils").text


async def test_two_sources_of_one_day_are_not_added_and_schools_of_one_name_stay_two(
    client: Client, database: Database, schools: dict[str, uuid.UUID]
) -> None:
    async with transaction(database.writers) as session:
        for school in schools.values():
            (await session.get_one(School, school)).name = "Skolen"
            for source in ("register", "skolen"):
                count = HeadCount(school_id=school, grade="4", pupils=100, counted_on=date(2026, 9, 5), source=source)
                session.add(count)
            for version in ("16", "17"):
                group = DeviceGroup(
                    school_id=school,
                    grade="4",
                    ownership=Ownership.MUNICIPAL,
                    platform="ipados",
                    os_version=version,
                    replace_in=2026,
                )
                session.add(group)
        (await session.get_one(School, schools[SYD])).closed_on = TODAY + timedelta(days=200)
    page = await board(client, Role.PURCHASING)
    rows = panel(page, "pupils").one("tbody").all("tr")
    assert [[cell.text for cell in row.all("td")] for row in rows] == [["100", "not known"]] * 2
    due = panel(page, "devices").one("tbody").all("tr")
    assert [[cell.text for cell in row.all("td")] for row in due] == [["0", "1", "0"]] * 2


async def test_the_figures_of_access_lead_to_the_rows_that_they_count(client: Client) -> None:
    page = await board(client, Role.DATA_PROTECTION)
    links = [link["href"] for link in panel(page, "access").all("a")]
    assert all("since=2026-10-26" in link for link in links)
    assert links


async def test_an_administrator_sees_who_has_not_come_and_whose_role_ends(client: Client, database: Database) -> None:
    async with transaction(database.writers) as session:
        await people.add_user(session, SYSTEM, now=NOON, name="Indbudt Ikke-Kommet")
        user = await people.add_user(session, SYSTEM, now=NOON, name="Snart Slut")
        user.seen_at = NOON
        await people.grant_role(
            session, SYSTEM, user.id, Role.IT, now=NOON, starts_on=TODAY, ends_on=TODAY + timedelta(days=5)
        )
    waiting = panel(await board(client, Role.ADMIN), "people").text
    assert "Snart SlutIT until November 30, 2026" in waiting
    assert "Indbudt Ikke-KommetInvited on November 25, 2026" in waiting


async def test_data_protection_sees_how_access_changed(client: Client, database: Database) -> None:
    async with transaction(database.writers) as session:
        user = await people.add_user(session, SYSTEM, now=NOON)
        await people.grant_role(session, SYSTEM, user.id, Role.IT, now=NOON, starts_on=TODAY)
    page = await board(client, Role.DATA_PROTECTION)
    figures = {each.one("dt").text: each.one("dd").text for each in panel(page, "access").one("dl").all("div")}
    assert figures["Roles given"] == "2"
    assert figures["Roles ended"] == "0"


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_gets_an_answer_on_an_empty_catalogue(open_client: OpenClient, role: Role) -> None:
    async with open_client() as client:
        page = await board(client, role)
    assert page.all("section", "panel")
    assert not page.repeated_ids
