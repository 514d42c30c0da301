"""The pages of devices as people use them: read, state, copy, be overtaken, plan and take away."""

import csv
import io
import uuid

import openpyxl
import pytest

from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.organisations.models import HeadCount
from catalog.vocabularies.region import Region
from tests.catalog.organisations.fleet.schools import NO_DEVICE, OWN, chromebooks, state, stored, tablets
from tests.conftest import TODAY, Client, OpenClient, sign_in
from tests.doors import REFUSED, commits_fail, knock
from tests.forms import Sent, form_in
from tests.pages import Element, read_page

ENGLISH = {"accept-language": "en"}


def page_of(school: uuid.UUID) -> str:
    return f"/schools/{school}/devices"


async def shown(client: Client, url: str) -> Element:
    response = await client.get(url, headers=ENGLISH)
    assert response.status_code == 200, response.text[:500]
    page = read_page(response.text)
    assert page.repeated_ids == set()
    return page.one("main")


async def open_form(client: Client, school: uuid.UUID, query: str) -> Sent:
    response = await client.get(f"{page_of(school)}?{query}", headers=ENGLISH)
    return form_in(response.text, page_of(school))


def rows_of(page: Element, heading: str) -> list[list[str]]:
    panel = page.one("section", aria_labelledby=heading)
    return [[cell.text for cell in row.all(role="rowheader") + row.all("td")] for row in panel.all("tr")][1:]


async def test_a_page_says_grade_by_grade_what_is_there_and_what_nobody_has_stated(
    database: Database, region: Region, admin: Client, school: uuid.UUID
) -> None:
    await state(database, region, school, "01", NO_DEVICE)
    await state(database, region, school, "456", tablets(share=5), OWN)
    page = await shown(admin, page_of(school))
    assert page.one("h1").text == "Devices at Mågebakkeskolen"
    assert [row[:2] for row in rows_of(page, "stated")] == [
        ["grades 0–1", "no device"],
        ["grades 2–3", "not stated"],
        ["grades 4–6", "the pupils' own iPad version 17.5, one for 5 pupils, to be replaced in 2028"],
        ["grades 7–9", "not stated"],
    ]
    assert page.links["Change: grades 4–6"] == f"{page_of(school)}?grade=4&grade=5&grade=6#state"
    assert page.all("form") == []


async def test_the_form_states_several_grades_at_once(
    database: Database, region: Region, admin: Client, school: uuid.UUID
) -> None:
    form = await open_form(admin, school, "grade=4&grade=5")
    assert form["grades"] == ["4", "5"]
    form |= {
        "devices-0-ownership": ["municipal"],
        "devices-0-platform": ["ipados"],
        "devices-0-os_version": ["17.5"],
        "devices-0-replace_in": ["2028"],
        "grades": ["4", "5", "6"],
    }
    response = await admin.post(page_of(school), data=form, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, page_of(school))
    fleet = await stored(database, region, school)
    assert [fleet.of(grade).devices for grade in "3456"] == [(), (tablets(),), (tablets(),), (tablets(),)]
    form = await open_form(admin, school, "grade=4")
    assert (form["devices-0-os_version"], form["devices-0-pupils_per_device"]) == (["17.5"], ["1"])


async def test_another_grade_is_copied_into_the_form_and_stored_only_when_saved(
    database: Database, region: Region, admin: Client, school: uuid.UUID
) -> None:
    await state(database, region, school, "4", chromebooks("128"), OWN)
    form = await open_form(admin, school, "grade=7&from=4")
    assert (await stored(database, region, school)).of("7").devices == ()
    assert (form["grades"], form["devices-1-platform"]) == (["7"], ["chromeos"])
    await admin.post(page_of(school), data=form)
    assert (await stored(database, region, school)).of("7").devices == (OWN, chromebooks("128"))


async def test_one_row_more_is_a_button_that_saves_nothing(admin: Client, school: uuid.UUID) -> None:
    form = await open_form(admin, school, "grade=4")
    answer = await admin.post(page_of(school), data={**form, "add_row": "devices"}, headers=ENGLISH)
    again = form_in(answer.text, page_of(school))
    assert answer.status_code == 200
    assert {"devices-1-ownership", "devices-1-platform"} <= again.keys()


async def test_every_fault_is_told_at_its_field_and_what_was_typed_stays(
    database: Database, region: Region, admin: Client, school: uuid.UUID
) -> None:
    form = await open_form(admin, school, "grade=4") | {
        "devices-3-ownership": ["municipal"],
        "devices-3-os_version": ["nyeste"],
        "devices-3-replace_in": ["snart"],
        "devices-5-ownership": ["none"],
    }
    answer = await admin.post(page_of(school), data=form, headers=ENGLISH)
    page = read_page(answer.text)
    assert answer.status_code == 422
    assert {field["id"] for field in page.all(aria_invalid="true")} == {"devices-3-replace_in"}
    assert form_in(answer.text, page_of(school))["devices-3-os_version"] == ["nyeste"]
    form["devices-3-replace_in"] = ["2028"]
    page = read_page((await admin.post(page_of(school), data=form, headers=ENGLISH)).text)
    assert {field["id"] for field in page.all(aria_invalid="true")} == {
        "devices-3-platform",
        "devices-3-os_version",
        "devices-5-ownership",
    }
    assert (await stored(database, region, school)).equipment == {}


async def test_no_grade_ticked_is_told(admin: Client, school: uuid.UUID) -> None:
    form = await open_form(admin, school, "grade=4")
    del form["grades"]
    answer = await admin.post(page_of(school), data=form, headers=ENGLISH)
    assert answer.status_code == 422
    assert "Choose one." in read_page(answer.text).one("fieldset", id="grades").text


async def test_whoever_was_overtaken_sees_both_and_loses_nothing(
    database: Database, region: Region, admin: Client, school: uuid.UUID
) -> None:
    form = await open_form(admin, school, "grade=4&grade=5")
    await state(database, region, school, "4", chromebooks())
    form |= {"devices-0-ownership": ["byod"]}
    answer = await admin.post(page_of(school), data=form, headers=ENGLISH)
    page = read_page(answer.text)
    assert answer.status_code == 422
    assert "Somebody else stated the devices of this grade meanwhile." in page.one(role="alert").text
    assert "grade 4" in page.one("div", "compared").text
    assert "Chromebook" in page.one("div", "compared").text
    assert (await stored(database, region, school)).of("4").devices == (chromebooks(),)
    again = form_in(answer.text, page_of(school))
    assert again["devices-0-ownership"] == ["byod"]
    assert (await admin.post(page_of(school), data=again, follow_redirects=False)).status_code == 303
    fleet = await stored(database, region, school)
    assert (fleet.of("4").devices, fleet.of("5").devices) == ((OWN,), (OWN,))


async def test_a_form_without_the_versions_that_were_read_overwrites_nothing(
    database: Database, region: Region, admin: Client, school: uuid.UUID
) -> None:
    await state(database, region, school, "4", chromebooks())
    answer = await admin.post(page_of(school), data={"grades": ["4"], "devices-0-ownership": ["byod"]})
    assert answer.status_code == 422
    assert (await stored(database, region, school)).of("4").devices == (chromebooks(),)


@pytest.mark.parametrize(
    ("role", "own", "foreign", "posts"),
    [
        (Role.TEACHER, 200, 404, 403),
        (Role.REVIEWER, 200, 404, 403),
        (Role.IT, 200, 404, 303),
        (Role.SCHOOL_LEADER, 200, 404, 303),
        (Role.PURCHASING, 200, 404, 403),
    ],
)
async def test_a_role_for_one_school_sees_and_states_that_school_only(
    open_client: OpenClient,
    database: Database,
    region: Region,
    school: uuid.UUID,
    other: uuid.UUID,
    role: Role,
    own: int,
    foreign: int,
    posts: int,
) -> None:
    for each in (school, other):
        await state(database, region, each, "4", chromebooks())
    sent = {"grades": ["4"], "devices-0-ownership": ["byod"]}
    async with open_client() as client:
        await sign_in(client, role, schools=[school])
        assert (await client.get(page_of(school))).status_code == own
        assert (await client.get(page_of(other))).status_code == foreign
        version = (await stored(database, region, school)).of("4").version
        answers = [
            (await client.post(page_of(each), data={**sent, "version-4": [str(version)]}, follow_redirects=False))
            for each in (school, other)
        ]
    assert [answer.status_code for answer in answers] == [posts, 404 if posts == 303 else 403]
    assert (await stored(database, region, other)).of("4").devices == (chromebooks(),)


async def test_who_may_not_state_is_offered_no_change(
    open_client: OpenClient, database: Database, region: Region, school: uuid.UUID
) -> None:
    async with open_client() as client:
        await sign_in(client, Role.TEACHER, schools=[school])
        page = await shown(client, f"{page_of(school)}?grade=4")
        assert page.all("form") == []
        assert not any(text.startswith("Change") for text in page.links)


async def test_the_overview_says_what_must_be_replaced_when_and_about_how_many(
    database: Database, region: Region, admin: Client, school: uuid.UUID, other: uuid.UUID
) -> None:
    await state(database, region, school, "45", tablets(year=2026), OWN)
    await state(database, region, school, "6", tablets(year=2028, share=2))
    await state(database, region, school, "7", chromebooks())
    async with transaction(database.writers) as session:
        session.add_all(
            HeadCount(school_id=school, grade=grade, pupils=pupils, counted_on=TODAY, source="test")
            for grade, pupils in (("4", 20), ("5", 21), ("6", 25))
        )
    page = await shown(admin, "/devices")
    assert "1 school has stated nothing yet." in page.text
    said = [" ".join(row) for row in rows_of(page, "replace")]
    assert said == [
        "2026 – due about 41 devices",
        "Mågebakkeskolen grades 4–5 iPad version 17.5, one each 41",
        "2028 about 13 devices",
        "Mågebakkeskolen grade 6 iPad version 17.5, one for 2 pupils 13",
        "No year is stated",
        "Mågebakkeskolen grade 7 Chromebook one each not known",
    ]
    schools = rows_of(page, "schools")
    assert schools[1] == ["Ålegræsskolen", "–", "grades 0–9"]
    assert schools[0][1].startswith("grades 4–5 the pupils' own iPad")


async def test_the_overview_and_the_files_hold_the_schools_that_are_theirs_to_see(
    open_client: OpenClient, database: Database, region: Region, school: uuid.UUID, other: uuid.UUID
) -> None:
    for each in (school, other):
        await state(database, region, each, "4", tablets())
    async with open_client() as client:
        await sign_in(client, Role.SCHOOL_LEADER, schools=[other])
        texts = [(await client.get(path, headers=ENGLISH)).text for path in ("/devices", "/devices.csv")]
        workbook = (await client.get("/devices.xlsx")).content
    assert all("Ålegræsskolen" in text and "Mågebakkeskolen" not in text for text in texts)
    (row,) = list(csv.DictReader(io.StringIO(texts[1].removeprefix("\ufeff")), delimiter=";"))
    assert (row["school"], row["grades"], row["platform"], row["version"]) == ("999102", "4", "ipados", "17.5")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook))["devices"]
    assert [sheet.cell(line, 1).value for line in (1, 2, 3)] == ["school", "999102", None]


async def test_the_doors_hold(open_client: OpenClient, school: uuid.UUID) -> None:
    (answers,) = await knock(open_client, lambda client: client.post(page_of(school), data={"grades": ["4"]}))
    assert answers == REFUSED
    async with open_client() as stranger:
        for path in (page_of(school), "/devices", "/devices.csv", "/devices.xlsx"):
            assert (await stranger.get(path)).status_code == 401


async def test_a_commit_that_fails_says_so(admin: Client, database: Database, school: uuid.UUID) -> None:
    with commits_fail(database):
        answer = await admin.post(page_of(school), data={"grades": ["4"], "devices-0-ownership": ["byod"]})
    assert answer.status_code == 503
