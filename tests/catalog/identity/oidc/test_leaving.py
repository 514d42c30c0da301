"""Signing out at the provider too: with a session that it opened, at its own address, and never waiting for it long."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from litestar import Request, get
from litestar.params import FromQuery
from sqlalchemy import select, text

from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.identity.models import Session
from catalog.identity.oidc import leaving
from catalog.web.access import PUBLIC
from catalog.web.security import HEADER, csrf_token
from tests.catalog.identity.oidc.conftest import OpenBrowser, count
from tests.catalog.identity.oidc.issuer import CLIENT, Issuer, settings_for, sign_in_by
from tests.catalog.web.direct import Browser, Clock, build
from tests.conftest import NOON, PROOF_KEY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@get("/probe/leave", opt=PUBLIC)
async def leave(request: Request[Any, Any, Any], way: FromQuery[str] = "oidc", hint: FromQuery[str] = "a.b.c") -> str:
    way_out = await leaving.find_way_out(request)
    ended = Session(
        user_id=uuid.uuid4(),
        hash="",
        created_at=NOON,
        renewed_at=NOON,
        last_seen_at=NOON,
        expires_at=NOON,
        way=way,
        id_token=hint,
    )
    return way_out.address_for(ended)


@pytest.fixture
async def leaver(issuer: Issuer, settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Browser]:
    async with Browser(build(settings_for(issuer, settings), database, leave, now=clock)) as browser:
        yield browser


async def test_a_session_by_the_provider_ends_there_too(leaver: Browser, issuer: Issuer) -> None:
    address = (await leaver.get("/probe/leave")).text
    assert address.startswith(f"{issuer.address}/end?")
    assert parse_qs(urlsplit(address).query) == {
        "client_id": [CLIENT],
        "id_token_hint": ["a.b.c"],
        "post_logout_redirect_uri": ["http://127.0.0.1:8000/sign-in"],
    }
    long = parse_qs(urlsplit((await leaver.get(f"/probe/leave?hint={'x' * 4001}")).text).query)
    assert "id_token_hint" not in long


async def test_the_button_ends_the_session_here_and_leads_on_also_after_a_restart(
    open_browser: OpenBrowser, issuer: Issuer, database: Database
) -> None:
    first, restarted = open_browser(), open_browser()
    await sign_in_by(first, issuer)
    proof, hint = await proof_and_hint(database)
    restarted.cookies = first.cookies
    answer = await restarted.post("/sign-out", headers={HEADER: proof})
    led_to = urlsplit(answer.headers["location"])
    assert (answer.status_code, f"{led_to.scheme}://{led_to.netloc}{led_to.path}") == (303, f"{issuer.address}/end")
    assert parse_qs(led_to.query)["id_token_hint"] == [hint]
    assert ("hylde-session" in restarted.cookies, await count(database, Session)) == (False, 0)


async def test_signing_out_at_a_slow_provider_keeps_nobody_from_the_database(
    open_browser: OpenBrowser, issuer: Issuer, database: Database
) -> None:
    first, restarted = open_browser(), open_browser()
    await sign_in_by(first, issuer)
    proof, _ = await proof_and_hint(database)
    restarted.cookies = first.cookies
    issuer.hold["/.well-known/openid-configuration"] = 1
    waiting = asyncio.create_task(restarted.post("/sign-out", headers={HEADER: proof}))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    async with transaction(database.writers) as session:
        await session.execute(text("SELECT 1"))
    assert (time.monotonic() - started < 0.3, waiting.done()) == (True, False)
    assert (await waiting).status_code == 303


async def proof_and_hint(database: Database) -> tuple[str, str]:
    """Of the one session there is: the proof for its forms, and the token that the provider gave."""
    async with transaction(database.readers) as session:
        opened = (await session.scalars(select(Session))).one()
        return csrf_token(PROOF_KEY.encode(), opened.id), opened.id_token


async def test_other_sessions_end_here_alone(leaver: Browser) -> None:
    assert (await leaver.get("/probe/leave?way=local")).text == ""


@pytest.mark.parametrize("told", [None, "https://elsewhere.example/end"])
async def test_a_provider_without_an_address_of_its_own_for_it_is_left_alone(
    leaver: Browser, issuer: Issuer, told: str | None
) -> None:
    issuer.described = {"end_session_endpoint": told}
    assert (await leaver.get("/probe/leave")).text == ""


async def test_an_address_with_a_question_keeps_it(leaver: Browser, issuer: Issuer) -> None:
    issuer.described = {"end_session_endpoint": f"{issuer.address}/end?p=1"}
    assert (await leaver.get("/probe/leave")).text.startswith(f"{issuer.address}/end?p=1&client_id=")


async def test_signing_out_waits_two_seconds_for_the_provider_at_most(
    leaver: Browser, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "PATIENCE", 0.3)
    issuer.hold["/.well-known/openid-configuration"] = 1
    started = time.monotonic()
    assert ((await leaver.get("/probe/leave")).text, time.monotonic() - started < 0.8) == ("", True)


async def test_a_form_may_lead_to_the_provider_and_nowhere_else(
    leaver: Browser, issuer: Issuer, settings: Settings, database: Database
) -> None:
    policy = (await leaver.get("/find")).headers["content-security-policy"]
    assert f"form-action 'self' {issuer.address};" in policy
    async with Browser(build(settings, database)) as without:
        policy = (await without.get("/find")).headers["content-security-policy"]
        assert "form-action 'self';" in policy
