"""The command line as a person uses it: what it prints last, how it ends, and what it leaves behind."""

import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

ROOT = Path(__file__).parent.parent.parent
MAPPING = """
source = "list"
title = "A list"
item = "{key}"
[fields]
form = "web_resource"
languages = "da"
[[texts]]
language = "da"
title = "{title}"
"""


class Shell:
    """Runs ``hylde`` on an installation of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HYLDE_")}
        self.environment = {**kept, "HYLDE_DATA_FOLDER": str(folder / "data"), "HYLDE_LOG_LEVEL": "error"}

    def __call__(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "catalog", *words],
            cwd=ROOT,
            env=self.environment | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def count(self, table: str) -> int:
        engine = create_engine(f"sqlite:///{self.folder}/data/hylde.sqlite")
        with engine.connect() as connection:
            found: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        engine.dispose()
        return found

    def write(self, name: str, *rows: dict[str, str] | str) -> str:
        path = self.folder / name
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        return str(path)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "list.toml").write_text(MAPPING)
    shell = Shell(tmp_path)
    assert shell("migrate").returncode == 0
    return shell


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.splitlines()[-1]


def test_an_import_says_last_what_became_of_the_rows_and_ends_accordingly(shell: Shell, tmp_path: Path) -> None:
    mapping = str(tmp_path / "list.toml")
    good = shell.write("good.jsonl", {"key": "1", "title": "Et"}, {"key": "2", "title": "To"})
    mixed = shell.write(
        "mixed.jsonl", {"key": "1", "title": "Et"}, "{broken", {"key": "3", "title": "=1+1"}, {"key": "4", "title": ""}
    )

    first = shell("import", "resources", good, "--mapping", mapping)
    again = shell("import", "resources", good, "--mapping", mapping)
    some = shell("import", "resources", mixed, "--mapping", mapping, "--report", str(tmp_path / "report.csv"))

    assert (last_line(first), first.returncode) == ("accepted 2, unchanged 0, refused 0", 0)
    assert (last_line(again), again.returncode) == ("accepted 0, unchanged 2, refused 0", 0)
    assert (last_line(some), some.returncode) == ("accepted 1, unchanged 1, refused 2", 1)
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        report = list(csv.DictReader(file, delimiter=";"))
    assert [(row["line"], row["outcome"]) for row in report] == [
        ("2", "refused"),
        ("4", "refused"),
        ("1", "unchanged"),
        ("3", "accepted"),
    ]
    assert report[0]["why"]
    assert "{broken" in report[0]["row"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("gone.jsonl", None), ("empty.csv", b""), ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(2000))],
)
def test_a_file_refused_as_a_whole_ends_with_two_and_a_reason(
    shell: Shell, tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = shell("import", "resources", str(tmp_path / name), "--mapping", str(tmp_path / "list.toml"))
    assert (done.returncode, last_line(done)) == (2, "accepted 0, unchanged 0, refused 0")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_mapping_with_mistakes_names_file_key_and_fix(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(MAPPING.replace("web_resource", "balloon").replace('title = "A list"\n', ""))
    done = shell("import", "resources", "rows.csv", "--mapping", str(tmp_path / "wrong.toml"))
    assert done.returncode == 2
    assert "wrong.toml" in done.stderr
    assert "form" in done.stderr


def test_an_import_is_listed_and_taken_back_once(shell: Shell, tmp_path: Path) -> None:
    good = shell.write("good.jsonl", {"key": "1", "title": "Et"}, {"key": "2", "title": "To"})
    done = shell("import", "resources", good, "--mapping", str(tmp_path / "list.toml"))
    batch = next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("import "))

    assert batch in shell("import", "list").stdout
    assert last_line(shell("import", "undo", batch)) == "restored 2, kept 0"
    again = shell("import", "undo", batch)
    assert again.returncode == 1
    assert "fortrudt" in again.stderr
    assert shell.count("resource WHERE status = 'listed'") == 0


def test_a_list_of_decisions_is_imported_by_the_shipped_mapping(shell: Shell) -> None:
    done = shell("import", "decisions", str(ROOT / "tests/data/decisions_list.csv"))
    assert last_line(done) == "accepted 42, unchanged 0, refused 4"
    assert done.returncode == 1
    assert shell.count("name_question") > 40


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HYLDE_MUNICIPALTY", "Sundby", "HYLDE_MUNICIPALITY"),
        ("HYLDE_SECRET", "hunter2", "HYLDE_SECRET is weak"),
        ("HYLDE_BASE_URL", "http://hylde.example", "https://"),
    ],
)
def test_settings_that_cannot_be_meant_end_every_command_with_a_sentence(
    shell: Shell, name: str, value: str, said: str
) -> None:
    for words in (("serve",), ("doctor",), ("import", "list")):
        done = shell(*words, **{name: value})
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_the_demo_is_loaded_once_and_the_doctor_finds_it_well(shell: Shell) -> None:
    first, second = shell("seed", HYLDE_DEMO="1"), shell("seed", HYLDE_DEMO="1")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert shell.count("resource") == 300
    done = shell("doctor", HYLDE_DEMO="1")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("words", [("import", "list"), ("admin-link",), ("seed",), ("reindex",)])
def test_a_new_installation_migrates_itself_whatever_comes_first(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = Shell(tmp_path)(*words)
    assert (done.returncode, done.stderr) == (0, "")


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which a command ends; no command shows its insides."""
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_postgresql_is_not_migrated_behind_anybodys_back(tmp_path: Path, postgresql: str) -> None:
    for words in (("import", "list"), ("admin-link",), ("serve",)):
        done = Shell(tmp_path)(*words, HYLDE_DATABASE_URL=postgresql)
        assert (done.returncode, "hylde migrate" in refused(done)) == (1, True)


@pytest.mark.parametrize("words", [("import", "list"), ("admin-link",), ("seed",), ("migrate",), ("serve",)])
def test_a_database_that_does_not_answer_ends_with_three(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = Shell(tmp_path)(*words, HYLDE_DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert (done.returncode, "does not answer" in refused(done)) == (3, True)


def test_a_locked_database_and_a_file_that_is_none_end_with_three_too(shell: Shell, tmp_path: Path) -> None:
    good = shell.write("good.jsonl", {"key": "1", "title": "Et"})
    engine = create_engine(f"sqlite:///{tmp_path}/data/hylde.sqlite")
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        locked = shell("admin-link")
        importing = shell("import", "resources", good, "--mapping", str(tmp_path / "list.toml"))
        assert shell("import", "list").returncode == 0  # control: who only reads need not wait
    engine.dispose()
    assert (locked.returncode, "locked" in refused(locked)) == (3, True)
    assert (importing.returncode, "locked" in refused(importing), importing.stdout) == (3, True, "")
    (tmp_path / "note.txt").write_text("This is no database, but a letter of some length." * 20)
    wrong = shell("import", "list", HYLDE_DATABASE_URL=f"sqlite:///{tmp_path}/note.txt")
    assert (wrong.returncode, "not a database" in refused(wrong)) == (3, True)


def test_a_place_that_cannot_be_written_to_is_named(shell: Shell, tmp_path: Path) -> None:
    good = shell.write("good.jsonl", {"key": "1", "title": "Et"})
    report = str(tmp_path / "list.toml" / "report.csv")
    done = shell("import", "resources", good, "--mapping", str(tmp_path / "list.toml"), "--report", report)
    assert (done.returncode, report in refused(done)) == (1, True)
    assert shell.count("resource") == 0
    nowhere = shell("admin-link", HYLDE_DATA_FOLDER=str(tmp_path / "list.toml" / "data"))
    assert (nowhere.returncode, "list.toml" in refused(nowhere)) == (1, True)


def test_what_the_municipality_wrote_and_cannot_be_read_is_said_by_every_command(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "subject.toml").write_text("[[concept]\n")
    (tmp_path / "data" / "secret").write_text("cut")
    for words in (("serve",), ("demo", "--folder", str(tmp_path / "data")), ("seed",)):
        done = shell(*words, HYLDE_VOCABULARIES=str(tmp_path / "own"))
        assert (done.returncode, bool(refused(done))) == (1, True)


def test_the_demo_never_fills_a_database_that_somebody_named(shell: Shell, tmp_path: Path) -> None:
    done = shell("demo", HYLDE_DATABASE_URL=f"sqlite:///{tmp_path}/ours.sqlite")
    assert (done.returncode, "HYLDE_DATABASE_URL" in refused(done)) == (1, True)
    assert not (tmp_path / "ours.sqlite").exists()


def test_the_demo_never_writes_to_the_folder_of_a_real_installation(shell: Shell, tmp_path: Path) -> None:
    environment = shell.environment | {"HYLDE_DATA_FOLDER": str(tmp_path / "ours"), "HYLDE_DEMO": "0"}
    words = ["demo", "--folder", str(tmp_path / "demo"), "--port", str(free_port())]
    serving = subprocess.Popen(
        [sys.executable, "-m", "catalog", *words], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        said = [serving.stdout.readline() for _ in range(3)] if serving.stdout else []
    finally:
        serving.terminate()
        serving.communicate(timeout=60)
    assert ("The demo holds 300 resources" in said[0], "Sundby Kommune" in said[2]) == (True, True), said
    assert (tmp_path / "demo" / "hylde.sqlite").exists()
    assert not (tmp_path / "ours").exists()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
