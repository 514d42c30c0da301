"""The command line: words to functions, no logic of its own. What a person must know is one sentence."""

import asyncio
import os
import sys

import click
import uvicorn

from catalog import doctor
from catalog.app import create_app, open_region
from catalog.cli_base import migrate_or_refuse, sentences, settings, with_database
from catalog.cli_devices import import_devices_command
from catalog.cli_imports import imports
from catalog.cli_operations import audit, mail, person
from catalog.cli_schools import import_head_counts_command, import_schools_command
from catalog.cli_users import admin_link, make_admin_link, user
from catalog.core import logs
from catalog.core.actor import SYSTEM
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database, open_database, transaction
from catalog.core.settings import installation_secret
from catalog.finding.indexing import promise_all
from catalog.migrations import runner
from catalog.worker import Worker
from seed.load import load_demo

Port = click.IntRange(1, 65535)
DEMO = {
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
    """Serve the pages and the API; SQLite migrates itself first.

    Without HYLDE_BASE_URL the address is this machine's, at the port.
    """
    os.environ.setdefault("HYLDE_BASE_URL", f"http://127.0.0.1:{port}")
    ours = settings()
    logs.set_up(level=ours.log_level, readable=ours.log_format == "text")
    with sentences():
        migrate_or_refuse(ours)
        given = bool(ours.secret) or (ours.data_folder / "secret").exists()
        installation_secret(ours)
        if not given:
            print(f"Made a secret for this installation: {ours.data_folder / 'secret'}")
    link = "" if ours.demo else make_admin_link(ours, if_nobody=True)
    if link:
        print(f"Nobody administers Hylde yet. This link lets one person in, once, within an hour:\n{link}")
    with sentences():
        app = create_app(ours, open_database(ours.database))
    print(f"Hylde for {ours.municipality}: {ours.base_url}", flush=True)
    # Headers of a proxy are not believed by the server: HYLDE_TRUSTED_PROXIES decides, in catalog.web.client.
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, server_header=False, proxy_headers=False)


@main.command()
@click.option("--port", default=8000, show_default=True, type=Port)
@click.option("--folder", default="data/demo", show_default=True, help="Where its database is; for the demo alone.")
@click.pass_context
def demo(context: click.Context, port: int, folder: str) -> None:
    """Make the demo municipality in a folder of its own, and serve it."""
    if os.environ.get("HYLDE_DATABASE_URL"):
        raise click.ClickException("HYLDE_DATABASE_URL names a database that the demo would fill: unset it first.")
    # Whatever the shell says of a real installation: its folder is never filled with invented decisions.
    os.environ |= {"HYLDE_DATA_FOLDER": folder, "HYLDE_DEMO": "1", "HYLDE_BASE_URL": f"http://127.0.0.1:{port}"}
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


imports.add_command(import_devices_command)
imports.add_command(import_head_counts_command)
imports.add_command(import_schools_command)
main.add_command(imports)
main.add_command(audit)
main.add_command(mail)
main.add_command(person)
main.add_command(admin_link)
main.add_command(user)
