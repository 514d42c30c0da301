"""The audit log as it is looked through: who, what, when; page by page, filtered, and as a file."""

import csv
import io
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete, insert, select

from catalog.core.actor import ANONYMOUS, SYSTEM, Actor
from catalog.core.audit import AuditEntry, record, request_id
from catalog.core.audit_chain import NO_HASH, digest
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity.models import ApiToken, User
from catalog.operations import audit_log, audit_pages, traces
from catalog.operations.audit_log import PER_PAGE, Who
from tests.conftest import NOON, Client, OpenClient, sign_in
from tests.pages import Element, read_page
from tests.tampering import as_owner

ENGLISH = {"accept-language": "en"}


async def look(client: Client, **query: Any) -> Element:
    answer = await client.get("/admin/audit", params=query, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return read_page(answer.text)


def rows(page: Element) -> list[list[str]]:
    """When, who, act, about, fields, request of each act."""
    body = page.all("tbody")
    return (
        [[cell.text for cell in row.children if isinstance(cell, Element)] for row in body[0].all("tr")] if body else []
    )


def acts(page: Element) -> list[str]:
    return [row[2] for row in rows(page)]


async def act(database: Database, actor: Actor, action: str, about: object = "x", kind: str = "thing") -> None:
    async with transaction(database.writers) as session:
        record(session, actor, action, kind, about, ["title", "url"])


async def act_at(database: Database, action: str, at: datetime) -> None:
    """One more link of the chain, of a moment that the test chooses."""
    async with as_owner(database) as session:
        last = await session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
        entry: dict[str, Any] = {
            "at": at.isoformat(),
            "actor_id": str(SYSTEM.id),
            "action": action,
            "object_type": "thing",
            "object_id": "x",
            "fields": "",
            "request_id": "",
        }
        previous = last.hash if last else NO_HASH
        await session.execute(
            insert(AuditEntry).values(
                seq=(last.seq if last else 0) + 1, previous_hash=previous, hash=digest(entry, previous), **entry
            )
        )


@pytest.fixture
async def reader(open_client: OpenClient) -> Any:
    async with open_client() as client:
        await sign_in(client, Role.DATA_PROTECTION)
        yield client


async def add_person(database: Database, name: str, *, erased: bool = False) -> uuid.UUID:
    async with transaction(database.writers) as session:
        user = User(name=name, erased_at=NOON if erased else None)
        session.add(user)
    return user.id


async def add_program(database: Database, user_id: uuid.UUID, name: str) -> uuid.UUID:
    async with transaction(database.writers) as session:
        token = ApiToken(
            user_id=user_id, name=name, hash="h", beginning="hylde_", permissions=[], created_at=NOON, expires_at=NOON
        )
        session.add(token)
    return token.id


async def test_it_says_in_words_who_did_what_the_newest_first(reader: Client, database: Database) -> None:
    nina, former = await add_person(database, "Nina Nord"), await add_person(database, "", erased=True)
    program = await add_program(database, nina, "Nattens import")
    token = request_id.set("request-77")
    for who in (nina, program, former, SYSTEM.id, ANONYMOUS.id, uuid.UUID(int=99)):
        await act(database, Actor(id=who), "change-thing")
    request_id.reset(token)
    await act(database, SYSTEM, "invite", nina, "person")

    page = await look(reader)
    assert [row[1] for row in rows(page)][:7] == [
        "the service itself",
        "not known any more",
        "a reader who was not signed in",
        "the service itself",
        "former employee",
        "Nattens import, a program of Nina Nord",
        "Nina Nord",
    ]
    newest, second = rows(page)[:2]
    assert newest[2] == "invite"
    assert "Nina Nord" in newest[3]
    assert second[4:] == ["title, url", "request-77"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"who": "nina"}, ["by-program", "by-nina"]),
        ({"who": "natTENS"}, ["by-program"]),
        ({"who": "service itself"}, ["by-service"]),
        ({"who": "00000000-0000-0000-0000-000000000063"}, ["by-unknown"]),
        ({"who": "Kaj"}, []),
        ({"action": "by-nina"}, ["by-nina"]),
        ({"type": "school"}, ["by-service"]),
        ({"object": "7"}, ["by-service"]),
        ({"request": "request-77"}, ["by-nina"]),
        ({"action": "by-nina", "type": "school"}, []),
        ({"who": "%"}, []),
    ],
    ids=str,
)
async def test_every_filter_finds_what_it_says(
    reader: Client, database: Database, query: dict[str, str], found: list[str]
) -> None:
    nina = await add_person(database, "Nina Nord")
    program = await add_program(database, nina, "Nattens import")
    token = request_id.set("request-77")
    await act(database, Actor(id=nina), "by-nina")
    request_id.reset(token)
    await act(database, Actor(id=program), "by-program")
    await act(database, Actor(id=uuid.UUID(int=99)), "by-unknown")
    await act(database, SYSTEM, "by-service", "7", "school")
    assert [each for each in acts(await look(reader, **query)) if each.startswith("by-")] == found


async def test_days_are_the_municipalitys_own(reader: Client, database: Database) -> None:
    midnight = datetime.fromisoformat("2026-07-15T00:00:00+02:00").astimezone(UTC)
    await act_at(database, "late", midnight - timedelta(microseconds=1))
    await act_at(database, "at-midnight", midnight)
    await act_at(database, "last", midnight + timedelta(days=1, microseconds=-1))
    await act_at(database, "next", midnight + timedelta(days=1))
    assert acts(await look(reader, since="2026-07-15", until="2026-07-15")) == ["last", "at-midnight"]
    assert acts(await look(reader, until="2026-07-14")) == ["late"]
    assert acts(await look(reader, since="2026-07-15", type="thing"))[-1] == "at-midnight"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "2026-02-30"}, "since"),
        ({"since": "2026-02-03", "until": "2026-02-01"}, "until"),
        ({"until": "9999-12-31"}, "until"),
        ({"since": "0001-01-01"}, "until"),
        ({"who": "x" * 300}, "who"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_said_at_its_field(
    reader: Client, query: dict[str, str], field: str
) -> None:
    answer = await reader.get("/admin/audit", params=query, headers=ENGLISH)
    assert answer.status_code == 422
    assert read_page(answer.text).one(id=f"{field}-error").text
    for kind in ("csv", "xlsx"):
        assert (await reader.get(f"/admin/audit.{kind}", params=query)).status_code == 422


async def test_pages_lead_through_the_whole_log_and_back(reader: Client, database: Database) -> None:
    for number in range(2 * PER_PAGE + 3):
        await act(database, SYSTEM, f"act-{number:03}")
    page, seen = await look(reader, type="thing"), list[str]()
    first = acts(page)
    while True:
        seen += acts(page)
        older = [link["href"] for link in page.all("a", rel="next")]
        if not older:
            break
        assert "type=thing" in older[0]
        page = read_page((await reader.get(older[0], headers=ENGLISH)).text)
    assert seen == [f"act-{number:03}" for number in reversed(range(2 * PER_PAGE + 3))]
    assert len(acts(page)) == 3

    back = acts(page)
    while newer := [link["href"] for link in page.all("a", rel="prev")]:
        page = read_page((await reader.get(newer[0], headers=ENGLISH)).text)
        back = acts(page) + back
    assert back == seen
    assert acts(page) == first[: len(acts(page))]


async def test_what_is_filtered_can_be_saved_as_a_file_without_a_formula_in_it(
    reader: Client, database: Database
) -> None:
    nina = await add_person(database, "=HYPERLINK(1)")
    await act(database, Actor(id=nina), "change-thing", "+1")
    await act(database, SYSTEM, "another")
    kept = list(
        csv.reader(
            io.StringIO((await reader.get("/admin/audit.csv?action=change-thing")).content.decode("utf-8-sig")),
            delimiter=";",
        )
    )
    assert len(kept) == 2
    assert kept[1][2:6] == ["'=HYPERLINK(1)", "change-thing", "thing", "'+1"]

    answer = await reader.get("/admin/audit.xlsx", params={"action": "change-thing"})
    sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    values: Sequence[Any] = list(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in values[0]][2:6] == ["=HYPERLINK(1)", "change-thing", "thing", "+1"]
    assert {cell.data_type for cell in values[0][2:6]} == {"s"}
    assert "attachment" in answer.headers["content-disposition"]


async def saved(reader: Client, **query: str) -> list[list[str]]:
    answer = await reader.get("/admin/audit.csv", params=query, headers=ENGLISH)
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))[1:]


async def test_a_file_that_was_cut_says_so_in_its_last_row(
    reader: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "AT_ONCE", 2)
    for number in range(5):
        await act(database, SYSTEM, "change-thing", number)
    whole = await saved(reader, action="change-thing")
    assert [line[5] for line in whole] == ["4", "3", "2", "1", "0"]
    monkeypatch.setattr(audit_log, "MOST", 5)
    assert await saved(reader, action="change-thing") == whole, "control: just as many as there may be"
    monkeypatch.setattr(audit_log, "MOST", 3)
    *kept, last = await saved(reader, action="change-thing")
    assert kept == whole[:3]
    assert "newest 3 acts" in last[0]


async def test_a_file_is_written_where_it_holds_up_nobody(
    reader: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await act(database, SYSTEM, "change-thing")
    threads: list[bool] = []
    write = audit_pages.who_in_words

    def watched(who: Who) -> str:
        threads.append(threading.current_thread().name.startswith("asyncio"))
        return write(who)

    monkeypatch.setattr(audit_pages, "who_in_words", watched)
    await saved(reader)
    assert threads
    assert all(threads)


async def test_whose_a_program_was_is_known_when_its_key_is_gone(reader: Client, database: Database) -> None:
    nina, kaj = await add_person(database, "Nina Nord"), await add_person(database, "", erased=True)
    programs = [await add_program(database, nina, "Nattens import"), uuid.UUID(int=98)]
    for maker, program in zip((nina, kaj), programs, strict=True):
        await act(database, Actor(id=maker), "make-token", program, "token")
        await act(database, Actor(id=program), "change-thing")
    async with transaction(database.writers) as session:
        await session.execute(delete(ApiToken))

    page = await look(reader, action="change-thing")
    assert [row[1] for row in rows(page)] == ["an ended program of somebody", "an ended program of Nina Nord"]
    assert acts(await look(reader, who="nina", action="change-thing")) == ["change-thing"]
    async with database.readers() as session:
        told = await traces.export(session, nina)
    assert [(each["action"], each["by"]) for each in told if each["what"] == "act"] == [
        ("make-token", "the person"),
        ("change-thing", "the person"),
    ]


@pytest.mark.parametrize("address", ["/admin/audit", "/admin/audit.csv", "/admin/audit.xlsx"])
async def test_only_who_may_read_it_gets_in(open_client: OpenClient, address: str) -> None:
    async with open_client() as client:
        assert (await client.get(address)).status_code == 401
    for role in Role:
        async with open_client() as client:
            await sign_in(client, role)
            may = role in {Role.DATA_PROTECTION, Role.ADMIN}
            assert (await client.get(address)).status_code == (200 if may else 403), role
