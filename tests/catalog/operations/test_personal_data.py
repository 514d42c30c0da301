"""What is stored about a member of staff: known column by column, handed over whole, and erased without a trace."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, String, Text, Uuid, cast, select, update

from catalog import wiring
from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.audit import AuditEntry, first_broken_link
from catalog.core.db import Database, transaction
from catalog.core.errors import Conflict, Forbidden, NotFound
from catalog.core.idempotency import KeptAnswer
from catalog.core.mail import MailFailed, note_failure
from catalog.core.outbox import OutboxEntry
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import invitations, mailing, retention, sessions
from catalog.identity.errors import LastAdministrator
from catalog.identity.invitations import invite
from catalog.identity.models import ApiToken, ExternalIdentity, RoleGrant, User
from catalog.identity.people import grant_role
from catalog.identity.personal import erase_person, export_person
from catalog.identity.secrets import hash_secret
from catalog.identity.sessions import open_session
from catalog.migrations.metadata import METADATA
from catalog.operations.inventory import INVENTORY, NOT_PERSONAL, looks_personal, unaccounted
from catalog.resources.models import CompatibilityClaim, Resource
from catalog.vocabularies.region import Region
from catalog.web.security import session_cookie
from tests.catalog.web.direct import Browser, build
from tests.conftest import NOON, ROOT, TODAY, Client, OpenClient, open_session_for, sign_in
from tests.doors import REFUSED, knock
from tests.factories import runs_on, store
from tests.pages import read_page

ENGLISH = {"accept-language": "en"}
TRACES = ("Ninaline Nordenvind", "ninaline.n@sundby.example", "ninnor82", "subject-4711", "argon2-of-hers", "Kodeord1")
"""Name, mail, user name, subject, password hash and the name of a program: made up, and found nowhere else."""
TOKEN = "hylde_of-a-program"  # noqa: S105 - made up
NAME, MAIL, USERNAME, SUBJECT, PASSWORD, PROGRAM = TRACES


async def make_somebody(database: Database, region: Region) -> uuid.UUID:
    """A person with something in every table that can hold something about one."""
    opened, user_id = await open_session_for(database, Role.TEACHER, name=NAME)
    async with transaction(database.writers) as session:
        user = await session.get_one(User, user_id)
        user.mail, user.username, user.password_hash, user.language = MAIL, USERNAME, PASSWORD, "sv"
        await grant_role(session, SYSTEM, user_id, Role.REVIEWER, now=NOON, starts_on=TODAY)
        session.add(ExternalIdentity(user_id=user_id, issuer="https://login.example", subject=SUBJECT))
        made = await invite(session, SYSTEM, user_id, b"only for tests", NOON)
        mailing.promise_mail(session, Settings(smtp_url="smtp://x", mail_from="a@b.example"), made.id, MAIL)
        await note_failure(session, mailing.TOPIC, str(made.id), MailFailed("451 later"), NOON)
        token = ApiToken(
            user_id=user_id,
            name=PROGRAM,
            hash=hash_secret(TOKEN),
            beginning="hylde_",
            permissions=["decide"],
            created_at=NOON,
            expires_at=NOON + timedelta(days=90),
        )
        session.add(token)
        answer = KeptAnswer(
            actor_id=user_id, address="/", key="1", body_hash="", status=201, body=f"{NAME}", kept_at=NOON
        )
        session.add(answer)
        key = await store(session, region, claims=runs_on("web"))
        await session.execute(
            update(CompatibilityClaim).where(CompatibilityClaim.resource_id == key).values(tested_by=NAME)
        )
    assert opened.secret
    return user_id


async def found_anywhere(database: Database, traces: Sequence[str]) -> list[str]:
    """Every column of every table in which one of the texts occurs, whatever the column's kind."""
    places = []
    async with database.readers() as session:
        for table in METADATA.sorted_tables:
            for column in table.columns:
                values = await session.scalars(select(cast(column, Text)))
                told = [str(value).casefold() for value in values if value is not None]
                places += [f"{column}: {trace}" for trace in traces if any(trace.casefold() in text for text in told)]
    return places


async def erase(database: Database, user_id: uuid.UUID, actor: Actor = SYSTEM) -> int:
    async with transaction(database.writers) as session:
        return await erase_person(session, actor, wiring.PERSONAL_SOURCES, user_id, now=NOON, today=TODAY)


async def test_after_an_erase_no_table_holds_a_trace_and_the_chain_holds(database: Database, region: Region) -> None:
    user_id = await make_somebody(database, region)
    before = await found_anywhere(database, TRACES)
    assert {place.split(": ")[1] for place in before} == set(TRACES), "control: all of it was there"
    assert len(before) >= 8

    assert await erase(database, user_id) >= 9
    assert await found_anywhere(database, TRACES) == []
    async with database.readers() as session:
        assert await first_broken_link(session) is None
        user = await session.get_one(User, user_id)
        assert (user.name, user.username, user.erased_at, user.left_at) == ("", None, NOON, NOON)
        last = (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))).one()
        assert (last.action, last.object_id) == ("erase-person", str(user_id))
        assert await session.scalar(select(OutboxEntry).where(OutboxEntry.topic == mailing.TOPIC)) is None
        claim, resource = (await session.execute(select(CompatibilityClaim, Resource).join(Resource))).one()
        assert (claim.tested_by, resource.version) == ("", 2), "an editor's old form would put the name back"


async def test_every_column_of_a_persons_own_rows_is_gone_or_said_to_be_kept(
    database: Database, region: Region
) -> None:
    """What the inventory says is removed is removed, table by table."""
    user_id = await make_somebody(database, region)
    await erase(database, user_id)
    async with database.readers() as session:
        for stored in INVENTORY:
            table = METADATA.tables[stored.table]
            if stored.erased == "row removed" and "user_id" in table.columns:
                assert await session.scalar(select(table).where(table.c.user_id == user_id)) is None, stored.table
            if stored.erased == "emptied":
                row = (await session.execute(select(*(table.c[each] for each in stored.columns)))).mappings()
                assert {value for each in row for value in each.values()} <= {None, ""}, stored.columns


async def test_an_erase_ends_everything_at_once(settings: Settings, database: Database, region: Region) -> None:
    user_id = await make_somebody(database, region)
    app = build(settings, database)
    async with Browser(app) as theirs, Browser(app) as officer:
        async with transaction(database.writers) as session:
            opened = await open_session(session, await session.get_one(User, user_id), NOON, way="local")
        theirs.cookies.set(session_cookie(https=False), opened.secret)
        assert (await theirs.get("/admin")).status_code == 200
        assert await app.state.find_visitor(token=TOKEN) is not None
        proof = await officer.sign_in(Role.DATA_PROTECTION)
        data = {"sure": "yes", "csrf_token": proof}
        assert (await officer.post(f"/admin/users/{user_id}/erase", data=data)).status_code == 303
        assert (await theirs.get("/admin")).status_code == 401
        assert await app.state.find_visitor(token=TOKEN) is None


async def test_nobody_erases_the_last_administrator_nor_anybody_twice(database: Database) -> None:
    _, first = await open_session_for(database, Role.ADMIN, name="Nina Nord")
    _, second = await open_session_for(database, Role.ADMIN, name="Kaj Kyst")
    await erase(database, first)
    with pytest.raises(Conflict):
        await erase(database, first)
    with pytest.raises(LastAdministrator):
        await erase(database, second)
    async with transaction(database.writers) as session:  # one who has never come in, and one whose role is over
        for seen, until in ((None, None), (NOON, TODAY - timedelta(days=1))):
            user = User(name="Lis Lund", seen_at=seen)
            session.add(user)
            await session.flush()
            session.add(
                RoleGrant(
                    user_id=user.id,
                    role=Role.ADMIN,
                    school_id=None,
                    starts_on=date(2026, 1, 1),
                    ends_on=until,
                    granted_by=SYSTEM.id,
                )
            )
    with pytest.raises(LastAdministrator):
        await erase(database, second)
    async with database.readers() as session:
        assert (await session.get_one(User, second)).name == "Kaj Kyst"
    await open_session_for(database, Role.ADMIN)
    await erase(database, second)


async def test_of_two_administrators_who_erase_each_other_at_once_one_stays(database: Database) -> None:
    ids = [(await open_session_for(database, Role.ADMIN, name=f"Nina {number}"))[1] for number in range(2)]
    ended = await asyncio.gather(*(erase(database, each) for each in ids), return_exceptions=True)
    assert sorted(isinstance(each, LastAdministrator) for each in ended) == [False, True]
    async with database.readers() as session:
        left = (await session.scalars(select(User.name).where(User.erased_at.is_(None)))).all()
        assert len(left) == 1


async def test_an_export_holds_everything_but_secrets(database: Database, region: Region) -> None:
    user_id = await make_somebody(database, region)
    async with database.readers() as session:
        stored = await export_person(session, SYSTEM, wiring.PERSONAL_SOURCES, user_id)
    text = json.dumps(stored, ensure_ascii=False)
    assert {row["what"] for rows in stored.values() for row in rows} == {
        "person",
        "role",
        "sign-in by a provider",
        "session",
        "invitation",
        "program's key",
        "act",
        "test",
    }
    assert [trace for trace in TRACES if trace not in text] == [PASSWORD]
    assert hash_secret(TOKEN) not in text
    roles = [row["role"] for row in stored["identity"] if row["what"] == "role"]
    assert sorted(roles) == ["reviewer", "teacher"]


async def test_only_who_looks_after_personal_data_exports_and_erases(database: Database) -> None:
    _, user_id = await open_session_for(database, Role.TEACHER)
    others = Actor(id=uuid.UUID(int=9), everywhere=frozenset(Permission) - {Permission.MANAGE_PERSONAL_DATA})
    with pytest.raises(Forbidden):
        await erase(database, user_id, others)
    async with database.readers() as session:
        with pytest.raises(Forbidden):
            await export_person(session, others, wiring.PERSONAL_SOURCES, user_id)
        with pytest.raises(NotFound):
            await export_person(session, SYSTEM, wiring.PERSONAL_SOURCES, uuid.UUID(int=7))
    with pytest.raises(NotFound):
        await erase(database, uuid.UUID(int=7))


# Pages


@pytest.fixture
async def officer(open_client: OpenClient) -> Any:
    async with open_client() as client:
        await sign_in(client, Role.DATA_PROTECTION)
        yield client


async def test_the_pages_show_hand_over_and_erase(officer: Client, database: Database, region: Region) -> None:
    user_id = await make_somebody(database, region)
    base = f"/admin/users/{user_id}"
    shown = read_page((await officer.get(f"{base}/data", headers=ENGLISH)).text)
    assert NAME in shown.one("h1").text
    for each in (MAIL, USERNAME, SUBJECT, PROGRAM, "Browsers signed in", "Acts in the audit log"):
        assert each in shown.text
    assert PASSWORD not in shown.text

    saved = await officer.get(f"{base}/data.json")
    assert "attachment" in saved.headers["content-disposition"]
    assert saved.json()["person"] == str(user_id)
    assert saved.json()["stored"]["identity"][0]["mail"] == MAIL

    asked = await officer.get(f"{base}/erase", headers=ENGLISH)
    assert "cannot be taken back" in read_page(asked.text).text
    unsure = await officer.post(f"{base}/erase", data={}, follow_redirects=False)
    assert unsure.status_code == 422
    assert (await found_anywhere(database, [MAIL])) != []
    done = await officer.post(f"{base}/erase", data={"sure": "yes"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"{base}/data")

    left = read_page((await officer.get(f"{base}/data", headers=ENGLISH)).text)
    assert "former employee" in left.one("h1").text
    assert not any(trace in left.text for trace in TRACES)
    again = await officer.post(f"{base}/erase", data={"sure": "yes"}, follow_redirects=False)
    assert again.status_code == 422


async def test_the_page_says_why_the_last_administrator_stays(officer: Client, admin: Client) -> None:
    async with transaction(officer.app.state.database.readers) as session:
        (last,) = await session.scalars(select(RoleGrant.user_id).where(RoleGrant.role == Role.ADMIN))
    refused = await officer.post(
        f"/admin/users/{last}/erase", data={"sure": "yes"}, headers=ENGLISH, follow_redirects=False
    )
    assert refused.status_code == 422
    assert "administ" in read_page(refused.text).one(role="alert").text
    assert (await admin.get("/admin")).status_code == 200


async def test_the_doors_hold(open_client: OpenClient, database: Database) -> None:
    _, user_id = await open_session_for(database, Role.TEACHER, name=NAME)
    base = f"/admin/users/{user_id}"
    answers = await knock(open_client, lambda client: client.post(f"{base}/erase", data={"sure": "yes"}))
    assert answers == [REFUSED]
    for role in Role:
        async with open_client() as client:
            await sign_in(client, role)
            may = role in {Role.DATA_PROTECTION, Role.ADMIN}
            for page in ("data", "data.json", "erase"):
                answer = await client.get(f"{base}/{page}")
                assert answer.status_code == (200 if may else 403), (role, page)
                assert may or NAME not in answer.text
                assert (await client.get(f"/admin/users/{uuid.UUID(int=7)}/{page}")).status_code == (
                    404 if may else 403
                )


async def test_the_page_about_privacy_names_the_times_that_hold(client: Client) -> None:
    text = read_page((await client.get("/privacy", headers=ENGLISH)).text).text
    assert f"for {sessions.LASTS.total_seconds() / 3600:.0f} hours" in text
    assert f"for {sessions.IDLE_ENDS.total_seconds() / 3600:.0f} without use" in text
    assert f"{invitations.LASTS.days} days, and keys of programs until {retention.TOKENS.days} days" in text


# The inventory


def test_every_column_that_looks_personal_is_in_the_inventory_or_said_not_to_be() -> None:
    assert unaccounted(METADATA.tables.values()) == []
    assert not {name for stored in INVENTORY for name in stored.names} & NOT_PERSONAL.keys()
    named = [name for stored in INVENTORY for name in stored.names]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("school", Column("contact_mail", String)),
        ("school", Column("leader_phone", String)),
        ("resource", Column("written_by", String)),
        ("decision", Column("decided_by_id", Uuid, ForeignKey("person.id"))),
        ("session", Column("ip", String)),
        ("session", Column("colour", String)),
        ("person", Column("shoe_size", String)),
        ("head_count", Column("pupil", String)),
        ("school", Column("source", String)),
        ("school", Column("limits", String)),
        ("resource", Column("reason", String)),
    ],
    ids=str,
)
def test_control_a_planted_column_is_found(table: str, column: Column[Any]) -> None:
    planted = MetaData()
    for each in METADATA.sorted_tables:
        each.to_metadata(planted)
    planted.tables[table].append_column(column)
    found = unaccounted(planted.tables.values())
    assert f"{table}.{column.name}" in found
    whole_table = bool(column.foreign_keys)
    assert len(found) == 1 or whole_table


def test_control_ordinary_columns_are_not_and_a_column_that_is_gone_is_told() -> None:
    assert not looks_personal(METADATA.tables["resource"].c.rank)
    assert not looks_personal(METADATA.tables["head_count"].c.pupils)
    without = [table for table in METADATA.sorted_tables if table.name != "lease"]
    assert unaccounted(without) == ["lease.holder (gone)", "lease.name (gone)"]


def test_the_documentation_says_of_each_column_what_the_inventory_says() -> None:
    text = (ROOT / "docs/personal-data.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    inventory = [row for row in rows if len(row) == 7]
    assert inventory == [
        [
            f"`{stored.table}`",
            ", ".join(f"`{column}`" for column in stored.columns),
            stored.whose,
            stored.purpose,
            stored.kept,
            stored.shown,
            stored.erased,
        ]
        for stored in INVENTORY
    ]
    assert {row[0].strip("`"): row[1] for row in rows if len(row) == 2} == dict(NOT_PERSONAL)
