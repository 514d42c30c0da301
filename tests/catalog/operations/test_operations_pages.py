"""Settings in force without a secret among them, jobs as they stand, and a mail that is only a test."""

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from catalog.app import create_app
from catalog.core import outbox
from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.mail import MailFailed, MailFailure, note_failure
from catalog.core.outbox import OutboxEntry
from catalog.core.roles import Role
from catalog.core.settings import PREFIX, Settings
from catalog.identity import mailing
from catalog.identity.invitations import invite
from catalog.identity.models import User
from catalog.identity.people import add_user
from catalog.operations.in_force import settings_in_force
from tests.catalog.operations.conftest import MailServer
from tests.catalog.web.direct import Browser
from tests.conftest import NOON, PROOF_KEY, Client, OpenClient, settle, sign_in
from tests.doors import REFUSED, knock
from tests.pages import Element, read_page

ENGLISH = {"accept-language": "en"}
HIDDEN = "Hemmelig-7391"
EVERYTHING = Settings(
    secret=HIDDEN * 3,
    oidc_client_secret=HIDDEN,
    database_url=f"postgresql://{HIDDEN}:{HIDDEN}@db.example/hylde?password={HIDDEN}",
    smtp_url=f"smtp+starttls://{HIDDEN}:{HIDDEN}@mail.example:587",
    oidc_issuer=f"https://{HIDDEN}@login.example/sundby",
    local_accounts=False,
    vocabularies=Path("own"),
)


def test_every_setting_is_shown_once_with_where_it_comes_from_and_no_secret_of_it() -> None:
    rows = settings_in_force(EVERYTHING, {"HYLDE_COUNTRY": "dk"})
    by_name = {row.name: row for row in rows}
    assert [row.name for row in rows] == [f"{PREFIX}{field.upper()}" for field in Settings.__struct_fields__]
    assert HIDDEN not in repr(rows)
    assert by_name["HYLDE_DATABASE_URL"].value == "postgresql://db.example/hylde"
    assert by_name["HYLDE_SMTP_URL"].value == "smtp+starttls://mail.example:587"
    assert by_name["HYLDE_SECRET"].is_hidden
    assert by_name["HYLDE_OIDC_CLIENT_SECRET"].is_hidden
    assert (by_name["HYLDE_LOCAL_ACCOUNTS"].value, by_name["HYLDE_LOCAL_ACCOUNTS"].is_set) == ("0", True)
    assert by_name["HYLDE_COUNTRY"].is_set, "said by the environment, though it is the default too"
    assert not by_name["HYLDE_WORKER"].is_set
    assert by_name["HYLDE_LANGUAGE"].meant == "da"


def test_control_a_setting_with_a_secret_that_nobody_hides_is_found() -> None:
    assert HIDDEN in repr(settings_in_force(Settings(oidc_name=HIDDEN), {}))


@pytest.mark.parametrize("field", Settings.__struct_fields__)
def test_whatever_sounds_like_a_secret_or_an_address_is_hidden(field: str) -> None:
    if not any(word in field for word in ("secret", "url", "password", "token", "key", "issuer")):
        return
    planted = msgspec.structs.replace(Settings(), **{field: f"smtp://a:{HIDDEN}@host/?x={HIDDEN}"})
    assert HIDDEN not in repr(settings_in_force(planted, {}))


@pytest.fixture
async def operator(open_client: OpenClient) -> Any:
    async with open_client() as client:
        await sign_in(client, Role.IT)
        yield client


async def look(client: Client) -> Element:
    answer = await client.get("/admin/operations", headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return read_page(answer.text)


def facts(page: Element) -> dict[str, str]:
    rows = [row for table in page.all("table") for row in table.all("tr") if row.all("td")]
    return {row.all("th")[0].text: row.all("td")[0].text for row in rows}


async def test_the_page_says_what_runs_what_waits_and_on_what(operator: Client, database: Database) -> None:
    empty = facts(await look(operator))
    assert (empty["Waits"], empty["The last day that was turned"]) == ("nothing", "not yet")
    await settle(operator)
    async with transaction(database.writers) as session:
        outbox.enqueue(session, "document", [uuid.uuid4(), uuid.uuid4()])

    found = facts(await look(operator))
    kind = "PostgreSQL 1" if database.engine.dialect.name == "postgresql" else "SQLite 3"
    assert found["Database"].startswith(kind)
    assert "at revision 0" in found["Database"]
    assert found["The last day that was turned"] == "November 25, 2026"
    assert found["Waits: documents for the search"].startswith("2since")
    assert "until" in found["Leads: the turn of the day"]
    assert found["Search index of this process"].startswith("filled")
    assert "not shown" in found["HYLDE_SECRET"]
    assert PROOF_KEY not in (await operator.get("/admin/operations")).text
    assert len(found["Head of the audit log"]) > 64


async def test_a_test_mail_is_sent_and_what_the_server_said_is_shown(
    settings: Settings, database: Database, mail_server: MailServer
) -> None:
    app = create_app(mail_server.settings(settings), database, now=lambda: NOON, own_tasks=False)
    async with Browser(app, headers=ENGLISH) as browser:
        proof = await browser.sign_in(Role.IT)
        async with transaction(database.writers) as session:
            (await session.get_one(User, browser.user_id)).mail = "nina@sundby.example"
        assert read_page((await browser.get("/admin/operations")).text).one(id="to")["value"] == "nina@sundby.example"

        async def send(to: str) -> Any:
            return await browser.post("/admin/operations/test-mail", data={"to": to, "csrf_token": proof})

        taken = await send("kaj@sundby.example")
        assert taken.status_code == 200
        assert "taken as no. 1" in read_page(taken.text).one(role="status").text
        assert mail_server.recipients == ["kaj@sundby.example"]

        mail_server.refuse_recipient = "550 <kaj@sundby.example> no such user"
        refused = await send("kaj@sundby.example")
        assert "550 <…> no such user" in read_page(refused.text).one(role="alert").text
        for wrong in ("", "kaj", "kaj@sundby.example\nBcc: all@sundby.example"):
            assert (await send(wrong)).status_code == 422
        assert len(mail_server.recipients) == 1
    async with database.readers() as session:
        acts = await session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "mail"))
        assert list(acts) == ["send-test-mail"] * 2


async def test_a_mail_server_that_hangs_is_told_of_in_time_and_holds_no_transaction(
    settings: Settings, database: Database, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.core.mail.PATIENCE", 0.5)
    mail_server.hangs = True
    app = create_app(mail_server.settings(settings), database, now=lambda: NOON, own_tasks=False)
    async with Browser(app, headers=ENGLISH) as browser:
        proof, busy = await browser.sign_in(Role.IT), list[int]()

        def look_at_pool() -> None:
            busy.append(database.engine.pool.checkedout())  # type: ignore[attr-defined]  # of a QueuePool

        asyncio.get_running_loop().call_later(0.25, look_at_pool)
        data = {"to": "kaj@sundby.example", "csrf_token": proof}
        answer = await browser.post("/admin/operations/test-mail", data=data)
    assert "in time" in read_page(answer.text).one(role="alert").text
    assert busy == [0]


async def fail_mail(database: Database) -> MailFailure:
    """A mail to somebody that was given up."""
    async with transaction(database.writers) as session:
        user = await add_user(session, SYSTEM, name="Nina Nord", mail="nina@sundby.example", now=NOON)
        made = await invite(session, SYSTEM, user.id, b"only for tests", NOON)
        refused = MailFailed("550 no such user", for_good=True)
        assert not await note_failure(session, mailing.TOPIC, str(made.id), refused, NOON - timedelta(hours=1))
        await session.flush()
        return (await session.scalars(select(MailFailure))).one()


async def test_a_mail_that_failed_is_shown_and_can_be_tried_again(
    operator: Client, admin: Client, database: Database
) -> None:
    failure = await fail_mail(database)
    page = await look(admin)
    assert "550 no such user" in page.one("li", "work").text
    assert page.one("li", "work").all("a")[0].text == "Nina Nord"
    assert "Nina" not in (await look(operator)).text, "names of people are not for everybody"

    path = f"/admin/operations/mails/{failure.id}/again"
    again = await operator.post(path, follow_redirects=False)
    assert again.status_code == 303
    async with database.readers() as session:
        entry = (await session.scalars(select(OutboxEntry))).one()
        assert (entry.topic, entry.key) == (mailing.TOPIC, failure.key)
        assert await session.scalar(select(MailFailure)) is None
        last = await session.scalar(select(AuditEntry.action).order_by(AuditEntry.seq.desc()).limit(1))
        assert last == "try-mail-again"
    assert (await operator.post(path, follow_redirects=False)).status_code == 404


async def test_only_who_operates_gets_in(open_client: OpenClient, database: Database) -> None:
    failure = await fail_mail(database)
    answers = await knock(
        open_client,
        lambda client: client.post("/admin/operations/test-mail", data={"to": "a@b.example"}),
        lambda client: client.post(f"/admin/operations/mails/{failure.id}/again"),
    )
    assert answers == [REFUSED, REFUSED]
    for role in Role:
        async with open_client() as client:
            await sign_in(client, role)
            may = role in {Role.IT, Role.ADMIN}
            assert (await client.get("/admin/operations")).status_code == (200 if may else 403), role
