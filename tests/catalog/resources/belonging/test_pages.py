"""Services and publishers through the pages."""

import asyncio
import re
import uuid
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.core.settings import Settings
from catalog.resources.models import Publisher, Service
from catalog.resources.publishers import change_service, get_service
from catalog.resources.schemas import ServiceFacts
from catalog.web.security import HEADER
from tests.catalog.resources.entries import count, read_form
from tests.catalog.web.direct import Browser, build
from tests.conftest import Client, OpenClient
from tests.doors import REFUSED, commits_fail, knock
from tests.forms import form_in

SKY = {"name": "Skyportalen", "key": "sky", "url": "https://sky.example", "publisher": "Skyforlaget"}


@pytest.fixture
async def service_id(database: Database, resource_id: uuid.UUID) -> uuid.UUID:
    async with transaction(database.readers) as session:
        return (await session.scalars(select(Service.id))).one()


@pytest.fixture
async def publishers(admin: Client, database: Database, resource_id: uuid.UUID) -> tuple[str, str]:
    """One with a resource, and another."""
    await admin.post("/admin/services/new", data=SKY)
    async with transaction(database.readers) as session:
        ids = {row.name: row.id for row in await session.execute(select(Publisher.name, Publisher.id))}
    return str(ids["Forlaget Nordvest"]), str(ids["Skyforlaget"])


def edit_of(service_id: uuid.UUID) -> str:
    return f"/admin/services/{service_id}/edit"


async def test_a_service_is_added_listed_and_shows_its_titles(admin: Client, service_id: uuid.UUID) -> None:
    added = await admin.post("/admin/services/new", data=SKY, follow_redirects=False)
    listed = await admin.get("/admin/services")
    own = await admin.get(edit_of(service_id))

    assert (added.status_code, added.headers["location"]) == (303, "/admin/services")
    assert re.findall(r'edit">([^<]+)</a></th>', listed.text) == ["Nordvest Portal", "Skyportalen"]
    assert "Brøkbanken" in own.text


async def test_all_wrong_fields_of_a_service_are_named_and_what_was_typed_stays(
    admin: Client, database: Database
) -> None:
    wrong = {"name": "", "key": "Sky Portalen!", "url": "javascript:alert(1)", "publisher": "p" * 201}
    response = await admin.post("/admin/services/new", data=wrong, follow_redirects=False)

    assert response.status_code == 422
    assert set(re.findall(r'<li><a class="ds-link" href="#([a-z]+)">', response.text)) == set(wrong)
    kept = form_in(response.text, "/admin/services/new")
    assert {name: kept[name][0] for name in wrong} == wrong
    assert await count(database, Service) == 0


async def test_a_key_that_is_taken_is_refused_at_its_field(admin: Client, service_id: uuid.UUID) -> None:
    response = await admin.post("/admin/services/new", data=SKY | {"key": "nordvest"}, follow_redirects=False)
    assert response.status_code == 422
    assert re.search(r'id="key"[^>]*aria-invalid="true"', response.text)


async def test_who_was_overtaken_on_a_service_sees_both_and_decides(
    admin: Client, database: Database, service_id: uuid.UUID
) -> None:
    sent = await read_form(admin, edit_of(service_id)) | {"name": ["Mit navn"]}
    async with transaction(database.writers) as session:
        theirs = ServiceFacts(key="nordvest", name="Deres navn", publisher="Forlaget Nordvest")
        await change_service(session, SYSTEM, service_id, theirs, 1)

    refused = await admin.post(edit_of(service_id), data=sent, follow_redirects=False)
    assert refused.status_code == 422
    row = re.search(r'<th role="rowheader".*?</tr>', refused.text, re.DOTALL)
    assert row
    assert ("Deres navn" in row[0], "Mit navn" in row[0]) == (True, True)
    again = form_in(refused.text, edit_of(service_id))
    assert (again["name"], again["version"]) == (["Mit navn"], ["2"])
    taken = await admin.post(edit_of(service_id), data=again | {"take": ["name"]}, follow_redirects=False)
    assert form_in(taken.text, edit_of(service_id))["name"] == ["Deres navn"]

    assert (await admin.post(edit_of(service_id), data=again, follow_redirects=False)).status_code == 303
    async with transaction(database.readers) as session:
        assert (await get_service(session, service_id)).facts.name == "Mit navn"


async def test_of_eight_editors_of_one_service_one_succeeds(
    settings: Settings, database: Database, service_id: uuid.UUID
) -> None:
    async with Browser(build(settings, database)) as browser:
        browser.headers[HEADER] = await browser.sign_in()
        sent = form_in((await browser.get(edit_of(service_id))).text, edit_of(service_id))
        names = [f"Portal {number}" for number in range(8)]
        answers = await asyncio.gather(
            *(browser.post(edit_of(service_id), data=sent | {"name": [name]}) for name in names)
        )

    assert sorted(answer.status_code for answer in answers) == [303, *[422] * 7]
    async with transaction(database.readers) as session:
        assert (await get_service(session, service_id)).version == 2


async def test_a_publisher_becomes_part_of_another_and_its_resources_are_indexed_anew(
    admin: Client, database: Database, publishers: tuple[str, str]
) -> None:
    old, new = publishers
    promised = await count(database, OutboxEntry)
    path = f"/admin/publishers/{old}/succession"
    sent = await read_form(admin, path) | {"succeeded_by": [new]}
    response = await admin.post(path, data=sent, follow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (303, "/admin/publishers")
    assert await count(database, OutboxEntry) == promised + 1
    listed = await admin.get("/admin/publishers")
    assert "Skyforlaget<small>2026-11-25</small>" in listed.text


@pytest.mark.parametrize(
    ("by", "on", "wrong"),
    [
        ("", "2026-11-25", {"succeeded_by"}),
        ("nonsense", "i går", {"succeeded_by", "succeeded_on"}),
        ("self", "2026-11-25", None),
    ],
)
async def test_a_succession_that_cannot_be_is_refused(
    admin: Client, publishers: tuple[str, str], by: str, on: str, wrong: set[str] | None
) -> None:
    path = f"/admin/publishers/{publishers[0]}/succession"
    by = publishers[0] if by == "self" else by
    response = await admin.post(path, data={"succeeded_by": by, "succeeded_on": on}, follow_redirects=False)
    assert response.status_code == 422
    assert "data-error-summary" in response.text
    assert f'value="{on}"' in response.text
    if wrong is not None:
        assert set(re.findall(r'<li><a class="ds-link" href="#([a-z_]+)">', response.text)) == wrong


async def send(client: Client, *, path: str, fields: dict[str, str]) -> Any:
    return await client.post(path, data=fields, follow_redirects=False)


async def test_every_write_leaves_an_audit_row_or_nothing_when_the_commit_fails_and_no_stranger_can(
    admin: Client, open_client: OpenClient, database: Database, service_id: uuid.UUID, publishers: tuple[str, str]
) -> None:
    writes: list[tuple[str, dict[str, str]]] = [
        ("/admin/services/new", SKY | {"key": "ny"}),
        (edit_of(service_id), SKY | {"key": "nordvest", "version": "1"}),
        (
            f"/admin/publishers/{publishers[0]}/succession",
            {"succeeded_by": publishers[1], "succeeded_on": "2026-01-01"},
        ),
    ]
    sends = [partial(send, path=path, fields=fields) for path, fields in writes]
    assert await knock(open_client, *sends) == [REFUSED] * len(sends)
    for write in sends:
        audited = await count(database, AuditEntry)
        with commits_fail(database):
            assert (await write(admin)).status_code == 503
        assert await count(database, AuditEntry) == audited
        assert (await write(admin)).status_code == 303
        assert await count(database, AuditEntry) > audited


@pytest.mark.parametrize("path", ["services/{}/edit", "publishers/{}/succession"])
async def test_what_does_not_exist_is_404(admin: Client, path: str) -> None:
    assert (await admin.get("/admin/" + path.format(uuid.UUID(int=9)))).status_code == 404
