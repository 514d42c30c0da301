"""Rows of a file, whatever its type; memory holds one row, and every line is in a row or in a reported problem."""

from collections.abc import Iterator
from pathlib import Path

from catalog.intake.files.csv_rows import csv_rows
from catalog.intake.files.headers import Wanted
from catalog.intake.files.jsonl_rows import jsonl_rows
from catalog.intake.files.rows import ReadOptions, Row
from catalog.intake.files.sniffing import file_type
from catalog.intake.files.workbook import workbook_rows


def read_rows(path: Path, *, options: ReadOptions | None = None, wanted: Wanted | None = None) -> Iterator[Row]:
    """Rows in the order of the file; empty lines are left out, broken ones carry a problem.

    ``wanted`` names the columns a mapping looks for: it decides between delimiters and tells a file without a header.

    Raises: FileRefused, when the file as a whole cannot be read; for a workbook also after some rows.
    """
    options = options or ReadOptions()
    wanted = wanted or Wanted()
    kind = options.format or file_type(path)
    if kind == "jsonl":
        yield from jsonl_rows(path, options)
    elif kind == "xlsx":
        yield from workbook_rows(path, options, wanted)
    else:
        yield from csv_rows(path, options, wanted)
