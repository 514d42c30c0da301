"""Who tested a resource is a name of staff: only who looks after the catalogue is told, and nobody loses it."""

from datetime import date
from typing import Any

import pytest
from litestar import Litestar

from catalog.core.actor import Permission
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.resources.schemas import ClaimFact
from catalog.vocabularies.region import Region
from tests.api.programs import Program, token_of
from tests.factories import store

LIST = "/api/v1/resources"
NAME = "Torben Tester"
ON = date(2026, 9, 8)


@pytest.fixture
async def path(database: Database, region: Region) -> str:
    claims = [ClaimFact(platform="web", tested_on=ON, tested_by=NAME), ClaimFact(platform="ipados")]
    async with transaction(database.writers) as session:
        return f"{LIST}/{await store(session, region, claims=claims)}"


async def secret_of(database: Database, role: Role, *rights: Permission) -> str:
    return (await token_of(database, role, *rights))[0].secret


def named(answer: Any) -> list[str]:
    return [claim["testedBy"] for claim in answer["facts"]["claims"]]


async def test_only_who_looks_after_the_catalogue_is_told(app: Litestar, database: Database, path: str) -> None:
    reviewer = await secret_of(database, Role.REVIEWER, Permission.MANAGE_CATALOGUE)
    others = [
        "",
        await secret_of(database, Role.TEACHER),
        await secret_of(database, Role.ADMIN, Permission.MANAGE_USERS),
    ]
    for secret, told in [(reviewer, [NAME, ""]), *((each, ["", ""]) for each in others)]:
        async with Program(app, secret) as program:
            one, many = await program.get(path), await program.get(LIST)
        assert named(one.json()) == told
        assert [named(each) for each in many.json()["resources"]] == [told]
        assert (NAME in one.text, NAME in many.text) == (NAME in told, NAME in told)
        assert one.json()["facts"]["claims"][0]["testedOn"] == ON.isoformat()


async def test_a_program_that_was_not_told_loses_no_name(app: Litestar, database: Database, path: str) -> None:
    async with Program(app) as nobody:
        facts = (await nobody.get(path)).json()["facts"]
    async with Program(app, await secret_of(database, Role.REVIEWER, Permission.MANAGE_CATALOGUE)) as program:
        unchanged = await program.put(path, json=facts, headers={"if-match": '"1"'})
        assert (unchanged.headers["etag"], named(unchanged.json())) == ('"1"', [NAME, ""])
        changed = await program.put(path, json=facts | {"lix": 20}, headers={"if-match": '"1"'})
        assert named(changed.json()) == [NAME, ""]
        facts["claims"][0]["testedBy"] = "Nina Nord"
        renamed = await program.put(path, json=facts, headers={"if-match": '"2"'})
        assert named(renamed.json()) == ["Nina Nord", ""], "control: a name that is told is kept"
        facts["claims"][0] |= {"testedBy": "", "testedOn": "2026-11-01"}
        anew = await program.put(path, json=facts, headers={"if-match": '"3"'})
        assert named(anew.json()) == ["", ""], "another test, of which nobody said whose it was"
