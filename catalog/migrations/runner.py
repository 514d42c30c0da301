"""Running the history: under a lock, with SQLite's foreign keys off (a batch rewrite would empty their children)."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from catalog.core.db import keep_values_quiet
from catalog.migrations.metadata import METADATA

_LOCK = 0x4D_4947_52  # «MIGR»
_WAIT_MS = 120_000


class MigrationBroken(Exception):
    """A migration left rows behind that point to nothing."""


def upgrade(url: str, revision: str = "head") -> str | None:
    """Bring the database to a revision; the revision it had before. Those who come second find nothing to do."""
    with _locked(url) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(_config(connection), revision)
        _check_references(connection)
        return before


def downgrade(url: str, revision: str) -> None:
    with _locked(url) as connection:
        command.downgrade(_config(connection), revision)
        _check_references(connection)


def current(url: str) -> str | None:
    """The database's revision, None for an empty one; waits for nobody who writes."""
    with _engine(url, begin="BEGIN").connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def differences(url: str) -> list[Any]:
    """What the models say and the migrated database does not, as Alembic sees it; empty: nothing."""
    with _engine(url).connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def new_revision(url: str, message: str) -> None:
    """Write a revision from the difference between the models and the database; for maintainers."""
    with _locked(url) as connection:
        command.revision(_config(connection), message, autogenerate=True)


def _config(connection: Connection | None) -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _engine(url: str, begin: str = "BEGIN IMMEDIATE") -> Engine:
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
    engine = create_engine(
        parsed.set(drivername=drivers[parsed.get_backend_name()]), poolclass=NullPool, hide_parameters=True
    )
    keep_values_quiet(engine)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            connection.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = OFF")

        @event.listens_for(engine, "begin")
        def _(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """One transaction that everybody else who migrates waits for."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    with _engine(url).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield connection


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (rows := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise MigrationBroken(f"{len(rows)} rows point to nothing, the first in {rows[0][0]}")
