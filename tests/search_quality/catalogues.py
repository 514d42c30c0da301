"""The catalogues that queries are judged on: the demo, and the public sets where they are at hand.

The demo goes through the database. The public sets are too large for that in a test: their rows are read, mapped and
made into documents by the code that imports them, and only the tables are left out.
"""

import os
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import select

from catalog.app import open_region
from catalog.core.actor import SYSTEM
from catalog.core.db import open_database, transaction
from catalog.core.settings import Settings
from catalog.finding.documents import build
from catalog.finding.finding import Finder
from catalog.finding.index import Index
from catalog.finding.indexing import stream_documents
from catalog.finding.layout import LAYOUT
from catalog.intake.drafts import ResourceDraft, resource_drafts
from catalog.intake.files.readers import read_rows
from catalog.intake.mapping_file import load_mapping
from catalog.lexicon.collation import collation_key
from catalog.migrations import runner
from catalog.resources.models import Identifier
from catalog.resources.naming import slug_of
from catalog.resources.schemas import (
    ClaimFact,
    IdentifierFact,
    Named,
    PlacementFact,
    ResourceDetail,
    ResourceFacts,
    SourceTermFact,
    Text,
)
from catalog.resources.service import tidy
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from search.factory import open_engine
from search.port import Document
from seed.load import SCHEME, load_demo
from tests.conftest import NOON, ROOT, TODAY

PUBLIC = {
    "khan": ("khan_academy", "khan_academy.jsonl"),
    "oer": ("oer_commons", "oer_commons_records.csv"),
}
"""By the prefix of their keys in the judged set: the mapping and the file."""
APART = 2**20
"""Between two ranks."""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Search documents, and the key by which the judged set calls each."""

    region: Region
    documents: Sequence[Document]
    keys: Mapping[str, str]
    """By the documents' ids."""

    async def finder(self, *, terms: bool = True) -> Finder:
        """Over an index of its own; without ``terms`` documents lose theirs: the control that must find less."""
        bare = dict.fromkeys(LAYOUT.plain, ())
        documents = self.documents if terms else [{**each, **bare} for each in self.documents]

        async def batches() -> AsyncIterator[Sequence[Document]]:
            yield documents

        index = Index(open_engine("embedded:", LAYOUT), open_database("sqlite://"))  # filled here: it is never asked
        await index.engine.rebuild(batches())
        index.beginnings.fill((each["id"], [*each["titles"], *each["publisher_names"]]) for each in documents)
        return Finder(self.region, index)


async def open_demo(folder: Path) -> Catalogue:
    """The demo municipality, from a database in the folder."""
    region, url = open_region(Settings()), f"sqlite:///{folder / 'judged.sqlite'}"
    runner.upgrade(url)
    database = open_database(url)
    await load_demo(database, SYSTEM, region, TODAY)
    await Worker(Settings(data_folder=folder), database, region, lambda: NOON).drain()
    keys = select(Identifier.resource_id, Identifier.value).where(Identifier.scheme == SCHEME)
    async with transaction(database.readers) as session:
        names = {str(row.resource_id): row.value for row in await session.execute(keys)}
        documents = [document async for batch in stream_documents(session) for document in batch]
    await database.close()
    return Catalogue(region=region, documents=documents, keys=names)


def shared_sets() -> Path | None:
    """The folder of the public sets, None where they are not at hand."""
    folder = Path(os.environ.get("HYLDE_TEST_DATA", ROOT.parent / "shared" / "data")) / "web_resources"
    return folder if folder.is_dir() else None


async def open_imported(_folder: Path) -> Catalogue:
    """The public sets, all in one catalogue."""
    region, shared = open_region(Settings()), shared_sets()
    assert shared is not None, "the public sets are not here: name their folder in HYLDE_TEST_DATA"
    drafts = {
        f"{prefix}:{draft.key}": draft
        for prefix, (mapping, file) in PUBLIC.items()
        for draft in _drafts(shared / file, mapping, region)
    }
    ranked = sorted(drafts, key=lambda key: (collation_key(drafts[key].texts[0].title, region.country), key))
    details = {key: _detail(key, drafts[key], rank, region) for rank, key in enumerate(ranked)}
    documents = [
        build(detail, [], TODAY, region, [detail.publisher.name] if detail.publisher else []).document
        for detail in details.values()
    ]
    return Catalogue(region=region, documents=documents, keys={str(each.id): key for key, each in details.items()})


def _drafts(path: Path, name: str, region: Region) -> Iterator[ResourceDraft]:
    mapping = load_mapping(name, region.vocabularies)
    for found in resource_drafts(
        read_rows(path, options=mapping.options, wanted=mapping.wanted), mapping, region.vocabularies
    ):
        if isinstance(found, ResourceDraft):
            yield found


def _detail(key: str, draft: ResourceDraft, rank: int, region: Region) -> ResourceDetail:
    publisher = Named(
        id=uuid.uuid5(uuid.NAMESPACE_URL, draft.publisher), code=slug_of(draft.publisher), name=draft.publisher
    )
    return ResourceDetail(
        id=uuid.uuid5(uuid.NAMESPACE_URL, key),
        slug=slug_of(draft.texts[0].title),
        status="listed",
        version=1,
        rank=APART * (rank + 1),
        updated_on=TODAY,
        origin=key.partition(":")[0],
        facts=tidy(_facts(draft), region),
        publisher=publisher if draft.publisher else None,
    )


def _facts(draft: ResourceDraft) -> ResourceFacts:
    return ResourceFacts(
        form=draft.form,
        kind=draft.kind,
        texts=[Text(language=each.language, title=each.title, description=each.description) for each in draft.texts],
        publisher=draft.publisher,
        price_model=draft.price,
        url=draft.url,
        languages=list(draft.languages),
        logins=list(draft.logins),
        end_users=list(draft.end_users),
        identifiers=[IdentifierFact(scheme=scheme, value=value) for scheme, value in draft.identifiers],
        placements=[PlacementFact(subject=subject, grade=grade) for subject, grade in draft.placements],
        claims=[ClaimFact(platform=platform) for platform in draft.platforms],
        source_terms=[SourceTermFact(kind=kind, term=term) for kind, term in draft.source_terms],
    )
