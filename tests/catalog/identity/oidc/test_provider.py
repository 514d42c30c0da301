"""A provider that is down, slow or lies: a clear page, nothing of it in the answer, and nobody signed in."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from catalog.core.db import Database
from catalog.core.settings import Settings
from catalog.identity.models import Session
from catalog.identity.oidc import provider
from tests.catalog.identity.oidc.conftest import OpenBrowser, count
from tests.catalog.identity.oidc.issuer import Answer, Issuer, as_json, new_key, settings_for, sign_in_by
from tests.catalog.web.direct import Browser, Clock, build

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESCRIPTION = "/.well-known/openid-configuration"
PRIVATE = ("Traceback", "authlib", "httpx", "127.0.0.1:", "provider/return", "only-for-tests")
"""What no answer may say."""


def is_clear(answer: Any) -> bool:
    """A page for a person that says where to go on, and no more."""
    return "You are not signed in" in answer.text and not any(word in answer.text for word in PRIVATE)


LIES: Mapping[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://evil.example"},
    "a slash more": {"issuer": "http://127.0.0.1/"},
    "no issuer": {"issuer": None},
    "an issuer that is a list": {"issuer": ["a"]},
    "no way in": {"authorization_endpoint": None},
    "a way in without https": {"authorization_endpoint": "http://evil.example/authorize"},
    "a way in that is a script": {"authorization_endpoint": "javascript:alert(1)"},
    "a way in without a host": {"authorization_endpoint": "https:///authorize"},
    "tokens without https": {"token_endpoint": "http://evil.example/token"},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "keys in the clear": {"jwks_uri": "http://10.0.0.1/keys"},
    "people in the clear": {"userinfo_endpoint": "http://evil.example/userinfo"},
    "a way out in the clear": {"end_session_endpoint": "http://evil.example/end"},
    "a name and a password": {"token_endpoint": "https://somebody:secret@evil.example/token"},
    "a port that is none": {"token_endpoint": "https://evil.example:99999999/token"},
}
NO_DESCRIPTION: Mapping[str, Answer] = {
    "not JSON": (200, b"<html>", "text/html"),
    "nothing": (200, b"", "application/json"),
    "a list": (200, b"[]", "application/json"),
    "no text": (200, b"\xff\xfe", "application/json"),
    "nested without end": (200, b"[" * 100_000, "application/json"),
    "to elsewhere": (302, b"https://evil.example/", "text/plain"),
    "not there": (404, b"", "text/plain"),
}
AWAY: Mapping[str, Answer] = {
    "broken": (500, b"stack trace", "text/plain"),
    "busy": (503, b"", "text/plain"),
    "too often": (429, b"", "text/plain"),
    "larger than any": (200, json.dumps({"issuer": "x" * 600_000}).encode(), "application/json"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_description_that_lies_sends_nobody_anywhere(
    issuer: Issuer, open_browser: OpenBrowser, lie: str
) -> None:
    issuer.described = LIES[lie]
    answer = await open_browser().get("/sign-in/provider")
    assert (answer.status_code, is_clear(answer), "location" in answer.headers) == (502, True, False)


@pytest.mark.parametrize("what", [*NO_DESCRIPTION, *AWAY])
async def test_what_is_no_description_is_said_to_be_the_providers_fault(
    issuer: Issuer, open_browser: OpenBrowser, what: str
) -> None:
    issuer.answers[DESCRIPTION] = {**NO_DESCRIPTION, **AWAY}[what]
    answer = await open_browser().get("/sign-in/provider")
    assert (answer.status_code, is_clear(answer)) == (503 if what in AWAY else 502, True)
    assert ("retry-after" in answer.headers) == (what in AWAY)


async def test_control_a_description_that_keeps_to_the_standard_is_taken(
    issuer: Issuer, open_browser: OpenBrowser
) -> None:
    issuer.described = {"unknown": [{"to": "us"}], "userinfo_endpoint": None, "end_session_endpoint": None}
    answer = await open_browser().get("/sign-in/provider")
    assert answer.headers["location"].startswith(f"{issuer.address}/authorize?")


async def test_a_provider_that_is_down_is_told_at_once_and_is_asked_again_when_it_is_back(
    settings: Settings, database: Database, clock: Clock, issuer: Issuer
) -> None:
    address, issuer.address = issuer.address, "http://127.0.0.1:9"
    async with Browser(build(settings_for(issuer, settings), database, now=clock)) as browser:
        answer = await browser.get("/sign-in/provider", headers={"accept-language": "en"})
        assert (answer.status_code, is_clear(answer), answer.headers["retry-after"]) == (503, True, "10")
        program = await browser.get("/sign-in/provider", headers={"accept": "application/json"})
        assert program.json()["type"] == "/problems/provider-unavailable"
    issuer.address, issuer.answers[DESCRIPTION] = address, AWAY["busy"]
    async with Browser(build(settings_for(issuer, settings), database, now=clock)) as browser:
        answers = [await browser.get("/sign-in/provider") for _ in range(5)]
        assert ([each.status_code for each in answers], issuer.asked[DESCRIPTION]) == ([503] * 5, 1)
        del issuer.answers[DESCRIPTION]
        clock.now += timedelta(seconds=6)
        assert (await browser.get("/sign-in/provider")).status_code == 303


@pytest.mark.parametrize("way", ["silent", "dribbling"])
async def test_a_slow_provider_keeps_nobody_waiting_for_long_and_nobody_else_at_all(
    issuer: Issuer, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(provider, "READ", 0.5)
    monkeypatch.setattr(provider, "ALTOGETHER", 1.0)
    if way == "silent":
        issuer.hold[DESCRIPTION] = 3
    else:
        issuer.dribble.add(DESCRIPTION)
    browser, started = open_browser(), time.monotonic()
    waiting = [asyncio.create_task(browser.get("/sign-in/provider")) for _ in range(30)]
    await asyncio.sleep(0.1)
    live, ready = await asyncio.gather(browser.get("/health/live"), browser.get("/health/ready"))
    assert (live.status_code, ready.status_code, time.monotonic() - started < 0.5) == (200, 200, True)
    assert {each.status_code for each in await asyncio.gather(*waiting)} == {503}
    assert (time.monotonic() - started < 3, issuer.asked[DESCRIPTION]) == (True, 1)


TOKENS: Mapping[str, tuple[Answer, int]] = {
    "used before": (as_json({"error": "invalid_grant"}, 400), 400),
    "not for us": (as_json({"error": "invalid_client", "error_description": "<b>no</b>"}, 401), 502),
    "an error that is no word": (as_json({"error": ["a"]}, 400), 502),
    "away": (as_json({"error": "temporarily_unavailable"}, 503), 503),
    "broken": ((500, b"stack trace", "text/plain"), 503),
    "not there": ((404, b"", "text/plain"), 502),
    "to elsewhere": ((302, b"https://evil.example/", "text/plain"), 502),
    "not JSON": ((200, b"<html>", "text/html"), 502),
    "nested without end": ((200, b"[" * 100_000, "application/json"), 502),
    "without an ID token": (as_json({"access_token": "a", "token_type": "Bearer"}), 502),
    "an ID token that is none": (as_json({"access_token": "a", "id_token": 7}), 502),
    "an end that is none": (as_json({"access_token": "a", "id_token": "x", "expires_in": "soon"}), 502),
    "an end without end": ((200, b'{"access_token": "a", "id_token": "x", "expires_in": 1e999}', "text/plain"), 502),
    "larger than any": ((200, b'"' + b"x" * 600_000 + b'"', "application/json"), 503),
}


@pytest.mark.parametrize("what", TOKENS)
async def test_whatever_comes_instead_of_a_token_nobody_is_signed_in(
    issuer: Issuer, open_browser: OpenBrowser, database: Database, what: str
) -> None:
    issuer.answers["/token"], status = TOKENS[what]
    answer = await sign_in_by(open_browser(), issuer)
    assert (answer.status_code, is_clear(answer), "<b>no</b>" in answer.text) == (status, True, False)
    assert await count(database, Session) == 0


async def test_a_provider_that_is_slow_with_the_token_holds_no_connection_to_the_database(
    issuer: Issuer, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "READ", 0.5)
    issuer.hold["/token"] = 2
    browser = open_browser()
    others = [open_browser(browser) for _ in range(20)]
    waiting = [asyncio.create_task(sign_in_by(each, issuer)) for each in others]
    await asyncio.sleep(0.2)
    started = time.monotonic()
    assert (await browser.get("/health/ready")).status_code == 200
    assert time.monotonic() - started < 0.4
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {503}


async def test_a_new_key_is_fetched_once_and_a_key_that_nobody_published_is_not_asked_for_again_and_again(
    issuer: Issuer, open_browser: OpenBrowser, clock: Clock
) -> None:
    browser = open_browser()
    assert (await sign_in_by(browser, issuer)).status_code == 303
    issuer.signing = new_key("second")
    issuer.published.append(issuer.signing)
    assert (await sign_in_by(browser, issuer)).status_code == 303
    assert issuer.asked["/keys"] == 2
    issuer.signing = new_key("unpublished")
    refused = [(await sign_in_by(browser, issuer)).status_code for _ in range(4)]
    assert (refused, issuer.asked["/keys"]) == ([502] * 4, 2)
    clock.now += timedelta(seconds=31)
    assert ((await sign_in_by(browser, issuer)).status_code, issuer.asked["/keys"]) == (502, 3)


async def test_a_key_that_was_withdrawn_is_believed_for_an_hour_at_most(
    issuer: Issuer, open_browser: OpenBrowser, clock: Clock
) -> None:
    browser = open_browser()
    assert (await sign_in_by(browser, issuer)).status_code == 303
    issuer.published = [new_key("second")]
    clock.now += timedelta(minutes=61)
    assert (await sign_in_by(browser, issuer)).status_code == 502


async def test_what_the_provider_says_of_itself_is_asked_for_once_an_hour(
    issuer: Issuer, open_browser: OpenBrowser, clock: Clock
) -> None:
    browser = open_browser()
    for _ in range(3):
        await browser.get("/sign-in/provider")
    assert issuer.asked[DESCRIPTION] == 1
    clock.now += timedelta(minutes=61)
    await browser.get("/sign-in/provider")
    assert issuer.asked[DESCRIPTION] == 2


@pytest.mark.parametrize(
    ("keys", "status"),
    [((200, b"{}", "text/plain"), 502), ((200, b'{"keys": []}', "text/plain"), 502), ((500, b"", "text/plain"), 503)],
)
async def test_without_its_keys_nothing_of_the_provider_is_believed(
    issuer: Issuer, open_browser: OpenBrowser, keys: Answer, status: int
) -> None:
    issuer.answers["/keys"] = keys
    assert (await sign_in_by(open_browser(), issuer)).status_code == status


async def test_claims_that_the_token_lacks_are_asked_for_and_taken_of_the_same_person_only(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    issuer.userinfo = {"sub": "somebody-else", "name": "Ida Fremmed"}
    assert (await sign_in_by(browser, issuer)).status_code == 502
    issuer.answers["/userinfo"] = (200, b"[]", "application/json")
    assert (await sign_in_by(browser, issuer)).status_code == 502
    issuer.answers["/userinfo"] = (503, b"", "application/json")
    assert (await sign_in_by(browser, issuer)).status_code == 503
    assert await count(database, Session) == 0
    del issuer.answers["/userinfo"]
    issuer.userinfo = {"sub": "p-1", "name": "Ida Krog", "iss": "https://evil.example"}
    assert (await sign_in_by(browser, issuer)).status_code == 303
    asked = issuer.asked["/userinfo"]
    complete: dict[str, Any] = {
        "name": "Ida Krog",
        "email": "ida@sundby.example",
        "institution": "751001",
        "groups": ["staff"],
    }
    assert (await sign_in_by(browser, issuer, **complete)).status_code == 303
    assert issuer.asked["/userinfo"] == asked


async def test_a_provider_that_knows_only_the_form_is_told_the_secret_there(
    issuer: Issuer, open_browser: OpenBrowser
) -> None:
    issuer.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await sign_in_by(open_browser(), issuer)).status_code == 502  # the provider of these tests wants Basic
    issuer.described = {"token_endpoint_auth_methods_supported": None}
    assert (await sign_in_by(open_browser(), issuer)).status_code == 303
