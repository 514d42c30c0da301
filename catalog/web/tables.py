"""Tables as files: a workbook, or CSV as spreadsheets of these countries open it; no cell is ever run as a formula."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

import msgspec
import xlsxwriter  # type: ignore[import-untyped]  # it carries no types
from litestar import Response

Cell: TypeAlias = str | int | float | date | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With these a spreadsheet begins to compute, or to run programs."""
CSV, XLSX = "csv", "xlsx"
WIDEST, NARROWEST = 60, 8
"""Of a column, in letters."""
SHEET_NAME = 31


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table on its way out."""

    name: str
    """Of the file, without its ending, and of the sheet: small letters, digits and hyphens."""
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def as_csv(table: Table) -> bytes:
    """UTF-8 with a mark, semicolons, ISO dates; an apostrophe before what would be a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow([_guarded(cell) for cell in table.head])
    writer.writerows([_guarded(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def _guarded(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell


def as_xlsx(table: Table) -> bytes:
    """A workbook with one sheet: texts stay texts, numbers and dates can be counted with."""
    kept = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(kept, options) as book:
        sheet = book.add_worksheet(table.name[:SHEET_NAME])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for column, title in enumerate(table.head):
            sheet.write_string(0, column, title, bold)
        for line, row in enumerate(table.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(line, column, cell)
                elif cell is not None:
                    sheet.write_number(line, column, cell)
        for column in range(len(table.head)):
            sheet.set_column(column, column, _width(table, column))
        sheet.freeze_panes(1, 0)
    return kept.getvalue()


def _width(table: Table, column: int) -> int:
    longest = max(len(_guarded(row[column])) for row in (table.head, *table.rows))
    return min(max(longest + 2, NARROWEST), WIDEST)


def table_file(table: Table, kind: str) -> Response[bytes]:
    """The table as a file to keep; ``kind`` is ``CSV`` or ``XLSX``."""
    if kind == XLSX:
        body, media = as_xlsx(table), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    else:
        body, media = as_csv(table), "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="{table.name}.{kind}"'}
    return Response(body, media_type=media, headers=headers)
