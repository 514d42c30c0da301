"""The list of imports, what one did, and taking it back from a page."""

import uuid
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.decisions.questions import Answer, answer_question, open_questions
from catalog.intake.models import ImportBatch
from catalog.resources.reading import get_resource
from catalog.resources.service import change_resource
from catalog.vocabularies.region import Region
from tests.catalog.decisions.published import Published
from tests.catalog.decisions.published import row as decided
from tests.catalog.resources.entries import count
from tests.catalog.resources.importer import Importer, row
from tests.conftest import NOON, TODAY, Client, OpenClient
from tests.doors import REFUSED, commits_fail, knock
from tests.factories import facts, rule, store
from tests.pages import Element, read_page

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def importer(database: Database, region: Region, tmp_path: Path) -> Importer:
    return Importer(database, SYSTEM, region, tmp_path)


@pytest.fixture
def published(database: Database, region: Region, tmp_path: Path) -> Published:
    return Published(database, SYSTEM, region, tmp_path)


async def see(client: Client, path: str, status: int = 200) -> Element:
    response = await client.get(path, headers=ENGLISH)
    assert response.status_code == status, response.text
    return read_page(response.text).one("main")


async def take_back(client: Client, batch: uuid.UUID) -> Any:
    return await client.post(f"/admin/imports/{batch}/undo", headers=ENGLISH, follow_redirects=False)


async def test_before_anything_was_imported_the_list_says_so(admin: Client) -> None:
    assert "Nothing was imported yet" in (await see(admin, "/admin/imports")).text
    assert "/admin/imports" in (await see(admin, "/admin")).links.values()


async def test_the_list_tells_of_each_import_the_latest_first(
    admin: Client, database: Database, importer: Importer
) -> None:
    first, _ = await importer.run([row("1"), row("2"), "{broken"])
    second, _ = await importer.run([row("1"), row("2"), row("3")])
    async with transaction(database.writers) as session:
        await session.execute(update(ImportBatch).values(started_at=NOON))
        dated = update(ImportBatch).where(ImportBatch.id == first)
        await session.execute(dated.values(started_at=NOON.replace(hour=9), finished_at=None))

    rows = (await see(admin, "/admin/imports")).one("tbody").all("tr")

    told = [[cell.text for cell in each.all(role="cell")] for each in rows]
    assert [each.links["rows.jsonl"] for each in rows] == [f"/admin/imports/{key}" for key in (second, first)]
    assert told[0][1:] == ["Resources", "the command line", "1", "2", "0", "Done"]
    assert told[1][1:] == ["Resources", "the command line", "2", "0", "1", "Still running, or broken off"]
    assert "12:00" in told[0][0], "the municipality's time, not UTC"


async def test_an_import_tells_what_it_brought_in_and_what_it_changed(admin: Client, importer: Importer) -> None:
    await importer.run([row("1")])
    batch, _ = await importer.run([row("1", "<b>Et</b>"), row("2")])
    page = await see(admin, f"/admin/imports/{batch}")
    keys = await importer.listed()
    things = {each.one("a").text: (each.one("a")["href"], each.one("p").text) for each in page.all("li")}
    assert things == {
        "Et": (f"/admin/resources/{keys['et']}/edit", "Resource · Changed"),
        "Bind 2": (f"/admin/resources/{keys['bind-2']}/edit", "Resource · New"),
    }
    assert page.links["Take it back …"] == f"/admin/imports/{batch}/undo"


async def test_an_import_that_stored_nothing_says_so_and_a_long_one_how_much_is_not_shown(
    admin: Client, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.admin.imports.pages.SHOWN", 2)
    batch, _ = await importer.run([row(str(number)) for number in range(5)])
    page = await see(admin, f"/admin/imports/{batch}")
    assert (len(page.all("li")), "and 3 more" in page.text) == (2, True)
    again, _ = await importer.run([row("1")])
    assert "Nothing: every row was refused" in (await see(admin, f"/admin/imports/{again}")).text


async def test_what_taking_back_resources_would_do_is_told_before_and_is_what_it_does(
    admin: Client, importer: Importer, database: Database, region: Region
) -> None:
    await importer.run([row("1"), row("2")])
    batch, _ = await importer.run([row("1", "Et"), row("2", "To"), row("3"), row("4"), row("5"), row("5", "Fem")])
    keys = await importer.listed()
    async with transaction(database.writers) as session:
        read = await get_resource(session, keys["to"])
        edited = facts("To, rettet", identifiers=read.facts.identifiers)
        await change_resource(session, SYSTEM, region, keys["to"], edited, read.version)
        await rule(session, region, keys["bind-4"])

    asked = await see(admin, f"/admin/imports/{batch}/undo")
    done = await take_back(admin, batch)

    assert "2 resources leave the catalogue" in asked.text
    assert "1 resource gets the facts back that it had before" in asked.text
    assert "2 things stay as they are" in asked.text
    stay = {
        "To, rettet": "Resource · Somebody changed it since, or it is gone already.",
        "Bind 4": "Resource · Something else points to it by now, such as a decision or somebody's role.",
    }
    told = read_page(done.text).one("main")
    for page in (asked, told):
        assert {each.one("a").text: each.one("p").text for each in page.all("li")} == stay
    assert (done.status_code, "2 things stayed as they are" in told.text) == (200, True)
    assert sorted(await importer.listed()) == ["bind-1", "bind-4", "to-rettet"]
    assert "Taken back" in (await see(admin, "/admin/imports")).text


async def test_what_taking_back_decisions_would_do_is_told_before_and_is_what_it_does(
    admin: Client, published: Published, database: Database, region: Region
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, "Kværn")
    batch, _ = await published.run([decided("Kværn"), decided("Skyregner"), decided("Tågehorn")])
    async with transaction(database.writers) as session:
        question = next(each for each in await open_questions(session, SYSTEM) if each.name == "Tågehorn")
        await answer_question(session, SYSTEM, region, question.id, Answer(how="leave"), TODAY, NOON)

    asked = await see(admin, f"/admin/imports/{batch}/undo")
    done = await take_back(admin, batch)

    assert "1 decision is taken back" in asked.text
    assert "1 name without an entry no longer waits" in asked.text
    told = read_page(done.text).one("main")
    for page in (asked, told):
        assert {each.one("a").text: each.one("a")["href"] for each in page.all("li")} == {"Tågehorn": "/admin/names"}
    async with transaction(database.readers) as session:
        assert await open_questions(session, SYSTEM) == []


async def test_what_nobody_touched_goes_without_a_rest(admin: Client, importer: Importer) -> None:
    batch, _ = await importer.run([row("1")])
    assert "Nobody has changed any of it since" in (await see(admin, f"/admin/imports/{batch}/undo")).text
    assert "Nothing of it stayed" in (await take_back(admin, batch)).text
    assert await importer.listed() == {}


async def test_an_import_is_taken_back_once(admin: Client, importer: Importer) -> None:
    batch, _ = await importer.run([row("1")])
    await take_back(admin, batch)
    again = await take_back(admin, batch)
    assert (again.status_code, "was taken back already" in again.text) == (422, True)
    assert "was taken back already" in (await see(admin, f"/admin/imports/{batch}/undo", 422)).text
    page = await see(admin, f"/admin/imports/{batch}")
    assert ("Taken back" in page.text, "Take it back …" in page.links) == (True, False)


async def test_an_import_that_is_not_there_is_not_found(admin: Client) -> None:
    for path in ("", "/undo"):
        assert (await admin.get(f"/admin/imports/{uuid.uuid4()}{path}")).status_code == 404
    assert (await take_back(admin, uuid.uuid4())).status_code == 404
    assert (await admin.get("/admin/imports/nonsense")).status_code == 404


async def test_taking_back_leaves_an_audit_row_or_nothing_when_the_commit_fails_and_no_stranger_can(
    admin: Client, open_client: OpenClient, database: Database, importer: Importer
) -> None:
    batch, _ = await importer.run([row("1")])
    assert await knock(open_client, partial(take_back, batch=batch)) == [REFUSED]
    audited = await count(database, AuditEntry)
    with commits_fail(database):
        assert (await take_back(admin, batch)).status_code == 503
    assert (await count(database, AuditEntry), list(await importer.listed())) == (audited, ["bind-1"])
    assert (await take_back(admin, batch)).status_code == 200
    assert await count(database, AuditEntry) > audited
    async with open_client() as stranger:
        for path in ("", f"/{batch}", f"/{batch}/undo"):
            assert (await stranger.get(f"/admin/imports{path}")).status_code == 401
