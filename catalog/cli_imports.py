"""``hylde import …``: files in, a report for every row, and the way back; last line and exit status are a contract.

Exit status: 0 every row was taken, 1 some rows were refused, 2 the whole file was refused; else as in cli_base.
"""

import csv
import hashlib
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from catalog.admin.imports.service import undo as undo_any
from catalog.app import open_region
from catalog.cli_base import sentences, settings, with_database
from catalog.core.actor import SYSTEM
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.decisions.importing import import_decisions
from catalog.intake.batches import RowOutcome, Source, Undone, list_batches
from catalog.intake.decision_rows import decision_drafts
from catalog.intake.drafts import resource_drafts
from catalog.intake.errors import FileRefused
from catalog.intake.files.readers import read_rows
from catalog.intake.mapping import Mapping
from catalog.intake.mapping_file import load_mapping
from catalog.intake.sentences import explain_file, explain_row
from catalog.intake.tally import Tally
from catalog.resources.importing import import_resources
from catalog.vocabularies.faults import DataFileRefused
from catalog.vocabularies.region import Region

FILE_REFUSED = 2
Path_ = click.Path(path_type=Path)


@click.group("import")
def imports() -> None:
    """Bring files in: resources and decisions of others."""


@imports.command("resources")
@click.argument("file", type=Path_)
@click.option("--mapping", "mapping_name", required=True, help="A shipped mapping, or a file that ends in .toml.")
@click.option("--report", type=Path_, help="Write one line for every row to this CSV file.")
def import_resources_command(file: Path, mapping_name: str, report: Path | None) -> None:
    """Bring resources in from CSV, JSON Lines or XLSX."""
    ours, region = settings_and_region()
    mapping = _mapping(mapping_name, region, "resources")
    tally = Tally()

    def counted() -> Iterator[Any]:
        for found in resource_drafts(_rows(file, mapping), mapping, region.vocabularies):
            tally.add(found)
            yield found

    async def job(database: Database, tell: Callable[[RowOutcome], None]) -> Any:
        today = local_day(utc_now(), ours.zone)
        return await import_resources(
            database, SYSTEM, region, source_of("resources", file, mapping.name), counted(), today, tell
        )

    batch, counts = run_import(ours, job, report)
    print(f"without placement {tally.share_without_placement:.1%} of {tally.drafts} resources")
    if tally.named:
        print(f"placed {tally.share_of_named_placed:.1%} of {tally.named} rows that name a subject and a grade")
    finish_import(batch, counts)


@imports.command("decisions")
@click.argument("file", type=Path_)
@click.option("--mapping", "mapping_name", default="decision_list", show_default=True)
@click.option("--report", type=Path_, help="Write one line for every row to this CSV file.")
def import_decisions_command(file: Path, mapping_name: str, report: Path | None) -> None:
    """Bring in a published list of decisions; unknown names become questions."""
    ours, region = settings_and_region()
    mapping = _mapping(mapping_name, region, "decisions")

    async def job(database: Database, tell: Callable[[RowOutcome], None]) -> Any:
        today = local_day(utc_now(), ours.zone)
        drafts = decision_drafts(_rows(file, mapping), mapping, region.vocabularies)
        return await import_decisions(
            database, SYSTEM, region, source_of("decisions", file, mapping.name), drafts, today, tell
        )

    batch, counts = run_import(ours, job, report)
    if counts.questions:
        print(f"questions {counts.questions}")
    finish_import(batch, counts)


@imports.command("undo")
@click.argument("batch", type=click.UUID)
def undo(batch: uuid.UUID) -> None:
    """Take a whole import back; what somebody changed since stays, and is listed."""
    ours, region = settings_and_region()

    async def job(database: Database) -> Undone:
        now = utc_now()
        return await undo_any(database, SYSTEM, region, batch, now, local_day(now, ours.zone))

    undone = with_database(ours, job, language=ours.default_language)
    for kind, key, reason in undone.kept:
        print(f"kept {kind} {key}: {reason}")
    print(f"restored {undone.restored}, kept {len(undone.kept)}")


@imports.command("list")
def list_imports() -> None:
    """The latest imports."""
    ours = settings()

    async def job(database: Database) -> list[str]:
        async with transaction(database.readers) as session:
            return [
                f"{each.id}  {each.started_at:%Y-%m-%d %H:%M}  {each.kind:9}  {each.file_name}  "
                f"accepted {each.accepted}, unchanged {each.unchanged}, refused {each.refused}"
                + ("  (taken back)" if each.undone_at else "")
                for each in await list_batches(session, SYSTEM)
            ]

    print("\n".join(with_database(ours, job, language=ours.default_language)) or "No imports yet.")


def settings_and_region() -> tuple[Settings, Region]:
    ours = settings()
    with sentences():
        return ours, open_region(ours)


def _mapping(name: str, region: Region, kind: str) -> Mapping:
    try:
        mapping = load_mapping(name, region.vocabularies)
    except DataFileRefused as refused:
        _refuse_file(str(refused))
    if mapping.kind != kind:
        _refuse_file(f"The mapping {name} is for {mapping.kind}, not for {kind}.")
    return mapping


def _rows(file: Path, mapping: Mapping) -> Iterator[Any]:
    """The rows of a file; a workbook is read to its end first, for only then is it known not to be refused."""
    rows = read_rows(file, options=mapping.options, wanted=mapping.wanted)
    return iter(list(rows)) if zipfile.is_zipfile(file) else rows


def source_of(kind: str, file: Path, mapping: str) -> Source:
    """The file as it is kept on record. Raise FileRefused where it cannot be opened."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(1_000_000):
                digest.update(chunk)
    except OSError as error:
        raise FileRefused(reason="unreadable", details={"error": error.strerror or ""}) from error
    return Source(kind=kind, file_name=file.name, file_hash=digest.hexdigest(), mapping=mapping)


def _refuse_file(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    print("accepted 0, unchanged 0, refused 0")
    sys.exit(FILE_REFUSED)


def run_import(ours: Settings, job: Callable[..., Any], report: Path | None) -> Any:
    """Run an import with a progress bar and a report; a file refused as a whole ends here."""
    language = ours.default_language
    with ExitStack() as stack:
        stack.enter_context(sentences(language))
        write = stack.enter_context(_report(report, language)) if report else lambda _: None
        bar = stack.enter_context(_progress())

        def tell(outcome: RowOutcome) -> None:
            write(outcome)
            bar()

        try:
            return with_database(ours, lambda database: job(database, tell), language=language)
        except FileRefused as refused:
            stack.close()
            _refuse_file(explain_file(refused.reason, refused.details, language))


def finish_import(batch: uuid.UUID, counts: Any) -> None:
    print(f"import {batch}")
    print(counts)
    sys.exit(1 if counts.refused else 0)


@contextmanager
def _progress() -> Iterator[Callable[[], None]]:
    columns = (SpinnerColumn(), TextColumn("{task.completed} rows"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rows", total=None)
        yield lambda: progress.advance(task)


@contextmanager
def _report(path: Path, language: str) -> Iterator[Callable[[RowOutcome], None]]:
    """One line for every row, as spreadsheets of this country open it; cells that could be formulas are guarded."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["line", "outcome", "field", "why", "row"])

        def write(outcome: RowOutcome) -> None:
            why = explain_row(outcome.code, outcome.members, language) if outcome.code else ""
            row = msgspec.json.encode(outcome.row).decode() if outcome.row else ""
            cells = (str(outcome.line), outcome.outcome, outcome.field, why, row)
            writer.writerow([f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell for cell in cells])

        yield write
