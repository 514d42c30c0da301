"""``hylde import devices`` as a person uses it: its last line, its exit status, its report, and the way back."""

import asyncio
import csv
from pathlib import Path

import pytest

from catalog.core.db import open_database
from tests.catalog.organisations.fleet.schools import add_school
from tests.catalog.test_cli import Shell, last_line

HEADER = "school;grades;platform;version;ownership"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """An installation with one school."""
    shell = Shell(tmp_path)
    assert shell("migrate").returncode == 0

    async def fill() -> None:
        database = open_database(f"sqlite:///{tmp_path}/data/hylde.sqlite")
        await add_school(database, "Mågebakkeskolen", "999101")
        await database.close()

    asyncio.run(fill())
    return shell


def test_a_file_of_devices_says_last_what_became_of_its_rows_and_can_be_taken_back(
    shell: Shell, tmp_path: Path
) -> None:
    good = shell.write("devices.csv", HEADER, "999101;0-1;;;none", "999101;2-7;iPad;17.5;municipal")
    mixed = shell.write("mixed.csv", HEADER, "999101;0-1;;;none", "999999;4;=1+1;;")
    first, again = (shell("import", "devices", good) for _ in range(2))
    some = shell("import", "devices", mixed, "--report", str(tmp_path / "report.csv"))

    assert (last_line(first), first.returncode) == ("accepted 2, unchanged 0, refused 0", 0)
    assert (last_line(again), again.returncode) == ("accepted 0, unchanged 2, refused 0", 0)
    assert (last_line(some), some.returncode) == ("accepted 0, unchanged 1, refused 1", 1)
    assert shell.count("device_group") == 8
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = [row for row in csv.DictReader(file, delimiter=";") if row["outcome"] == "refused"]
    assert (row["line"], row["field"]) == ("3", "school")
    assert row["why"]

    batch = first.stdout.splitlines()[-2].removeprefix("import ")
    undone = shell("import", "undo", batch)
    assert (last_line(undone), undone.returncode) == ("restored 1, kept 0", 0)
    assert shell.count("device_group") == 0


@pytest.mark.parametrize("text", ["", "name;grade\nMågebakkeskolen;4\n"])
def test_a_file_that_is_none_about_devices_is_refused_as_a_whole(shell: Shell, text: str) -> None:
    done = shell("import", "devices", shell.write("other.csv", text))
    assert (done.returncode, last_line(done)) == (2, "accepted 0, unchanged 0, refused 0")
    assert "Traceback" not in done.stderr
    assert shell.count("import_batch") == 0
