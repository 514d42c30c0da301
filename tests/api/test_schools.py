"""Schools for programs: every member of staff reads them, who looks after them changes them on top of what was read."""

import asyncio
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import func, select, update

from catalog.core.actor import Permission
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.organisations.models import School
from tests.api.programs import Program, token_of
from tests.conftest import TODAY
from tests.doors import commits_fail

LIST = "/api/v1/schools"


@pytest.fixture
async def secret(database: Database) -> str:
    made, _ = await token_of(database, Role.ADMIN, Permission.MANAGE_SCHOOLS)
    return made.secret


async def changes(database: Database) -> int:
    async with transaction(database.readers) as session:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "change-school")
        return await session.scalar(query) or 0


async def test_staff_see_all_schools_and_those_that_closed_last(
    app: Litestar, database: Database, schools: list[uuid.UUID]
) -> None:
    made, _ = await token_of(database, Role.TEACHER, schools=schools[1:])
    async with transaction(database.writers) as session:
        closed = update(School).where(School.id == schools[0])
        await session.execute(closed.values(closed_on=TODAY - timedelta(days=1)))
    async with Program(app, made.secret) as program, Program(app) as nobody:
        answer = await program.get(LIST)
        refused = await nobody.get(LIST)

    assert [(each["code"], each["closedOn"]) for each in answer.json()["schools"]] == [
        ("101002", None),
        ("101001", "2026-11-24"),
    ]
    assert refused.status_code == 401


async def test_one_school_is_told_with_its_version_and_what_is_not_for_all_is_left_out(
    app: Litestar, database: Database, schools: list[uuid.UUID]
) -> None:
    made, _ = await token_of(database, Role.TEACHER, schools=schools[1:])
    async with Program(app, made.secret) as program:
        answer = await program.get(f"{LIST}/{schools[0]}")
        missing = await program.get(f"{LIST}/{uuid.UUID(int=7)}")

    told = answer.json()
    assert (answer.status_code, answer.headers["etag"], told["version"]) == (200, '"1"', 1)
    assert told["facts"]["name"] == "Bakkeskolen"
    assert set(told) == {"id", "version", "facts", "closedOn", "mergedInto", "oldCodes"}
    assert missing.status_code == 404


async def facts_of(program: Program, school: uuid.UUID, **changed: Any) -> dict[str, Any]:
    read: dict[str, Any] = (await program.get(f"{LIST}/{school}")).json()["facts"]
    return read | changed


async def test_a_school_is_changed_on_top_of_the_version_that_was_read(
    app: Litestar, database: Database, schools: list[uuid.UUID], secret: str
) -> None:
    path = f"{LIST}/{schools[0]}"
    async with Program(app, secret) as program:
        facts = await facts_of(program, schools[0], name="Ny Bakkeskole")
        answers = [
            await program.put(path, json=facts),
            await program.put(path, json=facts, headers={"if-match": '"7"'}),
            await program.put(path, json=facts, headers={"if-match": '"1"'}),
            await program.put(path, json=facts | {"name": "Sidst"}, headers={"if-match": '"1"'}),
            await program.put(path, json=facts | {"kind": "circus"}, headers={"if-match": '"2"'}),
        ]
        stored = await program.get(path)

    assert [answer.status_code for answer in answers] == [428, 412, 200, 412, 422]
    assert answers[3].json()["currentVersion"] == 2
    assert answers[2].json() == stored.json()
    assert (stored.headers["etag"], stored.json()["facts"]["name"]) == ('"2"', "Ny Bakkeskole")
    assert await changes(database) == 1


async def test_who_does_not_look_after_schools_changes_none(
    app: Litestar, database: Database, schools: list[uuid.UUID]
) -> None:
    leader, _ = await token_of(database, Role.SCHOOL_LEADER, schools=schools)
    narrow, _ = await token_of(database, Role.ADMIN, Permission.READ_SCHOOLS)
    statuses = []
    for secret in (leader.secret, narrow.secret):
        async with Program(app, secret) as program:
            facts = await facts_of(program, schools[0], name="Min skole")
            headers = {"if-match": '"1"'}
            statuses.append((await program.put(f"{LIST}/{schools[0]}", json=facts, headers=headers)).status_code)

    assert statuses == [403, 403]
    assert await changes(database) == 0


async def test_of_forty_editors_of_one_version_one_wins(
    app: Litestar, database: Database, schools: list[uuid.UUID], secret: str
) -> None:
    async with Program(app, secret) as program:
        facts = await facts_of(program, schools[0])
        turns = asyncio.Semaphore(8)

        async def edit(number: int) -> int:
            body = facts | {"name": f"Bakkeskolen {number}"}
            async with turns:
                answer = await program.put(f"{LIST}/{schools[0]}", json=body, headers={"if-match": '"1"'})
            return answer.status_code

        counted = Counter(await asyncio.gather(*map(edit, range(40))))

    assert counted == {200: 1, 412: 39}
    assert await changes(database) == 1


async def test_a_commit_that_fails_is_never_answered_with_success(
    app: Litestar, database: Database, schools: list[uuid.UUID], secret: str
) -> None:
    async with Program(app, secret) as program:
        facts = await facts_of(program, schools[0], name="Ny Bakkeskole")
        with commits_fail(database):
            answer = await program.put(f"{LIST}/{schools[0]}", json=facts, headers={"if-match": '"1"'})
        stored = await program.get(f"{LIST}/{schools[0]}")

    assert answer.status_code == 503
    assert stored.headers["etag"] == '"1"'
