"""People on the command line: the first way in, the way back, and the way out."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.catalog.test_cli import ROOT, Shell, free_port, last_line, refused

LINK = "http://127.0.0.1:8000/invitation?key="


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    assert shell("migrate").returncode == 0
    return shell


def write(shell: Shell, statement: str) -> None:
    engine = create_engine(f"sqlite:///{shell.folder}/data/hylde.sqlite")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def come_in(shell: Shell) -> None:
    """Whoever was invited has been here."""
    write(shell, "UPDATE person SET seen_at = '2026-11-25 11:00:00'")


def test_a_link_for_an_administrator_is_the_last_line_and_ends_the_one_before(shell: Shell) -> None:
    first, second = shell("admin-link"), shell("admin-link", HYLDE_BASE_URL="https://hylde.example")
    assert (last_line(first).startswith(LINK), first.returncode) == (True, 0)
    assert last_line(second).startswith("https://hylde.example/invitation?key=")
    assert last_line(first).partition("=")[2] != last_line(second).partition("=")[2]
    assert (shell.count("person"), shell.count("invitation")) == (1, 1)  # nobody was made in vain
    assert shell.count("audit WHERE request_id LIKE 'cli-%'") > 0


def test_people_are_invited_listed_given_roles_and_let_go(shell: Shell) -> None:
    invited = shell("user", "invite", "--name", "Inge Bregnvig", "--mail", "inge@post.example", "--role", "reviewer")
    assert last_line(invited).startswith(LINK)
    assert shell("user", "list").stdout == "Inge Bregnvig\tinge@post.example\tinvited\treviewer\n"
    given = shell("user", "role", "INGE@post.example", "purchasing", "--from", "2026-08-01", "--until", "2099-07-31")
    assert (given.returncode, "purchasing from 2026-08-01" in given.stdout) == (0, True)
    ended = shell("user", "role", "Inge Bregnvig", "reviewer", "--end")
    assert (ended.returncode, "reviewer no longer (1 ended)" in ended.stdout) == (0, True)
    assert shell("user", "list").stdout.endswith("\tinvited\tpurchasing\n")
    assert "does not hold" in refused(shell("user", "role", "Inge Bregnvig", "reviewer", "--end"))
    gone = shell("user", "end", "inge@post.example")
    assert (gone.returncode, gone.stdout) == (0, "Inge Bregnvig has left.\n")
    assert (shell("user", "list").stdout, shell("user", "list", "--left").stdout.count("\n")) == ("", 1)
    assert shell.count("invitation") == 0


def test_a_role_is_held_at_a_school_by_its_number(shell: Shell) -> None:
    assert shell("seed", HYLDE_DEMO="1").returncode == 0
    engine = create_engine(f"sqlite:///{shell.folder}/data/hylde.sqlite")
    with engine.connect() as connection:
        code, name = connection.execute(text("SELECT code, name FROM school ORDER BY code")).first() or ("", "")
    engine.dispose()
    words = ("user", "invite", "--name", "Inge Bregnvig", "--role", "teacher", "--school")
    assert shell(*words, code).returncode == 0
    listed = shell("user", "list").stdout
    assert "Inge Bregnvig" in listed
    assert f"teacher at {name}" in listed
    assert "No school has the number" in refused(shell(*words, "no-such-number"))
    assert shell("user", "invite", "--name", "x", "--school", code).returncode == 2


def test_lost_access_is_recovered_and_nobody_known_is_said_so(shell: Shell) -> None:
    shell("user", "invite", "--name", "Inge Bregnvig", "--role", "admin")
    assert last_line(shell("user", "link", "Inge Bregnvig")).startswith(LINK)
    assert shell.count("invitation") == 1
    for words in (("link", "nobody"), ("end", "nobody"), ("role", "nobody", "it"), ("link", "")):
        assert "hylde user list" in refused(shell("user", *words))
    assert "cannot be meant" not in refused(shell("user", "invite"))  # a person without name and address


def test_the_last_administrator_stays(shell: Shell) -> None:
    shell("user", "invite", "--name", "Inge Bregnvig", "--role", "admin")
    come_in(shell)
    for words in (("end", "Inge Bregnvig"), ("role", "Inge Bregnvig", "admin", "--end")):
        assert "Nobody else could administer" in refused(shell("user", *words))
    shell("user", "invite", "--name", "Ole Arving", "--role", "admin")
    come_in(shell)
    assert shell("user", "end", "Inge Bregnvig").returncode == 0


@pytest.mark.parametrize("is_anybody_there", [False, True])
def test_the_first_start_prints_a_link_and_no_later_one_does(shell: Shell, is_anybody_there: bool) -> None:
    if is_anybody_there:
        shell("user", "invite", "--name", "Inge Bregnvig", "--role", "admin")
        come_in(shell)
    port = free_port()
    said, link = serve(shell, port), LINK.replace("8000", str(port))  # where it is served, not where it usually is
    assert (link in said, "Nobody administers Hylde yet" in said) == (not is_anybody_there,) * 2
    assert "password" not in said


def serve(shell: Shell, port: int) -> str:
    """What a start prints until it serves."""
    words = [sys.executable, "-u", "-m", "catalog", "serve", "--port", str(port)]
    serving = subprocess.Popen(words, cwd=ROOT, env=shell.environment, stdout=subprocess.PIPE)
    assert serving.stdout is not None
    said, until = b"", time.monotonic() + 60
    try:
        while b"Hylde for" not in said and time.monotonic() < until:
            if select.select([serving.stdout], [], [], 1)[0]:
                said += os.read(serving.stdout.fileno(), 4096)
    finally:
        serving.terminate()
        serving.wait(30)
        serving.stdout.close()
    return said.decode()
