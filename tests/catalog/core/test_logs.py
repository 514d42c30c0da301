"""The log: one line per event, with the request's id, ours and the libraries' alike."""

import json
import subprocess
import sys

SCRIPT = """
import logging, structlog
from catalog.core import logs
from catalog.core.audit import request_id
logs.set_up(level="{level}", readable={readable})
structlog.get_logger("ours").info("before")
request_id.set("request-1234")
structlog.get_logger("ours").info("bøger found", count=3)
logging.getLogger("theirs").warning("slow %s", "query")
logging.getLogger("uvicorn.access").info("GET /")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").exception("failed")
"""


def run(level: str, *, readable: bool) -> list[str]:
    script = SCRIPT.format(level=level, readable=readable)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert ran.stdout == b""
    return ran.stderr.decode().splitlines()


def test_for_machines_every_line_is_an_object_with_the_requests_id() -> None:
    before, found, slow, failed = map(json.loads, run("info", readable=False))

    assert "request_id" not in before
    assert (found["event"], found["count"], found["level"], found["logger"]) == ("bøger found", 3, "info", "ours")
    assert (slow["event"], slow["level"], slow["logger"]) == ("slow query", "warning", "theirs")
    assert {found["request_id"], slow["request_id"], failed["request_id"]} == {"request-1234"}
    assert found["timestamp"].endswith("Z")
    assert "ZeroDivisionError" in failed["exception"]


def test_below_the_level_nothing_is_written_and_people_get_plain_text() -> None:
    lines = run("warning", readable=True)
    assert not any("bøger" in line for line in lines)
    assert any("slow query" in line and "request-1234" in line for line in lines)
    assert not lines[0].startswith("{")
