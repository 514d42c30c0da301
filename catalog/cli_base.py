"""What every command stands on: the settings, a database of this version, and one sentence where something is wrong.

Exit status: 1 where a person has to change something, 3 where the database does not answer and trying again may help.
"""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, TypeVar

import click
from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from catalog.core import logs
from catalog.core.audit import request_id
from catalog.core.db import Database, open_database
from catalog.core.errors import DomainError
from catalog.core.settings import Settings, SettingsRefused, read_settings
from catalog.intake.errors import FileRefused
from catalog.migrations import runner
from catalog.vocabularies.faults import DataFileRefused
from catalog.web.i18n import say
from catalog.web.sentences import PROBLEMS

T = TypeVar("T")
OTHER_VERSION = "The database is of another version: run «hylde migrate», then start again."


class NoAnswer(click.ClickException):
    exit_code: ClassVar[int] = 3


@contextmanager
def sentences(language: str = "en") -> Iterator[None]:
    """End the command with a sentence where the block meets what a person can mend; a bug keeps its traceback.

    FileRefused passes: an import says it in its own way.
    """
    try:
        yield
    except FileRefused:
        raise
    except (SettingsRefused, DataFileRefused) as refused:
        raise click.ClickException(str(refused)) from None
    except DomainError as error:
        raise click.ClickException(say(PROBLEMS[error.code], error.members, language=language)) from None
    except CommandError:  # a revision that this version does not have
        raise click.ClickException("The database is of a later version: install that version of Hylde.") from None
    except (PoolExhausted, DBAPIError) as error:
        if not _is_no_answer(error):
            raise
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
        raise NoAnswer(f"The database does not answer: {reason}.") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'The system'}: {error.strerror or error}.") from None


def _is_no_answer(error: Exception) -> bool:
    """A DatabaseError without a kind is SQLite's for a file that is no database."""
    return isinstance(error, OperationalError | InterfaceError | PoolExhausted) or type(error) is DatabaseError


def settings() -> Settings:
    """The settings of the environment, or the end: one sentence for each that cannot be meant."""
    with sentences():
        return read_settings(os.environ)


def migrate_or_refuse(ours: Settings) -> None:
    """SQLite migrates itself; of PostgreSQL somebody decides when."""
    url = make_url(ours.database)
    is_sqlite = url.get_backend_name() == "sqlite"
    is_new = is_sqlite and not Path(url.database or "").is_file()
    if not is_new and runner.current(ours.database) == runner.head():
        return
    if not is_sqlite:
        raise click.ClickException(OTHER_VERSION)
    runner.upgrade(ours.database)


def with_database(ours: Settings, job: Callable[[Database], Awaitable[T]], *, language: str = "en") -> T:
    """Run a job on the open database of this version, as one request of its own in the audit log."""

    async def run() -> T:
        request_id.set(f"cli-{uuid.uuid4()}")
        database = open_database(ours.database)
        try:
            return await job(database)
        finally:
            await database.close()

    logs.set_up(level=ours.log_level, readable=ours.log_format == "text")
    with sentences(language):
        migrate_or_refuse(ours)
        return asyncio.run(run())
