"""How long a process takes until its search is ready, and what it holds: with 10,000 resources against none.

Documents are the demo's own, copied under other ids and titles: as long and as many-worded as real ones. Each figure
is of a process of its own.
"""

import asyncio
import json
import logging
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import msgspec
import structlog

from catalog.app import create_app, open_region
from catalog.core.actor import SYSTEM
from catalog.core.clock import utc_now
from catalog.core.db import open_database
from catalog.core.settings import Settings
from catalog.finding.index import Index
from catalog.finding.prepared import start_of, write_start
from catalog.migrations import runner
from catalog.worker import Worker
from seed.load import load_demo
from tests.factories import TODAY

RESOURCES = 10_000


def resident_mb() -> float:
    """What the process holds now, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def _start(folder: Path) -> dict[str, float]:
    """Start the app's parts in this process and fill the index; seconds, processor seconds and megabytes."""
    settings = Settings(data_folder=folder)
    database = open_database(settings.database)
    app = create_app(settings, database, own_tasks=False)
    before, wall, processor = resident_mb(), time.perf_counter(), time.process_time()
    index: Index = app.state.index
    documents = await index.fill()
    figures = {
        "documents": documents,
        "seconds": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
        "megabytes": resident_mb() - before,
    }
    await database.close()
    return figures


async def _write(folder: Path) -> None:
    """A migrated database whose documents are the demo's, many times over."""
    url = f"sqlite:///{folder}/hylde.sqlite"
    runner.upgrade(url)
    database, region = open_database(url), open_region(Settings())
    await load_demo(database, SYSTEM, region, TODAY)
    await Worker(Settings(), database, region, utc_now).drain()
    await database.close()
    with sqlite3.connect(folder / "hylde.sqlite") as store:
        store.execute("PRAGMA foreign_keys = OFF")
        texts = [row[0] for row in store.execute("SELECT document FROM search_document WHERE document != ''")]
        for number in range(len(texts), RESOURCES):
            document = msgspec.json.decode(texts[number % len(texts)])
            document["id"], document["rank"] = str(uuid.UUID(int=number)), 2**40 + number
            document["titles"] = [f"{title} {number}" for title in document["titles"]]
            text = msgspec.json.encode(document).decode()
            values = (uuid.UUID(int=number).hex, 1, None, text, write_start(start_of(document)))
            store.execute("INSERT INTO search_document VALUES (?, ?, ?, ?, ?)", values)


def _in_process(folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.start_bench", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Print one line for each size."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as full:
        runner.upgrade(f"sqlite:///{empty}/hylde.sqlite")
        asyncio.run(_write(Path(full)))
        for name, folder in (("bare app", empty), ("10,000 resources", full)):
            best = min((_in_process(Path(folder)) for _ in range(3)), key=lambda each: each["seconds"])
            print(
                f"start, {name}: {best['seconds']:.2f} s ({best['processor']:.2f} s of processor time), "
                f"{best['megabytes']:.0f} MB more than before the index"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(_start(Path(sys.argv[1])))))
    else:
        main()
