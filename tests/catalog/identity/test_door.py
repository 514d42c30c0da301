"""The administrator's door: a link that lets in once, and sessions that end."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select, text

from catalog.core.audit import AuditEntry
from catalog.core.db import Database, open_database, transaction
from catalog.core.settings import Settings
from catalog.identity import service
from catalog.identity.models import AdminLink, Session
from catalog.web.security import FIELD, HEADER
from tests.catalog.web.direct import Browser, Clock, build, make_link
from tests.conftest import NOON

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
COOKIE = "hylde-session"
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def enter(browser: Browser, token: str, **more: str) -> httpx.Response:
    return await browser.post("/admin/enter", data={"token": token, **more})


async def is_signed_in(browser: Browser) -> bool:
    answer = await browser.get("/admin")
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def test_a_link_lets_in_once(browser: Browser) -> None:
    assert not await is_signed_in(browser)
    token = await make_link(browser.app)
    first = await enter(browser, token)
    assert (first.status_code, first.headers["location"]) == (303, "/admin")
    assert await is_signed_in(browser)
    browser.cookies.clear()
    second = await enter(browser, token)
    assert (second.status_code, "set-cookie" in second.headers) == (403, False)
    assert "hylde admin-link" in second.text


async def test_of_eight_that_use_a_link_at_once_one_gets_in(browser: Browser, database: Database) -> None:
    token = await make_link(browser.app)
    browsers = [Browser(browser.app) for _ in range(8)]
    answers = await asyncio.gather(*(enter(each, token) for each in browsers))
    assert sorted(answer.status_code for answer in answers) == [303] + [403] * 7
    async with database.readers() as session:
        assert await session.scalar(select(func.count()).select_from(Session)) == 1


@pytest.mark.parametrize(("later", "status"), [(HOUR - MINUTE, 303), (HOUR, 403), (3 * HOUR, 403)])
async def test_a_link_runs_out_after_an_hour(browser: Browser, clock: Clock, later: timedelta, status: int) -> None:
    token = await make_link(browser.app)
    clock.now = NOON + later
    assert (await enter(browser, token)).status_code == status


@only_sqlite
async def test_looking_a_link_up_does_not_spend_it_and_shows_a_button_that_does(browser: Browser) -> None:
    token = await make_link(browser.app)
    for _ in range(3):
        page = await browser.get("/admin/enter", params={"token": token})
        assert (page.status_code, f'value="{token}"' in page.text) == (200, True)
    assert (await browser.head("/admin/enter", params={"token": token})).status_code == 200
    assert (await enter(browser, token)).status_code == 303


@only_sqlite
@pytest.mark.parametrize("token", ["", "guess", "x" * 5000, "søren\x00"])
async def test_what_is_no_link_lets_nobody_in(browser: Browser, token: str) -> None:
    await make_link(browser.app)
    assert (await enter(browser, token)).status_code == 403
    assert (await browser.post("/admin/enter", files={"token": b"x"})).status_code == 400
    assert not await is_signed_in(browser)


@only_sqlite
async def test_a_token_from_the_address_is_escaped_on_the_page(browser: Browser) -> None:
    page = await browser.get("/admin/enter", params={"token": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


@only_sqlite
async def test_the_session_that_opens_was_known_to_nobody_before(browser: Browser) -> None:
    planted = "planted-by-the-attacker"
    browser.cookies.set(COOKIE, planted)
    token = await make_link(browser.app)
    opened = await enter(browser, token)
    given = re.search(f"{COOKIE}=([^;]+)", opened.headers["set-cookie"])
    assert given is not None
    assert given[1] not in {planted, token}
    assert len(given[1]) >= 43

    browser.cookies.clear()
    browser.cookies.set(COOKIE, planted)
    assert not await is_signed_in(browser)


@only_sqlite
async def test_who_is_signed_in_enters_anew_by_the_form_that_is_shown_and_gets_another_session(
    browser: Browser,
) -> None:
    await browser.sign_in()
    before = browser.cookies[COOKIE]
    token = await make_link(browser.app)
    page = await browser.get("/admin/enter", params={"token": token})
    proof = re.search(f'name="{FIELD}" value="([0-9a-f]+)"', page.text)
    assert proof is not None
    assert (await enter(browser, token)).status_code == 403  # control: without what the form holds
    assert (await enter(browser, token, **{FIELD: proof[1]})).status_code == 303
    assert browser.cookies[COOKIE] != before


async def test_a_session_ends_when_nobody_uses_it_for_two_hours(browser: Browser, clock: Clock) -> None:
    await browser.sign_in()
    clock.now = NOON + 2 * HOUR - MINUTE
    assert await is_signed_in(browser)
    clock.now += 2 * HOUR
    assert not await is_signed_in(browser)


async def test_a_session_in_use_lives_on_and_ends_after_twelve_hours_in_any_case(
    browser: Browser, clock: Clock
) -> None:
    await browser.sign_in()
    for _ in range(23):
        clock.now += HOUR / 2
        assert await is_signed_in(browser)
    clock.now = NOON + 12 * HOUR
    assert not await is_signed_in(browser)


async def test_use_is_noted_at_most_once_in_five_minutes(browser: Browser, clock: Clock, database: Database) -> None:
    async def seen() -> object:
        async with database.readers() as session:
            return await session.scalar(select(Session.last_seen_at))

    await browser.sign_in()
    clock.now = NOON + 4 * MINUTE
    await is_signed_in(browser)
    assert await seen() == NOON
    clock.now = NOON + 6 * MINUTE
    await is_signed_in(browser)
    assert await seen() == clock.now


@only_sqlite
async def test_a_busy_database_does_not_keep_the_administrator_from_reading(
    settings: Settings, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.core.db.BUSY_TIMEOUT_MS", 50)
    impatient = open_database(settings.database)
    async with Browser(build(settings, impatient, now=clock)) as browser:
        await browser.sign_in()
        clock.now = NOON + HOUR
        async with transaction(database.writers) as other:
            await other.execute(text("SELECT 1"))  # holds the only write lock
            assert await is_signed_in(browser)
    await impatient.close()


@only_sqlite
async def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(browser: Browser) -> None:
    proof = await browser.sign_in()
    kept = browser.cookies[COOKIE]
    answer = await browser.post("/admin/leave", headers={HEADER: proof})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert COOKIE not in browser.cookies
    browser.cookies.set(COOKIE, kept)
    assert not await is_signed_in(browser)
    browser.cookies.clear()
    assert (await browser.post("/admin/leave")).status_code == 303  # again, or without one: nothing to end


@only_sqlite
@pytest.mark.parametrize(
    ("base_url", "name", "attributes"),
    [
        ("http://127.0.0.1:8000", "hylde-session", {"httponly", "samesite=lax", "path=/"}),
        ("https://hylde.example", "__Host-hylde", {"httponly", "samesite=lax", "path=/", "secure"}),
    ],
)
async def test_the_cookie_is_out_of_reach_of_scripts_sites_and_plain_lines(
    settings: Settings, database: Database, base_url: str, name: str, attributes: set[str]
) -> None:
    served = Settings(base_url=base_url, data_folder=settings.data_folder, secret=settings.secret)
    async with Browser(build(served, database)) as browser:
        opened = await enter(browser, await make_link(browser.app))
        ended = await browser.post("/admin/leave", headers={HEADER: browser.proof})
    for answer, more in ((opened, set[str]()), (ended, {"max-age=0"})):
        said = answer.headers["set-cookie"]
        assert said.startswith(f"{name}=")
        assert {part.strip().lower() for part in said.split(";")[1:]} == attributes | more


@only_sqlite
async def test_past_the_proxy_the_administrator_comes_in_over_a_plain_line_on_the_machine_itself(
    settings: Settings, database: Database
) -> None:
    served = Settings(base_url="https://hylde.example", data_folder=settings.data_folder, secret=settings.secret)
    app = build(served, database)
    async with Browser(app) as browser, Browser(app) as proxied:
        browser.base_url = httpx.URL("http://127.0.0.1:8000")
        await browser.sign_in()
        assert await is_signed_in(browser)
        assert (await browser.get("/admin", headers={"x-forwarded-for": "192.0.2.7"})).status_code == 403
        assert (await browser.get("/admin", headers={"host": "["})).status_code == 401

        proxied.base_url = httpx.URL("http://hylde.example")  # a proxy that says nothing of itself
        opened = (await enter(proxied, await make_link(app))).headers["set-cookie"]
        assert (opened.startswith("__Host-hylde="), "secure" in opened.lower()) == (True, True)


async def test_only_hashes_are_stored_and_what_happened_is_in_the_log(browser: Browser, database: Database) -> None:
    token = await make_link(browser.app)
    await enter(browser, token)
    opened = browser.cookies[COOKIE]
    async with database.readers() as session:
        assert (await session.scalars(select(AdminLink.hash))).all() == [service.hash_token(token)]
        assert (await session.scalars(select(Session.hash))).all() == [service.hash_token(opened)]
        entries = (await session.execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.seq))).all()
        person = str(await session.scalar(select(Session.id)))
    assert [action for action, _ in entries] == ["make-admin-link", "sign-in"]
    assert entries[1].actor_id == person


async def test_what_opens_nothing_any_more_is_forgotten_and_what_does_is_kept(
    browser: Browser, clock: Clock, database: Database
) -> None:
    await browser.sign_in()
    for later, left in ((HOUR, 1), (2 * HOUR, 0)):
        async with transaction(database.writers) as session:
            await service.forget_ended(session, NOON + later)
        async with database.readers() as session:
            assert await session.scalar(select(func.count()).select_from(Session)) == left
            assert await session.scalar(select(func.count()).select_from(AdminLink)) == 0
