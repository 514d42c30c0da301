"""Tables as files: what a spreadsheet opens is what was stored, and nothing of it runs."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.web.tables import CSV, FORMULA_STARTS, XLSX, Table, as_csv, as_xlsx, table_file

HOSTILE = [
    "=1+1",
    "+45 12",
    "-2",
    "@SUM(A1)",
    "\tcmd",
    "\r=x",
    "  =HYPERLINK(1)",
    "https://evil.example",
    "a;b",
    'say "no"',
]
printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def of(*rows: tuple[str | int | date | None, ...]) -> Table:
    return Table(name="devices", head=[f"column {number}" for number in range(len(rows[0]))], rows=rows)


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_opens_in_a_danish_spreadsheet_with_its_letters_and_columns() -> None:
    content = as_csv(of(("Ålegræsskolen", 12, date(2026, 11, 25), None)))
    assert content.startswith(b"\xef\xbb\xbf")
    assert read_csv(content)[1] == ["Ålegræsskolen", "12", "2026-11-25", ""]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_csv_begins_a_formula(text: str) -> None:
    (cell,) = read_csv(as_csv(of((text,))))[1]
    assert not cell.lstrip(" ").startswith(FORMULA_STARTS)
    assert cell.endswith(text)


@given(st.lists(st.tuples(printable, printable), min_size=1, max_size=5))
def test_whatever_text_is_stored_comes_back_from_csv_at_most_with_an_apostrophe(rows: list[tuple[str, str]]) -> None:
    found = read_csv(as_csv(of(*rows)))[1:]
    for cells, row in zip(found, rows, strict=True):
        assert [
            cell.removeprefix("'") if not text.startswith("'") else cell for cell, text in zip(cells, row, strict=True)
        ] == list(row)


def test_a_workbook_holds_texts_numbers_and_dates_and_no_formula_and_no_link() -> None:
    rows = [(text, 12, date(2026, 11, 25), None) for text in HOSTILE if "\r" not in text]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(of(*rows))))["devices"]
    for line, row in enumerate(rows, start=2):
        text, number, day, nothing = (sheet.cell(line, column) for column in (1, 2, 3, 4))
        assert (text.value, text.data_type, text.hyperlink) == (row[0], "s", None)
        assert (number.value, day.number_format, nothing.value) == (12, "yyyy-mm-dd", None)


def test_the_control_a_formula_would_be_seen_in_a_workbook() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["=1+1"])
    kept = io.BytesIO()
    book.save(kept)
    planted = openpyxl.load_workbook(kept).active
    assert planted is not None
    assert planted.cell(1, 1).data_type == "f"


@pytest.mark.parametrize(("kind", "start"), [(CSV, b"\xef\xbb\xbf"), (XLSX, b"PK")])
def test_a_file_says_its_name_and_is_kept_not_shown(kind: str, start: bytes) -> None:
    answer = table_file(of(("a",)), kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="devices.{kind}"'
    assert isinstance(answer.content, bytes)
    assert answer.content.startswith(start)
