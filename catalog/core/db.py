"""The database: the declarative base, the sessions and the only place that commits.

One request is one transaction, and so is one background job. Service functions take
the open session, may flush it, and never commit it.
"""

import enum
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from psycopg.pq import TransactionStatus
from sqlalchemy import JSON, Constraint, DateTime, Dialect, Engine, Enum, MetaData, Table, TypeDecorator, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass
from typing_extensions import override

from catalog.core import audit_chain

Sessions: TypeAlias = async_sessionmaker[AsyncSession]
READ_ONLY = "hylde_read_only"
BUSY_TIMEOUT_MS = 5000


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware and in UTC on both sides: SQLite returns no zone, psycopg the database session's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime: give every instant a time zone")
        return None if value is None else value.astimezone(UTC)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(members: type[enum.Enum]) -> list[str]:
    return [member.value for member in members]


def _check_name(constraint: Constraint, _: Table) -> str:
    """Name an Enum's CHECK after its column: after the type, two columns of one Enum would share a name."""
    columns = [column.name for column in getattr(constraint, "columns", ())]  # a CHECK in words knows none
    return columns[0] if columns else str(constraint.name)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False, repr=False):
    """Base of every table; constructors are keyword-only and type-checked."""

    metadata = MetaData(
        naming_convention={
            "check_constraint_name": _check_name,
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(check_constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime,
        list[str]: JSON,
        dict[str, Any]: JSON,
        enum.Enum: Enum(enum.Enum, native_enum=False, create_constraint=True, length=32, values_callable=_values),
    }


def new_id() -> uuid.UUID:
    """A primary key, made by the application so that it is known before the insert."""
    return uuid.uuid4()


def is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


@dataclass(frozen=True, kw_only=True)
class Database:
    """One engine and its two kinds of sessions."""

    engine: AsyncEngine
    writers: Sessions
    """SQLite takes its write lock at BEGIN, so that two writers wait for each other instead of losing updates."""
    readers: Sessions
    """A snapshot that cannot write: everything one page reads is of one moment."""

    async def close(self) -> None:
        await self.engine.dispose()


def async_url(url: str) -> str:
    """The address with the driver we use: aiosqlite or psycopg."""
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    return parsed.set(drivername=drivers[parsed.get_backend_name()]).render_as_string(hide_password=False)


def open_database(url: str) -> Database:
    """Open (not migrate) the database at ``sqlite:///path`` or ``postgresql://…``."""
    engine = create_async_engine(async_url(url), pool_pre_ping=True, hide_parameters=True)  # errors are logged
    keep_values_quiet(engine.sync_engine)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
        reading = engine.execution_options(**{READ_ONLY: True})
    else:
        _drop_interrupted(engine)
        reading = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, **{READ_ONLY: True}
        )
    return Database(
        engine=engine,
        writers=async_sessionmaker(engine, expire_on_commit=False),
        readers=async_sessionmaker(reading, expire_on_commit=False),
    )


def keep_values_quiet(engine: Engine) -> None:
    """Errors are logged: PostgreSQL's detail of one repeats the row that was refused."""

    @event.listens_for(engine, "handle_error")
    def _(context: ExceptionContext) -> None:
        detail = getattr(getattr(context.original_exception, "diag", None), "message_detail", None)
        for error in (context.original_exception, context.sqlalchemy_exception):
            if detail and error is not None:
                error.args = tuple(str(each).replace(detail, "(not shown)") for each in error.args)


def _drop_interrupted(engine: AsyncEngine) -> None:
    """Never hand out a connection again that was cancelled in the middle of a statement: it stays in it for good."""

    @event.listens_for(engine.sync_engine, "checkin")
    def _(connection: Any, record: Any) -> None:
        if connection is not None and connection.driver_connection.info.transaction_status != TransactionStatus.IDLE:
            record.invalidate()


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is erased is overwritten, not only forgotten
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _(connection: Any) -> None:
        reads = bool(connection.get_execution_options().get(READ_ONLY))
        connection.exec_driver_sql(f"PRAGMA query_only = {int(reads)}")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncGenerator[AsyncSession]:
    """Open a session, commit it when the block ends well, roll it back when it raises.

    What was recorded for the audit log is chained as the last statement before COMMIT.
    """
    async with sessions() as session, session.begin():
        yield session
        await audit_chain.close(session)
