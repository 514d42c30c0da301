"""Real databases for every test: a fresh SQLite file, and PostgreSQL where Debian's package is installed."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.app import create_app, open_region
from catalog.core.actor import SYSTEM, Actor
from catalog.core.db import Database, open_database, transaction
from catalog.core.settings import Settings
from catalog.finding.index import Index
from catalog.identity import service as identity
from catalog.migrations import runner
from catalog.vocabularies.region import Region
from catalog.web.security import HEADER, csrf_token, session_cookie
from catalog.worker import Worker

ROOT = Path(__file__).parent.parent
PROOF_KEY = "only for tests, but long enough to be taken"
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
TODAY = date(2026, 11, 25)
ROOM = 2_000_000_000
"""Bytes that the cluster may take of the machine's memory."""
Client: TypeAlias = AsyncTestClient[Litestar]
OpenClient: TypeAlias = Callable[..., Client]


def has_icu(initdb: str) -> bool:
    """PostgreSQL 15 and later, where it was built with ICU."""
    offered = subprocess.run([initdb, "--help"], check=True, capture_output=True, text=True).stdout
    built = shutil.which("pg_config", path=str(Path(initdb).resolve().parent))
    said = subprocess.run([built, "--configure"], check=True, capture_output=True, text=True).stdout if built else ""
    return "--icu-locale" in offered and "--with-icu" in said


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a throw-away cluster on a Unix socket; initdb refuses root, so root becomes ``postgres``."""
    search = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    initdb, pg_ctl = (shutil.which(name, path=os.pathsep.join(search)) for name in ("initdb", "pg_ctl"))
    if initdb is None or pg_ctl is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    user = "postgres" if os.geteuid() == 0 else None
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    folder = tempfile.mkdtemp(prefix="pg-", dir=memory if is_roomy else None)  # pytest's own are closed to others
    if user:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    # Sorted as a Danish database sorts, so that an order left to the database shows itself.
    danish = ["--locale-provider=icu", "--icu-locale=da-DK"] if has_icu(initdb) else []
    run(
        initdb, "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8", *danish
    )
    options = f"-k {folder} -h '' -c fsync=off -c full_page_writes=off"
    run(pg_ctl, "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
    yield f"postgresql://postgres@/postgres?host={folder}"
    run(pg_ctl, "-D", f"{folder}/data", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """A migrated database that others are made from."""
    _create_database(postgresql, "template_hylde", "template0")
    runner.upgrade(postgresql.replace("/postgres?", "/template_hylde?"))
    return "template_hylde"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that others are copied from."""
    path = tmp_path_factory.mktemp("migrated") / "hylde.sqlite"
    runner.upgrade(f"sqlite:///{path}")
    return path


def _create_database(postgresql: str, name: str, template: str) -> None:
    _run_sql(postgresql, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _run_sql(postgresql: str, statement: str) -> None:
    engine = create_engine(postgresql.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "hylde.sqlite")
        yield f"sqlite:///{tmp_path}/hylde.sqlite"
        return
    server, template = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql")
    name = f"test_{uuid.uuid4().hex}"
    _create_database(server, name, template)
    yield str(server.replace("/postgres?", f"/{name}?"))
    _run_sql(server, f'DROP DATABASE "{name}" WITH (FORCE)')


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
    """The administrator's browser, signed in by a one-time link, on a page that knows the proof for its forms."""
    async with open_client() as client:
        await sign_in(client)
        yield client


async def sign_in(client: Client, now: datetime = NOON) -> None:
    """Sign the administrator in through the door, and send the proof of each form in a header."""
    state = client.app.state
    async with transaction(state.database.writers) as session:
        token = identity.make_link(session, now)
    response = await client.post("/admin/enter", data={"token": token}, follow_redirects=False)
    assert response.status_code == 303, response.text
    opened = client.cookies[session_cookie(https=False)]
    client.headers[HEADER] = csrf_token(PROOF_KEY.encode(), opened)


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
