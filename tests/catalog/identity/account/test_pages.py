"""My account: what I am shown about myself, and what I decide; nobody else's sessions or tokens are mine to end."""

import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity.local.hashing import hash_password
from catalog.identity.models import RoleGrant, Session, User
from catalog.organisations.models import School
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from tests.catalog.web.direct import Browser, Clock, build
from tests.conftest import TODAY
from tests.doors import commits_fail

OLD, NEW = "hest batteri hæfteklamme", "sejlads i tåget morgenlys"


@pytest.fixture
async def schools(database: Database) -> list[uuid.UUID]:
    """Bakkeskolen and Åskolen."""
    facts = [
        SchoolFacts(code=code, name=name, kind="folkeskole", grades=["0", "1"])
        for code, name in (("101001", "Bakkeskolen"), ("101002", "Åskolen"))
    ]
    async with transaction(database.writers) as session:
        await keep_schools(session, SYSTEM, facts)
        return list(await session.scalars(select(School.id).order_by(School.code)))


@pytest.fixture
async def me(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Browser]:
    """Signe's browser; its proof is sent with everything."""
    async with Browser(build(settings, database, now=clock), headers={"accept-language": "en"}) as browser:
        await browser.sign_in(Role.REVIEWER, name="Signe Holm")
        browser.headers["x-csrf-token"] = browser.proof
        yield browser


async def count(database: Database, table: Any, *where: Any) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table).where(*where)) or 0


async def user_of(database: Database, browser: Browser) -> User:
    async with transaction(database.readers) as session:
        user = await session.get(User, browser.user_id)
    assert user is not None
    return user


async def open_another(database: Database, browser: Browser) -> Browser:
    """The same person somewhere else."""
    other = Browser(browser.app, headers={"accept-language": "en"})
    await other.sign_in(None)
    async with transaction(database.writers) as session:
        moved = update(Session).where(Session.user_id == other.user_id)
        await session.execute(moved.values(user_id=browser.user_id, browser="Firefox, Windows"))
    return other


async def test_a_stranger_is_asked_to_sign_in(browser: Browser) -> None:
    assert (await browser.get("/account")).status_code == 401
    assert (await browser.post("/account/tokens")).status_code == 401


async def test_one_sees_ones_roles_with_school_and_days(
    me: Browser, database: Database, schools: list[uuid.UUID]
) -> None:
    assert me.user_id is not None
    async with transaction(database.writers) as session:
        for role, school, start, end in (
            (Role.TEACHER, schools[1], 0, 30),
            (Role.IT, None, 5, None),
            (Role.PURCHASING, None, -9, -1),
        ):
            session.add(
                RoleGrant(
                    user_id=me.user_id,
                    role=role,
                    school_id=school,
                    starts_on=TODAY + timedelta(days=start),
                    ends_on=None if end is None else TODAY + timedelta(days=end),
                    granted_by=SYSTEM.id,
                )
            )
    page = (await me.get("/account")).text

    assert "Signe Holm" in page
    assert "<b>Teacher</b>, Åskolen" in page
    assert "from 25 November 2026 until 25 December 2026" in re.sub("<[^>]+>", "", page).replace("\u00a0", " ")
    assert "<b>Reviewer</b>, the whole municipality" in page
    assert page.count(">not yet<") == 1
    assert "Purchasing" not in page, "it is over"


async def test_the_language_of_the_account_counts_until_the_browser_says_otherwise(
    me: Browser, database: Database
) -> None:
    saved = await me.post("/account", data={"language": "sv", "school": ""})

    assert (saved.status_code, saved.headers["location"]) == (303, "/account?saved=choices")
    assert (await user_of(database, me)).language == "sv"
    assert '<html lang="sv"' in (await me.get("/account")).text
    me.cookies.set("hylde-language", "da")
    assert '<html lang="da"' in (await me.get("/account")).text
    me.cookies.set("hylde-language", "klingon")
    assert '<html lang="sv"' in (await me.get("/account")).text
    assert 'hylde-language=""; Max-Age=0' in (await me.post("/account", data={"language": "da"})).headers["set-cookie"]


async def test_my_school_is_where_the_search_begins_until_another_is_chosen(
    me: Browser, schools: list[uuid.UUID]
) -> None:
    def chosen(page: str) -> list[str]:
        return [code for code in ("101001", "101002") if f'value="{code}" selected' in page]

    assert chosen((await me.get("/choose")).text) == []
    await me.post("/account", data={"language": "", "school": str(schools[1])})
    assert chosen((await me.get("/choose")).text) == ["101002"]
    assert f'value="{schools[1]}" selected' in (await me.get("/account")).text
    me.cookies.set("hylde-choice", "101001.")
    assert chosen((await me.get("/choose")).text) == ["101001"]


async def test_a_school_that_closes_is_nobodys_any_more(
    me: Browser, database: Database, schools: list[uuid.UUID]
) -> None:
    await me.post("/account", data={"language": "", "school": str(schools[1])})
    async with transaction(database.writers) as session:
        await session.execute(update(School).where(School.id == schools[1]).values(closed_on=TODAY))

    assert "selected" not in (await me.get("/choose")).text


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"language": "klingon"}, "language"),
        ({"school": "Bakkeskolen"}, "school"),
        ({"school": str(uuid.UUID(int=7))}, "school"),
    ],
)
async def test_what_is_not_in_the_list_is_refused_at_its_field(
    me: Browser, database: Database, sent: dict[str, str], field: str
) -> None:
    answer = await me.post("/account", data=sent)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert await count(database, AuditEntry, AuditEntry.action == "change-account") == 0


async def test_one_signs_another_browser_out_and_nobody_elses(me: Browser, database: Database) -> None:
    async with await open_another(database, me) as other, Browser(me.app) as stranger:
        await stranger.sign_in(Role.ADMIN)
        page = (await me.get("/account")).text
        assert "Firefox, Windows" in page
        assert page.count("this browser") == 1
        async with transaction(database.readers) as session:
            theirs = await session.scalar(select(Session.id).where(Session.user_id == stranger.user_id))
            mine = await session.scalar(select(Session.id).where(Session.browser == "Firefox, Windows"))

        assert f"/account/sessions/{mine}/end" in page
        assert (await me.post(f"/account/sessions/{theirs}/end")).status_code == 404
        assert (await me.post(f"/account/sessions/{mine}/end")).status_code == 303
        assert [(await each.get("/account")).status_code for each in (me, other, stranger)] == [200, 401, 200]
        assert (await me.post(f"/account/sessions/{mine}/end")).status_code == 404, "it has ended"


async def test_one_signs_out_everywhere_else(me: Browser, database: Database) -> None:
    async with (
        await open_another(database, me) as first,
        await open_another(database, me) as second,
        Browser(me.app) as stranger,
    ):
        await stranger.sign_in(Role.TEACHER)

        assert (await me.post("/account/sessions/end-others")).status_code == 303
        found = [(await each.get("/account")).status_code for each in (me, first, second, stranger)]

    assert found == [200, 401, 401, 200]


async def give_password(database: Database, browser: Browser) -> str:
    hashed = await hash_password(OLD)
    async with transaction(database.writers) as session:
        user = update(User).where(User.id == browser.user_id)
        await session.execute(user.values(username="signe", password_hash=hashed))
    return hashed


async def test_the_password_is_changed_and_other_browsers_are_signed_out(me: Browser, database: Database) -> None:
    before = await give_password(database, me)
    async with await open_another(database, me) as other:
        answer = await me.post("/account/password", data={"old": OLD, "new": NEW, "again": NEW})

        assert (answer.status_code, answer.headers["location"]) == (303, "/account?saved=password#password")
        assert [(await each.get("/account")).status_code for each in (me, other)] == [200, 401]
    assert (await user_of(database, me)).password_hash not in {before, ""}
    assert "Your password is changed" in (await me.get("/account?saved=password")).text


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"old": "kaffe til mandag", "new": NEW, "again": NEW}, "old"),
        ({"old": OLD, "new": "short", "again": "short"}, "new"),
        ({"old": OLD, "new": NEW, "again": NEW + "!"}, "again"),
        ({"old": "", "new": NEW, "again": NEW}, "old"),
        ({}, "new"),
    ],
)
async def test_a_password_that_will_not_do_is_refused_and_never_shown_again(
    me: Browser, database: Database, sent: dict[str, str], field: str
) -> None:
    before = await give_password(database, me)

    answer = await me.post("/account/password", data=sent)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert not any(value in answer.text for value in sent.values() if value)
    assert (await user_of(database, me)).password_hash == before


async def test_who_has_no_password_has_none_to_change(me: Browser) -> None:
    assert "/account/password" not in (await me.get("/account")).text
    assert (await me.post("/account/password", data={"old": OLD, "new": NEW, "again": NEW})).status_code == 404


async def test_guessing_ones_password_is_slowed_down(me: Browser, database: Database) -> None:
    await give_password(database, me)
    sent = {"old": "guess", "new": NEW, "again": NEW}

    statuses = [(await me.post("/account/password", data=sent)).status_code for _ in range(30)]

    assert statuses[0] == 422
    assert statuses[-1] == 429


async def test_every_change_leaves_a_row_in_the_audit(me: Browser, database: Database) -> None:
    await give_password(database, me)
    async with await open_another(database, me):
        await me.post("/account", data={"language": "da"})
        await me.post("/account/password", data={"old": OLD, "new": NEW, "again": NEW})
        await me.post("/account/sessions/end-others")
    async with transaction(database.readers) as session:
        query = select(AuditEntry).where(AuditEntry.actor_id == str(me.user_id)).order_by(AuditEntry.seq)
        acts = [(act.action, act.fields) for act in await session.scalars(query)]

    assert ("change-account", "language") in acts
    assert ("change-password", "password") in acts
    assert [action for action, _ in acts].count("end-sessions") == 2
    assert OLD not in str(acts)


async def test_a_commit_that_fails_is_never_answered_with_success(me: Browser, database: Database) -> None:
    await give_password(database, me)
    async with await open_another(database, me):
        async with transaction(database.readers) as session:
            other = await session.scalar(select(Session.id).where(Session.browser == "Firefox, Windows"))
        with commits_fail(database):
            statuses = [
                (await me.post(path, data=sent)).status_code
                for path, sent in (
                    ("/account", {"language": "da"}),
                    ("/account/password", {"old": OLD, "new": NEW, "again": NEW}),
                    (f"/account/sessions/{other}/end", {}),
                    ("/account/sessions/end-others", {}),
                )
            ]
        assert await count(database, Session, Session.id == other) == 1

    assert statuses == [503] * 4
    assert (await user_of(database, me)).language == ""


async def test_a_form_without_the_sessions_proof_changes_nothing(me: Browser, database: Database) -> None:
    del me.headers["x-csrf-token"]
    answers = [
        (await me.post(path)).status_code
        for path in ("/account", "/account/password", "/account/sessions/end-others", "/account/tokens")
    ]

    assert answers == [403] * 4


async def test_nothing_of_the_account_is_kept_by_a_browser(me: Browser) -> None:
    assert (await me.get("/account")).headers["cache-control"] == "no-store"
