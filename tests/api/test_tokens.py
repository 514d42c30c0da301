"""A token opens the API for its program, with its person's rights of this moment, and nothing else anywhere."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import select, update
from structlog.types import EventDict

from catalog.core.actor import SYSTEM, Permission
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity.models import ApiToken, RoleGrant, User
from catalog.identity.people import end_role
from catalog.identity.tokens.service import revoke_token
from catalog.organisations.models import School
from tests.api.programs import Program, actor_of, token_of
from tests.catalog.web.direct import Browser, Clock
from tests.conftest import NOON, TODAY

ME = "/api/v1/me"


def rights_in(answer: Any) -> dict[str, list[str] | None]:
    """By the right, the codes of the schools."""
    assert answer.status_code == 200, answer.text
    return {
        each["permission"]: each["schools"] and [school["code"] for school in each["schools"]]
        for each in answer.json()["rights"]
    }


async def test_a_program_is_told_whose_it_is_and_what_it_may(app: Litestar, database: Database) -> None:
    made, _ = await token_of(database, Role.REVIEWER, Permission.IMPORT, of="Signe Holm")

    async with Program(app, made.secret) as program:
        answer = await program.get(ME)

    assert answer.json() == {
        "name": "Signe Holm",
        "roles": [],
        "rights": [{"permission": "import", "schools": None}],
        "token": {
            "name": "Skemaprogrammet",
            "beginning": made.secret[:12],
            "expiresAt": "2027-02-23T23:00:00Z",
        },
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_a_person_with_a_browser_is_told_the_same(app: Litestar, schools: list[uuid.UUID]) -> None:
    async with Browser(app) as browser:
        assert (await browser.get(ME)).status_code == 401
        await browser.sign_in(Role.TEACHER, schools=schools[:1], name="Mads Lind")
        answer = await browser.get(ME)

    assert answer.json()["roles"] == ["teacher"]
    assert answer.json()["token"] is None
    assert rights_in(answer) == {"read-schools": ["101001"]}


@pytest.mark.parametrize(
    "authorization",
    ["Bearer hylde_guess", "Bearer ", "Bearer", "Basic aHlsZGU6eA==", "hylde_guess", "Bearer \u00e6", "bearer x y"],
)
async def test_what_is_no_token_is_refused_and_asked_for_one(app: Litestar, authorization: str) -> None:
    async with Program(app) as program:
        for path in (ME, "/api/v1/resources"):  # a wrong token is refused where none is needed, too
            answer = await program.get(path, headers=[(b"authorization", authorization.encode("latin-1"))])

            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == "/problems/not-signed-in"


async def test_a_page_asks_nobody_for_a_token(app: Litestar) -> None:
    async with Program(app) as program:
        answer = await program.get("/account")

    assert answer.status_code == 401
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("name", ["token", "access_token", "api_token", "bearer"])
async def test_a_token_in_an_address_is_refused_and_told_nobody(
    app: Litestar, database: Database, logged: list[EventDict], name: str
) -> None:
    made, _ = await token_of(database)

    async with Program(app) as program, Program(app, made.secret) as right:
        answers = [
            await program.get(f"{ME}?{name}={made.secret}"),
            await right.get(f"{ME}?{name}={made.secret}"),
            await program.get(f"/api/v1/resources?{name}={made.secret}"),
            await right.post(f"/api/v1/imports/decisions?{name}={made.secret}", content=b"x"),
        ]

    assert [answer.json()["type"] for answer in answers] == ["/problems/token-in-address"] * 4
    assert [answer.status_code for answer in answers] == [400] * 4
    for answer in answers:
        assert made.secret not in answer.text
        assert made.secret not in str(answer.headers)
    assert made.secret not in str(logged)
    assert any(event.get("path") == ME for event in logged), "the log was looked at"


async def test_a_token_opens_no_page(app: Litestar, database: Database) -> None:
    made, _ = await token_of(database, Role.ADMIN)

    async with Program(app, made.secret) as program:
        pages = [(await program.get(path)).status_code for path in ("/account", "/admin", "/account/tokens/new")]
        acts = [(await program.post(path)).status_code for path in ("/account", "/account/tokens")]

    assert pages == [401, 401, 401]
    assert acts == [401, 401]


async def test_whoever_left_or_lost_a_role_has_no_program_from_the_next_request_on(
    app: Litestar, database: Database
) -> None:
    left, leaver = await token_of(database, Role.REVIEWER)
    kept, demoted = await token_of(database, Role.REVIEWER)
    async with Program(app, left.secret) as of_leaver, Program(app, kept.secret) as of_demoted:
        assert "import" in rights_in(await of_leaver.get(ME))
        assert "import" in rights_in(await of_demoted.get(ME))

        async with transaction(database.writers) as session:
            await session.execute(update(User).where(User.id == leaver).values(left_at=NOON))
            grant = await session.scalar(select(RoleGrant.id).where(RoleGrant.user_id == demoted))
            assert grant is not None
            await end_role(session, SYSTEM, grant, now=NOON, today=TODAY)

        assert (await of_leaver.get(ME)).status_code == 401
        assert rights_in(await of_demoted.get(ME)) == {}
        assert (await of_demoted.post("/api/v1/resources", json={})).status_code == 403


async def test_a_token_is_dead_when_it_is_revoked_or_its_day_is_over(
    app: Litestar, database: Database, clock: Clock
) -> None:
    short, _ = await token_of(database, Role.REVIEWER, days=0)
    long, owner = await token_of(database, Role.REVIEWER, days=1)
    async with Program(app, short.secret) as of_short, Program(app, long.secret) as of_long:
        clock.now = NOON.replace(hour=22, minute=59)  # a minute to midnight in Denmark
        assert [(await each.get(ME)).status_code for each in (of_short, of_long)] == [200, 200]

        clock.now += timedelta(minutes=1)
        assert [(await each.get(ME)).status_code for each in (of_short, of_long)] == [401, 200]

        async with transaction(database.writers) as session:
            await revoke_token(session, actor_of(owner, Role.REVIEWER), long.id, NOON)
        assert (await of_long.get(ME)).status_code == 401


async def test_a_token_for_a_school_has_its_rights_there_while_the_person_has(
    app: Litestar, database: Database, schools: list[uuid.UUID]
) -> None:
    own, other = schools
    of_admin, _ = await token_of(database, Role.ADMIN, Permission.MANAGE_DEVICES, school=own)
    of_leader, _ = await token_of(database, Role.SCHOOL_LEADER, schools=[own, other], school=other)

    async with Program(app, of_admin.secret) as admin, Program(app, of_leader.secret) as leader:
        assert rights_in(await admin.get(ME)) == {"manage-devices": ["101001"]}
        assert rights_in(await leader.get(ME)) == {
            "read-schools": ["101002"],
            "manage-devices": ["101002"],
            "manage-head-counts": ["101002"],
        }

        async with transaction(database.writers) as session:
            await session.execute(update(School).where(School.id == other).values(closed_on=TODAY))
        assert rights_in(await leader.get(ME)) == {}, "nobody has a role at a school that is closed"


async def test_the_last_use_is_kept_and_a_busy_database_keeps_nobody_out(
    app: Litestar, database: Database, clock: Clock
) -> None:
    made, _ = await token_of(database, Role.REVIEWER)
    seen = []
    async with Program(app, made.secret) as program:
        for minutes in (0, 3, 6):
            clock.now = NOON + timedelta(minutes=minutes)
            assert (await program.get(ME)).status_code == 200
            async with transaction(database.readers) as session:
                seen.append(await session.scalar(select(ApiToken.last_used_at)))

    assert seen == [NOON, NOON, NOON + timedelta(minutes=6)]
