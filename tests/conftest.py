"""Real databases for every test: a fresh SQLite file, and PostgreSQL where Debian's package is installed."""

import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.app import create_app, open_region
from catalog.core.actor import SYSTEM, Actor
from catalog.core.db import Database, open_database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.finding.index import Index
from catalog.identity import people, sessions
from catalog.migrations import runner
from catalog.vocabularies.region import Region
from catalog.web.security import HEADER, csrf_token, session_cookie
from catalog.worker import Worker
from tests.cluster import NoPostgresql, create_database, run_sql, throw_away_cluster

ROOT = Path(__file__).parent.parent
PROOF_KEY = "only for tests, but long enough to be taken"
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
TODAY = date(2026, 11, 25)
Client: TypeAlias = AsyncTestClient[Litestar]
OpenClient: TypeAlias = Callable[..., Client]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a throw-away cluster."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(throw_away_cluster())
        except NoPostgresql as reason:
            pytest.skip(str(reason))
        yield server


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """A migrated database that others are made from."""
    runner.upgrade(create_database(postgresql, "template_hylde"))
    return "template_hylde"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that others are copied from."""
    path = tmp_path_factory.mktemp("migrated") / "hylde.sqlite"
    runner.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "hylde.sqlite")
        yield f"sqlite:///{tmp_path}/hylde.sqlite"
        return
    server, template = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql")
    name = f"test_{uuid.uuid4().hex}"
    yield create_database(server, name, template)
    run_sql(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """A session that writes; what a test stores is there for others when its block ends, by ``transaction``."""
    async with database.readers() as session:
        yield session


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(municipality="Sundby Kommune", data_folder=tmp_path, database_url=database_url, secret=PROOF_KEY)


@pytest.fixture(scope="session")
def region() -> Region:
    return open_region(Settings())


@pytest.fixture
def actor() -> Actor:
    return SYSTEM


@pytest.fixture
def open_client(settings: Settings, database: Database) -> OpenClient:
    """Open a browser on the service, at a moment; without the tasks that run by themselves."""

    def open_one(now: datetime | Callable[[], datetime] = NOON, address: str = "127.0.0.1", **more: Any) -> Client:
        moment = now if callable(now) else lambda: now
        app = create_app(settings, database, now=moment, own_tasks=False, **more)
        app.asgi_handler = _from_address(app.asgi_handler, address)
        return AsyncTestClient(app, raise_server_exceptions=False, base_url=settings.base_url)

    return open_one


def _from_address(app: ASGIApp, address: str) -> ASGIApp:
    """The service as a machine at that address meets it; Litestar's test client says «testclient»."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            scope["client"] = (address, 50000)
        await app(scope, receive, send)

    return serve


@pytest.fixture
async def client(open_client: OpenClient) -> AsyncIterator[Client]:
    """A reader's browser."""
    async with open_client() as client:
        yield client


@pytest.fixture
async def admin(open_client: OpenClient) -> AsyncIterator[Client]:
    """The administrator's browser, signed in, on a page that knows the proof for its forms."""
    async with open_client() as client:
        await sign_in(client)
        yield client


async def sign_in(
    client: Client,
    role: Role | None = Role.ADMIN,
    *,
    schools: Iterable[uuid.UUID] = (),
    name: str = "",
    now: datetime = NOON,
) -> uuid.UUID:
    """Sign somebody new in who holds a role, and send the proof of each form in a header; who they are.

    Without schools the role is for the whole municipality.
    """
    opened, user_id = await open_session_for(client.app.state.database, role, schools=schools, name=name, now=now)
    client.cookies.set(session_cookie(https=False), opened.secret)
    client.headers[HEADER] = csrf_token(PROOF_KEY.encode(), opened.id)
    return user_id


async def open_session_for(
    database: Database,
    role: Role | None = Role.ADMIN,
    *,
    schools: Iterable[uuid.UUID] = (),
    name: str = "",
    now: datetime = NOON,
) -> tuple[sessions.Opened, uuid.UUID]:
    """Somebody new who holds a role, with a session that is open."""
    async with transaction(database.writers) as session:
        user = await people.add_user(session, SYSTEM, now=now, name=name)
        where: list[uuid.UUID | None] = [*schools] or [None]
        for school in where:
            if role is not None:
                await people.grant_role(session, SYSTEM, user.id, role, now=now, starts_on=now.date(), school_id=school)
        return await sessions.open_session(session, user, now, way="local"), user.id


async def settle(client: Client, now: datetime = NOON) -> None:
    """Do what the worker and the reader of the feed would: all documents written, the index level with them."""
    state = client.app.state
    worker = Worker(state.settings, state.database, open_region(state.settings), lambda: now)
    await worker.drain()
    await worker.turn_day()
    index: Index = state.index
    if not index.ready.is_set():
        await index.fill()
    await index.catch_up()
