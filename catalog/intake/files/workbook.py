"""Rows of an XLSX workbook, read by a child process with limits: a hostile sheet can end the child, never us."""

import subprocess
import sys
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import msgspec

from catalog.intake.errors import FileRefused
from catalog.intake.files.headers import MAX_SEARCHED, Wanted, check_header, column_names, is_header
from catalog.intake.files.rows import MAX_COLUMNS, MAX_LINE, ReadOptions, Row, broken_row

MAX_BYTES = 50_000_000
MAX_UNPACKED = 160_000_000
MAX_PARTS = 2_000
MAX_RATIO = 120
"""Unpacked bytes for each packed one, in parts of more than ``_SMALL_PART``; real sheets reach 40."""
_SMALL_PART = 1_000_000
_CHUNK = 1 << 20
_CHILD = Path(__file__).with_name("workbook_child.py")
_ENCRYPTED = 0x1
_EXIT_REASONS = {3: "damaged", 4: "no-such-sheet", 5: "workbook-too-large"}


def workbook_rows(path: Path, options: ReadOptions, wanted: Wanted) -> Iterator[Row]:
    """Values as they are shown in ISO form; dates as 2026-08-01, whole numbers without decimals.

    Raises: FileRefused.
    """
    check_package(path)
    rows = _child_rows(path, options.sheet)
    with closing(rows):
        above: list[tuple[int, list[str]]] = []
        for number, cells in rows:
            if number >= options.header_line:
                above.append((number, cells))
                if options.header_line or is_header(cells, wanted) or len(above) == MAX_SEARCHED:
                    break
        if not above:
            raise FileRefused(reason="no-header")
        found = above[-1][1] if options.header_line or is_header(above[-1][1], wanted) else above[0][1]
        if len(found) > MAX_COLUMNS:
            raise FileRefused(reason="too-many-columns", details={"limit": MAX_COLUMNS})
        header = column_names(found, wanted)
        check_header(header, wanted)
        for number, cells in rows:
            yield _row(number, cells, header)


def check_package(path: Path) -> None:
    """Unpacks every part without keeping it: what the directory claims and what comes out must both be modest.

    Raises: FileRefused.
    """
    if path.stat().st_size > MAX_BYTES:
        raise FileRefused(reason="too-large", details={"limit": MAX_BYTES})
    try:
        with zipfile.ZipFile(path) as archive:
            reason = _package_problem(archive)
    except Exception as error:  # zipfile lets those of zlib, bz2, lzma and struct through
        raise FileRefused(reason="damaged") from error
    if reason:
        raise FileRefused(reason=reason, details={"limit": MAX_UNPACKED} if reason == "bomb" else {})


def _package_problem(archive: zipfile.ZipFile) -> str:
    parts = archive.infolist()
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        return "encrypted"
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        return "bomb"
    if any(_is_suspicious(part) for part in parts):
        return "bomb"
    for part in parts:
        with archive.open(part) as stream:
            while stream.read(_CHUNK):
                pass
    return ""


def _is_suspicious(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _SMALL_PART and part.file_size > MAX_RATIO * max(part.compress_size, 1)


def _child_rows(path: Path, sheet: str) -> Generator[tuple[int, list[str]], None, None]:
    command = [sys.executable, "-I", str(_CHILD), str(path.resolve()), sheet]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:  # noqa: S603 - our own file
        try:
            stream: IO[bytes] = child.stdout or _no_stream()
            last: Any = {}
            for line in stream:
                found = _decode(line)
                if isinstance(found, list):
                    yield found[0], found[1]
                else:
                    last = found
            status = child.wait()
        finally:
            child.kill()
    if status:
        details = last if isinstance(last, dict) else {}
        raise FileRefused(reason=_EXIT_REASONS.get(status, "workbook-too-large"), details=details)


def _decode(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:  # the child ended in the middle of a line; its status says why
        return {}


def _no_stream() -> IO[bytes]:
    raise FileRefused(reason="unreadable")


def _row(number: int, cells: list[str], header: list[str]) -> Row:
    beyond = [cell for cell in cells[len(header) :] if cell]
    if beyond:
        text = " | ".join(cells)[:MAX_LINE]
        return broken_row(number, "too-wide", text, columns=len(cells), expected=len(header))
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return Row(line=number, values=dict(zip(header, (cell or None for cell in padded), strict=False)))
