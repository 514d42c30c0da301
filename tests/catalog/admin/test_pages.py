"""The administrator's desk: what waits, what readers reported, and names that nothing bears."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from catalog.core.actor import ANONYMOUS, SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.core.roles import Role
from catalog.decisions.service import find_decisions
from catalog.intake.models import ImportBatch, NameQuestion
from catalog.resources.models import Resource
from catalog.resources.publishers import create_service
from catalog.resources.reports import open_reports, report_error
from catalog.resources.schemas import ReportError, ServiceFacts
from catalog.vocabularies.region import Region
from tests.catalog.resources.entries import count
from tests.conftest import NOON, TODAY, Client, OpenClient, sign_in
from tests.doors import REFUSED, commits_fail, knock
from tests.factories import places, rule, store

SOON = TODAY + timedelta(days=80)

ENGLISH = {"accept-language": "en"}


def figures(page: str) -> dict[str, str]:
    """The numbers at the top of the desk, by where they lead."""
    return dict(re.findall(r'<dd><a class="ds-link" data-color="neutral" href="([^"]+)">(\d+)</a>', page))


async def post(client: Client, path: str, **fields: Any) -> Any:
    return await client.post(path, data=fields, follow_redirects=False)


async def test_the_desk_counts_what_waits_and_leads_there(admin: Client, database: Database, region: Region) -> None:
    async with transaction(database.writers) as session:
        service = await create_service(session, SYSTEM, ServiceFacts(key="sky", name="Skyportalen"))
        placed = await store(session, region, "Brøkbanken", placements=places(("matematik", "4")))
        await store(session, region, "Uden fag")
        await rule(session, region, placed, valid_until=SOON)
        report = ReportError(about="link", text="Linket er dødt.")
        await report_error(session, ANONYMOUS, placed, report, NOON)

    desk = await admin.get("/admin", headers=ENGLISH)

    assert figures(desk.text) == {
        "/admin/reports": "1",
        "/admin/names": "0",
        "/admin/waiting/expiring": "1",
        "/admin/waiting/decision": "1",
        "/admin/waiting/placement": "1",
    }
    assert "since" in desk.text, "documents wait to be indexed"
    assert "Brøkbanken" in (await admin.get("/admin/waiting/expiring")).text
    for which in ("placement", "decision"):
        listed = (await admin.get(f"/admin/waiting/{which}")).text
        assert ("Uden fag" in listed, "Brøkbanken" in listed) == (True, False)
    assert (await admin.get("/admin/waiting/nonsense")).status_code == 404
    assert f"/admin/services/{service.id}/edit" in (await admin.get("/admin/services")).text


async def test_nothing_waits_for_the_search_once_all_is_indexed(
    admin: Client, database: Database, region: Region
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region)
    assert "up to date" not in (await admin.get("/admin", headers=ENGLISH)).text
    async with transaction(database.writers) as session:
        await session.execute(delete(OutboxEntry))
    assert "up to date" in (await admin.get("/admin", headers=ENGLISH)).text


@pytest.mark.parametrize(
    ("later", "listed"),
    [
        (None, True),
        ({"on": SOON, "outcome": "approved"}, False),
        ({"on": SOON, "outcome": "rejected"}, False),
        ({"on": SOON, "outcome": "approved", "grades": ["9"]}, True),
        ({"on": date(2026, 1, 1), "outcome": "approved"}, True),
    ],
)
async def test_an_approval_is_on_the_list_unless_another_decision_follows(
    admin: Client, database: Database, region: Region, later: dict[str, Any] | None, *, listed: bool
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøkbanken")
        await rule(session, region, key, on=date(2026, 8, 1), valid_until=SOON, grades=["4", "5"])
        if later:
            await rule(session, region, key, **later)
    assert figures((await admin.get("/admin")).text)["/admin/waiting/expiring"] == str(int(listed))


async def test_an_entry_to_change_is_found_from_the_desk(admin: Client, database: Database, region: Region) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Ørkenens <b>dyr")
    found = await admin.get("/admin", params={"q": "ørkenens"})
    nothing = await admin.get("/admin", params={"q": "<script>alert(1)</script>"})
    assert f"/admin/resources/{key}/edit" in found.text
    assert "/admin/resources/new" in nothing.text
    assert "<script>alert" not in nothing.text
    assert (await admin.get("/admin", params={"q": "x" * 10_000})).status_code in {200, 400}


async def test_days_are_those_of_the_municipality_not_of_utc(
    admin: Client, database: Database, region: Region, names: list[uuid.UUID]
) -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # half past midnight in Denmark
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøkbanken")
        await report_error(session, ANONYMOUS, key, ReportError(about="link", text="Linket er dødt."), late)
        await session.execute(update(Resource).values(updated_at=late))
        await session.execute(update(NameQuestion).values(asked_at=late))
    for path in ("/admin/reports", "/admin/names", f"/admin/resources/{key}/retire"):
        page = (await admin.get(path, headers={"accept-language": "en"})).text
        days = re.findall(r"\b(\d\d) November 2026|November (\d\d), 2026", page)
        assert {"".join(day) for day in days} == {"25"}, path


async def test_reports_are_shown_harmless_and_closed(admin: Client, database: Database, region: Region) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøkbanken")
        for text in ("Linket er dødt <script>alert(1)</script> \u202e nu", "Billedet mangler"):
            await report_error(session, ANONYMOUS, key, ReportError(about="link", text=text), NOON)
        barrier = ReportError(about="barrier", text="Kan ikke bruges med tastatur")
        await report_error(session, ANONYMOUS, None, barrier, NOON)

    page = (await admin.get("/admin/reports")).text
    assert "Linket er dødt" in page
    assert "<script>alert" not in page
    actions = re.findall(r'action="(/admin/reports/[^"]+/close)"', page)
    assert len(actions) == 3
    closed = await post(admin, actions[0])
    assert (closed.status_code, closed.headers["location"]) == (303, "/admin/reports")
    assert actions[0] not in (await admin.get("/admin/reports")).text
    async with transaction(database.readers) as session:
        assert len(await open_reports(session, SYSTEM)) == 2
    assert (await post(admin, f"/admin/reports/{uuid.UUID(int=3)}/close")).status_code == 404


@pytest.fixture
async def names(database: Database) -> list[uuid.UUID]:
    """Four names of a list that nothing in the catalogue bears."""
    row = {"name": "Skyregner Plus", "outcome": "approved", "status_term": "Godkendt", "conditions": [], "reasons": []}
    row |= {"decided_on": "2026-08-01", "valid_from": "", "valid_until": "", "grounds": "", "body": "", "url": ""}
    row |= {"form": "app", "mapping": "liste"}
    async with transaction(database.writers) as session:
        batch = ImportBatch(kind="decisions", file_name="liste.csv", file_hash="0", mapping="liste", actor_id=SYSTEM.id)
        session.add(batch)
        await session.flush()
        questions = [
            NameQuestion(batch_id=batch.id, name=f"Skyregner {number}", name_key=f"skyregner {number}", row=row)
            for number in range(4)
        ]
        session.add_all(questions)
    return [question.id for question in questions]


async def test_a_name_is_created_linked_or_left(
    admin: Client, database: Database, region: Region, names: list[uuid.UUID]
) -> None:
    async with transaction(database.writers) as session:
        service = await create_service(session, SYSTEM, ServiceFacts(key="sky", name="Skyportalen"))
        entry = await store(session, region, "Skyregneren", url="https://sky.example/regn")
    answers = [
        {"how": "link-resource", "target": "https://sky.example/regn"},
        {"how": "link-service", "service": str(service.id)},
        {"how": "create"},
        {"how": "leave"},
    ]
    for key, answer in zip(names, answers, strict=True):
        assert f'action="/admin/names/{key}"' in (await admin.get("/admin/names")).text
        response = await post(admin, f"/admin/names/{key}", **answer)
        assert response.status_code == 303, response.text
    again = await post(admin, f"/admin/names/{names[0]}", how="leave")

    assert again.status_code == 422
    assert figures((await admin.get("/admin")).text)["/admin/names"] == "0"
    async with transaction(database.readers) as session:
        created = await session.scalar(select(Resource.id).where(Resource.slug == "skyregner-plus"))
        assert created is not None
        decided = await find_decisions(session, resource_ids=[entry, created], service_ids=[service.id])
    assert len(decided) == 3


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"how": "link-resource", "target": "Findes Ikke"}, 422),
        ({"how": "link-resource", "target": ""}, 422),
        ({"how": "link-service", "service": "nonsense"}, 422),
        ({"how": "eat"}, 422),
        ({}, 422),
    ],
)
async def test_an_answer_that_names_nothing_is_refused_and_the_name_waits_on(
    admin: Client, names: list[uuid.UUID], answer: dict[str, str], status: int
) -> None:
    response = await post(admin, f"/admin/names/{names[0]}", **answer)
    assert response.status_code == status
    assert "data-error-summary" in response.text
    assert f'value="{answer.get("target", "")}"' in response.text
    assert figures((await admin.get("/admin")).text)["/admin/names"] == "4"


async def test_several_entries_that_fit_a_name_are_offered(
    admin: Client, database: Database, region: Region, names: list[uuid.UUID]
) -> None:
    async with transaction(database.writers) as session:
        keys = [await store(session, region, title) for title in ("Skyregner", "Skyregner til pc", "Skyregner")]
    asked = await post(admin, f"/admin/names/{names[0]}", how="link-resource", target="Skyregner")
    assert asked.status_code == 422
    assert set(re.findall(r'name="target_id" value="([^"]+)"', asked.text)) == {str(key) for key in keys}
    fields = {"how": "link-resource", "target": "Skyregner", "target_id": str(keys[2])}
    assert (await post(admin, f"/admin/names/{names[0]}", **fields)).status_code == 303


async def test_every_write_leaves_an_audit_row_or_nothing_when_the_commit_fails_and_no_stranger_can(
    admin: Client, open_client: OpenClient, database: Database, region: Region, names: list[uuid.UUID]
) -> None:
    async with transaction(database.writers) as session:
        report = ReportError(about="other", text="Hov")
        report_id = await report_error(session, ANONYMOUS, await store(session, region), report, NOON)

    async def write(client: Client, *, path: str) -> Any:
        return await post(client, path, how="leave")

    writes = [partial(write, path=f"/admin/{path}") for path in (f"reports/{report_id}/close", f"names/{names[0]}")]
    assert await knock(open_client, *writes) == [REFUSED] * 2
    for each in writes:
        audited = await count(database, AuditEntry)
        with commits_fail(database):
            assert (await each(admin)).status_code == 503
        assert await count(database, AuditEntry) == audited
        assert (await each(admin)).status_code == 303
        assert await count(database, AuditEntry) > audited


PAGES = ("", "?q=x", "/resources/new", "/services", "/services/new", "/publishers", "/reports", "/names")


async def test_every_page_is_closed_to_strangers_and_to_teachers(open_client: OpenClient) -> None:
    async with open_client() as stranger, open_client() as teacher:
        await sign_in(teacher, Role.TEACHER)
        for path in (*PAGES, "/waiting/expiring"):
            assert (await stranger.get(f"/admin{path}")).status_code == 401, path
            assert (await teacher.get(f"/admin{path}")).status_code == 403, path


async def test_who_signs_out_is_out(admin: Client) -> None:
    await post(admin, "/sign-out")
    assert (await admin.get("/admin")).status_code == 401
