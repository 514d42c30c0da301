"""What every reader yields: each line of a file is in a row, and a row that cannot be read says why."""

from typing import Any

import msgspec

LIST_SEPARATOR = "\x1f"
"""Between the items of a list inside one JSON value; a mapping splits on it whatever its own separator is."""
ROW_PROBLEMS = (
    "too-wide",  # columns, expected
    "too-narrow",  # columns, expected
    "open-quote",
    "bad-encoding",
    "line-too-long",  # limit
    "not-json",
    "not-an-object",
)
MAX_LINE = 8_000_000
"""Letters in a line, and in a record of several lines."""
MAX_RECORD_LINES = 20_000
MAX_COLUMNS = 2_000
MAX_FILE_BYTES = 2_000_000_000
MAX_SHOWN = 2_000
"""Letters of a broken row that are kept for the report."""


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a mapping may say about its files; empty means: find out."""

    format: str = ""
    """``csv``, ``jsonl`` or ``xlsx``."""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int = 0
    """The line of the header, counted from 1; 0: the first that is not empty."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    """The line its record begins on, counted from 1; in a workbook the row number of the sheet."""
    values: dict[str, str | None]
    """By column; of a broken row what can be shown, under an empty name."""
    problem: str = ""
    """One of ``ROW_PROBLEMS``; empty: the row is whole."""
    members: dict[str, Any] = {}


def broken_row(line: int, problem: str, text: str, **members: Any) -> Row:
    shown = (
        text[:MAX_SHOWN].encode("utf-8", "replace").decode("utf-8")
    )  # lone surrogates stand for bytes without meaning
    return Row(line=line, values={"": shown}, problem=problem, members=members)
