"""One-time links: the first way in, and the way back for who lost theirs."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from structlog.types import EventDict

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import people
from catalog.identity.models import Invitation, Session
from catalog.identity.secrets import hash_secret
from tests.catalog.identity.people import OTHER_PASSWORD, PASSWORD, make_link, read_user, store_person
from tests.catalog.web.direct import Browser, Clock, build
from tests.conftest import NOON, TODAY
from tests.forms import form_in
from tests.pages import read_page

WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)
COOKIE = "hylde-session"
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def look(browser: Browser, key: str) -> httpx.Response:
    return await browser.get("/invitation", params={"key": key}, headers={"accept-language": "en"})


async def accept(
    browser: Browser, key: str, username: str = "inge", password: str = PASSWORD, **more: str
) -> httpx.Response:
    sent = {"key": key, "username": username, "password": password, "again": password, **more}
    return await browser.post("/invitation", data=sent, headers={"accept-language": "en"})


def faulty(answer: httpx.Response) -> set[str]:
    return set(re.findall(r'id="(\w+)"[^>]*aria-invalid="true"', answer.text))


async def test_a_link_lets_in_once_and_the_account_is_theirs_from_then_on(browser: Browser, database: Database) -> None:
    key = (await make_link(browser.app)).secret
    page = await look(browser, key)
    sent = form_in(page.text, "/invitation") | {"username": ["Inge"], "password": [PASSWORD], "again": [PASSWORD]}
    first = await browser.post("/invitation", data=sent)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert (await browser.get("/admin/users")).status_code == 200
    browser.cookies.clear()
    second = await accept(browser, key, "somebody", OTHER_PASSWORD)
    assert (second.status_code, "set-cookie" in second.headers) == (410, False)
    assert (await browser.post("/sign-in", data={"username": "inge", "password": PASSWORD})).status_code == 303


async def test_of_eight_that_use_a_link_at_once_one_gets_in(browser: Browser, database: Database) -> None:
    key = (await make_link(browser.app)).secret
    browsers = [Browser(browser.app) for _ in range(8)]
    answers = await asyncio.gather(*(accept(each, key, f"inge{number}") for number, each in enumerate(browsers)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 7
    async with transaction(database.readers) as session:
        assert await session.scalar(select(func.count()).select_from(Session)) == 1


@pytest.mark.parametrize(("later", "status"), [(WEEK - MINUTE, 303), (WEEK, 410), (3 * WEEK, 410)])
async def test_a_link_runs_out_after_a_week(browser: Browser, clock: Clock, later: timedelta, status: int) -> None:
    key = (await make_link(browser.app)).secret
    clock.now = NOON + later
    assert (await accept(browser, key)).status_code == status


@only_sqlite
async def test_looking_does_not_spend_it_and_what_opens_nothing_has_one_clear_answer(
    browser: Browser, database: Database
) -> None:
    user_id = await store_person(database, seen=False)
    key = (await make_link(browser.app, user_id)).secret
    for _ in range(3):
        assert (await look(browser, key)).status_code == 200
    assert (await browser.head("/invitation", params={"key": key})).status_code == 200
    newer = (await make_link(browser.app, user_id)).secret
    answers = [await look(browser, each) for each in (key, "", "guess", "x" * 5000, "søren\x00", "0" * 64)]
    assert {answer.status_code for answer in answers} == {410}
    assert len({re.sub(r"<code>.*?</code>|/invitation[^\"]*", "", answer.text) for answer in answers}) == 1
    assert "The link was used before or has run out. Ask for a new one." in answers[0].text
    async with transaction(database.writers) as session:
        await people.let_go(session, SYSTEM, user_id, now=NOON, today=TODAY)
    assert (await look(browser, newer)).status_code == 410


async def test_what_cannot_be_used_is_said_at_its_field_and_the_link_is_still_good(
    browser: Browser, database: Database
) -> None:
    await store_person(database, username="ole")
    key = (await make_link(browser.app)).secret
    wrong = {
        frozenset({"password"}): await accept(browser, key, "inge", "kort kodeord"),
        frozenset({"username", "password"}): await accept(browser, key, "i n g e", "passwordpassword"),
        frozenset({"again"}): await accept(browser, key, "inge", PASSWORD, again=OTHER_PASSWORD),
        frozenset({"username"}): await accept(browser, key, "", PASSWORD),
    }
    for fields, answer in wrong.items():
        assert (answer.status_code, faulty(answer)) == (422, set(fields))
        assert PASSWORD not in answer.text
    taken = await accept(browser, key, "OLE")
    assert (taken.status_code, "Somebody else has this user name" in taken.text) == (422, True)
    assert form_in(taken.text, "/invitation")["username"] == ["OLE"]
    assert (await accept(browser, key)).status_code == 303


@only_sqlite
@pytest.mark.parametrize(
    "password",
    ["SundbyKommune2026", "hylde hylde inge bregnvig", "aaaaaaaaaaaaaaaaaaaa", "123456789012345", "qwertyuiopasdfgh"],
)
async def test_a_password_that_others_would_try_is_refused(browser: Browser, database: Database, password: str) -> None:
    key = (await make_link(browser.app, await store_person(database, mail="inge@post.example"))).secret
    answer = await accept(browser, key, "inge", password)
    assert (answer.status_code, faulty(answer)) == (422, {"password"})


async def test_a_link_for_who_lost_the_password_ends_the_old_one_and_every_session(
    browser: Browser, database: Database
) -> None:
    user_id = await store_person(database, Role.ADMIN, username="inge")
    await browser.post("/sign-in", data={"username": "inge", "password": PASSWORD})
    for _ in range(5):
        async with Browser(browser.app) as attacker:
            await attacker.post("/sign-in", data={"username": "inge", "password": OTHER_PASSWORD})
    key = (await make_link(browser.app, user_id)).secret
    assert (await browser.get("/admin/users")).status_code == 200  # not before the link is used
    async with Browser(browser.app) as other:
        shown = await look(other, key)
        assert form_in(shown.text, "/invitation")["username"] == ["inge"]
        assert (await accept(other, key, "inge", OTHER_PASSWORD)).status_code == 303
        assert (await other.get("/admin/users")).status_code == 200
    assert (await browser.get("/admin/users")).status_code == 401
    browser.cookies.clear()
    old = await browser.post("/sign-in", data={"username": "inge", "password": PASSWORD})
    new = await browser.post("/sign-in", data={"username": "inge", "password": OTHER_PASSWORD})
    assert (old.status_code, new.status_code) == (422, 303)  # and those who tried in between do not make them wait
    assert (await read_user(database, user_id)).username == "inge"


@only_sqlite
async def test_who_is_signed_in_as_somebody_else_becomes_the_one_the_link_is_for(
    browser: Browser, database: Database
) -> None:
    await store_person(database, Role.ADMIN, username="ole")
    await browser.post("/sign-in", data={"username": "ole", "password": PASSWORD})
    before = browser.cookies[COOKIE]
    key = (await make_link(browser.app, await store_person(database, Role.TEACHER, seen=False))).secret
    assert (await accept(browser, key)).status_code == 403  # control: without what the form holds
    sent = form_in((await look(browser, key)).text, "/invitation")
    sent |= {"username": ["inge"], "password": [PASSWORD], "again": [PASSWORD]}
    assert (await browser.post("/invitation", data=sent)).status_code == 303
    assert (await browser.get("/admin/users")).status_code == 403
    browser.cookies.clear()
    browser.cookies.set(COOKIE, before)
    assert (await browser.get("/admin/users")).status_code == 401


@only_sqlite
async def test_the_key_is_told_to_no_log_and_to_no_other_page(
    browser: Browser, database: Database, logged: list[EventDict]
) -> None:
    key = (await make_link(browser.app)).secret
    page = await look(browser, key)
    assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("strict-origin", "no-store")
    addresses = [each.attributes.get("href", "") for each in read_page(page.text).all("a")]
    assert not any(key in address for address in addresses)
    await accept(browser, key)
    assert key not in str(logged)
    assert "/invitation" in {event.get("path") for event in logged}
    async with transaction(database.readers) as session:
        assert (await session.scalars(select(Invitation.hash))).all() == [hash_secret(key)]
        actions = (await session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq))).all()
    assert actions[-3:] == ["end-sessions", "take-account", "sign-in"]


@only_sqlite
async def test_a_key_from_the_address_is_escaped_and_what_was_typed_too(browser: Browser) -> None:
    key = (await make_link(browser.app)).secret
    answer = await accept(browser, key, '"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


@only_sqlite
async def test_where_there_is_a_provider_the_link_can_be_carried_there(settings: Settings, database: Database) -> None:
    both = replace(settings, oidc_issuer="https://id.example", oidc_client_id="hylde")
    for ours, local in ((both, True), (replace(both, local_accounts=False), False)):
        app = build(ours, database)
        key = (await make_link(app)).secret
        async with Browser(app) as browser:
            page = await look(browser, key)
            onwards = urlsplit(read_page(page.text).one("a", "ds-button")["href"])
            assert (onwards.path, parse_qs(onwards.query)) == ("/sign-in/provider", {"invitation": [key]})
            assert ('type="password"' in page.text) is local
            assert (await accept(browser, key, "inge" if local else "ole")).status_code == (303 if local else 403)
