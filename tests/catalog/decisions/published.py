"""Decisions imported from rows of a list as municipalities publish them."""

import csv
import uuid
from collections.abc import Sequence
from pathlib import Path

from catalog.core.actor import Actor
from catalog.core.db import Database, transaction
from catalog.decisions.importing import import_decisions
from catalog.decisions.service import find_decisions
from catalog.intake.batches import Counts, RowOutcome, Source
from catalog.intake.decision_rows import DecisionDraft, decision_drafts
from catalog.intake.files.readers import read_rows
from catalog.intake.mapping_file import load_mapping
from catalog.vocabularies.region import Region
from tests.factories import TODAY

HEADER = ("navn", "status", "type", "krav", "begrundelse")


class Published:
    """Imports lists in the shape that municipalities publish."""

    def __init__(self, database: Database, actor: Actor, region: Region, folder: Path) -> None:
        self.database, self.actor, self.region, self.folder = database, actor, region, folder
        self.reported: list[RowOutcome] = []

    async def run(self, rows: Sequence[Sequence[str]]) -> tuple[uuid.UUID, Counts]:
        path = self.folder / "list.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        mapping = load_mapping("decision_list", self.region.vocabularies)
        rows_read = read_rows(path, options=mapping.options, wanted=mapping.wanted)
        drafts = decision_drafts(rows_read, mapping, self.region.vocabularies)
        source = Source(kind="decisions", file_name="list.csv", file_hash="-", mapping="decision_list")
        self.reported = []
        return await import_decisions(
            self.database, self.actor, self.region, source, drafts, TODAY, self.reported.append
        )

    async def keep(self, draft: DecisionDraft) -> tuple[uuid.UUID, Counts]:
        source = Source(kind="decisions", file_name="list.csv", file_hash="-", mapping="decision_list")
        return await import_decisions(self.database, self.actor, self.region, source, [draft], TODAY)

    async def outcomes(self, key: uuid.UUID) -> list[str]:
        async with transaction(self.database.readers) as session:
            return [each.outcome for each in await find_decisions(session, resource_ids=[key]) if not each.is_undone]


def row(name: str, status: str = "forhåndsgodkendt", conditions: str = "", grounds: str = "") -> tuple[str, ...]:
    return (name, status, "apps", conditions, grounds)
