"""``hylde import schools`` and ``head-counts``: last line, exit status and report are those of every import."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalog.cli import main
from catalog.migrations import runner
from tests.catalog.organisations.lists.files import THREE, stil_row


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    runner.upgrade(f"sqlite:///{tmp_path}/hylde.sqlite")
    monkeypatch.setenv("HYLDE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("HYLDE_DATABASE_URL", f"sqlite:///{tmp_path}/hylde.sqlite")
    monkeypatch.setenv("HYLDE_MUNICIPALITY", "Sundby Kommune")
    monkeypatch.setenv("HYLDE_SECRET", "only for tests, but long enough to be taken")
    monkeypatch.setenv("HYLDE_LANGUAGE", "en")
    return tmp_path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, words)])


def test_a_list_is_taken_in_and_reported(folder: Path) -> None:
    path = folder / "skoler.csv"
    path.write_bytes((THREE + stil_row("12", "For kort") + "\r\n").encode("utf-16"))
    done = run("schools", path, "--mapping", "stil", "--report", folder / "report.csv")
    assert done.output.splitlines()[-1] == "accepted 3, unchanged 0, refused 1"
    assert done.exit_code == 1
    assert "skipped 1 rows of others" in done.output
    report = (folder / "report.csv").read_text(encoding="utf-8-sig")
    assert "For kort" in report
    rest = "\r\n".join(line for line in THREE.splitlines() if "Mågebakke" not in line)
    path.write_text(rest, encoding="utf-8")
    again = run("schools", path, "--mapping", "stil", "--municipality", "999")
    assert "not in the list any more: Mågebakkeskolen" in again.output
    assert (again.output.splitlines()[-1], again.exit_code) == ("accepted 0, unchanged 2, refused 0", 0)


def test_head_counts_are_taken_in_and_an_import_is_taken_back(folder: Path) -> None:
    schools, counts = folder / "skoler.csv", folder / "elever.csv"
    schools.write_text(THREE, encoding="utf-8")
    counts.write_text("school;grade;pupils;date\n999101;1;20;2025-09-05\n", encoding="utf-8")
    assert run("schools", schools, "--mapping", "stil").exit_code == 0
    done = run("head-counts", counts)
    assert (done.output.splitlines()[-1], done.exit_code) == ("accepted 1, unchanged 0, refused 0", 0)
    batch = done.output.partition("import ")[2].split()[0]
    assert "restored 1, kept 0" in run("undo", batch).output


def test_what_cannot_be_read_says_why(folder: Path) -> None:
    path = folder / "skoler.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    refused = run("schools", path, "--mapping", "stil")
    assert refused.exit_code == 2
    assert "lacks columns" in refused.output
    unknown = run("schools", path, "--mapping", "findes-ikke")
    assert unknown.exit_code == 1
    assert "no such mapping" in unknown.output
