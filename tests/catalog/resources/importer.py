"""Resources imported from rows that a test writes down."""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from catalog.core.actor import Actor
from catalog.core.db import Database, transaction
from catalog.decisions.service import decided_among
from catalog.intake.batches import Counts, RowOutcome, Source, Undone
from catalog.intake.drafts import resource_drafts
from catalog.intake.files.readers import read_rows
from catalog.intake.mapping_file import load_mapping
from catalog.resources.importing import import_resources
from catalog.resources.models import Resource
from catalog.resources.undoing import undo_import
from catalog.vocabularies.region import Region
from tests.factories import TODAY

MAPPING = """
source = "list"
title = "A list"
item = "{key}"
[fields]
url = "{url}"
form = "web_resource"
publisher = "{publisher}"
service = "{service}"
languages = "da"
[identifiers]
isbn13 = "{isbn}"
[[texts]]
language = "da"
title = "{title}"
"""


class Importer:
    """Imports rows written as JSON Lines and keeps what was reported."""

    def __init__(self, database: Database, actor: Actor, region: Region, folder: Path) -> None:
        self.database, self.actor, self.region, self.folder = database, actor, region, folder
        (folder / "list.toml").write_text(MAPPING)
        self.reported: list[RowOutcome] = []

    async def run(self, rows: Sequence[Mapping[str, Any] | str]) -> tuple[uuid.UUID, Counts]:
        path = self.folder / "rows.jsonl"
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        mapping = load_mapping(str(self.folder / "list.toml"), self.region.vocabularies)
        drafts = resource_drafts(
            read_rows(path, options=mapping.options, wanted=mapping.wanted), mapping, self.region.vocabularies
        )
        source = Source(kind="resources", file_name="rows.jsonl", file_hash="-", mapping="list")
        self.reported = []
        return await import_resources(
            self.database, self.actor, self.region, source, drafts, TODAY, self.reported.append
        )

    async def undo(self, batch: uuid.UUID) -> Undone:
        return await undo_import(self.database, self.actor, self.region, batch, TODAY, decided_among)

    async def listed(self) -> dict[str, uuid.UUID]:
        """Ids of what is listed, by slug."""
        async with transaction(self.database.readers) as session:
            rows = await session.execute(select(Resource.slug, Resource.id).where(Resource.status == "listed"))
            return {row.slug: row.id for row in rows}


def row(key: str, title: str = "", **more: str) -> dict[str, str]:
    return {"key": key, "title": title or f"Bind {key}", "url": "", "publisher": "", "service": "", "isbn": "", **more}
