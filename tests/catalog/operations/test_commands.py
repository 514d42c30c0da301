"""``hylde audit | person | mail`` as whoever runs the service uses them."""

import asyncio
import json
import socketserver
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from catalog.core.db import open_database, transaction
from catalog.core.roles import Role
from catalog.identity.models import User
from tests.catalog.test_cli import Shell, last_line
from tests.conftest import open_session_for

NAME, MAIL = "Nina Nord", "nina.nord@sundby.example"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    assert shell("migrate").returncode == 0
    return shell


def url(shell: Shell) -> str:
    return f"sqlite:///{shell.folder}/data/hylde.sqlite"


def fill(shell: Shell, *roles: Role) -> list[uuid.UUID]:
    """People with a session each; the first is called Nina."""

    async def write() -> list[uuid.UUID]:
        database = open_database(url(shell))
        ids = [(await open_session_for(database, role, name=NAME))[1] for role in roles]
        async with transaction(database.writers) as session:
            first = await session.get_one(User, ids[0])
            first.mail, first.username = MAIL, "nina"
        await database.close()
        return ids

    return asyncio.run(write())


def as_owner(shell: Shell, *statements: str) -> None:
    engine = create_engine(url(shell))
    with engine.begin() as connection:
        for trigger in ("audit_update", "audit_delete", "audit_replace"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_log_holds_until_its_owner_changes_or_cuts_it(shell: Shell) -> None:
    fill(shell, Role.ADMIN)
    head = shell("audit", "head").stdout.strip()
    rows = int(head.split(":")[0])
    holds = shell("audit", "verify", "--head", head)
    assert (holds.returncode, last_line(holds)) == (0, f"The audit log holds: {rows} rows, head {head}.")

    as_owner(shell, f"DELETE FROM audit WHERE seq = {rows}")
    assert shell("audit", "verify").returncode == 0, "control: without the head nothing shows"
    cut = shell("audit", "verify", "--head", head)
    assert (cut.returncode, last_line(cut)[:3]) == (1, "CUT")
    assert f"{rows - 1} rows are left" in cut.stdout

    as_owner(shell, "UPDATE audit SET action = 'nothing' WHERE seq = 1")
    broken = shell("audit", "verify", "--head", head)
    assert (broken.returncode, last_line(broken)[:15]) == (1, "BROKEN at row 1")
    assert "as «hylde audit head» prints it" in shell("audit", "verify", "--head", "nonsense").stderr


def test_the_head_is_told_to_the_log_where_it_is_collected(shell: Shell) -> None:
    made = shell("admin-link", HYLDE_LOG_LEVEL="info")
    told = [json.loads(line) for line in made.stderr.splitlines() if "audit head" in line]
    assert f"{told[-1]['rows']}:{told[-1]['hash']}" == shell("audit", "head").stdout.strip()


def test_a_person_is_handed_over_and_erased(shell: Shell, tmp_path: Path) -> None:
    nina, _ = fill(shell, Role.TEACHER, Role.ADMIN)
    for who in ("NINA", MAIL):
        assert json.loads(shell("person", "export", who).stdout)["stored"]["identity"][0]["name"] == NAME
    out = str(tmp_path / "nina.json")
    assert shell("person", "export", "nina", "--out", out).returncode == 0
    assert MAIL in (tmp_path / "nina.json").read_text()
    assert "is there already" in shell("person", "export", "nina", "--out", out).stderr

    assert shell("person", "erase", "nina").returncode == 1, "nobody said yes"
    assert "rows were removed" in shell("person", "erase", "nina", "--yes").stdout
    unknown = shell("person", "erase", "nina", "--yes")
    assert (unknown.returncode, unknown.stderr) == (1, "Error: Nobody has this id, user name or mail address.\n")
    assert MAIL not in shell("person", "export", str(nina)).stdout


def test_the_last_administrator_stays(shell: Shell) -> None:
    (nina,) = fill(shell, Role.ADMIN)
    refused = shell("person", "erase", str(nina), "--yes")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert json.loads(shell("person", "export", str(nina)).stdout)["stored"]["identity"][0]["erased_at"] is None


class _Talk(socketserver.StreamRequestHandler):
    """As much of a mail server as one mail needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail.example\r\n")
        is_text = False
        for line in self.rfile:
            if is_text and line != b".\r\n":
                continue
            word = line[:4].upper().strip()
            is_text = word == b"DATA"
            said = {b"DATA": b"354 go on", b"QUIT": b"221 bye", b".": b"250 taken as no. 1"}.get(word, b"250 OK")
            self.wfile.write(said + b"\r\n")


@pytest.fixture
def mail_port() -> Iterator[int]:
    with socketserver.TCPServer(("127.0.0.1", 0), _Talk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_test_mail_says_what_the_server_said(shell: Shell, mail_port: int) -> None:
    ours = {"HYLDE_SMTP_URL": f"smtp://127.0.0.1:{mail_port}", "HYLDE_MAIL_FROM": "hylde@sundby.example"}
    sent = shell("mail", "test", MAIL, **ours)
    assert (sent.returncode, last_line(sent)) == (0, "The server took it: taken as no. 1")
    assert "no mail address" in shell("mail", "test", "nina", **ours).stderr
    unset = shell("mail", "test", MAIL)
    assert (unset.returncode, unset.stderr) == (1, "Error: The mail was not taken: HYLDE_SMTP_URL is not set.\n")
