"""Rows of a CSV file: a broken row is reported and never takes a good one with it."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from catalog.intake.errors import FileRefused
from catalog.intake.files.headers import MAX_SEARCHED, Wanted, check_header, column_names, is_header
from catalog.intake.files.lines import Lines, Record, records
from catalog.intake.files.rows import MAX_COLUMNS, MAX_LINE, ReadOptions, Row, broken_row
from catalog.intake.files.sniffing import TextShape, text_shape

DELIMITERS = (",", ";", "\t", "|")
_EXCEL_HINT = re.compile(r"\ufeff?\"?sep=.\"?\r?\n?", re.IGNORECASE)
"""A line by which Excel tells Excel the delimiter."""
csv.field_size_limit(MAX_LINE)


class _Place(msgspec.Struct, frozen=True):
    """Where the header is, and what stands between its columns."""

    line: int
    delimiter: str
    cells: list[str]


def csv_rows(path: Path, options: ReadOptions, wanted: Wanted) -> Iterator[Row]:
    """Raises: FileRefused, when the header is missing, too wide or without the columns that are needed."""
    shape = text_shape(path, options.encoding)
    place = _find_header(path, shape, options, wanted)
    header = column_names(place.cells, wanted)
    check_header(header, wanted)
    with _open(path, shape) as stream:
        lines = Lines(stream, shape.newline)
        for record in records(lines, place.delimiter):
            if record.number <= place.line:
                continue
            cells = [] if record.problem else _cells(record.text, place.delimiter)
            if len(record.lines) > 1 and not _fits(cells, header):
                lines.give_back(record.lines[1:])
                yield broken_row(record.number, "open-quote", record.lines[0].text)
            elif record.problem or any(map(str.strip, cells)):
                yield _row(record, cells, header, shape)


def _open(path: Path, shape: TextShape) -> TextIO:
    return path.open(encoding=shape.encoding, errors=shape.errors, newline=shape.newline)


def _find_header(path: Path, shape: TextShape, options: ReadOptions, wanted: Wanted) -> _Place:
    """The delimiter under which the header names most of the wanted columns, then the one that makes most columns."""
    delimiters = (options.delimiter,) if options.delimiter else DELIMITERS
    places = [place for each in delimiters if (place := _header_under(path, shape, each, options, wanted))]
    if not places:
        raise FileRefused(reason="no-header")
    best = max(places, key=lambda place: _matches(place, wanted))
    if len(best.cells) > MAX_COLUMNS:
        raise FileRefused(reason="too-many-columns", details={"limit": MAX_COLUMNS})
    return best


def _matches(place: _Place, wanted: Wanted) -> tuple[int, int]:
    if len(place.cells) > MAX_COLUMNS:
        return 0, len(place.cells)
    return len(set(wanted.columns) & set(column_names(place.cells, wanted))), len(place.cells)


def _header_under(path: Path, shape: TextShape, delimiter: str, options: ReadOptions, wanted: Wanted) -> _Place | None:
    """The first line that can be the header, else the first with anything in it."""
    first: _Place | None = None
    searched = 0
    with _open(path, shape) as stream:
        for record in records(Lines(stream, shape.newline), delimiter):
            if record.number < options.header_line or _EXCEL_HINT.fullmatch(record.text):
                continue
            cells = _header_cells(record, delimiter)
            if len(cells) > MAX_COLUMNS or options.header_line or is_header(cells, wanted):
                return _Place(record.number, delimiter, cells)
            if first is None and any(map(str.strip, cells)):
                first = _Place(record.number, delimiter, cells)
            searched += 1
            if searched == MAX_SEARCHED:
                break
    return first


def _header_cells(record: Record, delimiter: str) -> list[str]:
    width = record.text.count(delimiter) + 1
    if width > MAX_COLUMNS and (record.problem == "line-too-long" or '"' not in record.text):
        return [""] * width
    return [] if record.problem else _cells(record.text, delimiter)


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' not in text:
        return text.rstrip("\r\n").replace("\r", " ").split(delimiter)
    try:
        return next(csv.reader((text,), delimiter=delimiter), [])
    except csv.Error:  # a carriage return in the middle of a line
        return next(csv.reader((text.replace("\r", " ").replace("\n", " "),), delimiter=delimiter), [])


def _fits(cells: Sequence[str], header: Sequence[str]) -> bool:
    """A row may be wider than the header only by empty cells: nothing is lost with them."""
    return len(cells) == len(header) or (len(cells) > len(header) and not any(map(str.strip, cells[len(header) :])))


def _row(record: Record, cells: Sequence[str], header: Sequence[str], shape: TextShape) -> Row:
    if record.problem:
        return broken_row(record.number, record.problem, record.text)
    if not _fits(cells, header):
        problem = "too-wide" if len(cells) > len(header) else "too-narrow"
        return broken_row(record.number, problem, record.text, columns=len(cells), expected=len(header))
    if shape.is_damaged(record.text):
        return broken_row(record.number, "bad-encoding", record.text)
    return Row(line=record.number, values=dict(zip(header, (cell or None for cell in cells), strict=False)))
