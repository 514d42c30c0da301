import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Generator
from datetime import date, datetime
from pathlib import Path
from typing import cast

import openpyxl
import pytest

from catalog.intake.errors import FileRefused
from catalog.intake.files import workbook
from catalog.intake.files.headers import Wanted
from catalog.intake.files.readers import read_rows
from catalog.intake.files.rows import ReadOptions, Row

Value = str | float | bool | date | datetime | None
ROOT = Path(__file__).parents[3]
SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


def test_values_come_as_they_are_written_in_a_text_file(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path,
        [
            ["Vores læremidler", None, None],
            [None, None, None],
            ["titel", "dato", "isbn"],
            ["Dansk", date(2026, 8, 1), 9780306406157],
            ["Tysk", datetime.fromisoformat("2026-08-01T12:30"), 2.5],
            [None, None, None],
            ["Fri", True, None],
        ],
    )
    rows = list(read_rows(path, wanted=Wanted(columns=("titel",), needed=(("titel",),))))
    assert [(row.line, *row.values.values()) for row in rows] == [
        (4, "Dansk", "2026-08-01", "9780306406157"),
        (5, "Tysk", "2026-08-01T12:30:00", "2.5"),
        (7, "Fri", "true", None),
    ]


def test_a_row_wider_than_the_header_is_reported_and_the_others_stay(tmp_path: Path) -> None:
    path = _workbook(tmp_path, [["titel", "url"], ["A", "x", "mere"], ["B"]])
    rows = list(read_rows(path))
    assert [(row.line, row.problem or row.values["titel"]) for row in rows] == [(2, "too-wide"), (3, "B")]


def test_a_hidden_sheet_is_not_taken_and_a_sheet_can_be_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Gammel"
    book.worksheets[0].append(["gammel"])
    book.worksheets[0].sheet_state = "hidden"
    sheet = book.create_sheet("Ny")
    sheet.append(["titel"])
    sheet.append(["A"])
    book.save(tmp_path / "x.xlsx")
    (row,) = read_rows(tmp_path / "x.xlsx")
    assert row.values == {"titel": "A"}
    with pytest.raises(FileRefused) as refused:
        list(read_rows(tmp_path / "x.xlsx", options=ReadOptions(sheet="Nyere")))
    assert refused.value.reason == "no-such-sheet"
    assert refused.value.details == {"sheet": "Nyere", "sheets": ["Gammel", "Ny"]}


def test_an_empty_sheet_has_no_header(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        list(read_rows(_workbook(tmp_path, [])))
    assert refused.value.reason == "no-header"


def test_stopping_in_the_middle_leaves_no_child_behind(tmp_path: Path) -> None:
    table: list[list[Value]] = [["titel"]]
    table += [[f"T{n}"] for n in range(20_000)]
    rows = cast("Generator[Row, None, None]", read_rows(_workbook(tmp_path, table)))
    assert next(rows).values == {"titel": "T0"}
    assert len(_children(tmp_path)) == 1
    rows.close()
    assert _children(tmp_path) == []


def far_corner() -> bytes:
    return _with_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def bomb() -> bytes:
    return _with_sheet("<row><c><v>1</v></c></row>" * 8_000_000)


def claims_to_be_small() -> bytes:
    """A part that unpacks to 30 MB and is said to be one of 2 kB."""
    packed = bytearray(_with_sheet(" " * 30_000_000))
    for marker, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        begin = 0
        while (begin := packed.find(marker, begin)) >= 0:
            size = int.from_bytes(packed[begin + offset : begin + offset + 4], "little")
            if size > 1_000_000:
                packed[begin + offset : begin + offset + 4] = (2_000).to_bytes(4, "little")
            begin += 4
    return bytes(packed)


def repeated_long_text() -> bytes:
    """A text of 30 kB, packed badly on purpose, in each of 400,000 cells."""
    text = "".join(chr(0x4E00 + (n * 7_919) % 20_000) for n in range(30_000))
    strings = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 400_001))
    return _with_sheet(cells, {"xl/sharedStrings.xml": strings})


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    head = HEAD.replace("<worksheet", f'<!DOCTYPE w [<!ENTITY l0 "ha">{entities}]><worksheet')
    return _with_sheet('<row><c t="str"><v>&l8;</v></c></row>', head=head)


def many_parts() -> bytes:
    return _with_sheet("", {f"x/{n}.xml": "" for n in range(5_000)})


def million_columns() -> bytes:
    return _with_sheet("<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>")


def half_a_file() -> bytes:
    whole = far_corner()
    return whole[: len(whole) // 2]


HOSTILE: list[tuple[Callable[[], bytes], set[str]]] = [
    (far_corner, {"workbook-too-large"}),
    (bomb, {"bomb"}),
    (claims_to_be_small, {"damaged", "bomb"}),
    (repeated_long_text, {"workbook-too-large"}),
    (laughs, {"damaged", "no-header"}),
    (many_parts, {"bomb"}),
    (million_columns, {"too-many-columns", "damaged", "bomb", "workbook-too-large"}),
    (half_a_file, {"damaged"}),
]


MEASURED = """
import resource, sys
from pathlib import Path
from catalog.intake.errors import FileRefused
from catalog.intake.files.readers import read_rows
try:
    for row in read_rows(Path(sys.argv[1])):
        pass
    reason = "read"
except FileRefused as refused:
    reason = refused.reason
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
seconds = sum(each.ru_utime + each.ru_stime for each in used)
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(reason, seconds, (own + used[1].ru_maxrss) / 1_000)
"""
"""A process of its own, as building the file takes memory too; seconds of the processor, with those to start."""


@pytest.mark.parametrize(("build", "reasons"), HOSTILE, ids=[build.__name__ for build, _ in HOSTILE])
def test_a_hostile_workbook_is_refused_quickly_and_in_little_memory(
    tmp_path: Path, build: Callable[[], bytes], reasons: set[str]
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(build())
    command = [sys.executable, "-c", MEASURED, str(path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    reason, seconds, megabytes = said.split()
    print(f"{build.__name__}: {path.stat().st_size} bytes, {reason}, {float(seconds):.2f} s, {float(megabytes):.0f} MB")
    assert reason in reasons
    assert float(seconds) < 1
    assert float(megabytes) < 200


def test_control_the_reader_alone_does_not_survive_the_far_corner(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(far_corner())
    code = (
        "import resource, sys, python_calamine as c\n"
        "resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9)); resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "try:\n    c.load_workbook(sys.argv[1]).get_sheet_by_index(0)\n"
        "except BaseException:\n    print('survived')\n"
    )
    child = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=False)
    assert child.returncode < 0
    assert b"survived" not in child.stdout


def test_a_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    packed = bytearray(_with_sheet(""))
    for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        begin = packed.find(marker)
        packed[begin + offset] |= 1
    (tmp_path / "x.xlsx").write_bytes(packed)
    with pytest.raises(FileRefused) as refused:
        list(read_rows(tmp_path / "x.xlsx"))
    assert refused.value.reason == "encrypted"


def test_a_workbook_larger_than_is_read_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_BYTES", 100)
    with pytest.raises(FileRefused) as refused:
        list(read_rows(_workbook(tmp_path, [["titel"], ["A"]])))
    assert (refused.value.reason, refused.value.details) == ("too-large", {"limit": 100})


def _workbook(folder: Path, rows: list[list[Value]]) -> Path:
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            book.worksheets[0].cell(number, column, value)
    path = folder / "x.xlsx"
    book.save(path)
    return path


def _with_sheet(rows: str, more: dict[str, str] | None = None, *, head: str = HEAD) -> bytes:
    ordinary = io.BytesIO()
    book = openpyxl.Workbook()
    book.worksheets[0].append(["titel"])
    book.save(ordinary)
    changed = io.BytesIO()
    parts = {SHEET: head + rows + TAIL, **(more or {})}
    with zipfile.ZipFile(ordinary) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, parts.pop(name) if name in parts else source.read(name))
        for name, text in parts.items():
            target.writestr(name, text)
    return changed.getvalue()


def _children(folder: Path) -> list[str]:
    commands = (path.read_bytes().decode() for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [command for command in commands if "workbook_child.py" in command and str(folder) in command]
