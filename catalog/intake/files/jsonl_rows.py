"""Rows of a file with one JSON object a line; objects within it become columns such as ``publisher.name``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from catalog.intake.files.lines import Line, Lines
from catalog.intake.files.rows import LIST_SEPARATOR, MAX_COLUMNS, ReadOptions, Row, broken_row
from catalog.intake.files.sniffing import TextShape, text_shape

_MAX_DEPTH = 8


def jsonl_rows(path: Path, options: ReadOptions) -> Iterator[Row]:
    shape = text_shape(path, options.encoding)
    with path.open(encoding=shape.encoding, errors=shape.errors, newline=shape.newline) as stream:
        lines = Lines(stream, shape.newline)
        while (line := lines.take()) is not None:
            if line.number >= options.header_line and line.text.strip():
                yield _row(line, shape)


def _row(line: Line, shape: TextShape) -> Row:
    if not line.whole:
        return broken_row(line.number, "line-too-long", line.text)
    if shape.is_damaged(line.text):
        return broken_row(line.number, "bad-encoding", line.text)
    values: dict[str, str | None] = {}
    try:
        found = msgspec.json.decode(line.text)
        if not isinstance(found, dict):
            return broken_row(line.number, "not-an-object", line.text)
        _flatten(found, "", values, 0)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return broken_row(line.number, "not-json", line.text)
    if len(values) > MAX_COLUMNS:
        return broken_row(line.number, "too-wide", line.text, columns=len(values), expected=MAX_COLUMNS)
    return Row(line=line.number, values=values)


def _flatten(found: dict[str, Any], prefix: str, values: dict[str, str | None], depth: int) -> None:
    for key, value in found.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            _flatten(value, f"{name}.", values, depth + 1)
        else:
            values[name] = _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, list):
        return LIST_SEPARATOR.join(filter(None, map(_text, value))) or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
