"""A route says who it is for, and one that does not is closed; who may use which is tested in tests/access."""

import pytest
from litestar import get, post

from catalog.core.actor import Permission
from catalog.core.db import Database
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.web.access import OPTION, SIGNED_IN, Policy, needs
from tests.catalog.web.direct import Browser, build
from tests.catalog.web.routes import Door, doors_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_every_route_declares_its_policy(browser: Browser) -> None:
    declared = [isinstance(handler.opt.get(OPTION), Policy) for _, handler in doors_of(browser.app)]
    assert len(declared) > 50
    assert all(declared)


@get("/probe/undeclared")
async def undeclared() -> str:
    return "open"


@post("/probe/undeclared")
async def undeclared_post() -> str:
    return "open"


@get("/probe/misspelt", opt={"policies": "public"})
async def misspelt() -> str:
    return "open"


@get("/probe/strange", opt={OPTION: "everyone"})
async def strange() -> str:
    return "open"


@get("/probe/somebody", opt=SIGNED_IN)
async def for_somebody() -> str:
    return "open"


@get("/probe/devices", opt=needs(Permission.OPERATE, Permission.MANAGE_DEVICES))
async def for_either() -> str:
    return "open"


@get("/api/probe/person", opt=needs(Permission.OPERATE, by_programs=False))
async def for_persons() -> str:
    return "open"


async def test_control_a_route_that_declares_nothing_is_found_and_closed_to_an_administrator(
    settings: Settings, database: Database
) -> None:
    app = build(settings, database, undeclared, undeclared_post, misspelt, strange)
    planted = {door for door, handler in doors_of(app) if not isinstance(handler.opt.get(OPTION), Policy)}
    assert planted == {
        Door("GET", "/probe/undeclared"),
        Door("POST", "/probe/undeclared"),
        Door("GET", "/probe/misspelt"),
        Door("GET", "/probe/strange"),
    }
    async with Browser(app) as browser:
        token = await browser.sign_in()
        for door in planted:
            answer = await browser.request(door.method, door.address, headers={"x-csrf-token": token})
            assert (answer.status_code, "open" in answer.text) == (403, False)


async def test_somebody_is_whoever_is_signed_in(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, for_somebody)) as browser:
        assert (await browser.get("/probe/somebody")).status_code == 401
        await browser.sign_in(None)
        answer = await browser.get("/probe/somebody")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    ("role", "status"), [(Role.IT, 200), (Role.SCHOOL_LEADER, 200), (Role.TEACHER, 403), (None, 403)]
)
async def test_one_of_several_rights_is_enough(
    settings: Settings, database: Database, role: Role | None, status: int
) -> None:
    async with Browser(build(settings, database, for_either)) as browser:
        await browser.sign_in(role)
        assert (await browser.get("/probe/devices")).status_code == status


async def test_a_stranger_is_told_to_sign_in_and_a_program_how(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, for_persons)) as browser:
        answer = await browser.get("/api/probe/person")
        assert answer.status_code == 401
        assert answer.json()["type"] == "/problems/not-signed-in"
        for header in ("Bearer nonsense", "Bearer ", "Basic bmFtZTpwYXNz", "bearer"):
            assert (await browser.get("/api/probe/person", headers={"authorization": header})).status_code == 401
        await browser.sign_in(Role.ADMIN)
        assert (await browser.get("/api/probe/person")).status_code == 200
        wrong = await browser.get("/api/probe/person", headers={"authorization": "Bearer nonsense"})
        assert wrong.status_code == 401  # a key that is none is not passed over for the cookie beside it


@pytest.mark.parametrize("name", ["token", "access_token", "api_token", "bearer"])
async def test_a_token_in_an_address_is_refused_and_not_repeated(browser: Browser, name: str) -> None:
    await browser.sign_in()
    answer = await browser.get(f"/api/openapi/openapi.json?{name}=hylde_hunter2")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/token-in-address")
    assert "hunter2" not in answer.text
