"""A start takes in what was prepared when a document was written, and answers as one that reads every document."""

from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.finding import documents, prepared
from catalog.finding.asking import Asked
from catalog.finding.finding import Finder
from catalog.finding.index import Index
from catalog.finding.indexing import promise_all
from catalog.finding.layout import LAYOUT
from catalog.finding.models import SearchDocument
from catalog.finding.prepared import OURS, Start, read_start, write_start
from catalog.resources.lifecycle import retire_resource
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from search.factory import open_engine
from search.port import Prepared
from tests.conftest import NOON
from tests.factories import TODAY, places, rule, store

Answers: TypeAlias = dict[str, object]
names = st.text(max_size=20)
starts = st.builds(
    Start,
    names=st.lists(names, max_size=3).map(tuple),
    publishers=st.dictionaries(names, names, max_size=2),
    schools=st.lists(names, max_size=2).map(tuple),
    prepared=st.builds(Prepared, id=names, text=names),
)


@pytest.fixture
async def shelf(database: Database, region: Region, settings: Settings) -> Database:
    """A few resources whose documents are written."""
    async with transaction(database.writers) as session:
        await store(session, region, "Læsebogen", placements=places(("dansk", "2")), publisher="Søhesten")
        key = await store(session, region, "Brøker", placements=places(("matematik", "4")), description="Om halve")
        await rule(session, region, key)
        await retire_resource(session, SYSTEM, await store(session, region, "Væk"), TODAY)
    await Worker(settings, database, region, lambda: NOON).drain()
    return database


async def answers(database: Database, region: Region, *, afresh: bool = False) -> Answers:
    """What an index says that was filled now."""
    index = Index(open_engine("embedded:", LAYOUT), database)
    finder, filled = Finder(region, index), await index.fill(afresh=afresh)
    found = [await finder.find(Asked(text=text), TODAY) for text in ("", "laes", "brk", "halve", "søhest", "Læsebogen")]
    return {
        "filled": filled,
        "found": [(each.page.hits, each.counts, each.named) for each in found],
        "publishers": index.publishers,
        "begins": [index.beginnings.any_with(start) for start in ("læse", "søhesten", "brøker ", "væk")],
    }


async def change(database: Database, **values: object) -> None:
    async with transaction(database.writers) as session:
        await session.execute(update(SearchDocument).where(SearchDocument.document != "").values(**values))


async def test_a_start_answers_as_one_that_reads_every_document(shelf: Database, region: Region) -> None:
    started = await answers(shelf, region)
    assert started == await answers(shelf, region, afresh=True)
    assert (started["filled"], started["publishers"]) == (2, {"soehesten": "Søhesten"})
    assert started["begins"] == [True, True, True, False]


async def test_control_a_start_does_not_read_the_documents(shelf: Database, region: Region) -> None:
    before = await answers(shelf, region)
    await change(shelf, document="{")
    assert await answers(shelf, region) == before
    with pytest.raises(msgspec.DecodeError):
        await answers(shelf, region, afresh=True)


@pytest.mark.parametrize("text", ["", "{", f'{OURS[:-3]}!","id":"x"}}\n{{}}'])
async def test_what_another_version_prepared_is_left_alone_and_the_document_read(
    text: str, shelf: Database, region: Region
) -> None:
    before = await answers(shelf, region)
    await change(shelf, prepared=text)
    assert await answers(shelf, region) == before


async def test_a_document_of_a_version_that_knew_no_schools_is_found_until_it_is_written_anew(
    shelf: Database, region: Region
) -> None:
    before = await answers(shelf, region)
    async with transaction(shelf.writers) as session:
        for row in await session.scalars(select(SearchDocument).where(SearchDocument.document != "")):
            old = msgspec.json.decode(row.document)
            del old["scoped_schools"]
            row.document, row.prepared = msgspec.json.encode(old).decode(), ""
    assert await answers(shelf, region) == before


async def test_documents_are_written_anew_when_another_version_prepared_them(
    shelf: Database, region: Region, settings: Settings
) -> None:
    async with transaction(shelf.readers) as session:
        kept = select(SearchDocument.prepared).order_by(SearchDocument.resource_id)
        written = (await session.scalars(kept)).all()
    await change(shelf, prepared="of another version")
    async with transaction(shelf.writers) as session:
        await promise_all(session)
    await Worker(settings, shelf, region, lambda: NOON).drain()
    async with transaction(shelf.readers) as session:
        assert (await session.scalars(kept)).all() == written
    assert [bool(text) for text in written].count(True) == 2


def test_what_is_said_in_the_first_line_changes_only_with_the_format() -> None:
    """Lines that lie in a database would be taken for what they are not: whoever changes this raises FORMAT."""
    start = Start(names=("læs ",), publishers={"a": "A"}, schools=("1",), prepared=Prepared(id="x", text="{}"))
    said = '"id":"x","names":["læs "],"publishers":{"a":"A"},"schools":["1"]}\n{}'
    assert write_start(start) == OURS + said


@given(starts)
def test_what_is_written_is_read_as_it_was(start: Start) -> None:
    written = write_start(start)
    assert written.startswith(OURS)
    assert read_start(written) == start


def test_documents_follow_from_what_prepared_them(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a new engine would read every document at every start, for ever."""
    ours = documents.fingerprint(region)
    monkeypatch.setattr(documents, "MADE_BY", f"{prepared.MADE_BY}!")
    assert documents.fingerprint(region) != ours
