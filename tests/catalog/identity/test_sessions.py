"""Sessions: they end, they are renewed when rights change, and nobody keeps one that is not theirs."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from litestar import get
from sqlalchemy import func, select, text

from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.db import Database, open_database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import people, sessions
from catalog.identity.entering import browser_of
from catalog.identity.models import RoleGrant, Session, User
from catalog.organisations.models import School
from catalog.web.access import needs
from catalog.web.security import HEADER
from tests.catalog.identity.people import store_person, store_school
from tests.catalog.web.direct import Browser, Clock, build
from tests.conftest import NOON, TODAY

HOUR, MINUTE, SECOND, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
COOKIE = "hylde-session"
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def is_signed_in(browser: Browser) -> bool:
    answer = await browser.get("/admin/users")
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


def fresh(answer: httpx.Response) -> str:
    """The secret that an answer hands out; "" for none."""
    said = answer.headers.get("set-cookie", "")
    return said.removeprefix(f"{COOKIE}=").partition(";")[0] if said.startswith(COOKIE) else ""


async def by_cookie(browser: Browser, secret: str, address: str = "/admin") -> httpx.Response:
    browser.cookies.clear()
    return await browser.get(address, headers={"cookie": f"{COOKIE}={secret}"})


async def give(database: Database, user_id: object, role: Role, clock: Clock) -> None:
    async with transaction(database.writers) as session:
        user = (await session.scalars(select(User).where(User.id == user_id))).one()
        await people.grant_role(session, SYSTEM, user.id, role, now=clock.now, starts_on=TODAY)


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
async def test_a_busy_database_does_not_keep_anybody_from_reading(
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


async def test_a_new_role_renews_the_secret_and_the_old_one_opens_for_a_minute_more(
    browser: Browser, clock: Clock, database: Database
) -> None:
    await browser.sign_in(Role.TEACHER)
    old = browser.cookies[COOKIE]
    assert fresh(await by_cookie(browser, old)) == ""  # control: nothing changed
    clock.now += MINUTE
    await give(database, browser.user_id, Role.REVIEWER, clock)
    answer = await by_cookie(browser, old)
    new = fresh(answer)
    assert (answer.status_code, len(new) >= 43, new != old) == (200, True, True)
    clock.now += 59 * SECOND
    assert [(await by_cookie(browser, each)).status_code for each in (old, new)] == [200, 200]
    clock.now += SECOND
    assert [(await by_cookie(browser, each)).status_code for each in (old, new)] == [401, 200]


async def test_two_requests_at_once_are_both_answered_when_the_secret_is_renewed(
    settings: Settings, database: Database, clock: Clock
) -> None:
    async with Browser(build(settings, database, now=clock)) as browser:
        await browser.sign_in(Role.TEACHER)
        old = browser.cookies[COOKIE]
        browser.cookies.clear()
        clock.now += MINUTE
        await give(database, browser.user_id, Role.REVIEWER, clock)
        sent = {"cookie": f"{COOKIE}={old}"}
        answers = await asyncio.gather(*(browser.get("/admin", headers=sent) for _ in range(8)))
        assert [answer.status_code for answer in answers] == [200] * 8
        handed_out = {fresh(answer) for answer in answers} - {""}
        assert len(handed_out) == 1  # one renewal, told once
        browser.cookies.clear()
        clock.now += 2 * MINUTE
        assert (await by_cookie(browser, handed_out.pop())).status_code == 200


async def test_what_a_shared_cache_may_keep_never_brings_the_new_secret(
    browser: Browser, database: Database, clock: Clock
) -> None:
    await browser.sign_in(Role.TEACHER)
    clock.now += MINUTE
    await give(database, browser.user_id, Role.ADMIN, clock)
    sheet = browser.app.state.static_files.url("app.css")
    for address in (sheet, "/health/live"):
        answer = await browser.get(address)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert "immutable" in (await browser.get(sheet)).headers["cache-control"]
    page = await browser.get("/language?language=sv")  # control: another answer brings it, and is kept by nobody
    assert "hylde-session=" in page.headers["set-cookie"]
    assert page.headers["cache-control"] == "no-store"


async def test_a_form_that_was_open_while_the_secret_was_renewed_is_still_good(
    browser: Browser, clock: Clock, database: Database
) -> None:
    user_id = await store_person(database)
    proof = await browser.sign_in()
    clock.now += MINUTE
    await give(database, browser.user_id, Role.REVIEWER, clock)
    answer = await browser.post(f"/admin/users/{user_id}/link", headers={HEADER: proof})
    assert (answer.status_code, fresh(answer) != "") == (200, True)


async def test_a_role_that_ends_by_its_day_ends_at_midnight(browser: Browser, clock: Clock, database: Database) -> None:
    clock.now = NOON + timedelta(hours=10, minutes=30)
    await browser.sign_in(Role.REVIEWER, now=clock.now)
    async with transaction(database.writers) as session:
        (await session.scalars(select(RoleGrant))).one().ends_on = TODAY
    clock.now = NOON + timedelta(hours=11, minutes=59)  # 23:59 in the municipality
    assert (await browser.get("/admin")).status_code == 200
    clock.now += MINUTE
    assert (await browser.get("/admin")).status_code == 403


async def test_log_out_everywhere_ends_every_session_but_perhaps_this_one(
    settings: Settings, database: Database
) -> None:
    app = build(settings, database)
    async with Browser(app) as here, Browser(app) as there:
        await here.sign_in()
        assert here.user_id is not None
        async with transaction(database.writers) as session:
            user = await people.get_user(session, here.user_id)
            opened = await sessions.open_session(session, user, NOON, way="local", browser="Firefox, Windows")
        there.cookies.set(COOKIE, opened.secret)
        assert [await is_signed_in(each) for each in (here, there)] == [True, True]
        me = Actor(id=user.id, user_id=user.id)
        async with transaction(database.writers) as session:
            shown = await sessions.list_sessions(session, user.id, NOON, opened.id)
            assert [(each.is_this, each.browser) for each in shown if each.is_this] == [(True, "Firefox, Windows")]
            assert await sessions.end_all_sessions(session, me, user.id, but=opened.id) == 1
        assert [await is_signed_in(each) for each in (here, there)] == [False, True]
        async with transaction(database.writers) as session:
            assert await sessions.end_all_sessions(session, me, user.id) == 1
        assert not await is_signed_in(there)


async def test_what_opens_nothing_any_more_is_forgotten_and_what_does_is_kept(
    browser: Browser, database: Database
) -> None:
    await browser.sign_in()
    for later, left in ((HOUR, 1), (2 * HOUR, 0)):
        async with transaction(database.writers) as session:
            await sessions.forget_ended(session, NOON + later)
        async with database.readers() as session:
            assert await session.scalar(select(func.count()).select_from(Session)) == left


@get("/probe/schools", opt=needs(Permission.READ_SCHOOLS))
async def probe() -> str:
    return "open"


async def test_a_school_that_closes_takes_its_roles_with_it_and_a_role_of_tomorrow_waits(
    settings: Settings, database: Database
) -> None:
    school, browser = await store_school(database), Browser(build(settings, database, probe))
    await browser.sign_in(Role.SCHOOL_LEADER, schools=[school])
    assert (await browser.get("/probe/schools")).status_code == 200
    async with transaction(database.writers) as session:
        closing = await session.get(School, school)
        assert closing is not None
        closing.closed_on = TODAY
        grant = (await session.scalars(select(RoleGrant))).one()
    assert (await browser.get("/probe/schools")).status_code == 403
    async with transaction(database.writers) as session:
        await people.grant_role(
            session, SYSTEM, grant.user_id, Role.REVIEWER, now=NOON, starts_on=TODAY + DAY, ends_on=TODAY + DAY
        )
    assert (await browser.get("/admin")).status_code == 403


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Windows"),
        ("Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome, ChromeOS"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140", "Edge, Windows"),
        ("Mozilla/5.0 (iPad; CPU OS 16_4 like Mac OS X) AppleWebKit/605.1 Version/16.4 Safari/604.1", "Safari, iPad"),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_a_browser_is_kept_by_a_name_its_owner_knows_and_no_more(description: str, name: str) -> None:
    assert browser_of(description) == name
