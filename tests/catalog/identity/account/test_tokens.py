"""A token is made on a page, shown once, and known again by its beginning."""

import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from catalog.core.actor import SYSTEM, Permission
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity.account.words import RIGHTS
from catalog.identity.models import ApiToken
from catalog.organisations.models import School
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from tests.api.programs import Program
from tests.catalog.web.direct import Browser, Clock, build
from tests.conftest import ROOT, TODAY
from tests.doors import commits_fail
from tests.forms import form_in

FORM, LIST = "/account/tokens/new", "/account/tokens"
SECRET = re.compile(r"hylde_[A-Za-z0-9_-]{43}")


@pytest.fixture
async def me(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Browser]:
    async with Browser(build(settings, database, now=clock), headers={"accept-language": "en"}) as browser:
        await browser.sign_in(Role.REVIEWER)
        browser.headers["x-csrf-token"] = browser.proof
        yield browser


@pytest.fixture
async def school(database: Database) -> uuid.UUID:
    async with transaction(database.writers) as session:
        facts = SchoolFacts(code="101001", name="Bakkeskolen", kind="folkeskole", grades=["0"])
        await keep_schools(session, SYSTEM, [facts])
        return (await session.scalars(select(School.id))).one()


async def filled(me: Browser, **changed: str | list[str]) -> dict[str, str | list[str]]:
    form = form_in((await me.get(FORM)).text, LIST)
    return {**form, "name": "Skema & plan", "permission": ["import", "decide"], **changed}


async def test_a_token_is_shown_once_and_opens_the_api(me: Browser) -> None:
    answer = await me.post(LIST, data=await filled(me))
    (secret,) = set(SECRET.findall(answer.text))
    page = (await me.get("/account")).text

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "Its last day: 23 February 2027" in answer.text.replace("\u00a0", " "), "three months"
    assert secret not in page
    assert f"<code>{secret[:12]}…</code>" in page
    assert "Skema &amp; plan" in page
    assert "Record decisions and take them back; Import lists of resources and of decisions" in page
    assert "not used yet" in page
    async with Program(me.app, secret) as program:
        told = (await program.get("/api/v1/me")).json()
    assert [right["permission"] for right in told["rights"]] == ["decide", "import"]
    assert "last used" in (await me.get("/account")).text


async def test_a_revoked_token_opens_nothing(me: Browser, database: Database) -> None:
    secret = SECRET.findall((await me.post(LIST, data=await filled(me))).text)[0]
    async with transaction(database.readers) as session:
        key = await session.scalar(select(ApiToken.id))
    async with Program(me.app, secret) as program, Browser(me.app) as stranger:
        await stranger.sign_in(Role.ADMIN)
        revoke = f"{LIST}/{key}/revoke"

        assert (await stranger.post(revoke, headers={"x-csrf-token": stranger.proof})).status_code == 404
        assert (await program.get("/api/v1/me")).status_code == 200
        assert (await me.post(revoke)).headers["location"] == "/account?saved=token#tokens"
        assert (await program.get("/api/v1/me")).status_code == 401
        assert (await me.post(revoke)).status_code == 404
    assert "Skema" not in (await me.get("/account")).text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"permission": []}, "permission"),
        ({"permission": ["manage-users"]}, "permission"),
        ({"permission": ["everything"]}, "permission"),
        ({"school": "Bakkeskolen"}, "school"),
        ({"ends_on": ""}, "ends_on"),
        ({"ends_on": "soon"}, "ends_on"),
        ({"ends_on": str(TODAY - timedelta(days=1))}, "ends_on"),
        ({"ends_on": str(TODAY + timedelta(days=366))}, "ends_on"),
    ],
)
async def test_what_cannot_be_meant_is_said_at_its_field_and_what_was_typed_stays(
    me: Browser, database: Database, changed: dict[str, str | list[str]], field: str
) -> None:
    answer = await me.post(LIST, data=await filled(me, **changed))

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert field == "name" or 'value="Skema &amp; plan"' in answer.text
    async with transaction(database.readers) as session:
        assert await session.scalar(select(ApiToken.id)) is None


async def test_one_is_offered_ones_own_rights_and_schools(
    settings: Settings, database: Database, clock: Clock, school: uuid.UUID
) -> None:
    offered = {}
    async with Browser(build(settings, database, now=clock), headers={"accept-language": "en"}) as browser:
        for role, schools in ((Role.TEACHER, [school]), (Role.ADMIN, []), (None, [])):
            await browser.sign_in(role, schools=schools)
            page = (await browser.get(FORM)).text
            offered[role] = re.findall(r'name="permission" value="([a-z-]+)"', page)
            assert (f'value="{school}"' in page) == (role is not None)
            assert ("(at your schools)" in page) == (role is Role.TEACHER)
            assert (FORM in (await browser.get("/account")).text) == (role is not None)

    assert offered == {Role.TEACHER: ["read-schools"], Role.ADMIN: [each.value for each in RIGHTS], None: []}


async def test_a_token_for_a_school_says_so(me: Browser, school: uuid.UUID) -> None:
    refused = await me.post(LIST, data=await filled(me, school=str(school)))
    answer = await me.post(LIST, data=await filled(me, school=str(school), permission=["read-schools"]))

    assert 'id="permission-error"' in refused.text, "importing is the municipality's"
    assert answer.status_code == 200
    assert "· Bakkeskolen</span>" in (await me.get("/account")).text


async def test_a_commit_that_fails_shows_no_secret(me: Browser, database: Database) -> None:
    sent = await filled(me)
    with commits_fail(database):
        answer = await me.post(LIST, data=sent)

    assert answer.status_code == 503
    assert not SECRET.search(answer.text)


def test_every_right_has_words_and_stands_in_the_documentation() -> None:
    assert set(RIGHTS) == set(Permission)
    documented = re.findall(r"^\| `([a-z-]+)` \| \S", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    assert documented == [each.value for each in Permission]
