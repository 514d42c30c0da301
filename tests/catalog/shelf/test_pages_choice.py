"""Choosing once, and the pages about the service itself: what they promise is what the code does."""

import pytest
from sqlalchemy import select

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from catalog.resources.models import ErrorReport
from catalog.resources.reports import IN_ALL
from catalog.shelf.choice import COOKIE, Choice, choice_cookie, read_choice
from catalog.vocabularies.region import Region
from tests.conftest import NOON, Client, OpenClient, settle
from tests.pages import Element, read_page

ENGLISH = {"accept-language": "en"}


@pytest.fixture
async def schools(database: Database) -> None:
    async with transaction(database.writers) as session:
        facts = [
            SchoolFacts(code="101", name="Nordstrandskolen", kind="folkeskole", grades=["0"]),
            SchoolFacts(code="a.b-c/å", name="Ålegræsskolen", kind="folkeskole", grades=["0"]),
        ]
        await keep_schools(session, SYSTEM, facts)


async def open_choice(client: Client, path: str = "/choose") -> Element:
    response = await client.get(path, headers=ENGLISH)
    assert response.status_code == 200
    return read_page(response.text)


def chosen(page: Element) -> tuple[list[str], list[str]]:
    school = [
        option["value"] for option in page.one("select", id="school").all("option") if "selected" in option.attributes
    ]
    return school, [box["value"] for box in page.all("input", name="grade") if "checked" in box.attributes]


@pytest.mark.usefixtures("schools")
async def test_a_choice_is_kept_shown_and_forgotten(client: Client) -> None:
    await settle(client)
    sent = {"school": "a.b-c/å", "grade": ["4", "5"], "next": "/find?q=l%C3%A6s&page=3", "keep": "yes"}
    response = await client.post("/choose", data=sent, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "/find?q=l%C3%A6s&grade=4&grade=5"
    cookie = response.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "max-age=31536000", "path=/"))
    page = await open_choice(client)
    assert chosen(page) == (["a.b-c/å"], ["4", "5"])
    find = read_page((await client.get("/find?grade=4", headers=ENGLISH)).text)
    assert find.one("p", "kept").text == "Ålegræsskolen, grades 4–5 Change school or grade"

    forgotten = await client.post(
        "/choose", data={"keep": "no", "grade": "4", "next": "/find?grade=4&q=x"}, follow_redirects=False
    )
    assert forgotten.headers["location"] == "/find?q=x"
    assert COOKIE not in client.cookies
    assert chosen(await open_choice(client)) == ([], [])


@pytest.mark.usefixtures("schools")
async def test_what_cannot_be_chosen_is_said_and_the_rest_stays(client: Client) -> None:
    sent = {"school": "999", "grade": ["4", "44"], "keep": "yes"}
    response = await client.post("/choose", data=sent, headers=ENGLISH, follow_redirects=False)
    assert response.status_code == 422
    assert "set-cookie" not in response.headers
    page = read_page(response.text)
    assert page.all("p", "error")[0].text == "Choose from the list."
    assert chosen(page) == ([], ["4"])


@pytest.mark.usefixtures("schools")
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:x",
        "",
        pytest.param("/find?q=" + "x" * 9000, id="too long"),
    ],
)
async def test_a_choice_leads_back_to_us_only(client: Client, address: str) -> None:
    sent = {"grade": "4", "keep": "yes", "next": address}
    response = await client.post("/choose", data=sent, follow_redirects=False)
    assert response.headers["location"] == "/find?grade=4"
    page = await open_choice(client, f"/choose?next={address}")
    assert page.one("main").one("input", name="next")["value"] == "/find"


@pytest.mark.usefixtures("schools")
@pytest.mark.parametrize(
    "cookie",
    [
        "999.4",
        "nonsense",
        "..",
        "%00%ff.4-4-4",
        pytest.param("x" * 9000, id="too long"),
        ".44-999",
        "<script>.4",
        "101",
        "-.-",
    ],
)
async def test_a_cookie_is_believed_only_as_far_as_it_is_known_here(client: Client, cookie: str) -> None:
    await settle(client)
    client.cookies.set(COOKIE, cookie)
    page = await open_choice(client)
    schools, grades = chosen(page)
    assert schools == []
    assert set(grades) <= {"4"}
    assert (await client.get("/find?q=", headers=ENGLISH)).status_code == 200


def test_a_choice_survives_its_cookie(region: Region) -> None:
    for choice in (
        Choice(),
        Choice(school='a.b;c="d" å'),
        Choice(grades=("0", "10")),
        Choice(school="1", grades=("fs",)),
    ):
        cookie = choice_cookie(choice, https=False)
        assert read_choice({COOKIE: cookie.value or ""}, region) == choice


async def test_a_barrier_is_kept_without_a_resource(database: Database, client: Client) -> None:
    page = read_page((await client.get("/accessibility", headers=ENGLISH)).text)
    form = page.one("section", id="report").one("form")
    empty = await client.post(form["action"], data={"text": " "}, headers=ENGLISH)
    assert empty.status_code == 422
    assert read_page(empty.text).one("textarea", id="text")["aria-invalid"] == "true"
    sent = await client.post(form["action"], data={"text": "Kan ikke bruges"}, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/accessibility?reported=1#report")
    assert "Thank you." in (await client.get("/accessibility?reported=1", headers=ENGLISH)).text
    async with transaction(database.writers) as session:
        (report,) = (await session.scalars(select(ErrorReport))).all()
        assert (report.about, report.resource_id, report.text) == ("barrier", None, "Kan ikke bruges")
        session.add_all(ErrorReport(resource_id=None, about="other", text="x", written_at=NOON) for _ in range(IN_ALL))
    again = await client.post(form["action"], data={"text": "Behold mig"}, headers=ENGLISH)
    assert again.status_code == 429
    assert "Behold mig" in again.text


async def test_the_privacy_page_names_every_cookie_that_is_set(admin: Client, settings: object) -> None:
    page = read_page((await admin.get("/privacy", headers=ENGLISH)).text)
    told = {code.text for code in page.all("code")}
    await admin.get("/language?language=da", follow_redirects=False)
    await admin.post("/choose", data={"grade": "4", "keep": "yes"}, follow_redirects=False)
    assert {"hylde-language", "hylde-choice", "hylde-session"} <= set(admin.cookies)
    assert set(admin.cookies) <= told


@pytest.mark.parametrize("language", ["da", "sv", "en"])
@pytest.mark.parametrize("path", ["/find?q=", "/choose", "/accessibility", "/privacy", "/nowhere"])
async def test_every_page_speaks_three_languages(open_client: OpenClient, path: str, language: str) -> None:
    async with open_client() as client:
        await settle(client)
        response = await client.get(path, headers={"accept-language": language})
        page = read_page(response.text)
        assert page.one("html")["lang"] == language
        assert len(page.all("h1")) == 1
        assert len(page.all("title")) == 1
        assert page.repeated_ids == set()
        assert [element.tag for element in page.walk() if "style" in element.attributes] == []
        assert "content-security-policy" in response.headers
