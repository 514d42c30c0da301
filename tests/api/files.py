"""Files that programs send: a list of resources as CSV, JSON lines and a workbook, and a list of decisions."""

import csv
import io

import msgspec
from openpyxl import Workbook

HEADER = (
    "NAME",
    "URL",
    "PROVIDER",
    "MATERIAL_TYPES",
    "LANGUAGES",
    "TEACHER_OVERVIEW",
    "PRIMARY_USER",
    "LICENSE_TITLE",
    "CREATE_DATE",
    "SUBJECTS",
    "GRADE_SUBLEVELS",
)
CSV, JSONL = "text/csv", "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def row(number: int, name: str = "") -> list[str]:
    title = name or f"Lesson {number}"
    address = f"https://oer.example/{number}"
    return [
        title,
        address,
        "Open Shelf",
        "Lesson",
        "en",
        "",
        "teacher",
        "CC",
        "2024-05-01",
        "Mathematics",
        "Grade 4",
    ]


def as_csv(*rows: list[str]) -> bytes:
    return "\n".join(",".join(cells) for cells in (list(HEADER), *rows)).encode()


def as_workbook(table: bytes) -> bytes:
    """The same rows as a CSV file has."""
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for cells in csv.reader(table.decode().splitlines()):
        sheet.append(cells)
    book.save(out)
    return out.getvalue()


DECISIONS = """navn,status,type,krav,begrundelse
Brøkbanken,forhåndsgodkendt,hjemmeside,Skal anvendes med Unilogin.,Har databehandleraftale
Ukendt titel,forhåndsgodkendt,hjemmeside,,Har databehandleraftale
,forhåndsgodkendt,hjemmeside,,Har databehandleraftale
""".encode()


STIL = """INST_NR;INST_NAVN;INST_TYPE_NAVN;HOVEDSKOLE_INST;UNDERV_NIV;KOMMUNE_NR;ADM_KOMMUNE_NAVN
101001;Bakkeskolen;Folkeskoler;;0. - 9. klasse;411;Sundby
101002;Åskolen;Folkeskoler;;0. - 6. klasse;411;Sundby
202001;Fremmed skole;Folkeskoler;;0. - 9. klasse;999;Andby
""".encode()
COUNTS = b"school,grade,pupils,date\n101001,0,21,2026-09-05\n101002,1,19,2026-09-05\n999999,1,5,2026-09-05\n"
DEVICES = b"school,grade,ownership,platform,version\n101001,0,municipal,ipados,16.4\n999999,1,municipal,ipados,16\n"


def as_lines(*items: dict[str, object]) -> bytes:
    return b"\n".join(msgspec.json.encode(each) for each in items)
