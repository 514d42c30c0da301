"""The command line: words to functions, no logic of its own. What a person must know is one sentence."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
import uvicorn

from catalog import doctor
from catalog.app import create_app, open_region
from catalog.cli_base import migrate_or_refuse, sentences, settings, with_database
from catalog.cli_imports import imports
from catalog.core import logs
from catalog.core.actor import SYSTEM
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database, open_database, transaction
from catalog.core.settings import LOOPBACK, installation_secret
from catalog.finding.indexing import promise_all
from catalog.identity.service import make_link
from catalog.migrations import runner
from catalog.worker import Worker
from seed.load import load_demo

Port = click.IntRange(1, 65535)
DEMO = {
    "HYLDE_DEMO": "1",
    "HYLDE_MUNICIPALITY": "Sundby Kommune",
    "HYLDE_LOG_FORMAT": "text",
    "HYLDE_LOG_LEVEL": "warning",
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Hylde: the shelf of digital learning resources for a municipality."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=Port)
def serve(host: str, port: int) -> None:
    """Serve the pages and the API; SQLite migrates itself first."""
    ours = settings()
    logs.set_up(level=ours.log_level, readable=ours.log_format == "text")
    with sentences():
        migrate_or_refuse(ours)
        given = bool(ours.secret) or (ours.data_folder / "secret").exists()
        installation_secret(ours)
        if not given:
            print(f"Made a secret for this installation: {ours.data_folder / 'secret'}")
        app = create_app(ours, open_database(ours.database))
    print(f"Hylde for {ours.municipality}: {ours.base_url}", flush=True)
    # Headers of a proxy are not believed: the door of the administrator asks for the machine that really connects.
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, server_header=False, proxy_headers=False)


@main.command()
@click.option("--port", default=8000, show_default=True, type=Port)
@click.pass_context
def demo(context: click.Context, port: int) -> None:
    """Make the demo municipality in data/demo, and serve it."""
    if os.environ.get("HYLDE_DATABASE_URL"):
        raise click.ClickException("HYLDE_DATABASE_URL names a database that the demo would fill: unset it first.")
    os.environ.setdefault("HYLDE_DATA_FOLDER", "data/demo")
    os.environ["HYLDE_BASE_URL"] = f"http://127.0.0.1:{port}"
    for name, value in DEMO.items():
        os.environ.setdefault(name, value)
    context.invoke(seed)
    context.invoke(serve, host="127.0.0.1", port=port)


@main.command()
def worker() -> None:
    """Work behind the requests, apart from the process that serves (HYLDE_WORKER=apart)."""
    ours = settings()

    async def job(database: Database) -> None:
        await Worker(ours, database, open_region(ours), utc_now).run(asyncio.Event())

    with_database(ours, job)


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    ours = settings()
    with sentences():
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
    ours = settings()

    async def job(database: Database) -> int:
        async with transaction(database.writers) as session:
            count = await promise_all(session)
        await Worker(ours, database, open_region(ours), utc_now).drain()
        return count

    print(f"{with_database(ours, job)} documents written anew.")


@main.command()
def seed() -> None:
    """Load the demo municipality; a second time changes nothing."""
    ours = settings()

    async def job(database: Database) -> str:
        today = local_day(utc_now(), ours.zone)
        loaded = await load_demo(database, SYSTEM, open_region(ours), today)
        await Worker(ours, database, open_region(ours), utc_now).drain()
        return str(loaded)

    print(with_database(ours, job))


@main.command("doctor")
def examine() -> None:
    """Check the installation; exit status 1 where something is wrong."""
    ours = settings()
    with sentences():
        findings = asyncio.run(doctor.examine(ours))
    for finding in findings:
        print(("ok    " if finding.ok else "WRONG ") + finding.what + ("" if finding.ok else f" {finding.fix}"))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@main.command("admin-link")
@click.option("--port", default=8000, show_default=True, type=Port, help="Where «hylde serve» listens.")
def admin_link(port: int) -> None:
    """Make a link that lets the administrator in once, from this machine, within an hour."""
    ours = settings()
    is_here = urlsplit(ours.base_url).hostname in LOOPBACK
    address = ours.base_url if is_here else f"http://127.0.0.1:{port}"  # past the proxy, or it would be refused

    async def job(database: Database) -> str:
        async with transaction(database.writers) as session:
            return make_link(session, utc_now())

    print(f"{address.rstrip('/')}/admin/enter?token={with_database(ours, job)}")


main.add_command(imports)
