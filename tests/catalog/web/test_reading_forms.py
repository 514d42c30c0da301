"""A form is read before anything waits for its sender, and no bytes of a sender are a failure of ours."""

import ast
import asyncio
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.types import Message, Scope
from sqlalchemy import insert, text
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.types import EventDict

from catalog.core.db import Database, open_database, transaction
from catalog.core.settings import Settings
from catalog.identity.models import SignInAttempt
from catalog.vocabularies.region import Region
from catalog.web.access import PUBLIC
from catalog.web.forms import FormReader, read_form
from catalog.web.problems import known_error
from tests.catalog.web.direct import Browser, build
from tests.catalog.web.routes import doors_of
from tests.conftest import NOON
from tests.factories import store

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FORM = "application/x-www-form-urlencoded"


def uses_session_before_form(handler: Callable[..., Any]) -> bool:
    """Whether a handler touches its session before it has read the form; none that reads no form does."""
    body = ast.parse(textwrap.dedent(inspect.getsource(handler))).body[0]
    names = [node for node in ast.walk(body) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    reads = [(node.lineno, node.col_offset) for node in names if node.id == "read_form"]
    sessions = [(node.lineno, node.col_offset) for node in names if node.id == "session"]
    return bool(reads) and any(place < max(reads) for place in sessions)


@post("/probe/late", opt=PUBLIC)
async def too_late(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> str:
    await session.execute(text("SELECT 1"))
    return FormReader(await read_form(request)).text("a")


@only_sqlite
async def test_no_handler_touches_its_session_before_it_has_read_the_form(browser: Browser) -> None:
    handlers = [handler.fn for door, handler in doors_of(browser.app) if door.method == "POST"]
    readers = [handler for handler in handlers if "read_form" in inspect.getsource(handler)]
    assert len(readers) > 10
    assert [handler.__name__ for handler in readers if uses_session_before_form(handler)] == []
    assert not any("request.form()" in inspect.getsource(handler) for handler in handlers)
    assert uses_session_before_form(too_late.fn)  # control


@only_sqlite
async def test_who_sends_slowly_keeps_nobody_from_writing(
    settings: Settings, database: Database, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with transaction(database.writers) as session:
        path = f"/resources/{await store(session, region)}/report"
    monkeypatch.setattr("catalog.core.db.BUSY_TIMEOUT_MS", 50)
    impatient = open_database(settings.database)
    app, waiting, goes_on = build(settings, database), asyncio.Event(), asyncio.Event()
    statuses: list[int] = []

    async def receive() -> Any:
        waiting.set()
        await goes_on.wait()
        return {"type": "http.request", "body": b"about=other", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async with asyncio.timeout(10):
        slow = asyncio.create_task(app(a_post(path, app), receive, send))
        await waiting.wait()
        try:
            async with transaction(impatient.writers) as session:  # fails where the slow one holds the write lock
                await session.execute(text("SELECT 1"))
        finally:
            goes_on.set()
            await slow
            await impatient.close()
    assert statuses == [422]


def a_post(path: str, app: Any) -> Scope:
    """A request with a form as a server hands it over, before its body has come."""
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", FORM.encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "app": app,
        "state": {},
    }
    sent: Scope = scope
    return sent


@post("/probe/echo", opt=PUBLIC)
async def echo(request: Request[Any, Any, Any]) -> str:
    return FormReader(await read_form(request)).text("text")


@only_sqlite
async def test_what_no_database_takes_is_left_out_of_every_value(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, echo)) as browser:
        for body in (b"text=r%C3%B8%00d", "text=rø%00d".encode()):
            answer = await browser.post("/probe/echo", content=body, headers={"content-type": FORM})
            assert (answer.status_code, answer.text) == (201, "rød")
        halved = await browser.post("/probe/echo", content=b"text=%ED%A0%80", headers={"content-type": FORM})
        assert halved.status_code == 400


HOSTILE = ("%00", "%%0000", "%ff%fe", "%ED%A0%80", "%7f%0d%0a", "%F0%9F%98%80", "a" * 3000)


async def test_no_query_is_a_failure_of_ours(browser: Browser) -> None:
    await browser.app.state.index.fill()
    await browser.sign_in()
    names = ("q", "next", "other", "token", "reported", "asked", "language", "subject", "grade", "page", "publisher")
    for door in [door for door, _ in doors_of(browser.app) if door.method == "GET"]:
        for value in HOSTILE:
            query = "&".join(f"{name}={value}" for name in names)
            answer = await browser.get(f"{door.address}?{query}")
            assert answer.status_code < 500, (door, value, answer.text)
    for value in HOSTILE[:-1]:
        assert (await browser.get(f"/admin?q={value}")).status_code == 200


@only_sqlite
async def test_head_answers_like_get_without_the_page(browser: Browser) -> None:
    await browser.app.state.index.fill()
    for path, status in (("/", 303), ("/find", 200), ("/health/live", 200), ("/admin", 401), ("/nothing", 404)):
        seen, asked = await browser.get(path), await browser.head(path)
        assert (asked.status_code, asked.content, seen.status_code) == (status, b"", status)
        assert asked.headers["content-type"] == seen.headers["content-type"]
    assert (await browser.head("/sign-out")).status_code == 405


@only_sqlite
async def test_a_way_back_that_is_longer_than_any_of_ours_leads_to_the_front(browser: Browser) -> None:
    for next_page, location in (("/find?q=" + "a" * 5000, "/"), ("/find?q=a", "/find?q=a")):
        answer = await browser.get("/language", params={"language": "sv", "next": next_page})
        assert (answer.status_code, answer.headers["location"]) == (303, location)
        assert "hylde-language=sv" in answer.headers["set-cookie"]


def of_database(kind: type[Exception]) -> Exception:
    return kind("SELECT", {}, OSError("x"))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (of_database(OperationalError), 503),
        (of_database(InterfaceError), 503),
        (PoolExhausted(), 503),
        (of_database(DataError), 422),
        (of_database(IntegrityError), 409),
        (of_database(ProgrammingError), 500),
        (ValueError(), 500),
    ],
)
def test_only_a_database_that_does_not_answer_is_told_as_one(error: Exception, status: int) -> None:
    assert known_error(error).status == status


@get("/probe/too-large", opt=PUBLIC)
async def too_large(session: NamedDependency[AsyncSession]) -> None:
    await session.execute(text("SELECT CAST(:n AS integer)"), {"n": 10**12})


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_number_that_no_column_holds_is_no_bug_of_ours(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, too_large)) as browser:
        assert (await browser.get("/probe/too-large")).status_code == 422


@post("/probe/twice", opt=PUBLIC)
async def twice(session: NamedDependency[AsyncSession]) -> None:
    attempt = SignInAttempt(key="hunter2", at=NOON)
    for row in [{"id": attempt.id, "key": attempt.key, "at": NOON}] * 2:
        await session.execute(insert(SignInAttempt).values(**row))


async def test_no_value_of_a_statement_is_logged(
    settings: Settings, database: Database, logged: list[EventDict]
) -> None:
    async with Browser(build(settings, database, twice)) as browser:
        assert (await browser.post("/probe/twice")).status_code == 409
    told = [event["exc_info"] for event in logged if "exc_info" in event]
    assert told
    assert "sign_in_attempt" in str(told[0])  # control: what failed is told
    assert "hunter2" not in f"{told[0]} {told[0].__cause__} {told[0].orig}"
