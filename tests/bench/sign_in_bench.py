"""What others notice when ten people sign in at once: the p95 of a search page with and without them.

The service runs in a process of its own. As a control it runs once more with passwords hashed on its loop.
"""

import asyncio
import logging
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvicorn

from catalog.app import create_app, open_region
from catalog.core import logs
from catalog.core.actor import SYSTEM
from catalog.core.clock import utc_now
from catalog.core.db import open_database, transaction
from catalog.core.settings import Settings
from catalog.identity import people
from catalog.identity.local import hashing
from catalog.migrations import runner
from catalog.worker import Worker
from seed.load import load_demo
from tests.factories import TODAY

PEOPLE, SEARCHES = 10, 300
PAUSE = 0.02
"""Seconds between two searches, as of a few readers who type."""
PASSWORD = "fjorten blå ugler synger"  # noqa: S105 - of people who exist in the bench only
QUERIES = ("matematik", "dansk", "læs", "historie", "brøk")


async def _fill(settings: Settings) -> None:
    """The demo's catalogue, and people with an account."""
    runner.upgrade(settings.database)
    database, region = open_database(settings.database), open_region(settings)
    await load_demo(database, SYSTEM, region, TODAY)
    await Worker(settings, database, region, utc_now).drain()
    hashed = await hashing.hash_password(PASSWORD)
    async with transaction(database.writers) as session:
        for number in range(PEOPLE):
            user = await people.add_user(session, SYSTEM, now=utc_now(), name=f"Person {number}")
            user.username, user.password_hash = f"person{number}", hashed
    await database.close()


def _serve(folder: Path, port: int, *, inline: bool) -> None:
    if inline:

        async def at_once(_: hashing.Turns, work: Any) -> Any:
            return work()

        hashing.Turns.take = at_once  # type: ignore[method-assign,assignment]  # the control
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    settings = Settings(data_folder=folder, base_url=f"http://127.0.0.1:{port}")
    app = create_app(settings, open_database(settings.database))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


async def _time_searches(client: httpx.AsyncClient) -> list[float]:
    took = []
    for number in range(SEARCHES):
        started = time.perf_counter()
        answer = await client.get("/find", params={"q": QUERIES[number % len(QUERIES)]})
        took.append(time.perf_counter() - started)
        answer.raise_for_status()
        await asyncio.sleep(PAUSE)
    return took


async def _keep_signing_in(address: str, number: int, done: asyncio.Event) -> int:
    """Again and again at one browser; how often it let in. In the control the database may be locked for too long."""
    count = 0
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        while not done.is_set():
            answer = await client.post("/sign-in", data={"username": f"person{number}", "password": PASSWORD})
            count += answer.status_code == 303
            client.cookies.clear()
    return count


async def _measure(address: str) -> tuple[list[float], list[float], float]:
    """Searches without and with ten people who sign in, and how many a second were let in."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        for _ in range(100):
            try:
                if (await client.get("/find")).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        await _time_searches(client)  # warm
        without, done = await _time_searches(client), asyncio.Event()
        started = time.perf_counter()
        signing_in = [asyncio.create_task(_keep_signing_in(address, number, done)) for number in range(PEOPLE)]
        during = await _time_searches(client)
        done.set()
        let_in = sum(await asyncio.gather(*signing_in))
        return without, during, let_in / (time.perf_counter() - started)


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1] * 1000


def _run(folder: Path, name: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.bench.sign_in_bench", str(folder), str(port), name]
    serving = subprocess.Popen(command)
    try:
        without, during, rate = asyncio.run(_measure(f"http://127.0.0.1:{port}"))
    finally:
        serving.terminate()
        serving.wait(30)
    print(
        f"search p50/p95, {name}: without sign-ins {statistics.median(without) * 1000:.0f}/{_p95(without):.0f} ms,"
        f" while 10 sign in {statistics.median(during) * 1000:.0f}/{_p95(during):.0f} ms,"
        f" longest {max(during) * 1000:.0f} ms; {rate:.1f} sign-ins a second"
    )


def main() -> None:
    """Print one line for the service as it is, and one for the control."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        logs.set_up(level="error", readable=True)
        asyncio.run(_fill(Settings(data_folder=folder)))
        for name in ("in threads", "on the loop"):
            _run(folder, name)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(Path(sys.argv[1]), int(sys.argv[2]), inline=sys.argv[3] == "on the loop")
    else:
        main()
