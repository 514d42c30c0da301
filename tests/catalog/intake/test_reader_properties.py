import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.intake.errors import REASONS, FileRefused
from catalog.intake.files.readers import read_rows
from catalog.intake.files.rows import ROW_PROBLEMS, ReadOptions, Row

MESSY = st.text(alphabet=st.sampled_from('ab,;"\n\r\t æø\x00\x1f{}[]:'), max_size=120)
CELLS = st.text(alphabet=st.sampled_from('ab,;"\næø |\t'), max_size=8)


@given(st.binary(max_size=400) | MESSY.map(str.encode), st.sampled_from(["x.csv", "x.jsonl", "x.xlsx", "x"]))
def test_any_bytes_give_rows_or_a_refused_file(content: bytes, name: str) -> None:
    assert _codes(content, name) <= {"", *ROW_PROBLEMS, *REASONS}


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["csv", "jsonl", "xlsx"]))
def test_any_bytes_under_any_declared_format_give_rows_or_a_refused_file(content: bytes, kind: str) -> None:
    assert _codes(content, "x", ReadOptions(format=kind)) <= {"", *ROW_PROBLEMS, *REASONS}


@given(MESSY)
def test_every_line_with_something_in_it_is_in_a_row_or_in_a_reported_problem(body: str) -> None:
    rows = _read(f"titel,url\n{body}".encode(), "x.csv", ReadOptions(format="csv", delimiter=",", encoding="utf-8"))
    begins = [row.line for row in rows]
    lines = f"titel,url\n{body}".split("\r" if _mac(body) else "\n")
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip('\r\n\t\x1f ,"') or number in begins:
            continue
        before = max((begin for begin in begins if begin < number), default=0)
        row = next(row for row in rows if row.line == before)
        assert not row.problem
        assert any("\n" in (value or "") or "\r" in (value or "") for value in row.values.values())


@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=8), st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"])
)
def test_what_python_writes_comes_back_as_it_was(written: list[tuple[str, str]], delimiter: str, newline: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=newline).writerows([("titel", "url"), *written])
    rows = _read(stream.getvalue().encode(), "x.csv", ReadOptions(delimiter=delimiter, encoding="utf-8"))
    expected = [pair for pair in written if any(cell.strip() for cell in pair)]
    assert [(row.values["titel"] or "", row.values["url"] or "") for row in rows] == expected


@given(st.lists(st.sampled_from(["god,x", 'aaben "citat,y', '"aaben,y', "smal", "bred,y,z", "god2,w"]), max_size=12))
def test_a_broken_row_never_takes_a_good_one_with_it(lines: list[str]) -> None:
    content = "\n".join(["titel,url", *lines])
    rows = _read(content.encode(), "x.csv", ReadOptions(delimiter=","))
    good = [number for number, line in enumerate(lines, start=2) if line in {"god,x", "god2,w", 'aaben "citat,y'}]
    assert [row.line for row in rows if not row.problem] == good
    assert len(rows) == len(lines)


def test_control_python_alone_loses_the_good_rows_behind_an_open_quote() -> None:
    rows = list(csv.reader(['"aaben,y\n', "god,x\n", "god,x\n"]))
    with pytest.raises(AssertionError):
        assert sum(row == ["god", "x"] for row in rows) == 2


def _codes(content: bytes, name: str, options: ReadOptions | None = None) -> set[str]:
    """What is wrong with the rows, or the reason why there are none; any other exception fails the test."""
    try:
        return {row.problem for row in _read(content, name, options)}
    except FileRefused as refused:
        return {refused.reason}


def _mac(body: str) -> bool:
    text = f"titel,url\n{body}"
    return text.count("\r") - text.count("\r\n") > text.count("\n")


def _read(content: bytes, name: str, options: ReadOptions | None = None) -> list[Row]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return list(read_rows(path, options=options))
