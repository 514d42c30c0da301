"""``hylde import devices``: what the pupils of schools work on, from a file; report and status as of every import."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from catalog.cli_imports import finish_import, run_import, settings_and_region, source_of
from catalog.core.actor import SYSTEM
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database
from catalog.intake.batches import RowOutcome
from catalog.intake.files.readers import read_rows
from catalog.organisations.fleet.importing import KIND, import_devices
from catalog.organisations.fleet.rows import WANTED

Path_ = click.Path(path_type=Path)


@click.command("devices")
@click.argument("file", type=Path_)
@click.option("--report", type=Path_, help="Write one line for every row to this CSV file.")
def import_devices_command(file: Path, report: Path | None) -> None:
    """Bring in what the pupils of each school and grade work on, from CSV or XLSX."""
    ours, region = settings_and_region()

    async def job(database: Database, tell: Callable[[RowOutcome], None]) -> Any:
        now = utc_now()
        source, rows = source_of(KIND, file, KIND), list(read_rows(file, wanted=WANTED))
        return await import_devices(database, SYSTEM, region, source, rows, local_day(now, ours.zone), now, tell)

    finish_import(*run_import(ours, job, report))
