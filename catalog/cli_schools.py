"""``hylde import schools`` and ``hylde import head-counts``: report, last line and exit status as of every import."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from catalog.cli_imports import finish_import, run_import, settings_and_region, source_of
from catalog.core.actor import SYSTEM
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database, transaction
from catalog.intake.batches import RowOutcome, again_after_deadlock
from catalog.intake.files.readers import read_rows
from catalog.organisations.lists import counting, service
from catalog.organisations.lists.drafts import SchoolDrafts, read_schools
from catalog.organisations.lists.mapping import SchoolMapping, load_mapping
from catalog.vocabularies.faults import DataFileRefused
from catalog.vocabularies.region import Region

Path_ = click.Path(path_type=Path)


@click.command("schools")
@click.argument("file", type=Path_)
@click.option("--mapping", "mapping_name", required=True, help="A shipped mapping, or a file that ends in .toml.")
@click.option("--municipality", "own", default="", help="Its number or name; else the one of HYLDE_MUNICIPALITY.")
@click.option("--report", type=Path_, help="Write one line for every row to this CSV file.")
def import_schools_command(file: Path, mapping_name: str, own: str, report: Path | None) -> None:
    """Bring in the schools of this municipality from a register's CSV or XLSX; nothing is closed by it."""
    ours, region = settings_and_region()
    mapping = _mapping(mapping_name, region)

    async def job(database: Database, tell: Callable[[RowOutcome], None]) -> Any:
        now = utc_now()
        source = source_of(service.KIND, file, mapping.name)
        found = _read(file, mapping, region, own or mapping.own or ours.municipality)

        async def take_in() -> service.TakenIn:
            async with transaction(database.writers) as session:
                return await service.take_in_schools(
                    session, SYSTEM, region, source, found, local_day(now, ours.zone), now
                )

        done = await again_after_deadlock(take_in)
        for outcome in done.outcomes:
            tell(outcome)
        return done

    done: service.TakenIn = run_import(ours, job, report)
    print(f"skipped {done.skipped} rows of others")
    for name in done.gone:
        print(f"not in the list any more: {name}")
    finish_import(done.batch_id, done.counts)


def _mapping(name: str, region: Region) -> SchoolMapping:
    try:
        return load_mapping(name, region.vocabularies)
    except DataFileRefused as refused:
        raise click.ClickException(str(refused)) from None


def _read(file: Path, mapping: SchoolMapping, region: Region, own: str) -> SchoolDrafts:
    return read_schools(read_rows(file, options=mapping.options, wanted=mapping.wanted), mapping, region, own)


@click.command("head-counts")
@click.argument("file", type=Path_)
@click.option("--report", type=Path_, help="Write one line for every row to this CSV file.")
def import_head_counts_command(file: Path, report: Path | None) -> None:
    """Bring in how many pupils schools have: columns school, grade, pupils, date, and source if it is known."""
    ours, region = settings_and_region()

    async def job(database: Database, tell: Callable[[RowOutcome], None]) -> Any:
        now = utc_now()
        source = source_of(counting.KIND, file, counting.KIND)
        drafts = counting.read_counts(read_rows(file, wanted=counting.WANTED), region)

        async def take_in() -> Any:
            async with transaction(database.writers) as session:
                return await counting.take_in_counts(
                    session, SYSTEM, region, source, drafts, local_day(now, ours.zone), now
                )

        batch_id, counts, outcomes = await again_after_deadlock(take_in)
        for outcome in outcomes:
            tell(outcome)
        return batch_id, counts

    finish_import(*run_import(ours, job, report))
