"""Head counts from a list: figures of a source and a day, every row told, the same list twice changes nothing."""

import uuid
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.intake.batches import Counts, RowOutcome
from catalog.intake.files.readers import read_rows
from catalog.intake.files.rows import Row
from catalog.organisations.counts.service import counts_of
from catalog.organisations.lists.counting import (
    COLUMNS,
    KIND,
    WANTED,
    CountDraft,
    foresee_undo,
    plan_counts,
    read_counts,
    take_in_counts,
    undo_counts,
)
from catalog.vocabularies.region import Region
from tests.catalog.organisations.lists.files import source_of
from tests.catalog.organisations.test_merging import merge
from tests.conftest import NOON, TODAY

HEAD = "skolekode;klasse;elever;dato\n"
GOOD = HEAD + "999101;0;20;2026-09-05\n999101;1;21;5-9-2026\n999102;0;7;2026-09-05\n"


def drafts(folder: Path, region: Region, text: str) -> tuple[CountDraft, ...]:
    path = folder / "elever.csv"
    path.write_text(text, encoding="utf-8")
    return read_counts(read_rows(path, wanted=WANTED), region)


async def take_in(
    database: Database, region: Region, found: tuple[CountDraft, ...]
) -> tuple[uuid.UUID, Counts, list[RowOutcome]]:
    async with transaction(database.writers) as session:
        return await take_in_counts(session, SYSTEM, region, source_of(KIND, kind=KIND), found, TODAY, NOON)


async def test_a_list_is_taken_in_once_and_back(
    database: Database, region: Region, tmp_path: Path, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    batch, counts, _ = await take_in(database, region, drafts(tmp_path, region, GOOD))
    assert (counts.accepted, counts.refused) == (3, 0)
    async with transaction(database.readers) as session:
        (said,) = await counts_of(session, SYSTEM, gull)
    assert (said.counted_on, said.source, said.pupils) == (date(2026, 9, 5), "list", {"0": 20, "1": 21})
    _, again, _ = await take_in(database, region, drafts(tmp_path, region, GOOD))
    assert (again.accepted, again.unchanged) == (0, 3)
    async with transaction(database.readers) as session:
        assert dict((await foresee_undo(session, batch)).goes) == {KIND: 2}
    assert (await undo_counts(database, SYSTEM, region, batch, NOON, TODAY)).restored == 2
    async with transaction(database.readers) as session:
        assert await counts_of(session, SYSTEM, gull) == []


async def test_a_figure_that_cannot_be_leaves_the_others_of_its_day_and_the_preview_says_the_same(
    database: Database, region: Region, tmp_path: Path, gull: uuid.UUID
) -> None:
    found = drafts(
        tmp_path, region, HEAD + "999101;0;50;2026-09-05\n999101;1;-5;2026-09-05\n999101;2;10001;2026-09-05\n"
    )
    async with transaction(database.readers) as session:
        assert [each.outcome for each in await plan_counts(session, found, TODAY)] == ["new", "refused", "refused"]
    _, counts, outcomes = await take_in(database, region, found)
    assert (counts.accepted, counts.refused) == (1, 2)
    assert [each.code for each in outcomes] == ["", "not-a-head-count", "not-a-head-count"]


async def test_figures_that_somebody_stated_since_stay(
    database: Database, region: Region, tmp_path: Path, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    batch, _, _ = await take_in(database, region, drafts(tmp_path, region, GOOD))
    await take_in(database, region, drafts(tmp_path, region, HEAD + "999101;1;25;2026-09-05\n"))
    undone = await undo_counts(database, SYSTEM, region, batch, NOON, TODAY)
    assert [(each[1], each[2]) for each in undone.kept] == [(gull, "changed-since")]


async def test_every_broken_row_is_told(
    database: Database, region: Region, tmp_path: Path, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    text = HEAD + (
        "999101;0;20;2026-09-05\n"
        "777777;0;20;2026-09-05\n"
        "999101;0-3;20;2026-09-05\n"
        "999101;4;mange;2026-09-05\n"
        "999101;5;20;5. september\n"
        "999102;0;-4;2026-09-05\n"
        "999101;6;20\n"
        "999101;7;20;2026-09-05\n"
        "999101;7;21;2026-09-05\n"
        "999101;8;20;2027-09-05\n"
    )
    _, counts, outcomes = await take_in(database, region, drafts(tmp_path, region, text))
    told = {each.line: each.code for each in outcomes if each.outcome == "refused"}
    assert told == {
        3: "unknown-school",
        4: "unknown-grade",
        5: "not-a-number",
        6: "impossible-date",
        7: "not-a-head-count",
        8: "too-narrow",
        9: "number-twice",
        10: "number-twice",
        11: "day-to-come",
    }
    assert counts.accepted == 1


async def test_an_old_number_leads_to_the_school_of_today(
    database: Database, region: Region, tmp_path: Path, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    await merge(database, region, gull, klit)
    await take_in(database, region, drafts(tmp_path, region, HEAD + "999101;8;30;2026-09-05\n"))
    async with transaction(database.readers) as session:
        (said,) = await counts_of(session, SYSTEM, klit)
    assert said.pupils == {"8": 30}


CELLS = st.text(max_size=12) | st.sampled_from(["0", "1", "999101", "2026-09-05", "10.0", "٣"])


@given(st.lists(st.fixed_dictionaries({names[0]: CELLS for names in COLUMNS.values()}), max_size=6))
def test_whatever_a_row_holds_it_is_a_figure_or_refused(region: Region, rows: list[dict[str, str]]) -> None:
    found = read_counts((Row(line=number, values={**row}) for number, row in enumerate(rows)), region)
    assert len(found) == len(rows)
    for draft in found:
        assert draft.problems or (draft.school and draft.grade and draft.day and draft.pupils is not None)
