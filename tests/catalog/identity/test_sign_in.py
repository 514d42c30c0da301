"""Signing in by a user name and a password, and out again."""

import asyncio
import re
import statistics
import time
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from argon2 import PasswordHasher
from msgspec.structs import replace
from sqlalchemy import delete, func, select
from structlog.types import EventDict

from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import people
from catalog.identity.local.hashing import is_outdated
from catalog.identity.models import Session, SignInAttempt, User
from catalog.identity.secrets import hash_secret
from catalog.web.security import FIELD
from tests.catalog.identity.people import OTHER_PASSWORD, PASSWORD, read_user, store_person
from tests.catalog.web.direct import Browser, Clock, build
from tests.conftest import NOON
from tests.forms import form_in
from tests.pages import read_page

COOKIE = "hylde-session"
SORRY = "The user name and the password do not belong together."
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def knock(browser: Browser, username: str = "inge", password: str = PASSWORD, **more: str) -> httpx.Response:
    sent = {"username": username, "password": password, **more}
    return await browser.post("/sign-in", data=sent, headers={"accept-language": "en"})


async def is_signed_in(browser: Browser) -> bool:
    answer = await browser.get("/admin/users")
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def attempts(database: Database) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(SignInAttempt)) or 0


@pytest.fixture
async def inge(database: Database) -> None:
    """Inge administers, and has an account here."""
    await store_person(database, Role.ADMIN, username="inge")


async def test_by_the_form_of_the_page_somebody_signs_in_and_lands_where_they_wanted_to_go(
    browser: Browser, inge: None
) -> None:
    refused = await browser.get("/admin/users?state=left", headers={"accept": "text/html", "accept-language": "en"})
    assert refused.status_code == 401
    way_in = read_page(refused.text).one("a", "ds-button")["href"]
    assert way_in == "/sign-in?next=" + quote("/admin/users?state=left", safe="/")
    page = await browser.get(way_in)
    sent = form_in(page.text, "/sign-in") | {"username": [" INGE "], "password": [PASSWORD]}
    entered = await browser.post("/sign-in", data=sent)
    assert (entered.status_code, entered.headers["location"]) == (303, "/admin/users?state=left")
    assert await is_signed_in(browser)


async def test_a_form_that_was_lost_to_a_session_that_ended_leads_to_the_sign_in_page_alone(browser: Browser) -> None:
    refused = await browser.post("/admin/users/new", data={"name": "x"}, headers={"accept": "text/html"})
    assert (refused.status_code, 'href="/sign-in"' in refused.text) == (401, True)


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "evil.example", "/a\r\nx: y", ""]
)
@only_sqlite
async def test_nobody_is_sent_elsewhere_after_signing_in(browser: Browser, inge: None, elsewhere: str) -> None:
    page = await browser.get("/sign-in", params={"next": elsewhere})
    assert form_in(page.text, "/sign-in")["next"] == ["/"]
    answer = await knock(browser, next=elsewhere)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_name_that_nobody_has_a_wrong_password_and_who_left_are_answered_alike(
    browser: Browser, database: Database, inge: None
) -> None:
    left = await store_person(database, username="ole")
    await store_person(database, username="")
    async with transaction(database.writers) as session:
        user = await people.get_user(session, left)
        user.left_at = NOON
    answers = [
        await knock(browser, "nobody", PASSWORD),
        await knock(browser, "inge", OTHER_PASSWORD),
        await knock(browser, "ole", PASSWORD),
        await knock(browser, "inge", "x" * 5000),
        await knock(browser, "inge\x00", "\x00"),
    ]
    words = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers[:4]]
    assert len(set(words)) == 1
    assert all(SORRY in answer.text for answer in answers[:4])
    assert {answer.status_code for answer in answers} == {422}
    assert not any("set-cookie" in answer.headers for answer in answers)
    assert not any(OTHER_PASSWORD in answer.text for answer in answers)


@only_sqlite
async def test_a_name_that_nobody_has_takes_as_long_as_a_wrong_password(
    database: Database, settings: Settings, inge: None
) -> None:
    took: dict[str, list[float]] = {"inge": [], "nobody": []}
    app = build(settings, database)
    for turn in range(4):
        async with Browser(app, f"192.0.2.{turn}") as browser:
            for name, times in took.items():
                started = time.perf_counter()
                answer = await knock(browser, name if name == "inge" else f"{name}{turn}", OTHER_PASSWORD)
                times.append(time.perf_counter() - started)
                assert answer.status_code == 422
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.5 < known / unknown < 2
    assert unknown > 0.02, "control: something is hashed"


async def test_after_five_failures_even_the_right_password_waits_and_then_lets_in(
    browser: Browser, database: Database, clock: Clock, inge: None
) -> None:
    for _ in range(5):
        assert (await knock(browser, password=OTHER_PASSWORD)).status_code == 422
    assert await attempts(database) == 10  # kept, although each answer was a refusal
    refused = await knock(browser)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert await attempts(database) == 10, "what is not looked at does not prolong the wait"
    assert (await knock(browser, "somebody-else", PASSWORD)).status_code == 422  # control: others need not wait
    clock.now += timedelta(seconds=30)
    assert (await knock(browser)).status_code == 303
    assert await attempts(database) == 7  # the account starts anew; of the address only the right one is forgotten


async def test_names_that_nobody_has_are_slowed_down_alike(browser: Browser) -> None:
    statuses = [(await knock(browser, "nobody")).status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2


@only_sqlite
async def test_one_address_is_slowed_down_over_all_accounts_and_another_is_not(
    settings: Settings, database: Database, inge: None
) -> None:
    app = build(settings, database)
    async with Browser(app, "192.0.2.7") as attacker, Browser(app, "192.0.2.8") as inge_herself:
        statuses = [(await knock(attacker, f"guess{number}")).status_code for number in range(32)]
        assert statuses == [422] * 30 + [429] * 2
        assert (await knock(attacker)).status_code == 429
        assert (await knock(inge_herself)).status_code == 303


async def test_a_hundred_guesses_at_once_are_five(settings: Settings, database: Database, inge: None) -> None:
    app = build(settings, database)
    browsers = [Browser(app, f"192.0.2.{number}") for number in range(25)]
    answers = await asyncio.gather(*(knock(each, password=OTHER_PASSWORD) for each in browsers))
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 20


@only_sqlite
async def test_behind_a_trusted_proxy_the_readers_own_address_counts(
    settings: Settings, database: Database, inge: None
) -> None:
    async def last_status(proxies: str) -> int:
        async with transaction(database.writers) as session:
            await session.execute(delete(SignInAttempt))
        app = build(replace(settings, trusted_proxies=proxies), database)
        async with Browser(app, "10.0.0.5") as proxy:
            for number in range(30):
                sent = {"username": f"guess{number}", "password": PASSWORD}
                await proxy.post("/sign-in", data=sent, headers={"x-forwarded-for": f"1.2.3.4, 192.0.2.{number}"})
            return (await knock(proxy)).status_code

    assert await last_status("10.0.0.0/8") == 303
    assert await last_status("") == 429  # control: a header of whoever comes is not believed


async def test_what_is_stored_of_a_failure_names_nobody(
    browser: Browser, database: Database, logged: list[EventDict]
) -> None:
    await knock(browser, "inge-bregnvig")
    async with transaction(database.readers) as session:
        keys = set(await session.scalars(select(SignInAttempt.key)))
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    assert not {hash_secret("account:inge-bregnvig"), hash_secret("address:127.0.0.1")} & keys
    assert "inge-bregnvig" not in str(logged)
    assert PASSWORD not in str(logged)


async def test_a_hash_of_weaker_parameters_is_renewed_at_the_next_sign_in(browser: Browser, database: Database) -> None:
    user_id = await store_person(database, Role.ADMIN, username="inge")
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    async with transaction(database.writers) as session:
        (await people.get_user(session, user_id)).password_hash = weak
    assert is_outdated(weak)
    assert (await knock(browser)).status_code == 303
    renewed = (await read_user(database, user_id)).password_hash
    assert (renewed != weak, is_outdated(renewed)) == (True, False)
    assert (await knock(browser, **{FIELD: ""})).status_code == 403  # signed in: the form proves itself
    browser.cookies.clear()
    assert (await knock(browser)).status_code == 303


@only_sqlite
async def test_the_spelling_of_letters_with_marks_makes_no_difference(browser: Browser, database: Database) -> None:
    await store_person(database, Role.ADMIN, username="åse", password="blåbær\u00e5")  # noqa: S106 - of an invented person
    assert (await knock(browser, "A\u030aSE", "blåbæra\u030a")).status_code == 303


async def test_the_session_that_opens_was_known_to_nobody_before(browser: Browser, inge: None) -> None:
    planted = "planted-by-the-attacker"
    browser.cookies.set(COOKIE, planted)
    opened = await knock(browser)
    given = re.search(f"{COOKIE}=([^;]+)", opened.headers["set-cookie"])
    assert given is not None
    assert given[1] != planted
    assert len(given[1]) >= 43
    browser.cookies.clear()
    browser.cookies.set(COOKIE, planted)
    assert not await is_signed_in(browser)


async def test_who_signs_in_anew_gets_another_session_and_the_one_before_is_worth_nothing(
    browser: Browser, database: Database, inge: None
) -> None:
    await knock(browser)
    before = browser.cookies[COOKIE]
    page = await browser.get("/sign-in")
    assert (await knock(browser)).status_code == 403  # control: without what the form holds
    sent = form_in(page.text, "/sign-in") | {"username": ["inge"], "password": [PASSWORD]}
    assert (await browser.post("/sign-in", data=sent)).status_code == 303
    assert browser.cookies[COOKIE] != before
    browser.cookies.clear()
    browser.cookies.set(COOKIE, before)
    assert not await is_signed_in(browser)


async def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(browser: Browser, inge: None) -> None:
    await knock(browser)
    kept = browser.cookies[COOKIE]
    assert (await browser.post("/sign-out")).status_code == 403  # control: without the proof
    shown = form_in((await browser.get("/sign-in")).text, "/sign-out")
    answer = await browser.post("/sign-out", data=shown)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert COOKIE not in browser.cookies
    browser.cookies.set(COOKIE, kept)
    assert not await is_signed_in(browser)
    browser.cookies.clear()
    assert (await browser.post("/sign-out")).status_code == 303  # again, or without one: nothing to end


@only_sqlite
@pytest.mark.parametrize(
    ("base_url", "name", "attributes"),
    [
        ("http://127.0.0.1:8000", "hylde-session", {"httponly", "samesite=lax", "path=/"}),
        ("https://hylde.example", "__Host-hylde", {"httponly", "samesite=lax", "path=/", "secure"}),
    ],
)
async def test_the_cookie_is_out_of_reach_of_scripts_sites_and_plain_lines(
    settings: Settings, database: Database, inge: None, base_url: str, name: str, attributes: set[str]
) -> None:
    async with Browser(build(replace(settings, base_url=base_url), database)) as browser:
        opened = await knock(browser)
        page = await browser.get("/sign-in")
        ended = await browser.post("/sign-out", data=form_in(page.text, "/sign-out"))
    for answer, more in ((opened, set[str]()), (ended, {"max-age=0"})):
        said = answer.headers["set-cookie"]
        assert said.startswith(f"{name}=")
        assert {part.strip().lower() for part in said.split(";")[1:]} == attributes | more


@only_sqlite
async def test_where_local_accounts_are_off_there_is_no_form_and_no_password_lets_in(
    settings: Settings, database: Database, inge: None
) -> None:
    off = replace(
        settings, local_accounts=False, oidc_issuer="https://id.example", oidc_client_id="hylde", oidc_name="Unilogin"
    )
    async with Browser(build(off, database)) as browser:
        page = await browser.get("/sign-in", params={"next": "/find?q=x"}, headers={"accept-language": "en"})
        links = [each["href"] for each in read_page(page.text).all("a", "ds-button")]
        assert ('type="password"' in page.text, links) == (False, ["/sign-in/provider?next=%2Ffind%3Fq%3Dx"])
        assert "Continue with Unilogin" in page.text
        refused = await knock(browser)
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    assert await attempts(database) == 0


@only_sqlite
async def test_fields_left_empty_are_named_and_nothing_is_counted(browser: Browser, database: Database) -> None:
    answer = await knock(browser, "", "")
    assert (answer.status_code, answer.text.count('aria-invalid="true"')) == (422, 2)
    assert await attempts(database) == 0


async def test_only_hashes_are_stored_and_what_happened_is_in_the_log(
    browser: Browser, database: Database, inge: None
) -> None:
    await knock(browser)
    opened = browser.cookies[COOKIE]
    async with transaction(database.readers) as session:
        assert (await session.scalars(select(Session.hash))).all() == [hash_secret(opened)]
        stored = await session.scalar(select(User.password_hash))
        entries = (await session.execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.seq))).all()
        person = str(await session.scalar(select(User.id)))
    assert stored is not None
    assert (stored.startswith("$argon2id$"), PASSWORD in stored) == (True, False)
    assert entries[-1] == ("sign-in", person)


@only_sqlite
async def test_the_demo_offers_its_own_people_one_click_and_nobody_else(settings: Settings, database: Database) -> None:
    invented = await store_person(database, Role.REVIEWER, name="Viggo Nørlund", is_demo=True)
    real = await store_person(database, Role.ADMIN, name="Rigtig Person")
    async with Browser(build(replace(settings, demo=True), database)) as browser:
        page = await browser.get("/sign-in", params={"next": "/find"}, headers={"accept-language": "en"})
        assert ("Viggo Nørlund" in page.text, "Reviewer" in page.text, "Rigtig" in page.text) == (True, True, False)
        sent = form_in(page.text, "/sign-in/demo")
        assert sent["person"] == [str(invented)]
        for nobody in (str(real), "nonsense", ""):
            assert (await browser.post("/sign-in/demo", data={"person": nobody})).status_code == 404
        entered = await browser.post("/sign-in/demo", data=sent)
        assert (entered.status_code, entered.headers["location"]) == (303, "/find")
    async with Browser(build(settings, database)) as browser:
        assert "Viggo" not in (await browser.get("/sign-in")).text
        refused = await browser.post("/sign-in/demo", data={"person": str(invented)})
        assert (refused.status_code, "set-cookie" in refused.headers) == (404, False)


@only_sqlite
async def test_who_is_signed_in_is_told_so_and_can_sign_out(browser: Browser) -> None:
    await browser.sign_in(name="Karla Engholm")
    page = await browser.get("/sign-in", headers={"accept-language": "en"})
    assert "You are signed in as Karla Engholm" in page.text
    assert form_in(page.text, "/sign-out")[FIELD] == [browser.proof]
    assert page.headers["cache-control"] == "no-store"
