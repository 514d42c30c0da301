"""One number means one school, wherever it is read: on a page, in a list, at sign-in and on the command line."""

import uuid
from pathlib import Path

import pytest
from click import ClickException

from catalog.cli_users import _role
from catalog.core.db import Database, transaction
from catalog.identity.oidc.placing import find_schools
from catalog.intake.files.rows import Row
from catalog.organisations.fleet.rows import read_stated
from catalog.organisations.lists.counting import CountDraft, plan_counts
from catalog.organisations.lists.planning import plan_schools
from catalog.organisations.models import CodeScheme, SchoolCode
from catalog.organisations.reading import FEW, follow_code, follow_codes
from catalog.vocabularies.region import Region
from tests.catalog.organisations.lists.files import read_stil, stil_list, stil_row
from tests.catalog.organisations.register import enter
from tests.conftest import TODAY

NUMBERS = [
    ("A1B2C3", "gull"),
    ("a1b2c3", "gull"),
    ("ÅBEN-7", "gull"),
    ("åben-7", "gull"),
    ("5790000000005", "gull"),
    ("1003312345", ""),
    ("5798000000018", ""),
    ("13585628", ""),
    ("988077917", ""),
    ("nothing", ""),
    ("", ""),
    ("NUL\0", ""),
]
"""GLN and P-number of one school name it, of two schools nobody; the owner's number never does."""


@pytest.fixture
async def both(database: Database, gull: uuid.UUID, klit: uuid.UUID) -> uuid.UUID:
    codes = [
        (gull, CodeScheme.STIL, "A1B2C3"),
        (gull, CodeScheme.LOCAL, "ÅBEN-7"),
        (gull, CodeScheme.GLN, "5790000000005"),
        (gull, CodeScheme.P_NUMBER, "1003312345"),
        (klit, CodeScheme.P_NUMBER, "1003312345"),
        (gull, CodeScheme.GLN, "5798000000018"),
        (klit, CodeScheme.GLN, "5798000000018"),
        (gull, CodeScheme.CVR, "13585628"),
        (gull, CodeScheme.ORGNR, "988077917"),
    ]
    async with transaction(database.writers) as session:
        session.add_all(SchoolCode(school_id=at, scheme=scheme, value=value) for at, scheme, value in codes)
    return gull


@pytest.mark.parametrize(("number", "named"), NUMBERS)
async def test_a_number_means_the_same_everywhere(
    database: Database, region: Region, both: uuid.UUID, number: str, named: str
) -> None:
    expected = both if named else None
    async with transaction(database.readers) as session:
        on_page = await follow_code(session, number, TODAY)
        among_many = await follow_codes(session, [number, *(f"x{each}" for each in range(FEW))], TODAY)
        at_sign_in = await find_schools(session, [number], TODAY)
        (devices,) = await read_stated(session, [Row(line=2, values={"school": number})], region, TODAY)
        (counted,) = await plan_counts(session, [CountDraft(line=2, school=number)], TODAY)
        try:
            on_command = (await _role(session, "teacher", (number,), None, None, TODAY)).schools[0]
        except ClickException:
            on_command = None
    assert (on_page.id if on_page else None) == expected
    assert (among_many[number].id if number in among_many else None) == expected
    assert at_sign_in == ([expected] if expected else [])
    assert (devices.school, counted.school_id, on_command) == (expected, expected, expected)


@pytest.mark.parametrize(("written", "outcome"), [("A1B2C3", "same"), ("B7B7B7", "new")])
async def test_a_list_of_schools_means_the_same_by_it(
    database: Database, region: Region, tmp_path: Path, both: uuid.UUID, written: str, outcome: str
) -> None:
    found = read_stil(tmp_path, region, stil_list(stil_row(written, "Havskolen")))
    async with transaction(database.readers) as session:
        (row,) = (await plan_schools(session, region, found, TODAY)).rows
    assert (row.outcome, row.school_id) == (outcome, both if outcome == "same" else None)


async def test_a_list_finds_a_school_whose_number_is_written_in_small_letters_here(
    database: Database, region: Region, tmp_path: Path
) -> None:
    school = await enter(database, region, "Havskolen", "c3d4e5")
    found = read_stil(tmp_path, region, stil_list(stil_row("C3D4E5", "Havskolen")))
    async with transaction(database.readers) as session:
        plan = await plan_schools(session, region, found, TODAY)
    assert [(row.outcome, row.school_id) for row in plan.rows] == [("same", school)]
    assert plan.gone == ()
