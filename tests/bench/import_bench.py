"""How fast rows become resources, and that memory does not grow with the file.

Each figure is of a process of its own: rows per second from the file to the commit, and the most the process held,
for 1,000 and 4,000 rows; reading and mapping alone for 10,000 and 100,000.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from catalog.app import open_region
from catalog.core.actor import SYSTEM
from catalog.core.db import open_database
from catalog.core.settings import Settings
from catalog.intake.batches import Source
from catalog.intake.drafts import resource_drafts
from catalog.intake.files.readers import read_rows
from catalog.intake.mapping_file import load_mapping
from catalog.migrations import runner
from catalog.resources.importing import import_resources
from tests.factories import TODAY

SIZES = {"stored": (1_000, 4_000), "read and mapped": (10_000, 100_000)}
WORDS = ("brøk", "læse", "træning", "historie", "vikinger", "klima", "ordbog", "regne", "spil", "film", "musik", "dyr")


def _write(path: Path, rows: int) -> None:
    """Rows in the shape of Khan Academy's topic tree, each item once."""
    with path.open("w") as file:
        for number in range(rows):
            title = " ".join(WORDS[(number * step) % len(WORDS)] for step in (1, 3, 7))
            row = {
                "id": f"x{number}",
                "kind": "Exercise",
                "title": f"{title} {number}",
                "description": f"{title} og {WORDS[number % 5]}",
                "domain": "Math",
                "subject": "4th grade (U.S.)",
                "topic": "Fractions",
                "path": None,
            }
            file.write(json.dumps(row) + "\n")


def _peak_mb() -> float:
    """The most this process held; not ``getrusage``, which begins with what its parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


async def _measure(what: str, rows: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        _write(path, rows)
        region = open_region(Settings())
        mapping = load_mapping("khan_academy", region.vocabularies)
        drafts = resource_drafts(
            read_rows(path, options=mapping.options, wanted=mapping.wanted), mapping, region.vocabularies
        )
        started = time.perf_counter()
        if what == "stored":
            url = f"sqlite:///{folder}/hylde.sqlite"
            runner.upgrade(url)
            database = open_database(url)
            source = Source(kind="resources", file_name="rows.jsonl", file_hash="-", mapping="khan_academy")
            _, counts = await import_resources(database, SYSTEM, region, source, drafts, TODAY)
            await database.close()
            if counts.accepted != rows:
                raise RuntimeError(f"{counts}, of {rows} rows")
        else:
            for _ in drafts:
                pass
        took = time.perf_counter() - started
    return rows / took, _peak_mb()


def main() -> None:
    """Print one line for each size."""
    for what, sizes in SIZES.items():
        for rows in sizes:
            command = [sys.executable, "-m", "tests.bench.import_bench", what, str(rows)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            speed, megabytes = json.loads(answer.stdout.splitlines()[-1])
            print(f"import, {rows:,} rows {what}: {speed:,.0f} rows/s, at most {megabytes:.0f} MB held")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(_measure(sys.argv[1], int(sys.argv[2])))))
    else:
        main()
