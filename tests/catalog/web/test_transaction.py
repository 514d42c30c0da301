"""One request, one transaction: nothing is said to have worked before it is stored."""

import gc
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from catalog.core import audit
from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, open_database, transaction
from catalog.core.errors import NotFound
from catalog.core.feed import FeedState
from catalog.core.settings import Settings
from catalog.identity.models import Invitation, Session
from catalog.web.access import PUBLIC
from catalog.web.transaction import provide_session
from tests.catalog.web.direct import Browser, account, build, make_link

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def write(session: AsyncSession) -> None:
    session.add(FeedState())
    audit.record(session, SYSTEM, "probe", "thing", 1)


@post("/api/probe", opt=PUBLIC)
async def program(session: NamedDependency[AsyncSession]) -> dict[str, bool]:
    write(session)
    return {"stored": True}


@post("/probe", opt=PUBLIC, status_code=303)
async def form(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Redirect:
    await request.form()
    write(session)
    return Redirect("/done", status_code=303)


@get("/probe", opt=PUBLIC)
async def reading_that_writes(session: NamedDependency[AsyncSession]) -> str:
    write(session)
    await session.flush()
    return "done"


@get("/probe/late", opt=PUBLIC)
async def reading_that_writes_at_its_end(session: NamedDependency[AsyncSession]) -> str:
    write(session)
    return "done"


@post("/probe/refused", opt=PUBLIC)
async def refusing(session: NamedDependency[AsyncSession]) -> None:
    write(session)
    await session.flush()
    raise NotFound


PROBES = (program, form, reading_that_writes, reading_that_writes_at_its_end, refusing)


@pytest.fixture
async def probing(settings: Settings, database: Database) -> Browser:
    return Browser(build(settings, database, *PROBES))


async def stored(database: Database) -> tuple[int, int]:
    async with database.readers() as session:
        return (
            await session.scalar(select(func.count()).select_from(FeedState)) or 0,
            await session.scalar(select(func.count()).select_from(AuditEntry)) or 0,
        )


def checked_out(database: Database) -> int:
    return cast("QueuePool", database.engine.pool).checkedout()


def let_every_commit_fail(database: Database) -> None:
    @event.listens_for(database.engine.sync_engine, "commit")
    def _(_connection: Any) -> None:
        raise OperationalError("COMMIT", None, OSError("no space left on device"))


async def test_control_what_works_is_answered_and_stored(probing: Browser, database: Database) -> None:
    assert (await probing.post("/api/probe", json={})).status_code == 201
    assert await stored(database) == (1, 1)


async def test_a_failing_commit_is_never_answered_with_success(probing: Browser, database: Database) -> None:
    token = await make_link(probing.app)
    before = await stored(database)
    let_every_commit_fail(database)

    answers = [
        await probing.post("/api/probe", json={}),
        await probing.post("/probe", data={"a": "b"}),
        await probing.post("/invitation", data=account(token)),
    ]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert answers[0].json()["type"] == "/problems/unavailable"
    assert all("set-cookie" not in answer.headers and answer.headers["retry-after"] == "2" for answer in answers)
    assert await stored(database) == before
    async with database.readers() as session:
        assert await session.scalar(select(Invitation.used_at)) is None
        assert await session.scalar(select(Session.id)) is None
    assert checked_out(database) == 0


@only_postgresql
async def test_a_constraint_that_is_checked_at_commit_only_is_no_success_either(
    settings: Settings, database: Database
) -> None:
    async with transaction(database.writers) as session:
        await session.execute(text("CREATE TABLE one (n int, UNIQUE (n) DEFERRABLE INITIALLY DEFERRED)"))
        await session.execute(text("INSERT INTO one VALUES (1)"))

    @post(["/api/second", "/second"], opt=PUBLIC, status_code=303)
    async def second(session: NamedDependency[AsyncSession]) -> Redirect:
        await session.execute(text("INSERT INTO one VALUES (1)"))
        return Redirect("/done", status_code=303)

    async with Browser(build(settings, database, second)) as browser:
        answers = [await browser.post("/api/second", json={}), await browser.post("/second", data={"a": "b"})]
    async with database.readers() as session:
        count = await session.scalar(text("SELECT count(*) FROM one"))
    assert ([answer.status_code for answer in answers], count) == ([409, 409], 1)
    assert checked_out(database) == 0


@pytest.mark.parametrize("path", ["/probe", "/probe/late"])
async def test_a_get_that_writes_is_an_error_and_stores_nothing(
    probing: Browser, database: Database, path: str
) -> None:
    answer = await probing.get(path)
    assert answer.status_code >= 500
    assert await stored(database) == (0, 0)
    assert checked_out(database) == 0
    assert (await probing.post("/api/probe", json={})).status_code == 201  # the connection writes again


async def test_what_a_handler_wrote_before_it_refused_is_not_stored(probing: Browser, database: Database) -> None:
    assert (await probing.post("/probe/refused", json={})).status_code == 404
    assert await stored(database) == (0, 0)
    assert checked_out(database) == 0


async def test_the_worker_is_rung_after_a_write_and_only_then(probing: Browser, database: Database) -> None:
    bell = probing.app.state.work
    await probing.get("/health/ready")
    assert not bell.is_set()
    await probing.post("/probe/refused", json={})
    assert not bell.is_set()
    await probing.post("/api/probe", json={})
    assert bell.is_set()


@only_sqlite
async def test_a_database_that_stays_busy_is_a_503_that_says_when_to_come_back(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.core.db.BUSY_TIMEOUT_MS", 50)
    impatient = open_database(settings.database)
    app = build(settings, impatient, *PROBES)
    token = await make_link(app)
    async with Browser(app) as browser, transaction(database.writers) as other:
        await other.execute(text("SELECT 1"))  # holds the only write lock
        answers = [
            await browser.post("/api/probe", json={}),
            await browser.post("/probe", data={"a": "b"}),
            await browser.post("/invitation", data=account(token)),
        ]
        reading = await browser.get("/health/ready")
        await other.rollback()
        after = await browser.post("/api/probe", json={})
    assert [(answer.status_code, answer.headers.get("retry-after")) for answer in answers] == [(503, "2")] * 3
    assert (reading.status_code, after.status_code) == (200, 201)
    assert checked_out(impatient) == 0
    await impatient.close()


async def test_a_pool_without_a_free_connection_is_a_503_too(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = cast("QueuePool", database.engine.pool)
    monkeypatch.setattr(pool, "_timeout", 0.05)
    monkeypatch.setattr(pool, "_max_overflow", 0)
    held = [await database.engine.connect() for _ in range(pool.size())]
    async with Browser(build(settings, database, *PROBES)) as browser:
        answer = await browser.post("/api/probe", json={})
        for connection in held:
            await connection.close()
        after = await browser.post("/api/probe", json={})
    assert (answer.status_code, answer.headers["retry-after"], after.status_code) == (503, "2", 201)


async def provide_nothing() -> int:
    return 0


async def provide_a_second_generator() -> AsyncGenerator[int]:
    yield 0


async def provide_refusal(session: NamedDependency[AsyncSession]) -> int:
    await session.execute(text("SELECT 1"))
    raise NotFound


def small_app(database: Database, other: Any, handlers: Any) -> Browser:
    """An app whose dependencies are chosen otherwise."""

    @post("/")
    async def write_one(session: NamedDependency[AsyncSession], other: NamedDependency[int]) -> int:
        await session.execute(text("SELECT 1"))
        return other

    settings = Settings()
    state = State({"database": database, "settings": settings, "work": _Bell()})
    dependencies = {"session": Provide(provide_session), "other": Provide(other)}
    return Browser(Litestar([write_one], state=state, dependencies=dependencies, exception_handlers=handlers))


class _Bell:
    def set(self) -> None:
        """Nobody listens."""


def say_503(_request: Any, _error: Exception) -> Response[Any]:
    return Response({}, status_code=503)


@pytest.mark.parametrize(("other", "status"), [(provide_nothing, 503), (provide_a_second_generator, 500)])
async def test_control_a_second_generator_would_hide_the_failure_in_a_group(
    database: Database, other: Any, status: int
) -> None:
    let_every_commit_fail(database)
    async with small_app(database, other, {OperationalError: say_503}) as browser:
        assert (await browser.post("/")).status_code == status


async def test_control_a_provider_that_refuses_would_leave_the_transaction_open(database: Database) -> None:
    open_then: list[int] = []

    def count_open(request: Any, error: Exception) -> Response[Any]:
        open_then.append(checked_out(database))
        return say_503(request, error)

    async with small_app(database, provide_refusal, {NotFound: count_open}) as browser:
        assert (await browser.post("/")).status_code == 503
    assert open_then == [1]
    gc.collect()  # only this ends it


async def test_no_dependency_of_the_service_but_the_session_is_a_generator(browser: Browser) -> None:
    generators = [
        (path, name)
        for route in browser.app.routes
        for path, handler in [(route.path, each[0]) for each in getattr(route, "route_handler_map", {}).values()]
        for name, provided in handler.resolve_dependencies().items()
        if provided.has_async_generator_dependency or provided.has_sync_generator_dependency
    ]
    assert {name for _, name in generators} == {"session"}
