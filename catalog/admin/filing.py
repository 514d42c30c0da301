"""A file that a program sends becomes an import and a report; the rules are those of the command line."""

import asyncio
import hashlib
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from catalog.core.actor import Actor
from catalog.core.db import Database
from catalog.core.errors import Invalid
from catalog.core.schemas import Schema
from catalog.decisions.importing import import_decisions
from catalog.intake import mapping_file
from catalog.intake.batches import Counts, RowOutcome, Source, require_kind
from catalog.intake.decision_rows import decision_drafts
from catalog.intake.drafts import resource_drafts
from catalog.intake.files.headers import Wanted
from catalog.intake.files.readers import read_rows
from catalog.intake.files.rows import ReadOptions
from catalog.intake.sentences import explain_row
from catalog.organisations.fleet import importing as fleet
from catalog.organisations.fleet import rows as fleet_rows
from catalog.organisations.lists import counting
from catalog.organisations.lists import mapping as school_mappings
from catalog.organisations.lists.drafts import read_schools
from catalog.organisations.lists.service import bring_in_schools
from catalog.organisations.lists.uploads import MOST_ROWS
from catalog.resources.importing import import_resources
from catalog.vocabularies.region import Region

TOLD = 1000
"""Refused rows in a report; a file that is wrong in more of them is wrong as a whole."""
Done = TypeVar("Done")


class RefusedLine(Schema, frozen=True, kw_only=True):
    line: int
    """Of the file; the header has one too."""
    field: str
    code: str
    detail: str
    """In English."""
    row: dict[str, str | None]
    """As it was read."""


class ImportReport(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    """Of the import, which can be taken back."""
    accepted: int
    unchanged: int
    refused: int
    questions: int
    """Names that nothing in the catalogue bears; somebody is asked, and their rows count as accepted."""
    skipped: int
    """Rows that are not this municipality's."""
    gone: list[str]
    """Names that stood in the list before and do not now; they are left as they are."""
    refused_rows: list[RefusedLine]
    """The first thousand."""


class SentFile(msgspec.Struct, frozen=True, kw_only=True):
    """What came, and how it is to be read."""

    kind: str
    body: bytes
    mapping: str = ""
    municipality: str = ""
    """Whose rows of a register are read: its number or name."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file is brought in."""

    database: Database
    actor: Actor
    region: Region
    municipality: str
    now: datetime
    today: date


class Found(msgspec.Struct, kw_only=True):
    """What became of a file."""

    batch: uuid.UUID
    counts: Counts
    outcomes: Sequence[RowOutcome]
    skipped: int = 0
    gone: Sequence[str] = ()


BringIn: TypeAlias = Callable[[Desk, SentFile, Source], Awaitable[Found]]


async def bring_in(desk: Desk, sent: SentFile) -> ImportReport:
    """Import a file.

    Raises:
        Forbidden: a right is missing; without it every row would be refused.
        Invalid: there is no such mapping, or it is for something else, or the file has far too many rows.
        FileRefused: the file cannot be read at all.
    """
    require_kind(desk.actor, sent.kind)
    digest = hashlib.sha256(sent.body).hexdigest()
    mapping = sent.mapping or sent.kind
    source = Source(kind=sent.kind, file_name=f"{sent.kind} (API)", file_hash=digest, mapping=mapping)
    found = await KINDS[sent.kind](desk, sent, source)
    refused = [each for each in found.outcomes if each.outcome == "refused"][:TOLD]
    vanished = [str(each.members["name"]) for each in found.outcomes if each.outcome == "vanished"]
    return ImportReport(
        id=found.batch,
        accepted=found.counts.accepted,
        unchanged=found.counts.unchanged,
        refused=found.counts.refused,
        questions=found.counts.questions,
        skipped=found.skipped,
        gone=[*found.gone, *vanished],
        refused_rows=[_line(each) for each in refused],
    )


def _line(outcome: RowOutcome) -> RefusedLine:
    detail = explain_row(outcome.code, outcome.members, "en")
    return RefusedLine(line=outcome.line, field=outcome.field, code=outcome.code, detail=detail, row=outcome.row)


def _shipped(name: str, names: Sequence[str]) -> None:
    """Shipped mappings only: a name that leads to a file would lead to any."""
    if name not in names:
        raise Invalid(errors={"mapping": "unknown-code"})


def _require_few(rows: Sequence[Any]) -> None:
    if len(rows) > MOST_ROWS:
        raise Invalid(errors={"file": "too-long"})


async def _read(
    sent: SentFile, make: Callable[[Any], Done], wanted: Wanted, options: ReadOptions | None = None
) -> Done:
    """What is made of all rows of the file, off the loop; it is small, and what reads it wants it on disk."""

    def read() -> Done:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sent"
            path.write_bytes(sent.body)
            return make(read_rows(path, options=options, wanted=wanted))

    return await asyncio.to_thread(read)


async def _listed(desk: Desk, sent: SentFile, source: Source, make: Any, store: Any) -> Found:
    """Resources and decisions, by a mapping."""
    _shipped(sent.mapping, mapping_file.shipped_names())
    mapping = mapping_file.load_mapping(sent.mapping, desk.region.vocabularies)
    if mapping.kind != sent.kind:
        raise Invalid(errors={"mapping": "unknown-code"})
    vocabularies = desk.region.vocabularies
    drafts = await _read(sent, lambda rows: list(make(rows, mapping, vocabularies)), mapping.wanted, mapping.options)
    outcomes: list[RowOutcome] = []
    batch, counts = await store(desk.database, desk.actor, desk.region, source, drafts, desk.today, outcomes.append)
    return Found(batch=batch, counts=counts, outcomes=outcomes)


async def _resources(desk: Desk, sent: SentFile, source: Source) -> Found:
    return await _listed(desk, sent, source, resource_drafts, import_resources)


async def _decisions(desk: Desk, sent: SentFile, source: Source) -> Found:
    return await _listed(desk, sent, source, decision_drafts, import_decisions)


async def _schools(desk: Desk, sent: SentFile, source: Source) -> Found:
    _shipped(sent.mapping, school_mappings.shipped_names())
    mapping = school_mappings.load_mapping(sent.mapping, desk.region.vocabularies)
    own = sent.municipality or mapping.own or desk.municipality
    found = await _read(
        sent, lambda rows: read_schools(rows, mapping, desk.region, own), mapping.wanted, mapping.options
    )

    _require_few(found.drafts)
    done = await bring_in_schools(desk.database, desk.actor, desk.region, source, found, desk.today, desk.now)
    return Found(batch=done.batch_id, counts=done.counts, outcomes=done.outcomes, skipped=done.skipped, gone=done.gone)


async def _head_counts(desk: Desk, sent: SentFile, source: Source) -> Found:
    drafts = await _read(sent, lambda rows: counting.read_counts(rows, desk.region), counting.WANTED)
    _require_few(drafts)
    batch, counts, outcomes = await counting.bring_in_counts(
        desk.database, desk.actor, desk.region, source, drafts, desk.today, desk.now
    )
    return Found(batch=batch, counts=counts, outcomes=outcomes)


async def _devices(desk: Desk, sent: SentFile, source: Source) -> Found:
    rows = await _read(sent, list, fleet_rows.WANTED)
    outcomes: list[RowOutcome] = []
    batch, counts = await fleet.import_devices(
        desk.database, desk.actor, desk.region, source, rows, desk.today, desk.now, outcomes.append
    )
    return Found(batch=batch, counts=counts, outcomes=outcomes)


KINDS: Mapping[str, BringIn] = {
    "resources": _resources,
    "decisions": _decisions,
    "schools": _schools,
    counting.KIND: _head_counts,
    fleet.KIND: _devices,
}
