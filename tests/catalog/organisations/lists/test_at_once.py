"""A long list is stored a hundred at a time, so that others write in between, and is not asked about row by row."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.intake.models import ImportBatch
from catalog.organisations.lists.counting import AT_ONCE, KIND, CountDraft, bring_in_counts, undo_counts
from catalog.organisations.lists.service import AT_ONCE as SCHOOLS_AT_ONCE
from catalog.organisations.lists.service import bring_in_schools
from catalog.organisations.models import HeadCount, School
from catalog.vocabularies.region import Region
from tests.catalog.organisations.lists.files import read_stil, source_of, stil_list, stil_row
from tests.catalog.resources.entries import count
from tests.conftest import NOON, TODAY

NUMBER = 2 * AT_ONCE + 50
MOMENT = 20
"""Seconds; each compared with each takes minutes."""


@contextmanager
def watched(database: Database) -> Iterator[dict[str, int]]:
    """How often a transaction was committed, and how often schools, their numbers or their head counts were read."""
    seen, engine = {"commits": 0, "reads": 0}, database.engine.sync_engine

    def committed(_: Any) -> None:
        seen["commits"] += 1

    def asked(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen["reads"] += statement.startswith(("SELECT school", "SELECT head_count"))

    event.listen(engine, "commit", committed)
    event.listen(engine, "before_cursor_execute", asked)
    try:
        yield seen
    finally:
        event.remove(engine, "commit", committed)
        event.remove(engine, "before_cursor_execute", asked)


def days(number: int) -> tuple[CountDraft, ...]:
    """As many groups of one school."""
    return tuple(
        CountDraft(line=line, school="999101", grade="4", pupils=20, day=TODAY - timedelta(days=line))
        for line in range(1, number + 1)
    )


async def test_head_counts_are_stored_a_hundred_at_a_time_and_read_at_once(
    database: Database, region: Region, gull: uuid.UUID
) -> None:
    source = source_of(KIND, kind=KIND)
    with watched(database) as seen:
        batch, counts, _ = await bring_in_counts(database, SYSTEM, region, source, days(NUMBER), TODAY, NOON)
    assert counts.accepted == await count(database, HeadCount) == NUMBER
    assert seen["commits"] == 2 + 3, "opened, three times a hundred or fewer, closed"
    assert 0 < seen["reads"] <= 12, "not one for every group"
    _, again, _ = await bring_in_counts(database, SYSTEM, region, source, days(NUMBER), TODAY, NOON)
    assert (again.accepted, again.unchanged) == (0, NUMBER)
    assert (await undo_counts(database, SYSTEM, region, batch, NOON, TODAY)).restored == NUMBER
    assert await count(database, HeadCount) == 0


def test_many_equal_rows_are_read_in_a_moment(region: Region, tmp_path: Path) -> None:
    began = time.perf_counter()
    found = read_stil(tmp_path, region, stil_list(*[stil_row("998000", "Skole")] * 10_000))
    assert (len(found.drafts), found.skipped) == (1, 9_999)
    assert time.perf_counter() - began < MOMENT


async def test_schools_are_stored_a_hundred_at_a_time(database: Database, region: Region, tmp_path: Path) -> None:
    rows = [stil_row(f"{998000 + number}", f"Skole {number}") for number in range(SCHOOLS_AT_ONCE + 20)]
    found = read_stil(tmp_path, region, stil_list(*rows))
    with watched(database) as seen:
        done = await bring_in_schools(database, SYSTEM, region, source_of(), found, TODAY, NOON)
    assert done.counts.accepted == await count(database, School) == SCHOOLS_AT_ONCE + 20
    assert seen["commits"] >= 2 + 2
    async with transaction(database.readers) as session:
        assert (await session.scalars(select(ImportBatch.finished_at))).all() == [NOON]
    again = await bring_in_schools(database, SYSTEM, region, source_of(), found, TODAY, NOON)
    assert (again.counts.accepted, again.counts.unchanged, again.gone) == (0, SCHOOLS_AT_ONCE + 20, ())
