"""Mails with links: sent once after the commit, tried again with growing pauses, and kept where that does not help."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, update
from structlog.types import EventDict

from catalog.core import mail
from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.mail import MailFailure
from catalog.core.outbox import OutboxEntry
from catalog.core.settings import Settings, installation_secret
from catalog.identity import mailing
from catalog.identity.invitations import Invited, find_invited, invite, spend
from catalog.identity.mailing import invitation_link, promise_mail, send_due
from catalog.identity.models import Invitation, User
from catalog.identity.people import add_user
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from tests.catalog.operations.conftest import MailServer
from tests.conftest import NOON

ADDRESS = "nina.nord@sundby.example"


@pytest.fixture
def ours(settings: Settings, mail_server: MailServer) -> Settings:
    return msgspec.structs.replace(mail_server.settings(settings), base_url="https://hylde.sundby.example")


async def invited(database: Database, settings: Settings, language: str = "", address: str = ADDRESS) -> Invited:
    async with transaction(database.writers) as session:
        user = await add_user(session, SYSTEM, name="Nina Nord", mail=address, now=NOON)
        user.language = language
        made = await invite(session, SYSTEM, user.id, installation_secret(settings), NOON)
        promise_mail(session, settings, made.id, address)
    return made


async def send_all(database: Database, settings: Settings, now: datetime = NOON, holder: str = "worker") -> int:
    return await send_due(database, settings, holder, now)


async def kept(database: Database) -> tuple[int, list[MailFailure]]:
    """Promises that are open, and failures."""
    async with database.readers() as session:
        promised = await session.scalar(select(func.count()).select_from(OutboxEntry)) or 0
        return promised, list(await session.scalars(select(MailFailure)))


async def test_a_mail_brings_a_link_that_opens_and_is_sent_once(
    database: Database, ours: Settings, mail_server: MailServer
) -> None:
    made = await invited(database, ours)
    assert await send_all(database, ours) == 1
    assert await send_all(database, ours) == 0

    (message,) = mail_server.taken
    link = invitation_link(ours, made.secret)
    assert link == f"https://hylde.sundby.example/invitation?key={made.secret}"
    assert link in message.get_content()
    assert message["To"] == ADDRESS
    async with database.readers() as session:
        invitation, user = await find_invited(session, made.secret, NOON)
        assert (invitation.mailed_at, user.name) == (NOON, "Nina Nord")
    assert await kept(database) == (0, [])
    async with transaction(database.writers) as session:  # whoever promises it once more sends nothing
        promise_mail(session, ours, made.id, ADDRESS)
    await send_all(database, ours)
    assert (len(mail_server.taken), await kept(database)) == (1, (0, []))


async def test_a_promise_holds_an_id_and_neither_an_address_nor_a_secret(database: Database, ours: Settings) -> None:
    made = await invited(database, ours)
    async with database.readers() as session:
        (entry,) = await session.scalars(select(OutboxEntry))
        assert (entry.topic, entry.key) == (mailing.TOPIC, str(made.id))


@pytest.mark.parametrize("how", ["spent", "ran out", "left", "no address", "another link"])
async def test_a_link_that_opens_nothing_any_more_is_not_mailed(
    database: Database, ours: Settings, mail_server: MailServer, how: str
) -> None:
    made, now = await invited(database, ours), NOON
    async with transaction(database.writers) as session:
        if how == "spent":
            await spend(session, made.id, NOON)
        elif how == "ran out":
            now = NOON + timedelta(days=8)
        elif how == "left":
            await session.execute(update(User).values(left_at=NOON))
        elif how == "no address":
            await session.execute(update(User).values(mail=""))
        else:
            user_id = await session.scalar(select(User.id)) or uuid.uuid4()
            await invite(session, SYSTEM, user_id, installation_secret(ours), NOON)
    await send_all(database, ours, now)
    assert mail_server.taken == []
    assert await kept(database) == (0, [])


async def test_without_a_server_or_an_address_nothing_is_promised(database: Database, settings: Settings) -> None:
    await invited(database, settings)
    assert await kept(database) == (0, [])
    ours = msgspec.structs.replace(settings, smtp_url="smtp://127.0.0.1:1", mail_from="a@b.example")
    await invited(database, ours, address="")
    assert await kept(database) == (0, [])


async def test_a_mail_that_is_not_taken_is_tried_again_with_growing_pauses_and_kept_in_the_end(
    database: Database, ours: Settings, mail_server: MailServer
) -> None:
    await invited(database, ours)
    mail_server.refuse = f"451 {ADDRESS} come back later"
    now = NOON
    for tries, pause in enumerate(mail.PAUSES, start=1):
        assert await send_all(database, ours, now) == 1
        promised, (failure,) = await kept(database)
        assert (promised, failure.attempts, failure.next_at) == (1, tries, now + pause)
        assert await send_all(database, ours, now + pause - timedelta(seconds=1)) == 0, "it waits"
        now += pause
    await send_all(database, ours, now)
    promised, (failure,) = await kept(database)
    assert (promised, failure.attempts, failure.next_at) == (0, len(mail.PAUSES) + 1, None)
    assert failure.reason.startswith("451")
    assert ADDRESS not in failure.reason


async def test_a_mail_is_taken_at_the_second_try_and_nothing_is_left_of_the_first(
    database: Database, ours: Settings, mail_server: MailServer, logged: list[EventDict]
) -> None:
    await invited(database, ours)
    mail_server.refuse = "421 busy"
    await send_all(database, ours)
    mail_server.refuse = ""
    await send_all(database, ours, NOON + timedelta(minutes=1))
    assert (len(mail_server.taken), await kept(database)) == (1, (0, []))
    assert [event["reason"] for event in logged if event["event"] == "mail not taken"] == ["421 busy"]


async def test_nobody_tries_again_for_an_address_that_does_not_exist(
    database: Database, ours: Settings, mail_server: MailServer
) -> None:
    await invited(database, ours)
    mail_server.refuse_recipient = "550 no such user"
    await send_all(database, ours)
    promised, (failure,) = await kept(database)
    assert (promised, failure.next_at, failure.attempts) == (0, None, 1)


async def test_of_four_workers_at_once_one_sends_the_mail(
    database: Database, ours: Settings, mail_server: MailServer
) -> None:
    for _ in range(3):
        await invited(database, ours)
    await asyncio.gather(*(send_all(database, ours, holder=f"worker {number}") for number in range(4)))
    assert len(mail_server.taken) == 3


async def test_a_server_that_hangs_holds_no_transaction_and_keeps_no_document_waiting(
    database: Database, ours: Settings, mail_server: MailServer, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "PATIENCE", 5)
    monkeypatch.setattr("catalog.worker.PAUSE", 0.02)
    await invited(database, ours)
    mail_server.hangs = True
    looks, enough = 0, asyncio.Event()

    def count() -> None:
        nonlocal looks
        looks += 1
        if looks > 5:
            enough.set()

    task = asyncio.create_task(Worker(ours, database, region, lambda: NOON).run(asyncio.Event(), count))
    await asyncio.wait_for(enough.wait(), 4)
    async with transaction(database.writers) as session:  # SQLite has one writer: it is free
        await session.execute(update(User).values(language="sv"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await kept(database))[0] == 1, "the promise is still there"


@pytest.mark.parametrize(("language", "words"), [("en", "lets you in once"), ("", "")])
async def test_a_mail_speaks_the_persons_language_and_the_municipalitys_time(
    database: Database, ours: Settings, mail_server: MailServer, language: str, words: str
) -> None:
    await invited(database, ours, language)
    await send_all(database, ours)
    text: Any = mail_server.taken[0].get_content()
    assert words in text
    assert "12" in text, "noon in UTC is past noon here"


async def test_the_invitation_goes_on_when_its_mail_failed(
    database: Database, ours: Settings, mail_server: MailServer
) -> None:
    made = await invited(database, ours)
    mail_server.refuse_recipient = "550 no"
    await send_all(database, ours)
    async with database.readers() as session:
        assert (await find_invited(session, made.secret, NOON))[1].mail == ADDRESS
        assert await session.scalar(select(Invitation.mailed_at)) is None
