"""Lists as registers hand them out; every school in them is invented, whatever its municipality is called."""

from pathlib import Path
from typing import Any

from catalog.intake.batches import Source
from catalog.intake.files.readers import read_rows
from catalog.organisations.lists.drafts import SchoolDrafts, read_schools
from catalog.organisations.lists.mapping import load_mapping
from catalog.vocabularies.region import Region

STIL = (
    "HOVEDSKOLE_INST;INST_NR;INST_NAVN;ENHEDSART;INST_ADR;POSTNR;POSTDISTRIKT;TLF_NR;E_MAIL;WEB_ADR;INST_TYPE_NR;"
    "INST_TYPE_NAVN;INST_TYPE_GRUPPE;UNDERV_NIV;INST_LEDER;CVR_NR;KOMMUNE_NR;ADM_KOMMUNE_NAVN;BEL_KOMMUNE;"
    "BEL_KOMMUNE_NAVN;BEL_REGION;REGION_NAVN;EJER_KODE;EJERKODE_NAVN;P_NR;VEJKODE;GEO_BREDDE_GRAD;GEO_LAENGDE_GRAD"
)
COLUMNS = STIL.split(";")
LEADER = "Vibeke Opdigtet"
"""In the column for the head of a school: never stored."""


def stil_row(number: str, name: str, **more: str) -> str:
    known = {
        "INST_NR": number,
        "INST_NAVN": name,
        "INST_ADR": "Klitten 1",
        "POSTNR": "9999",
        "POSTDISTRIKT": "Sundby",
        "INST_TYPE_NAVN": "Folkeskoler",
        "UNDERV_NIV": "0-9",
        "INST_LEDER": LEADER,
        "CVR_NR": "13585628",
        "KOMMUNE_NR": "0999",
        "ADM_KOMMUNE_NAVN": "Sundby",
        **more,
    }
    return ";".join(known.get(column, "") for column in COLUMNS)


def stil_list(*rows: str) -> str:
    return "\r\n".join((STIL, *rows)) + "\r\n"


THREE = stil_list(
    stil_row("999101", "Mågebakkeskolen", WEB_ADR="https://maage.example"),
    stil_row("999102", "Klitskolen", UNDERV_NIV="0-6"),
    stil_row("999103", "Klitskolen, afdeling Havn", HOVEDSKOLE_INST="999102", INST_ADR="Havnen 4"),
    stil_row("888001", "En anden kommunes skole", KOMMUNE_NR="0888", ADM_KOMMUNE_NAVN="Nordby"),
)


def read_stil(folder: Path, region: Region, text: str, *, encoding: str = "utf-8", own: str = "Sundby") -> SchoolDrafts:
    return read(folder, region, text.encode(encoding), "stil", own)


def read(folder: Path, region: Region, content: bytes, mapping: str, own: str) -> SchoolDrafts:
    path = folder / "list.csv"
    path.write_bytes(content)
    how = load_mapping(mapping, region.vocabularies)
    return read_schools(read_rows(path, options=how.options, wanted=how.wanted), how, region, own)


def source_of(mapping: str = "stil", **more: Any) -> Source:
    return Source(**{"kind": "schools", "file_name": "list.csv", "file_hash": "0" * 64, "mapping": mapping, **more})
