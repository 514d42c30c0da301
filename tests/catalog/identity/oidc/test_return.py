"""The way back: once, in the browser that set out, within ten minutes, and to an address of ours."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core.db import Database
from catalog.identity.models import Session, User
from catalog.identity.oidc import state
from catalog.identity.oidc.errors import SignInOutdated
from tests.catalog.identity.oidc.conftest import OpenBrowser, count
from tests.catalog.identity.oidc.issuer import Issuer, sign_in_by
from tests.catalog.web.direct import Clock
from tests.conftest import NOON

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LEADS = {"oidc_roles": "heads=reviewer"}
"""Somebody with a role is led on; somebody without is told whom to ask."""


def changed(address: str, **other: str | None) -> str:
    """The address with other parameters; None: without one."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | other
    kept = {name: value for name, value in asked.items() if value is not None}
    return f"{urlsplit(address).path}?{urlencode(kept)}"


async def test_an_answer_lets_in_once_whether_it_comes_again_or_twice_at_once(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    back = issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"])
    kept = issuer.codes.copy()
    assert (await browser.get(back)).status_code == 303
    issuer.codes = kept.copy()  # a provider that gives the same code twice
    again = await browser.get(back)
    assert (again.status_code, "set-cookie" in again.headers) == (400, False)
    assert "Begin again" in again.text
    other_code = issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"], "p-2")
    code = parse_qs(urlsplit(other_code).query)["code"][0]
    assert (await browser.get(changed(back, code=code))).status_code == 400
    assert (await count(database, Session), await count(database, User)) == (1, 1)


async def test_of_two_answers_at_once_one_lets_in(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    back = issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"])
    code = parse_qs(urlsplit(back).query)["code"][0]
    issuer.codes["twin"] = issuer.codes[code]
    answers = await asyncio.gather(browser.get(back), browser.get(changed(back, code="twin")))
    assert sorted(each.status_code for each in answers) == [303, 400]
    assert await count(database, Session) == 1


async def test_somebody_new_in_two_windows_at_once_is_one_person(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    backs = [issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"]) for _ in range(4)]
    answers = await asyncio.gather(*(browser.get(back) for back in backs))
    assert {each.status_code for each in answers} == {303}
    assert (await count(database, User), await count(database, Session)) == (1, 4)


@only_sqlite
async def test_a_code_that_the_provider_has_given_out_before_lets_nobody_in(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    victim, thief = open_browser(), open_browser()
    stolen = parse_qs(
        urlsplit(issuer.sign_in((await victim.get("/sign-in/provider")).headers["location"], "victim")).query
    )["code"][0]
    own = issuer.sign_in((await thief.get("/sign-in/provider")).headers["location"], "thief")
    answer = await thief.get(changed(own, code=stolen))  # the verifier of the thief's own sign-in does not fit
    assert (answer.status_code, await count(database, Session)) == (400, 0)


@only_sqlite
async def test_another_browser_cannot_finish_what_one_began(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    attacker, victim = open_browser(), open_browser()
    back = issuer.sign_in((await attacker.get("/sign-in/provider")).headers["location"], "attacker")
    assert (await victim.get(back)).status_code == 400
    await victim.get("/sign-in/provider")  # with a cookie of its own
    assert (await victim.get(back)).status_code == 400
    assert (await count(database, Session), issuer.asked["/token"]) == (0, 0)
    assert (await attacker.get(back)).status_code == 303


@only_sqlite
@pytest.mark.parametrize("sent", ["", "guess", "a.b.c.d.e", "x" * 3500, "\x00", "søren", "…"])
async def test_a_state_that_we_did_not_seal_reaches_nobody(
    issuer: Issuer, open_browser: OpenBrowser, sent: str
) -> None:
    browser = open_browser()
    back = issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"])
    assert (await browser.get(changed(back, state=sent))).status_code == 400
    assert (await browser.get("/sign-in/provider/return")).status_code == 400
    assert issuer.asked["/token"] == 0


@only_sqlite
async def test_after_ten_minutes_the_way_back_is_closed(
    issuer: Issuer, open_browser: OpenBrowser, clock: Clock
) -> None:
    browser = open_browser()
    backs = [issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"]) for _ in range(2)]
    clock.now += timedelta(minutes=9, seconds=59)
    assert (await browser.get(backs[0])).status_code == 303
    clock.now += timedelta(seconds=1)
    assert (await browser.get(backs[1])).status_code == 400


@only_sqlite
@pytest.mark.parametrize(
    ("iss", "status"), [("https://evil.example", 502), (None, 502), ("", 502)], ids=["another", "none", "empty"]
)
async def test_an_answer_says_whose_it_is(
    issuer: Issuer, open_browser: OpenBrowser, iss: str | None, status: int
) -> None:
    browser = open_browser()
    back = issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"])
    assert (await browser.get(changed(back, iss=iss))).status_code == status
    assert issuer.asked["/token"] == 0


@only_sqlite
async def test_a_provider_that_promises_no_issuer_in_its_answers_need_not_send_one_but_not_a_wrong_one(
    issuer: Issuer, open_browser: OpenBrowser
) -> None:
    issuer.described = {"authorization_response_iss_parameter_supported": None}
    browser = open_browser()
    back = issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"])
    assert (await browser.get(changed(back, iss="https://evil.example"))).status_code == 502
    assert (await browser.get(changed(back, iss=None))).status_code == 303


@only_sqlite
@pytest.mark.parametrize(
    ("reason", "status", "words"),
    [
        ("access_denied", 403, "did not let you in, or you broke the sign-in off"),
        ("login_required", 403, "did not let you in"),
        ("<script>alert(1)</script>", 403, "did not let you in"),
        ("temporarily_unavailable", 503, "does not answer"),
        ("server_error", 503, "does not answer"),
    ],
)
async def test_what_went_wrong_at_the_provider_is_said_in_the_persons_words(
    issuer: Issuer, open_browser: OpenBrowser, reason: str, status: int, words: str
) -> None:
    browser = open_browser()
    back = issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"])
    answer = await browser.get(changed(back, code=None, error=reason, error_description="<b>secret</b>"))
    assert (answer.status_code, words in answer.text) == (status, True)
    assert not any(said in answer.text for said in ("alert(1)", "<b>", reason))
    assert "/sign-in" in answer.text


@only_sqlite
@pytest.mark.parametrize(
    ("wished", "led_to"),
    [
        ("/find?q=dansk", "/find?q=dansk"),
        ("/find?q=læs", "/find?q=l%C3%A6s"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\nlocation: https://evil.example", "/"),
        ("/find?q=" + "x" * 2000, "/"),
        ("", "/"),
    ],
)
async def test_a_person_is_led_to_an_address_of_ours_only(
    issuer: Issuer, open_browser: OpenBrowser, wished: str, led_to: str
) -> None:
    answer = await sign_in_by(open_browser(**LEADS), issuer, ask=f"?next={quote(wished)}", groups=["heads"])
    assert (answer.status_code, answer.headers["location"]) == (303, led_to)


@only_sqlite
async def test_the_cookie_of_the_way_is_short_lived_and_no_scripts_and_every_session_is_new(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    await sign_in_by(browser, issuer)
    before = browser.cookies["hylde-session"]
    out = await browser.get("/sign-in/provider")
    told = out.headers["set-cookie"].lower()
    assert all(word in told for word in ("hylde-provider=", "max-age=600", "httponly", "samesite=lax", "path=/"))
    assert (out.headers["cache-control"], "secure" in told) == ("no-store", False)
    assert (await sign_in_by(browser, issuer)).headers["cache-control"] == "no-store"
    assert (browser.cookies["hylde-session"] != before, await count(database, Session)) == (True, 1)
    far = await open_browser(browser).get(
        "/sign-in/provider", headers={"host": "hylde.example", "x-forwarded-proto": "https"}
    )
    told = far.headers["set-cookie"]
    assert told.startswith("__Host-hylde-provider=") and "; Secure" in told  # noqa: PT018 - one cookie


@only_sqlite
async def test_setting_out_writes_nothing_however_often_and_several_windows_come_back(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    backs = [issuer.sign_in((await browser.get("/sign-in/provider")).headers["location"]) for _ in range(50)]
    assert (await count(database, Session), await count(database, User)) == (0, 0)
    assert len(browser.cookies) == 1
    for back in (backs[0], backs[-1]):
        assert (await browser.get(back)).status_code == 303


@only_sqlite
async def test_without_a_provider_there_is_no_such_address(open_browser: OpenBrowser) -> None:
    browser = open_browser(oidc_issuer="")
    answers = [await browser.get(path) for path in ("/sign-in/provider", "/sign-in/provider/return?state=a&code=b")]
    assert [each.status_code for each in answers] == [404, 404]


INSTALLATION = b"only for tests, but long enough"


@given(st.text(max_size=300))
def test_what_is_sealed_for_a_browser_comes_back_in_it_and_in_no_other(page: str) -> None:
    begun = state.begin(NOON, page.encode("utf-8", "ignore").decode())
    sealed = state.seal(INSTALLATION, "this", begun)
    assert state.unseal(INSTALLATION, "this", sealed, NOON) == begun
    for secret, browser, now in (
        (INSTALLATION, "other", NOON),
        (b"another installation's", "this", NOON),
        (INSTALLATION, "this", NOON + state.LASTS),
        (INSTALLATION, "", NOON),
    ):
        with pytest.raises(SignInOutdated):
            state.unseal(secret, browser, sealed, now)


@given(st.text(max_size=400) | st.lists(st.text("AZaz09-_", max_size=40), min_size=5, max_size=5).map(".".join))
def test_whatever_comes_as_a_state_is_refused(sent: str) -> None:
    with pytest.raises(SignInOutdated):
        state.unseal(INSTALLATION, "this", sent, NOON)


def test_no_two_sign_ins_share_a_nonce_or_a_verifier() -> None:
    begun = [state.begin(NOON) for _ in range(50)]
    secrets = [state.one_time(INSTALLATION, "this", each) for each in begun]
    assert len({each.nonce for each in secrets} | {each.verifier for each in secrets}) == 100
    assert all(43 <= len(each.verifier) <= 128 for each in secrets)
