"""Each reader in their own language, however many read at once; nobody is led away by the language's address."""

import asyncio
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import get

from catalog.core.db import Database
from catalog.core.settings import Settings
from catalog.web.access import PUBLIC
from catalog.web.i18n import COOKIE, LANGUAGES, choose_language, current_language, gettext
from catalog.web.security import local_path
from tests.catalog.web.direct import Browser, build

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = "/no/such/page"  # answered without a route: what stands around routes must reach it too


def language_of(answer: httpx.Response) -> str:
    found = re.search('<html lang="([a-z-]+)"', answer.text)
    assert found is not None, answer.text[:200]
    return found[1]


@only_sqlite
@pytest.mark.parametrize("path", [PAGE, "/sign-in"])
@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sv", "sv"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("en-GB", "en"),
        ("de-DE,de;q=0.9,en;q=0.7", "en"),
        ("nb-NO,nb;q=0.9", "da"),
        ("de,fr", "da"),
        ("", "da"),
        (";;,=,-", "da"),
    ],
)
async def test_a_page_is_in_the_first_language_of_the_browser_that_we_speak(
    browser: Browser, path: str, accepted: str, language: str
) -> None:
    assert language_of(await browser.get(path, headers={"accept-language": accepted})) == language


@only_sqlite
async def test_the_readers_own_choice_wins_and_is_kept_for_a_year(browser: Browser) -> None:
    answer = await browser.get("/language?language=sv&next=/find%3Fq%3Ddansk", headers={"accept-language": "en"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/find?q=dansk")
    assert {"httponly", "samesite=lax", "path=/", "max-age=31536000"} <= attributes(answer)
    assert language_of(await browser.get(PAGE, headers={"accept-language": "en"})) == "sv"

    assert (await browser.get("/language?language=xx")).status_code == 404
    browser.cookies.set(COOKIE, "xx")
    assert language_of(await browser.get(PAGE, headers={"accept-language": "en", "cookie": f"{COOKIE}=xx"})) == "en"
    assert language_of(await browser.get(PAGE, headers={"accept-language": "en", "cookie": 'a"=;;=b'})) == "en"


def attributes(answer: httpx.Response) -> set[str]:
    return {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}


@only_sqlite
async def test_the_installation_decides_for_who_asks_for_nothing(settings: Settings, database: Database) -> None:
    for country, own, language in (("se", "", "sv"), ("dk", "en", "en"), ("dk", "", "da")):
        there = Settings(country=country, language=own, data_folder=settings.data_folder, secret=settings.secret)  # type: ignore[arg-type]  # literals
        async with Browser(build(there, database)) as browser:
            assert language_of(await browser.get(PAGE)) == language


@get("/probe", opt=PUBLIC)
async def slow() -> str:
    """The language before and after others had their turn."""
    before = current_language.get()
    await asyncio.sleep(0.01)
    return f"{before} {current_language.get()}"


@only_sqlite
async def test_readers_of_three_languages_at_once_never_get_each_others(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, slow)) as browser:

        async def read(number: int) -> bool:
            language = list(LANGUAGES)[number % 3]
            headers = {"accept-language": language}
            if number % 2:
                headers = {"accept-language": "da", "cookie": f"{COOKIE}={language}"}
            page, probe = await browser.get(PAGE, headers=headers), await browser.get("/probe", headers=headers)
            return language_of(page) == language and probe.text == f"{language} {language}"

        assert await asyncio.gather(*(read(number) for number in range(120))) == [True] * 120


async def test_control_a_language_kept_in_one_place_would_bleed() -> None:
    shared = ""

    async def read(language: str) -> str:
        nonlocal shared
        shared = language
        await asyncio.sleep(0.001)
        return shared

    assert list(await asyncio.gather(read("da"), read("sv"))) == ["sv", "sv"]


@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_is_sent_a_language_of_ours_comes_out(chosen: str, accepted: str) -> None:
    assert choose_language(chosen, accepted, "da") in LANGUAGES


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http://[",
        "//[",
        "/\tevil",
        "/find\r\nset-cookie: a=b",
        "",
        "find",
        "/\u200bevil",
    ],
)
def test_the_way_back_never_leads_elsewhere(elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"


@pytest.mark.parametrize("ours", ["/", "/find?q=br%C3%B8ker&page=2", "/find?q=brøker", "/resources/1-a"])
def test_control_the_way_back_to_our_own_pages_is_kept(ours: str) -> None:
    assert local_path(ours) == ours


@given(st.text(max_size=80))
def test_whatever_is_sent_the_way_back_is_a_path(address: str) -> None:
    kept = local_path(address)
    assert kept.startswith("/")
    assert not kept.startswith(("//", "/\\"))


def test_an_empty_message_is_not_the_catalogues_header() -> None:
    assert gettext("") == ""
