"""Resources for programs: read by everybody, changed on top of the version that was read, by who may."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import func, select, update

from catalog.core.actor import SYSTEM, Permission
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.core.roles import Role
from catalog.resources.lifecycle import retire_resource
from catalog.resources.models import Resource
from catalog.resources.publishers import create_service
from catalog.resources.schemas import ServiceFacts
from catalog.resources.service import create_resource
from catalog.vocabularies.region import Region
from tests.api.programs import Program, token_of
from tests.catalog.resources.entries import FULL
from tests.catalog.web.direct import Browser
from tests.conftest import TODAY
from tests.doors import commits_fail
from tests.factories import facts

LIST = "/api/v1/resources"


@pytest.fixture
async def resource_id(database: Database, region: Region) -> uuid.UUID:
    async with transaction(database.writers) as session:
        await create_service(session, SYSTEM, ServiceFacts(key="nordvest", name="Nordvest Portal"))
        return await create_resource(session, SYSTEM, region, FULL, TODAY)


@pytest.fixture
async def secret(database: Database) -> str:
    made, _ = await token_of(database, Role.REVIEWER, Permission.MANAGE_CATALOGUE)
    return made.secret


def body_of(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(FULL)
    return found | changed


async def count(database: Database, table: Any) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_everybody_reads_one_with_its_version(app: Litestar, resource_id: uuid.UUID) -> None:
    async with Program(app) as program:
        answer = await program.get(f"{LIST}/{resource_id}")
        missing = await program.get(f"{LIST}/{uuid.UUID(int=7)}")

    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    told = answer.json()
    assert (told["status"], told["version"]) == ("listed", 1)
    assert told["page"] == f"/resources/{resource_id}-broekbanken"
    assert told["publisher"]["name"] == "Forlaget Nordvest"
    assert told["facts"]["texts"][0]["title"] == "Brøkbanken"
    assert "rank" not in told, "how we sort is nobody's business"
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")


async def test_what_was_read_can_be_sent_back_and_changes_nothing(
    app: Litestar, database: Database, resource_id: uuid.UUID, secret: str
) -> None:
    audited = await count(database, AuditEntry)
    async with Program(app, secret) as program:
        read = (await program.get(f"{LIST}/{resource_id}")).json()
        answer = await program.put(f"{LIST}/{resource_id}", json=read["facts"], headers={"if-match": '"1"'})

    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert answer.json() == read
    assert await count(database, AuditEntry) == audited


async def test_a_change_on_top_of_what_is_stored_gets_the_next_version(
    app: Litestar, database: Database, resource_id: uuid.UUID, secret: str
) -> None:
    promised = await count(database, OutboxEntry)
    async with Program(app, secret) as program:
        answer = await program.put(f"{LIST}/{resource_id}", json=body_of(lix=30), headers={"if-match": '"1"'})
        again = await program.get(f"{LIST}/{resource_id}")

    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert answer.json()["facts"]["lix"] == 30
    assert again.json() == answer.json()
    assert await count(database, OutboxEntry) >= promised > 0
    async with transaction(database.readers) as session:
        last = await session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
    assert last is not None
    assert (last.action, last.object_id, last.fields) == ("change-resource", str(resource_id), "lix")


@pytest.mark.parametrize(
    ("if_match", "status", "kind"),
    [
        (None, 428, "version-missing"),
        ("", 428, "version-missing"),
        ('"1"', 412, "version-outdated"),
        ('"3"', 412, "version-outdated"),
        ('W/"2"', 412, "version-outdated"),
        ("2", 412, "version-outdated"),
        ('"1", W/"2"', 412, "version-outdated"),
        ('"2 or not 2"', 412, "version-outdated"),
    ],
)
async def test_without_the_version_that_is_stored_nothing_is_written(
    app: Litestar, database: Database, resource_id: uuid.UUID, secret: str, if_match: str | None, status: int, kind: str
) -> None:
    headers = {} if if_match is None else {"if-match": if_match}
    async with Program(app, secret) as program:
        await program.put(f"{LIST}/{resource_id}", json=body_of(lix=30), headers={"if-match": '"1"'})
        audited = await count(database, AuditEntry)

        answer = await program.put(f"{LIST}/{resource_id}", json=body_of(lix=40), headers=headers)

        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
        assert answer.json().get("currentVersion") == (2 if status == 412 else None)
        assert (await program.get(f"{LIST}/{resource_id}")).json()["facts"]["lix"] == 30
        assert await count(database, AuditEntry) == audited


@pytest.mark.parametrize("if_match", ['"2"', '"1", "2"', '"7" ,"2"', "*"])
async def test_any_tag_that_names_the_stored_version_will_do(
    app: Litestar, resource_id: uuid.UUID, secret: str, if_match: str
) -> None:
    async with Program(app, secret) as program:
        await program.put(f"{LIST}/{resource_id}", json=body_of(lix=30), headers={"if-match": '"1"'})

        answer = await program.put(f"{LIST}/{resource_id}", json=body_of(lix=40), headers={"if-match": if_match})

    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')


async def test_a_resource_is_added_and_found_at_its_location(app: Litestar, secret: str) -> None:
    async with Program(app, secret) as program:
        answer = await program.post(LIST, json=msgspec.to_builtins(facts("Ny titel", url="https://ny.example")))
        found = await program.get(answer.headers["location"])
        twice = await program.post(LIST, json=msgspec.to_builtins(facts("Anden titel", url="https://ny.example/")))

    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert found.json() == answer.json()
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/identifier-taken")
    assert twice.json()["resourceId"] == answer.json()["id"]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "bad-request"),
        (b"[]", 400, "bad-request"),
        (b"\xff", 400, "bad-request"),
        (b'{"form": "app"}', 400, "bad-request"),
        (b'{"form": "app", "texts": [{"language": "da", "title": "x"}], "colour": "red"}', 400, "bad-request"),
        (b'{"form": "spoon", "texts": [{"language": "da", "title": "x"}]}', 422, "invalid"),
        (b'{"form": "app", "texts": []}', 422, "invalid"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_a_problem(
    app: Litestar, database: Database, secret: str, body: bytes, status: int, kind: str
) -> None:
    async with Program(app, secret) as program:
        answer = await program.post(LIST, content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert await count(database, Resource) == 0


async def test_only_who_may_manage_the_catalogue_changes_it(
    app: Litestar, database: Database, resource_id: uuid.UUID
) -> None:
    teacher, _ = await token_of(database, Role.TEACHER)
    narrow, _ = await token_of(database, Role.ADMIN, Permission.IMPORT)
    answers = []
    for secret in ("", teacher.secret, narrow.secret):
        async with Program(app, secret) as program:
            answers.append((await program.post(LIST, json=body_of())).status_code)
            path, headers = f"{LIST}/{resource_id}", {"if-match": '"1"'}
            answers.append((await program.put(path, json=body_of(lix=1), headers=headers)).status_code)
    async with Browser(app) as browser:
        await browser.sign_in(Role.ADMIN)  # without the proof that our own page sent it
        answers.append((await browser.put(f"{LIST}/{resource_id}", json=body_of(lix=1))).status_code)

    assert answers == [401, 401, 403, 403, 403, 403, 403]
    assert await count(database, Resource) == 1


async def test_a_retired_resource_is_read_and_not_changed(
    app: Litestar, database: Database, resource_id: uuid.UUID, secret: str
) -> None:
    async with transaction(database.writers) as session:
        await retire_resource(session, SYSTEM, resource_id, TODAY)
    async with Program(app, secret) as program:
        read = await program.get(f"{LIST}/{resource_id}")
        answer = await program.put(
            f"{LIST}/{resource_id}", json=body_of(lix=1), headers={"if-match": read.headers["etag"]}
        )

    assert read.json()["status"] == "retired"
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-listed")


async def test_a_commit_that_fails_is_never_answered_with_success(
    app: Litestar, database: Database, resource_id: uuid.UUID, secret: str
) -> None:
    async with Program(app, secret) as program:
        await program.get("/api/v1/me")  # the first use of the token is noted
        with commits_fail(database):
            headers = {"if-match": '"1"'}
            changed = await program.put(f"{LIST}/{resource_id}", json=body_of(lix=30), headers=headers)
            added = await program.post(LIST, json=msgspec.to_builtins(facts("Ny")))
        stored = await program.get(f"{LIST}/{resource_id}")

    assert (changed.status_code, added.status_code) == (503, 503)
    assert stored.headers["etag"] == '"1"'
    assert await count(database, Resource) == 1


@pytest.fixture
async def many(database: Database, region: Region) -> list[str]:
    """Nine, three of which changed in the same instant; by the time of their change, then by id."""
    async with transaction(database.writers) as session:
        for number in range(9):
            key = await create_resource(session, SYSTEM, region, facts(f"Titel {number}"), TODAY)
            at = datetime(2026, 11, 1 + min(number, 6), tzinfo=UTC)
            await session.execute(update(Resource).where(Resource.id == key).values(updated_at=at))
    async with transaction(database.readers) as session:
        rows = (await session.execute(select(Resource.updated_at, Resource.id))).all()
    return [str(key) for _, key in sorted((row.updated_at, row.id) for row in rows)]


@pytest.mark.parametrize("limit", [1, 2, 4, 9, 200])
async def test_pages_follow_each_other_by_their_links_and_hold_each_resource_once(
    app: Litestar, many: list[str], limit: int
) -> None:
    found, sizes, url = [], [], f"{LIST}?limit={limit}"
    async with Program(app) as program:
        while url:
            answer = await program.get(url)
            found += [each["id"] for each in answer.json()["resources"]]
            sizes.append(len(answer.json()["resources"]))
            url = answer.links.get("next", {}).get("url", "")

    assert found == many
    assert max(sizes) <= limit
    assert all(size == limit for size in sizes[:-1])


async def test_what_changed_since_an_instant_comes_alone_with_the_instant_for_next_time(
    app: Litestar, database: Database, many: list[str]
) -> None:
    async with Program(app) as program:
        answer = await program.get(f"{LIST}?updated_since=2026-11-06T00:00:00Z&limit=2")
        following = await program.get(answer.links["next"]["url"])
        nothing = await program.get(f"{LIST}?updated_since=2026-11-08T00:00:00%2B01:00")

    assert [each["id"] for each in answer.json()["resources"]] == many[5:7]
    assert [each["id"] for each in following.json()["resources"]] == many[7:]
    assert "updated_since" in answer.links["next"]["url"]
    assert answer.json()["syncedUntil"] == "2026-11-25T10:55:00Z", "five minutes before now"
    assert nothing.json()["resources"] == []


async def test_a_resource_that_changes_between_two_pages_is_not_missed(
    app: Litestar, database: Database, many: list[str]
) -> None:
    async with Program(app) as program:
        first = await program.get(f"{LIST}?limit=4")
        late = datetime.now(UTC) + timedelta(days=400)
        async with transaction(database.writers) as session:
            for key in (many[1], many[5]):  # one was read, the other not yet
                await session.execute(update(Resource).where(Resource.id == uuid.UUID(key)).values(updated_at=late))
        second = await program.get(first.links["next"]["url"].replace("limit=4", "limit=200"))

    read = [each["id"] for answer in (first, second) for each in answer.json()["resources"]]
    assert set(read) == set(many)
    assert read.count(many[1]) == 2, "it changed after it was read: it comes again"
    assert read.count(many[5]) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("limit=201", 400),
        ("limit=many", 400),
        ("updated_since=yesterday", 400),
        ("updated_since=2026-11-06T00:00:00", 422),
        ("cursor=x", 422),
        ("cursor=%00", 422),
        ("cursor=W10", 422),
        ("cursor=WyIyMDI2LTExLTA2VDAwOjAwOjAwIiwgIngiXQ", 422),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused(app: Litestar, query: str, status: int) -> None:
    async with Program(app) as program:
        answer = await program.get(f"{LIST}?{query}")

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
