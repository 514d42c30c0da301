"""What came with a request is gone from memory when it is answered: tokens in addresses, cookies, forms."""

import asyncio
import gc
from collections.abc import Iterator
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

import pytest
from litestar import Litestar, Request, _parsers, get
from litestar.datastructures import URL
from litestar.di import NamedDependency
from litestar.params import FromQuery

from catalog.core.actor import ANONYMOUS, Actor
from catalog.core.db import Database
from catalog.core.settings import Settings
from catalog.web.access import PUBLIC
from tests.catalog.web.direct import Browser, build

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CACHE = type(lru_cache(len))
DEEP = 6
SECRET = "secret-of-a-reader"  # noqa: S105 - no password


def caches_with(words: str) -> set[str]:
    """The names of all caches of functions in this process that hold the words, whoever made them."""
    caches = [each for each in gc.get_objects() if isinstance(each, CACHE)]
    return {each.__wrapped__.__qualname__ for each in caches if any(words in text for text in texts_in(each, DEEP))}


def texts_in(thing: Any, depth: int) -> Iterator[str]:
    """Every text that something refers to; functions and modules lead everywhere and are passed by."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, bytes):
        yield thing.decode("latin-1")
    elif depth and not isinstance(thing, FunctionType | ModuleType | type | Litestar):
        for each in gc.get_referents(thing):
            yield from texts_in(each, depth - 1)


def test_control_what_a_cache_holds_is_found() -> None:
    assert not caches_with(SECRET)
    _parsers.parse_query_string(f"token={SECRET}".encode())
    assert caches_with(SECRET) == {"parse_query_string"}
    _parsers.parse_query_string.cache_clear()
    URL.from_components(path="/admin/enter", query=f"token={SECRET}")
    assert {"URL._new", "URL.from_components"} <= caches_with(SECRET)
    URL._new.cache_clear()  # noqa: SLF001 - there is no other way to it
    URL.from_components.cache_clear()
    assert not caches_with(SECRET)


async def ask(app: Litestar, path: str, token: str, cookie: str = "") -> str:
    """A page as the service answers it; a browser of Python's would remember the address itself."""
    sent: list[Any] = []
    scope: Any = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": f"token={token}".encode(),
        "headers": [(b"host", b"127.0.0.1:8000"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return b"".join(message.get("body", b"") for message in sent).decode()


@get("/probe/show", opt=PUBLIC)
async def show(request: Request[Any, Any, Any], actor: NamedDependency[Actor], token: FromQuery[str]) -> str:
    """What a page sees of its address, in every way in which Litestar tells it, and whether somebody is signed in."""
    assert request.query_params["token"] == token
    return f"{request.url} {actor.id != ANONYMOUS.id}"


@only_sqlite
async def test_the_token_of_a_link_is_in_no_cache_once_its_page_is_shown(
    settings: Settings, database: Database
) -> None:
    assert f"?token={SECRET} False" in await ask(build(settings, database, show), "/probe/show", SECRET)
    assert not caches_with(SECRET)


@only_sqlite
async def test_the_cookie_of_a_session_is_in_no_cache_either(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, show)) as browser:
        await browser.sign_in()
        ((name, opened),) = browser.cookies.items()
        assert "True" in await ask(browser.app, "/probe/show", "", f"{name}={opened}")
    assert not caches_with(opened)


@only_sqlite
@pytest.mark.parametrize("path", ["/no/such/page", "/language", "/health/live", "/find"])
async def test_an_address_is_forgotten_whatever_the_answer(browser: Browser, path: str) -> None:
    await ask(browser.app, path, SECRET, f"other={SECRET}")
    assert not caches_with(SECRET)


@only_sqlite
async def test_of_requests_at_once_nothing_is_left_when_the_last_is_answered(
    settings: Settings, database: Database
) -> None:
    goes_on = asyncio.Event()

    @get("/probe/wait", opt=PUBLIC)
    async def wait() -> str:
        await goes_on.wait()
        return "yes"

    app = build(settings, database, wait)
    slow = asyncio.create_task(ask(app, "/probe/wait", SECRET))
    for _ in range(3):
        await ask(app, "/health/live", f"{SECRET}-too")
    goes_on.set()
    assert await slow == "yes"
    assert not caches_with(SECRET)
