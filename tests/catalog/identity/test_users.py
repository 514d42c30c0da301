"""People and their roles through the pages of those who look after them."""

import asyncio
import re
import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from catalog.core.actor import SYSTEM, Actor
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.core.registries import Owned, Ownership
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import people
from catalog.identity.models import ApiToken, Invitation, RoleGrant, Session, User
from catalog.web.security import HEADER
from tests.catalog.identity.people import PASSWORD, make_link, read_user, store_person, store_school
from tests.catalog.web.direct import Browser, Clock, build
from tests.conftest import NOON, TODAY, Client, OpenClient, sign_in
from tests.doors import REFUSED, commits_fail, knock
from tests.forms import form_in
from tests.pages import read_page

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENGLISH = {"accept-language": "en"}
NEW = {"name": "Inge Bregnvig", "mail": "inge@post.example", "role": "teacher", "starts_on": "2026-11-25"}


def address_of(user_id: uuid.UUID | str, act: str = "") -> str:
    return f"/admin/users/{user_id}" + (f"/{act}" if act else "")


def faulty(answer: httpx.Response) -> set[str]:
    return set(re.findall(r'<li><a class="ds-link" href="#([a-z_]+)">', answer.text))


async def send(client: Client, address: str, **fields: Any) -> httpx.Response:
    return await client.post(address, data=fields, headers=ENGLISH, follow_redirects=False)


async def fields_of(client: Client, user_id: uuid.UUID, act: str) -> dict[str, list[str]]:
    return form_in((await client.get(address_of(user_id))).text, address_of(user_id, act))


async def grants(database: Database, user_id: uuid.UUID) -> list[tuple[str, uuid.UUID | None, bool]]:
    async with transaction(database.readers) as session:
        rows = await session.scalars(select(RoleGrant).where(RoleGrant.user_id == user_id).order_by(RoleGrant.id))
        return [(row.role.value, row.school_id, row.ended_at is not None) for row in rows]


def added(made: httpx.Response) -> uuid.UUID:
    """Whom the page shows that follows on a form."""
    found = re.search(r"/admin/users/([0-9a-f-]{36})/", made.text)
    assert found is not None, made.text
    return uuid.UUID(found[1])


async def test_somebody_is_invited_with_a_role_at_schools_and_comes_in_by_the_link_that_is_shown_once(
    admin: Client, open_client: OpenClient, database: Database
) -> None:
    school, other = await store_school(database), await store_school(database, "Fjordskolen", "999102")
    form = form_in((await admin.get("/admin/users/new")).text, "/admin/users/new")
    made = await admin.post("/admin/users/new", data=form | NEW | {"schools": [str(school), str(other)]})
    link = read_page(made.text).one(id="link-text")["value"]
    user_id = added(made)
    assert made.status_code == 200
    assert sorted(await grants(database, user_id)) == sorted([("teacher", school, False), ("teacher", other, False)])

    again = await admin.post("/admin/users/new", data=form | NEW | {"everywhere": "yes"}, follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, address_of(user_id))
    assert "/invitation?key=" not in (await admin.get(address_of(user_id))).text

    async with open_client() as newcomer:
        page = await newcomer.get(link)
        sent = form_in(page.text, "/invitation") | {"password": [PASSWORD], "again": [PASSWORD]}
        assert (await newcomer.post("/invitation", data=sent, follow_redirects=False)).status_code == 303
        assert (await newcomer.get("/admin/users")).status_code == 403


async def test_all_wrong_fields_are_named_and_what_was_typed_stays(admin: Client, database: Database) -> None:
    wrong = {"name": "n" * 201, "mail": "no address", "starts_on": "i går", "role": "emperor"}
    answer = await send(admin, "/admin/users/new", **wrong)
    assert (answer.status_code, faulty(answer)) == (422, {"starts_on", "role"})
    answer = await send(admin, "/admin/users/new", **{**wrong, "starts_on": "", "role": ""})
    assert (answer.status_code, faulty(answer)) == (422, {"name", "mail"})
    assert form_in(answer.text, "/admin/users/new")["mail"] == ["no address"]
    school = str(await store_school(database))
    for more, field in (
        ({}, "schools"),
        ({"schools": [school], "everywhere": "yes"}, "schools"),
        ({"schools": ["nonsense"]}, "schools"),
        ({"everywhere": "yes", "ends_on": "2026-11-24"}, "ends_on"),
        ({"everywhere": "yes", "name": "", "mail": ""}, "name"),
    ):
        refused = await send(admin, "/admin/users/new", **{**NEW, **more})
        assert (refused.status_code, faulty(refused)) == (422, {field}), more
    async with transaction(database.readers) as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1


async def test_the_list_finds_by_name_role_school_and_state_and_sorts_as_danes_do(
    admin: Client, database: Database
) -> None:
    school = await store_school(database)
    await store_person(database, name="Ågot Ære", mail="agot@post.example", schools=[school])
    await store_person(database, Role.REVIEWER, name="Zenia Skov", username="zenia")
    await store_person(database, name="Bo Nyby", seen=False)
    gone = await store_person(database, name="Carla Borte")
    async with transaction(database.writers) as session:
        await people.let_go(session, SYSTEM, gone, now=NOON, today=TODAY)

    async def listed(**asked: str) -> list[str]:
        page = read_page((await admin.get("/admin/users", params=asked, headers=ENGLISH)).text)
        return [each.one("a").text for each in page.all("th", role="rowheader")]

    everybody = await listed()
    assert everybody == ["Bo Nyby", "Zenia Skov", "Ågot Ære", "Without a name"]
    assert await listed(q="ågot") == await listed(q="AGOT@post") == ["Ågot Ære"]
    assert await listed(q="zenia") == await listed(role="reviewer") == ["Zenia Skov"]
    assert await listed(school=str(school)) == ["Ågot Ære"]
    assert await listed(school=str(school), role="reviewer") == []
    assert await listed(state="invited") == ["Bo Nyby"]
    assert await listed(state="left") == ["Carla Borte"]
    assert await listed(q="100%") == await listed(q="_") == []
    assert await listed(role="emperor", school="x", state="y", page="-1") == everybody


@only_sqlite
async def test_a_long_list_has_pages(admin: Client, database: Database) -> None:
    async with transaction(database.writers) as session:
        session.add_all([User(name=f"Person {number:03}") for number in range(120)])
    first = read_page((await admin.get("/admin/users", params={"q": "Person"})).text)
    assert len(first.all("th", role="rowheader")) == 50
    last = first.one("nav", "paging").all("a")[-2]["href"]
    assert last == "/admin/users?q=Person&page=3"
    rows = read_page((await admin.get(last)).text).all("th", role="rowheader")
    assert [row.one("a").text for row in rows][:1] == ["Person 100"]
    assert len(rows) == 20


async def test_who_answers_for_personal_data_may_look_and_change_nothing(
    open_client: OpenClient, database: Database
) -> None:
    user_id = await store_person(database, mail="inge@post.example")
    async with open_client() as client:
        await sign_in(client, Role.DATA_PROTECTION)
        listed, shown = await client.get("/admin/users"), await client.get(address_of(user_id))
        assert ("Inge Bregnvig" in listed.text, "inge@post.example" in shown.text) == (True, True)
        assert 'method="post"' not in shown.text.partition("<main")[2]
        assert (await client.get("/admin/users/new")).status_code == 403
        for act in ("edit", "roles", f"roles/{uuid.uuid4()}/end", "link", "mail", "transfer", "leave"):
            assert (await client.post(address_of(user_id, act), data={"version": "1"})).status_code == 403, act


@only_sqlite
async def test_the_doors_hold(open_client: OpenClient, database: Database) -> None:
    user_id = await store_person(database)
    acts = ("edit", "roles", f"roles/{uuid.uuid4()}/end", "link", "mail", "transfer", "leave")
    sends = [lambda client: client.post("/admin/users/new", data=NEW)]
    sends += [partial(_post, address_of(user_id, act)) for act in acts]
    assert await knock(open_client, *sends) == [REFUSED] * len(sends)


async def _post(address: str, client: Client) -> httpx.Response:
    return await client.post(address, data={"version": "1"})


async def test_a_role_is_given_and_ended_and_counts_from_the_next_request(
    admin: Client, open_client: OpenClient, database: Database
) -> None:
    async with open_client() as client:
        user_id = await sign_in(client, None)
        assert (await client.get("/admin")).status_code == 403
        sent = await fields_of(admin, user_id, "roles") | {"role": ["reviewer"], "everywhere": ["yes"]}
        assert (await send(admin, address_of(user_id, "roles"), **sent)).status_code == 303
        assert (await client.get("/admin")).status_code == 200
        held = re.findall(r"roles/([0-9a-f-]+)/end", (await admin.get(address_of(user_id))).text)
        ending = await fields_of(admin, user_id, f"roles/{held[0]}/end")
        assert (await send(admin, address_of(user_id, f"roles/{held[0]}/end"), **ending)).status_code == 303
        assert (await client.get("/admin")).status_code == 403
        again = await fields_of(admin, user_id, "roles")  # the version of today
        gone = await send(admin, address_of(user_id, f"roles/{held[0]}/end"), version=again["version"])
        assert gone.status_code == 404


async def test_a_role_that_is_held_is_not_given_twice(admin: Client, database: Database) -> None:
    user_id = await store_person(database)
    sent = await fields_of(admin, user_id, "roles") | {"role": ["teacher"], "everywhere": ["yes"]}
    refused = await send(admin, address_of(user_id, "roles"), **sent)
    assert (refused.status_code, faulty(refused)) == (422, {"role"})
    assert await grants(database, user_id) == [("teacher", None, False)]


async def test_who_was_overtaken_is_told_and_loses_nothing(admin: Client, database: Database) -> None:
    user_id = await store_person(database)
    mine = await fields_of(admin, user_id, "edit") | {"name": ["Mit navn"]}
    theirs = await fields_of(admin, user_id, "edit") | {"name": ["Deres navn"]}
    assert (await send(admin, address_of(user_id, "edit"), **theirs)).status_code == 303
    refused = await send(admin, address_of(user_id, "edit"), **mine)
    assert refused.status_code == 422
    assert ("Somebody else changed this person" in refused.text, "Deres navn" in refused.text) == (True, True)
    again = form_in(refused.text, address_of(user_id, "edit"))
    assert again["name"] == ["Mit navn"]
    assert (await send(admin, address_of(user_id, "edit"), **again)).status_code == 303
    assert (await read_user(database, user_id)).name == "Mit navn"


async def test_of_eight_editors_of_one_person_one_succeeds(settings: Settings, database: Database) -> None:
    user_id = await store_person(database)
    async with Browser(build(settings, database)) as browser:
        browser.headers[HEADER] = await browser.sign_in()
        sent = form_in((await browser.get(address_of(user_id))).text, address_of(user_id, "edit"))
        names = [f"Navn {number}" for number in range(8)]
        answers = await asyncio.gather(
            *(browser.post(address_of(user_id, "edit"), data=sent | {"name": [name]}) for name in names)
        )
    assert sorted(answer.status_code for answer in answers) == [303, *[422] * 7]


async def test_the_last_administrator_stays_whatever_is_tried(admin: Client, database: Database) -> None:
    async with transaction(database.readers) as session:
        user_id, grant_id = (await session.execute(select(User.id, RoleGrant.id).join(RoleGrant))).one()
    await store_person(database, Role.ADMIN, name="Inviteret", seen=False)  # has never come in: does not count
    for act in (f"roles/{grant_id}/end", "leave"):
        refused = await send(admin, address_of(user_id, act), **await fields_of(admin, user_id, act))
        assert (refused.status_code, "Nobody else could administer then" in refused.text) == (422, True), act
    assert await grants(database, user_id) == [("admin", None, False)]
    await store_person(database, Role.ADMIN, name="Afløser")
    act = f"roles/{grant_id}/end"
    assert (await send(admin, address_of(user_id, act), **await fields_of(admin, user_id, act))).status_code == 303
    assert (await admin.get("/admin/users")).status_code == 403


async def test_of_two_administrators_who_end_each_other_at_once_one_stays(
    settings: Settings, database: Database
) -> None:
    app = build(settings, database)
    async with Browser(app) as first, Browser(app) as second:
        for each in (first, second):
            each.headers[HEADER] = await each.sign_in()
        addresses = []
        for each, other in ((first, second), (second, first)):
            page = await each.get(address_of(str(other.user_id)))
            address = address_of(str(other.user_id), "leave")
            addresses.append((each, address, form_in(page.text, address)))
        answers = await asyncio.gather(*(each.post(address, data=sent) for each, address, sent in addresses))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([303, 401], [303, 403], [303, 422])
    async with transaction(database.readers) as session:
        assert await people.is_anybody_admin(session, TODAY)


async def test_who_leaves_has_no_way_in_from_that_moment(
    admin: Client, settings: Settings, database: Database, clock: Clock
) -> None:
    user_id = await store_person(database, Role.REVIEWER, username="inge")
    app = build(settings, database, now=clock)
    key = (await make_link(app, user_id)).secret
    async with transaction(database.writers) as session:
        token = ApiToken(
            user_id=user_id,
            name="robot",
            hash="0" * 64,
            beginning="hylde_0",
            permissions=[],
            created_at=NOON,
            expires_at=NOON + timedelta(days=1),
        )
        session.add(token)
    async with Browser(app) as browser:
        await browser.post("/sign-in", data={"username": "inge", "password": PASSWORD})
        assert (await browser.get("/admin")).status_code == 200
        sent = await fields_of(admin, user_id, "leave")
        assert (await send(admin, address_of(user_id, "leave"), **sent)).status_code == 303
        assert (await browser.get("/admin")).status_code == 401
        assert (await browser.post("/sign-in", data={"username": "inge", "password": PASSWORD})).status_code == 422
        assert (await browser.get("/invitation", params={"key": key})).status_code == 410
    async with transaction(database.readers) as session:
        assert await session.scalar(select(ApiToken.revoked_at)) == NOON
        for kept in (Session, Invitation):
            left = select(func.count()).select_from(kept).where(kept.user_id == user_id)
            assert await session.scalar(left) == 0, kept
    assert await grants(database, user_id) == [("reviewer", None, True)]
    assert (await send(admin, address_of(user_id, "link"))).status_code == 409
    shown = await admin.get(address_of(user_id), headers=ENGLISH)
    assert ("Has left" in shown.text, address_of(user_id, "link") in shown.text) == (True, False)


class Keys:
    """Things with an owner, as a later slice has them."""

    def __init__(self, *owners: uuid.UUID) -> None:
        self.owners = list(owners)
        self.slice = Ownership(name="keys", label="Keys", owned_by=self.owned_by, transfer=self.transfer)

    async def owned_by(self, _: object, user_id: uuid.UUID) -> list[Owned]:
        return [Owned(id=str(n), text=f"Nøgle {n}") for n, owner in enumerate(self.owners) if owner == user_id]

    async def transfer(self, _: object, __: Actor, giver: uuid.UUID, taker: uuid.UUID) -> int:
        moved = self.owners.count(giver)
        self.owners = [taker if owner == giver else owner for owner in self.owners]
        return moved


async def test_who_owns_something_leaves_only_when_somebody_takes_it_over(admin: Client, database: Database) -> None:
    user_id = await store_person(database, mail="inge@post.example")
    heir = await store_person(database, name="Ole Arving", mail="ole@post.example")
    await store_person(database, name="Ole Anden")
    keys = Keys(user_id, user_id, heir)
    admin.app.state["ownerships"] = [keys.slice]
    shown = (await admin.get(address_of(user_id))).text
    assert ("Nøgle 1" in shown, "Nøgle 2" in shown) == (True, False)
    for to, said in (("", "Say first who takes over"), ("Ole", "Nobody here has"), ("inge@post.example", "Choose one")):
        sent = await fields_of(admin, user_id, "leave") | {"to": [to]}
        refused = await send(admin, address_of(user_id, "leave"), **sent)
        assert (refused.status_code, said in refused.text) == (422, True), to
    assert keys.owners.count(user_id) == 2
    sent = await fields_of(admin, user_id, "leave") | {"to": ["OLE@post.example"]}
    assert (await send(admin, address_of(user_id, "leave"), **sent)).status_code == 303
    assert keys.owners == [heir] * 3
    assert (await read_user(database, user_id)).left_at == NOON


async def test_everything_is_given_over_at_once_without_leaving(admin: Client, database: Database) -> None:
    user_id, heir = await store_person(database), await store_person(database, name="Ole Arving")
    keys = Keys(user_id, user_id)
    admin.app.state["ownerships"] = [keys.slice]
    assert faulty(await send(admin, address_of(user_id, "transfer"), to="")) == {"to"}
    assert (await send(admin, address_of(user_id, "transfer"), to="Ole Arving")).status_code == 303
    assert keys.owners == [heir] * 2
    assert (await read_user(database, user_id)).left_at is None


async def test_a_new_link_ends_the_earlier_one_and_is_shown_once(admin: Client, database: Database) -> None:
    user_id = await store_person(database)
    first = read_page((await send(admin, address_of(user_id, "link"))).text).one(id="link-text")["value"]
    second = read_page((await send(admin, address_of(user_id, "link"))).text).one(id="link-text")["value"]
    assert [(await admin.get(link)).status_code for link in (first, second)] == [410, 200]
    assert second.startswith("http://127.0.0.1:8000/invitation?key=")
    page = await admin.get(address_of(user_id), headers=ENGLISH)
    assert ("invitation?key=" in page.text, "A link is open until" in page.text) == (False, True)


async def test_a_link_is_mailed_where_there_is_a_mail_server_and_an_address(
    settings: Settings, database: Database
) -> None:
    user_id = await store_person(database, mail="inge@post.example")
    post = replace(settings, smtp_url="smtp://127.0.0.1:2525", mail_from="hylde@post.example")
    for ours, promised in ((settings, 0), (post, 1)):
        async with Browser(build(ours, database)) as browser:
            browser.headers[HEADER] = await browser.sign_in()
            made = await browser.post(address_of(user_id, "link"))
            assert (address_of(user_id, "mail") in made.text) is bool(promised)
            async with transaction(database.readers) as session:
                invitation = await session.scalar(select(Invitation.id))
            answer = await browser.post(address_of(user_id, "mail"), data={"invitation": str(invitation)})
            assert answer.status_code == (303 if promised else 404)
        async with transaction(database.readers) as session:
            keys = (await session.scalars(select(OutboxEntry.key))).all()
        assert keys == [str(invitation)] * promised


async def test_nothing_is_promised_that_is_not_stored(admin: Client, database: Database) -> None:
    user_id = await store_person(database)
    sent = await fields_of(admin, user_id, "leave")
    with commits_fail(database):
        assert (await send(admin, "/admin/users/new", **NEW, everywhere="yes")).status_code == 503
        assert (await send(admin, address_of(user_id, "leave"), **sent)).status_code == 503
        assert (await send(admin, address_of(user_id, "link"))).status_code == 503
    assert (await read_user(database, user_id)).left_at is None


@only_sqlite
async def test_the_log_names_fields_and_nobody(admin: Client, database: Database) -> None:
    made = await send(admin, "/admin/users/new", **NEW, everywhere="yes")
    assert made.status_code == 200
    async with transaction(database.readers) as session:
        entries = (await session.execute(select(AuditEntry.action, AuditEntry.fields).order_by(AuditEntry.seq))).all()
    assert [tuple(entry) for entry in entries[-3:]] == [
        ("add-user", "mail,name"),
        ("grant-role", "ends_on,role,school,starts_on"),
        ("invite", ""),
    ]


@only_sqlite
async def test_what_people_are_called_is_escaped(admin: Client, database: Database) -> None:
    user_id = await store_person(database, name="<script>alert(1)</script>")
    for address in ("/admin/users", address_of(user_id)):
        assert "<script>alert" not in (await admin.get(address)).text
