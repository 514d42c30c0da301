"""A file about devices: read as people write it, told row by row, a grade wholly or not at all, and taken back."""

import csv
import uuid
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import update

from catalog.admin.imports.service import foresee_undo, undo
from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import Forbidden
from catalog.intake.batches import Counts, RowOutcome, Source
from catalog.intake.errors import FileRefused, ImportUndone
from catalog.intake.files.readers import read_rows
from catalog.intake.models import ImportBatch
from catalog.organisations.fleet.importing import KIND, import_devices
from catalog.organisations.fleet.overview import as_table
from catalog.organisations.fleet.reading import read_fleets
from catalog.organisations.fleet.rows import WANTED
from catalog.organisations.models import CodeScheme, School, SchoolCode
from catalog.vocabularies.region import Region
from catalog.web.tables import as_csv, as_xlsx
from tests.catalog.organisations.fleet.schools import NO_DEVICE, OWN, chromebooks, state, stored, tablets
from tests.catalog.resources.entries import count
from tests.conftest import NOON, TODAY

HEADER = ("Skolekode", "Klasser", "Enhed", "Version", "Ejerskab", "Udskiftes i", "Elever pr. enhed")


class Files:
    """Imports files of one municipality."""

    def __init__(self, database: Database, region: Region, folder: Path) -> None:
        self.database, self.region, self.path = database, region, folder / "enheder.csv"
        self.told: list[RowOutcome] = []
        self.batch = uuid.UUID(int=0)
        self.actor = SYSTEM

    async def take(self, path: Path) -> Counts:
        self.told = []
        source = Source(kind=KIND, file_name=path.name, file_hash="-", mapping=KIND)
        rows = list(read_rows(path, wanted=WANTED))
        self.batch, counts = await import_devices(
            self.database, self.actor, self.region, source, rows, TODAY, NOON, self.told.append
        )
        return counts

    async def run(self, *rows: Sequence[str]) -> Counts:
        with self.path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=";").writerows([HEADER, *rows])
        return await self.take(self.path)

    @property
    def refusals(self) -> list[tuple[int, str, str]]:
        return [(each.line, each.field, each.code) for each in self.told if each.outcome == "refused"]


@pytest.fixture
def files(database: Database, region: Region, tmp_path: Path) -> Files:
    return Files(database, region, tmp_path)


GOOD = (
    ("999101", "0.-1. klasse", "", "", "ingen", "", ""),
    ("999101", "2-7", "iPad", "17.5", "kommunal", "2028", "1"),
    ("999101", "8, 9", "", "", "egen", "", ""),
)


async def test_a_file_states_the_grades_it_names_and_a_second_time_changes_nothing(
    files: Files, region: Region, database: Database, school: uuid.UUID, other: uuid.UUID
) -> None:
    await state(database, region, other, "4", chromebooks())
    assert str(await files.run(*GOOD)) == "accepted 3, unchanged 0, refused 0"
    fleet = await stored(database, region, school)
    assert [fleet.of(grade).devices for grade in "0279"] == [(NO_DEVICE,), (tablets(),), (tablets(),), (OWN,)]
    assert fleet.of("2").source == "enheder.csv"
    assert str(await files.run(*GOOD)) == "accepted 0, unchanged 3, refused 0"
    assert (await stored(database, region, other)).of("4").devices == (chromebooks(),)


async def test_what_the_export_writes_the_import_reads(
    files: Files, region: Region, database: Database, school: uuid.UUID, other: uuid.UUID
) -> None:
    await state(database, region, school, "456", tablets(share=5), OWN)
    await state(database, region, school, "01", NO_DEVICE)
    await state(database, region, other, "9", chromebooks())
    async with transaction(database.readers) as session:
        table = as_table(await read_fleets(session, SYSTEM, region, TODAY), region)
    as_text, path = files.path.with_name("fleet.csv"), files.path.with_name("fleet.xlsx")
    as_text.write_bytes(as_csv(table))
    path.write_bytes(as_xlsx(table))
    for written in (as_text, path):
        assert str(await files.take(written)) == "accepted 0, unchanged 4, refused 0"
    for grade in "0459":
        await state(database, region, school, grade)
    assert str(await files.take(path)) == "accepted 3, unchanged 1, refused 0"
    assert (await stored(database, region, school)).of("5").devices == (OWN, tablets(share=5))


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (("999", "4", "iPad", "", "", "", ""), "school", "unknown-school"),
        (("", "4", "iPad", "", "", "", ""), "school", "field-missing"),
        (("999101", "12", "iPad", "", "", "", ""), "grades", "unknown-grade"),
        (("999101", "6-4", "iPad", "", "", "", ""), "grades", "unknown-grade"),
        (("999101", "10", "iPad", "", "", "", ""), "grades", "not-at-school"),
        (("999101", "4", "Amiga", "", "", "", ""), "platform", "unknown-code"),
        (("999101", "4", "iPad", "", "leaset", "", ""), "ownership", "unknown-code"),
        (("999101", "4", "", "", "", "", ""), "ownership", "field-missing"),
        (("999101", "4", "iPad", "nyeste", "", "", ""), "os_version", "not-a-version"),
        (("999101", "4", "iPad", "", "", "næste år", ""), "replace_in", "not-a-number"),
        (("999101", "4", "iPad", "", "", "28", ""), "replace_in", "not-a-year"),
        (("999101", "4", "iPad", "", "", "", "1000000"), "pupils_per_device", "not-a-share"),
        (("999101", "4", "iPad", "", "egen", "", ""), "platform", "only-municipal"),
        (("999101", "4", "iPad", "", "", "", "", "x"), "", "too-wide"),
    ],
)
async def test_a_row_that_cannot_be_meant_is_refused_and_the_rest_is_taken(
    files: Files,
    region: Region,
    database: Database,
    school: uuid.UUID,
    other: uuid.UUID,
    row: Sequence[str],
    field: str,
    code: str,
) -> None:
    counts = await files.run(row, ("999102", "7", "Chromebook", "", "", "", ""))
    assert (files.refusals, str(counts)) == ([(2, field, code)], "accepted 1, unchanged 0, refused 1")
    assert (await stored(database, region, school)).equipment == {}
    assert (await stored(database, region, other)).of("7").devices == (chromebooks(),)


async def test_beside_a_grade_that_cannot_be_read_nothing_of_the_school_is_taken(
    files: Files, region: Region, database: Database, school: uuid.UUID
) -> None:
    await files.run(("999101", "12", "iPad", "", "", "", ""), ("999101", "7", "Chromebook", "", "", "", ""))
    assert files.refusals == [(2, "grades", "unknown-grade"), (3, "grades", "beside-refused")]
    assert (await stored(database, region, school)).equipment == {}


async def test_a_grade_beside_a_refused_row_is_left_as_it_was_for_it_would_be_half_told(
    files: Files, region: Region, database: Database, school: uuid.UUID, other: uuid.UUID
) -> None:
    await state(database, region, school, "5", OWN)
    await files.run(
        ("999101", "4-5", "iPad", "17", "", "", ""),
        ("999101", "5", "Chromebook", "ny", "", "", ""),
        ("999101", "3-4", "Windows", "11", "", "", ""),
        ("999101", "2", "Windows", "11", "", "", ""),
        ("999102", "4-5", "iPad", "17", "", "", ""),
    )
    assert files.refusals == [
        (2, "grades", "beside-refused"),
        (3, "os_version", "not-a-version"),
        (4, "grades", "beside-refused"),
    ]
    fleet = await stored(database, region, school)
    assert [len(fleet.of(grade).devices) for grade in "2345"] == [1, 0, 0, 1]
    assert fleet.of("5").devices == (OWN,)
    assert (await stored(database, region, other)).of("4").devices == (tablets("17", None),)


async def test_rows_that_contradict_each_other_are_refused(
    files: Files, region: Region, database: Database, school: uuid.UUID
) -> None:
    await files.run(
        ("999101", "1", "", "", "ingen", "", ""),
        ("999101", "1-2", "iPad", "17", "", "", ""),
        ("999101", "4", "iPad", "17", "", "", ""),
        ("999101", "4", "iPad", "17", "", "", "2"),
    )
    assert files.refusals == [
        (2, "ownership", "not-with-others"),
        (3, "grades", "beside-refused"),
        (4, "grades", "beside-refused"),
        (5, "ownership", "said-twice"),
    ]
    assert (await stored(database, region, school)).equipment == {}


async def test_a_school_is_found_by_any_of_its_codes_and_an_old_one_leads_to_the_school_that_took_over(
    files: Files, region: Region, database: Database, school: uuid.UUID, other: uuid.UUID
) -> None:
    async with transaction(database.writers) as session:
        session.add(SchoolCode(school_id=other, scheme=CodeScheme.GLN, value="5798000000017"))
        await session.execute(update(School).where(School.id == school).values(merged_into_id=other, closed_on=TODAY))
    await files.run(("5798000000017", "4", "iPad", "", "", "", ""), ("999101", "5", "iPad", "", "", "", ""))
    fleet = await stored(database, region, other)
    assert files.refusals == []
    assert set(fleet.equipment) == {"4", "5"}


async def test_a_closed_school_is_told(files: Files, database: Database, school: uuid.UUID) -> None:
    async with transaction(database.writers) as session:
        await session.execute(update(School).where(School.id == school).values(closed_on=TODAY))
    await files.run(("999101", "4", "iPad", "", "", "", ""))
    assert files.refusals == [(2, "grades", "school-closed")]


async def test_who_may_manage_devices_needs_no_right_to_read_schools_and_without_it_nothing_begins(
    files: Files, database: Database, region: Region, school: uuid.UUID
) -> None:
    files.actor = Actor(id=uuid.uuid4(), everywhere=frozenset({Permission.IMPORT, Permission.MANAGE_DEVICES}))
    assert (await files.run(("999101", "4", "iPad", "", "", "", ""))).accepted == 1
    async with transaction(database.readers) as session:
        assert (await session.get_one(ImportBatch, files.batch)).finished_at == NOON
        assert (await foresee_undo(session, files.actor, region, files.batch, TODAY)).goes == {KIND: 1}
    assert (await undo(database, files.actor, region, files.batch, NOON, TODAY)).kept == []
    files.actor = Actor(id=uuid.uuid4(), everywhere=frozenset({Permission.IMPORT, Permission.READ_SCHOOLS}))
    with pytest.raises(Forbidden):
        await files.run(("999101", "4", "iPad", "", "", "", ""))
    assert await count(database, ImportBatch) == 1


async def test_a_file_without_the_needed_columns_is_refused_as_a_whole(files: Files) -> None:
    files.path.write_text("Skole;Enhed\n999101;iPad\n", encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        await files.take(files.path)
    assert refused.value.reason == "missing-columns"


async def test_a_workbook_is_read_with_its_numbers(
    files: Files, region: Region, database: Database, school: uuid.UUID
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["school", "grade", "platform", "version", "ownership", "replace in", "pupils per device"])
    sheet.append([999101, 4, "iPad", 17, "municipal", 2028, 5])
    path = files.path.with_suffix(".xlsx")
    book.save(path)
    await files.take(path)
    assert files.refusals == []
    assert (await stored(database, region, school)).of("4").devices == (tablets("17", share=5),)


async def test_an_import_is_taken_back_where_nobody_stated_anything_since(
    files: Files, region: Region, database: Database, school: uuid.UUID, other: uuid.UUID
) -> None:
    await state(database, region, school, "4", chromebooks())
    rows = [(code, "4-5", "iPad", "17", "", "", "") for code in ("999101", "999102")]
    await files.run(*rows)
    await state(database, region, other, "5", OWN)
    async with transaction(database.readers) as session:
        foreseen = await foresee_undo(session, SYSTEM, region, files.batch, TODAY)
    assert (foreseen.goes, foreseen.returns, foreseen.kept) == ({KIND: 1}, 0, [(KIND, other, "changed-since")])
    undone = await undo(database, SYSTEM, region, files.batch, NOON, TODAY)
    assert (undone.restored, undone.kept) == (1, [(KIND, other, "changed-since")])
    fleet = await stored(database, region, school)
    assert (fleet.of("4").devices, fleet.of("5").devices) == ((chromebooks(),), ())
    assert (await stored(database, region, other)).of("4").devices == (tablets("17", None),)
    with pytest.raises(ImportUndone):
        await undo(database, SYSTEM, region, files.batch, NOON, TODAY)
