"""Who may use a route: the reviewed table against the service, and the service against who asks."""

import re

import pytest
from litestar import get, post

from catalog.core.db import Database
from catalog.core.settings import Settings
from catalog.web.access import OPTION, Policy
from catalog.web.security import session_cookie
from tests.catalog.web.direct import Browser, build
from tests.catalog.web.routes import Door, doors_of
from tests.conftest import ROOT

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROW = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `([^`]+)` \| ([a-z ]+) \| \S.+ \|$", re.MULTILINE)
WHO = {"everybody": Policy.PUBLIC, "this machine": Policy.LOOPBACK, "administrator": Policy.ADMIN}
ELSEWHERE = "192.0.2.7"


def reviewed() -> dict[Door, Policy]:
    """The table in the documentation, which is written by hand."""
    rows = ROW.findall((ROOT / "docs/permissions.md").read_text())
    table = {Door(method, path): WHO[who] for method, path, who in rows}
    assert len(table) == len(rows) > 10
    return table


async def test_every_route_declares_its_policy_and_has_its_row_and_every_row_its_route(browser: Browser) -> None:
    declared = {door: handler.opt.get(OPTION) for door, handler in doors_of(browser.app)}
    assert declared == reviewed()


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


async def test_control_a_route_that_declares_nothing_is_found_and_closed(
    settings: Settings, database: Database
) -> None:
    app = build(settings, database, undeclared, undeclared_post, misspelt)
    planted = {door for door, handler in doors_of(app) if OPTION not in handler.opt}
    assert planted == {
        Door("GET", "/probe/undeclared"),
        Door("POST", "/probe/undeclared"),
        Door("GET", "/probe/misspelt"),
    }
    async with Browser(app) as browser:
        token = await browser.sign_in()
        for door in planted:
            answer = await browser.request(door.method, door.address, headers={"x-csrf-token": token})
            assert (answer.status_code, "open" in answer.text) == (403, False)


async def test_a_policy_that_nobody_knows_opens_nothing_to_the_outside(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, strange), ELSEWHERE) as browser:
        assert (await browser.get("/probe/strange")).status_code == 403


async def test_a_stranger_from_elsewhere_gets_what_is_for_everybody_and_nothing_else(
    settings: Settings, database: Database
) -> None:
    app = build(settings, database)
    await app.state.index.fill()  # before, the search has no answer for anybody
    async with Browser(app, ELSEWHERE) as stranger:
        for door, policy in reviewed().items():
            status = (await stranger.request(door.method, door.address)).status_code
            assert (status == 403) is (policy is not Policy.PUBLIC), (door, status)
            assert status < 500, door


async def test_a_session_is_worth_nothing_from_elsewhere(settings: Settings, database: Database) -> None:
    app = build(settings, database)
    async with Browser(app) as here, Browser(app, ELSEWHERE) as stranger:
        token = await here.sign_in()
        stranger.cookies.update(here.cookies)
        for door, policy in reviewed().items():
            answer = await stranger.request(door.method, door.address, headers={"x-csrf-token": token})
            assert (answer.status_code == 403) is (policy is not Policy.PUBLIC), door
        assert (await here.get("/probe")).headers["cache-control"] == "no-cache"


async def test_who_is_here_without_a_session_is_asked_to_sign_in(browser: Browser) -> None:
    for door, policy in reviewed().items():
        answer = await browser.request(door.method, door.address)
        assert (answer.status_code == 401) is (policy is Policy.ADMIN), door


async def test_the_administrator_is_let_in_everywhere(browser: Browser) -> None:
    await browser.app.state.index.fill()
    for door, policy in reviewed().items():
        if not browser.cookies.get(session_cookie(https=False)):  # one of the routes ends the session
            await browser.sign_in()
        answer = await browser.request(door.method, door.address, headers={"x-csrf-token": browser.proof})
        refused_for_its_link = door == Door("POST", "/admin/enter")
        assert (answer.status_code in {401, 403}) is refused_for_its_link, (door, answer.status_code)
        assert answer.status_code < 500, (door, answer.text)
        if policy is Policy.ADMIN:
            assert answer.headers["cache-control"] == "no-store", door


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.9.1", 200),
        ("::1", 200),
        ("10.0.0.1", 403),
        ("192.168.1.1", 403),
        ("0.0.0.0", 403),  # noqa: S104 - an address that asks, not one that is listened on
        ("127.0.0.1.evil.example", 403),
        ("", 403),
        ("unix:", 403),
    ],
)
async def test_only_the_machine_itself_sees_the_door(
    settings: Settings, database: Database, address: str, status: int
) -> None:
    async with Browser(build(settings, database), address) as browser:
        assert (await browser.get("/admin/enter")).status_code == status
        for name in ("x-forwarded-for", "x-real-ip", "forwarded"):  # a proxy on this machine is not this machine
            assert (await browser.get("/admin/enter", headers={name: "127.0.0.1"})).status_code == 403
