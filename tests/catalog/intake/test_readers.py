from pathlib import Path

import pytest

from catalog.intake.errors import FileRefused
from catalog.intake.files.headers import Wanted
from catalog.intake.files.readers import read_rows
from catalog.intake.files.rows import ReadOptions, Row

WANTED = Wanted(columns=("titel", "url"), needed=(("titel",),))


def test_a_plain_file_is_read_with_its_line_numbers(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"titel,url\nDansk,https://a.dk\n\nMatematik,\n")
    assert [(row.line, row.values) for row in rows] == [
        (2, {"titel": "Dansk", "url": "https://a.dk"}),
        (4, {"titel": "Matematik", "url": None}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_found_out(
    tmp_path: Path, encoding: str, delimiter: str, newline: str
) -> None:
    lines = [f"titel{delimiter}url", f"Færdsel på vej{delimiter}https://å.dk", f'"Öl, ål; ø\t!"{delimiter}x']
    rows = _read(tmp_path, (newline.join(lines) + newline).encode(encoding))
    assert [row.values["titel"] for row in rows] == ["Færdsel på vej", "Öl, ål; ø\t!"]
    assert [row.values["url"] for row in rows] == ["https://å.dk", "x"]


def test_a_record_may_go_over_lines_and_hold_quotes(tmp_path: Path) -> None:
    rows = _read(tmp_path, b'titel,url\n"Dansk\nfor ""begyndere""\n",x\nNy,y\n')
    assert [(row.line, row.values["titel"]) for row in rows] == [(2, 'Dansk\nfor "begyndere"\n'), (5, "Ny")]


def test_lines_wider_or_narrower_than_the_header_are_reported_and_the_good_ones_stay(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"titel,url\nA,x\nB\nC,y,Module\nD,z\nE,w,,,\n")
    assert [(row.line, row.problem) for row in rows] == [(2, ""), (3, "too-narrow"), (4, "too-wide"), (5, ""), (6, "")]
    assert rows[2].members == {"columns": 3, "expected": 2}
    assert rows[2].values == {"": "C,y,Module\n"}


def test_a_quote_that_is_never_closed_takes_only_its_own_line(tmp_path: Path) -> None:
    rows = _read(tmp_path, b'titel,url\nA,x\n"B,y\nC,z\nD,"w"\nE,v\n')
    assert [(row.line, row.problem or row.values["titel"]) for row in rows] == [
        (2, "A"),
        (3, "open-quote"),
        (4, "C"),
        (5, "D"),
        (6, "E"),
    ]


def test_a_quote_that_a_later_line_happens_to_close_takes_only_its_own_line(tmp_path: Path) -> None:
    rows = _read(tmp_path, b'titel,url\n"A,x\nB,y\nC,"z"\nD,w\n')
    assert [row.problem or row.values["titel"] for row in rows] == ["open-quote", "B", "C", "D"]


def test_a_byte_that_is_no_letter_refuses_its_row_and_no_other(tmp_path: Path) -> None:
    rows = _read(tmp_path, "titel,url\nFærdsel,x\nÅben,y\n".encode() + b"Sk\xe6g,z\nDansk,w\n")
    assert [row.problem or row.values["titel"] for row in rows] == ["Færdsel", "Åben", "bad-encoding", "Dansk"]
    assert "\udce6" not in str(rows[2].values)


def test_a_byte_that_windows_does_not_know_refuses_its_row_and_no_other(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"titel,url\nF\xe6rdsel,x\n\x81ben,y\n\xd8l,z\n")
    assert [row.problem or row.values["titel"] for row in rows] == ["Færdsel", "bad-encoding", "Øl"]


def test_a_nul_does_not_end_the_file(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"titel,url\n" + b"Dansk,https://eksempel.dk/side\n" * 20 + b"A\x00B,x\nC,y\n")
    assert [row.values["titel"] for row in rows][-2:] == ["A\x00B", "C"]


def test_a_carriage_return_within_a_line_does_not_break_it(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"titel,url\nA\rB,x\nC,y\n")
    assert [row.values["titel"] for row in rows] == ["A B", "C"]


def test_a_field_of_three_megabytes_is_read(tmp_path: Path) -> None:
    rows = _read(tmp_path, b'titel,url\n"' + b"a" * 3_000_000 + b'",x\nB,y\n')
    assert [len(row.values["titel"] or "") for row in rows] == [3_000_000, 1]


def test_a_line_longer_than_is_read_is_reported_and_the_next_is_read(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"titel,url\n" + b"a" * 9_000_000 + b",x\nB,y\n")
    assert [(row.line, row.problem or row.values["titel"]) for row in rows] == [(2, "line-too-long"), (3, "B")]


def test_titles_above_the_header_are_passed_over_when_columns_are_wanted(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"Vores liste 2026;;\n;;\nTitel;URL;Note\nDansk;x;\n")
    assert [(row.line, row.values) for row in rows] == [(4, {"titel": "Dansk", "url": "x", "Note": None})]


def test_the_line_by_which_excel_tells_the_delimiter_is_no_header(tmp_path: Path) -> None:
    rows = _read(tmp_path, "sep=;\r\ntitel;url\r\nDansk, nu;x\r\n".encode("utf-8-sig"))
    assert [row.values["titel"] for row in rows] == ["Dansk, nu"]


def test_columns_of_the_same_name_and_without_name_are_told_apart(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, b"titel,titel,,url\na,b,c,d\n")
    assert row.values == {"titel": "a", "titel (2)": "b", "column 3": "c", "url": "d"}


def test_rows_of_nothing_but_delimiters_are_no_rows(tmp_path: Path) -> None:
    assert [row.line for row in _read(tmp_path, b"titel;url\n;\n ; \nA;\n;;;\n")] == [4]


def test_a_mapping_may_say_what_the_file_is(tmp_path: Path) -> None:
    options = ReadOptions(format="csv", encoding="iso-8859-1", delimiter="|", header_line=3)
    rows = _read(tmp_path, "titel|url\nx|y\ntitel|url\nÆble|z\n".encode("iso-8859-1"), options=options)
    assert [(row.line, row.values["titel"]) for row in rows] == [(4, "Æble")]


def test_each_line_of_json_is_a_row_and_a_bad_one_is_reported(tmp_path: Path) -> None:
    lines = [
        b'{"titel": "\xc3\x86", "pris": 12, "fag": ["da", "tysk"], "forlag": {"navn": "Emu"}, "fri": true, "x": null}',
        b"{broken",
        b"[1, 2]",
        b"",
        b'{"titel": "\\ud800"}',
        b'{"titel": "B", "dybt": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"titel": "C", "tal": 1.0, "stort": 123456789012345678901234567890}',
        b'"\xff"',
    ]
    rows = _read(tmp_path, b"\n".join(lines), name="rows.jsonl")
    assert rows[0].values == {
        "titel": "Æ",
        "pris": "12",
        "fag": "da\x1ftysk",
        "forlag.navn": "Emu",
        "fri": "true",
        "x": None,
    }
    assert [(row.line, row.problem) for row in rows[1:]] == [
        (2, "not-json"),
        (3, "not-an-object"),
        (5, "not-json"),
        (6, "not-json"),
        (7, ""),
        (8, "bad-encoding"),
    ]
    assert rows[-2].values["tal"] == "1"


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, b'\xef\xbb\xbf{"titel": "A"}', name="rows.json")
    assert row.values == {"titel": "A"}


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "x.csv", "empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "x.csv", "empty"),
        (bytes(range(256)) * 50, "x.csv", "not-text"),
        (b"%PDF-1.7 something", "x.csv", "unknown-type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "x.xls", "unknown-type"),
        (b'[{"titel": "A"}]', "x.json", "unknown-type"),
        (b"PK\x03\x04 and nothing more", "x.xlsx", "damaged"),
        (b"navn,link\nA,x\n", "x.csv", "missing-columns"),
        (b",".join([b"a"] * 3_000) + b"\n1\n", "x.csv", "too-many-columns"),
        (b'titel"\n"a', "x.csv", "missing-columns"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_its_reason(
    tmp_path: Path, content: bytes, name: str, reason: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        _read(tmp_path, content, name=name)
    assert refused.value.reason == reason


def test_a_missing_column_is_named_with_the_header_that_was_found(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        _read(tmp_path, b"navn,link\nA,x\n")
    assert refused.value.details == {"columns": ["titel"], "header": ["navn", "link"]}


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(FileRefused) as refused:
            list(read_rows(path))
        assert refused.value.reason == "unreadable"


def _read(folder: Path, content: bytes, *, name: str = "rows.csv", options: ReadOptions | None = None) -> list[Row]:
    path = folder / name
    path.write_bytes(content)
    return list(read_rows(path, options=options, wanted=WANTED))
