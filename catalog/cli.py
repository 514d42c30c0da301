"""The command line: words to functions, no logic of its own. What a person must know is one sentence."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
import uvicorn

from catalog import doctor
from catalog.app import create_app, open_region
from catalog.cli_imports import imports
from catalog.core import logs
from catalog.core.actor import SYSTEM
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database, open_database, transaction
from catalog.core.errors import DomainError
from catalog.core.settings import Settings, SettingsRefused, installation_secret, read_settings
from catalog.finding.indexing import promise_all
from catalog.identity.service import make_link
from catalog.migrations import runner
from catalog.web.i18n import say
from catalog.web.sentences import PROBLEMS
from catalog.worker import Worker
from seed.load import load_demo

T = TypeVar("T")
DEMO = {
    "HYLDE_DEMO": "1",
    "HYLDE_MUNICIPALITY": "Sundby Kommune",
    "HYLDE_LOG_FORMAT": "text",
    "HYLDE_LOG_LEVEL": "warning",
}


def settings() -> Settings:
    """The settings of the environment, or the end: one sentence for each that cannot be meant."""
    try:
        return read_settings(os.environ)
    except SettingsRefused as refused:
        raise click.ClickException(str(refused)) from None


def with_database(job: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Run a job on the open database; what the domain refuses is said in a sentence."""
    ours = settings()

    async def run() -> T:
        database = open_database(ours.database)
        try:
            return await job(ours, database)
        finally:
            await database.close()

    logs.set_up(level=ours.log_level, readable=ours.log_format == "text")
    try:
        return asyncio.run(run())
    except DomainError as error:
        raise click.ClickException(say(PROBLEMS[error.code], error.members, language="en")) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Hylde: the shelf of digital learning resources for a municipality."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> None:
    """Serve the pages and the API; SQLite migrates itself first."""
    ours = settings()
    _migrate_or_refuse(ours)
    logs.set_up(level=ours.log_level, readable=ours.log_format == "text")
    given = bool(ours.secret) or (ours.data_folder / "secret").exists()
    installation_secret(ours)
    if not given:
        print(f"Made a secret for this installation: {ours.data_folder / 'secret'}")
    app = create_app(ours, open_database(ours.database))
    print(f"Hylde for {ours.municipality}: {ours.base_url}", flush=True)
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, server_header=False)


def _migrate_or_refuse(ours: Settings) -> None:
    if ours.database.startswith("sqlite"):
        runner.upgrade(ours.database)
    elif runner.current(ours.database) != runner.head():
        raise click.ClickException("The database is of another version: run «hylde migrate», then start again.")


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.pass_context
def demo(context: click.Context, port: int) -> None:
    """Make the demo municipality in data/demo, and serve it."""
    os.environ.setdefault("HYLDE_DATA_FOLDER", "data/demo")
    os.environ["HYLDE_BASE_URL"] = f"http://127.0.0.1:{port}"
    for name, value in DEMO.items():
        os.environ.setdefault(name, value)
    runner.upgrade(settings().database)
    context.invoke(seed)
    context.invoke(serve, host="127.0.0.1", port=port)


@main.command()
def worker() -> None:
    """Work behind the requests, apart from the process that serves (HYLDE_WORKER=apart)."""

    async def job(ours: Settings, database: Database) -> None:
        await Worker(ours, database, open_region(ours), utc_now).run(asyncio.Event())

    with_database(job)


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    ours = settings()
    before = runner.upgrade(ours.database)
    print(
        f"The database is at {runner.head()}" + (f", it was at {before}." if before != runner.head() else " already.")
    )


@main.command("check-schema", hidden=True)
def check_schema() -> None:
    """For maintainers: whether the migrations make what the models say."""
    path = Path(".check-schema.sqlite")
    try:
        runner.upgrade(f"sqlite:///{path}")
        found = runner.differences(f"sqlite:///{path}")
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    if found:
        raise click.ClickException("\n".join(map(str, found)))
    print("The migrations make what the models say.")


@main.command()
def reindex() -> None:
    """Write every search document anew; indexes follow by themselves."""

    async def job(ours: Settings, database: Database) -> int:
        async with transaction(database.writers) as session:
            count = await promise_all(session)
        await Worker(ours, database, open_region(ours), utc_now).drain()
        return count

    print(f"{with_database(job)} documents written anew.")


@main.command()
def seed() -> None:
    """Load the demo municipality; a second time changes nothing."""

    async def job(ours: Settings, database: Database) -> str:
        today = local_day(utc_now(), ours.zone)
        loaded = await load_demo(database, SYSTEM, open_region(ours), today)
        await Worker(ours, database, open_region(ours), utc_now).drain()
        return str(loaded)

    print(with_database(job))


@main.command("doctor")
def examine() -> None:
    """Check the installation; exit status 1 where something is wrong."""
    ours = settings()
    findings = asyncio.run(doctor.examine(ours))
    for finding in findings:
        print(("ok    " if finding.ok else "WRONG ") + finding.what + ("" if finding.ok else f" {finding.fix}"))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@main.command("admin-link")
def admin_link() -> None:
    """Make a link that lets the administrator in once, from this machine, within an hour."""

    async def job(_ours: Settings, database: Database) -> str:
        async with transaction(database.writers) as session:
            return make_link(session, utc_now())

    print(f"{settings().base_url}/admin/enter?token={with_database(job)}")


main.add_command(imports)
