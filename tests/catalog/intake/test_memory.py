import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAPPING = """
source = "prove"
item = "{id}"

[fields]
form = "app"
url = "{url}"

[[texts]]
language = "da"
title = "{titel}"
description = "{tekst}"
"""
MEASURED = """
import resource, sys, time
from pathlib import Path
from catalog.intake.drafts import resource_drafts
from catalog.intake.errors import FileRefused
from catalog.intake.mapping_file import load_mapping
from catalog.intake.files.readers import read_rows
from catalog.vocabularies.store import shipped
vocabularies = shipped()
mapping = load_mapping(sys.argv[2], vocabularies)
began, found, said = time.process_time(), 0, "read"
try:
    for draft in resource_drafts(read_rows(Path(sys.argv[1]), wanted=mapping.wanted), mapping, vocabularies):
        found += 1
except FileRefused as refused:
    said = refused.reason
seconds = time.process_time() - began
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(said, found, seconds, own / 1_000)
"""


@pytest.mark.parametrize(("kind", "counts"), [("csv", (10_000, 100_000)), ("jsonl", (2_000, 20_000))])
def test_memory_stays_flat_when_the_file_is_ten_times_as_long(
    tmp_path: Path, kind: str, counts: tuple[int, int]
) -> None:
    peaks = []
    for count in counts:
        path = tmp_path / f"rows.{kind}"
        path.write_text("".join(_lines(kind, count)), encoding="utf-8")
        said, found, seconds, megabytes = _measure(path)
        print(f"{kind}: {found} drafts, {count / seconds:.0f} rows/s, {megabytes:.0f} MB")
        assert (said, found) == ("read", count)
        peaks.append(megabytes)
    assert peaks[1] < peaks[0] + 10


HOSTILE = {
    "columns.csv": b",".join([b"titel"] * 1_000_000) + b"\n",
    "wide.csv": b"titel,id,url\n" + b"," * 5_000_000 + b"x\nA,1,\n",
    "quotes.csv": b"titel,id,url\n" + b'"' * 5_000_000 + b"\nA,1,\n",
    "open-quotes.csv": b"titel,id,url\n" + b'"x\n' * 100_000,
    "half-quotes.csv": b"titel,id,url\n" + b'a"b,"c\n' * 100_000,
    "long-record.csv": b'titel,id,url\n"' + b"x\n" * 100_000,
    "returns.csv": b"\r" * 3_000_000 + b"titel,id,url\rA,1,\r",
    "deep.jsonl": b'{"titel": ' + b"[" * 3_000_000,
    "keys.jsonl": b'{"titel": "A", ' + b",".join(b'"k%d": 1' % n for n in range(200_000)) + b"}",
    "markup.jsonl": b'{"id": "1", "titel": "' + b"<a " * 1_000_000 + b'"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_file_takes_little_time_and_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    said, found, seconds, megabytes = _measure(path)
    print(f"{name}: {said}, {found}, {seconds:.2f} s, {megabytes:.0f} MB")
    assert seconds < 10
    assert megabytes < 200


def _measure(path: Path) -> tuple[str, int, float, float]:
    mapping = path.parent / "prove.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    command = [sys.executable, "-c", MEASURED, str(path), str(mapping)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return said[0], int(said[1]), float(said[2]), float(said[3])


def _lines(kind: str, count: int) -> list[str]:
    if kind == "jsonl":
        return [
            f'{{"id": "{n}", "titel": "Regn {n}", "tekst": "Øvelser", "url": "https://eksempel.dk/{n}"}}\n'
            for n in range(count)
        ]
    return ["id,titel,tekst,url\n", *(f"{n},Regn {n},Øvelser,https://eksempel.dk/{n}\n" for n in range(count))]
