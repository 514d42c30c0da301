"""Writing down resources through the pages: nothing typed is lost, and nobody's words vanish under another's."""

import asyncio
import re
import uuid
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from catalog.core.actor import SYSTEM, Actor
from catalog.core.audit import AuditEntry, first_broken_link
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.resources.models import Publisher, Resource
from catalog.resources.publishers import create_service
from catalog.resources.reading import get_resource
from catalog.resources.schemas import ClaimFact, IdentifierFact, ResourceFacts, ServiceFacts, Text
from catalog.resources.service import change_resource
from catalog.vocabularies.region import Region
from catalog.web.security import HEADER
from tests.conftest import Client, OpenClient, sign_in
from tests.factories import places, store
from tests.forms import Sent, form_in

FULL = ResourceFacts(
    form="app",
    kind="didactic",
    texts=[
        Text(language="da", title="Brøkbanken", description="Regn med brøker."),
        Text(language="en", title="The Bank of Fractions"),
    ],
    publisher="Forlaget Nordvest",
    service_key="nordvest",
    creator="Redaktionen",
    designation="2. udgave",
    price_model="per_pupil",
    url="https://nordvest.example/broeker",
    order_url="https://nordvest.example/bestil",
    lix=24,
    reading_support=False,
    accessibility="limited_accessibility",
    accessibility_url="https://nordvest.example/was",
    languages=["en", "da", "fo"],
    logins=["unilogin", "own_account"],
    end_users=["teacher", "pupil"],
    data_categories=["name"],
    supplier_declared=["lix"],
    identifiers=[IdentifierFact(scheme="isbn13", value="9788702000009"), IdentifierFact(scheme="source:x", value="7")],
    placements=places(("matematik", "4"), ("matematik", "5"), ("*", "*"), ("natur-teknologi", "gy1")),
    claims=[
        ClaimFact(platform="web", browser="Firefox", limits="Uden lyd"),
        ClaimFact(platform="ipados", min_version="16", app=True, offline=True, supplier_declared=False),
    ],
)


async def count(database: Database, table: Any) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def read_form(client: Client, path: str) -> Sent:
    response = await client.get(path)
    assert response.status_code == 200, response.text
    return form_in(response.text, path.partition("?")[0])


@pytest.fixture
async def resource_id(database: Database, region: Region) -> uuid.UUID:
    async with transaction(database.writers) as session:
        await create_service(session, SYSTEM, ServiceFacts(key="nordvest", name="Nordvest Portal"))
    return await store(database, region, FULL)


def edit_of(resource_id: uuid.UUID) -> str:
    return f"/admin/resources/{resource_id}/edit"


NEW = {
    "texts-0-title": "Kystlaboratoriet",
    "texts-0-language": "da",
    "form": "web_resource",
    "placements-0-subject": "natur-teknologi",
    "placements-0-grades": ["4", "5"],
    "claims-0-platform": "web",
    "claims-0-tested_on": "2026-11-02",
    "identifiers-0-scheme": "isbn13",
    "identifiers-0-value": "978-87-02-00000-9",
    "publisher": "Blåtang Forlag",
    "lix": "31",
    "reading_support": "yes",
}


async def test_a_new_resource_is_stored_as_typed_and_its_page_follows(admin: Client, database: Database) -> None:
    response = await admin.post("/admin/resources/new", data=NEW, follow_redirects=False)

    assert response.status_code == 303, response.text
    found = re.fullmatch(r"/resources/([0-9a-f-]{36})-kystlaboratoriet", response.headers["location"])
    assert found
    async with transaction(database.readers) as session:
        facts = (await get_resource(session, uuid.UUID(found[1]))).facts
    assert facts.placements == places(("natur-teknologi", "4"), ("natur-teknologi", "5"))
    assert facts.identifiers == [IdentifierFact(scheme="isbn13", value="9788702000009")]
    assert (facts.publisher, facts.lix, facts.reading_support) == ("Blåtang Forlag", 31, True)
    assert str(facts.claims[0].tested_on) == "2026-11-02"


async def test_saving_the_form_untouched_changes_nothing(
    admin: Client, database: Database, resource_id: uuid.UUID
) -> None:
    audited = await count(database, AuditEntry)
    async with transaction(database.readers) as session:
        before = await get_resource(session, resource_id)

    response = await admin.post(
        edit_of(resource_id), data=await read_form(admin, edit_of(resource_id)), follow_redirects=False
    )

    async with transaction(database.readers) as session:
        after = await get_resource(session, resource_id)
    assert response.status_code == 303, response.text
    assert after == before
    assert await count(database, AuditEntry) == audited


async def test_one_changed_field_changes_only_that_field(
    admin: Client, database: Database, resource_id: uuid.UUID
) -> None:
    sent = await read_form(admin, edit_of(resource_id)) | {"designation": ["3. udgave"]}
    await admin.post(edit_of(resource_id), data=sent, follow_redirects=False)

    async with transaction(database.readers) as session:
        detail = await get_resource(session, resource_id)
        last = await session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
    assert detail.facts.designation == "3. udgave"
    assert detail.version == 2
    assert last is not None
    assert (last.action, last.fields) == ("change-resource", "designation")


WRONG = {
    "texts-0-title": "",
    "texts-0-description": "Uden titel",
    "texts-0-language": "da",
    "form": "",
    "lix": "midt imellem",
    "url": "javascript:alert(1)",
    "claims-0-platform": "web",
    "claims-0-tested_on": "31/2-2026",
    "identifiers-0-scheme": "isbn13",
    "identifiers-0-value": "978-87-02-00000-1",
    "placements-0-subject": "matematik",
    "creator": "<b>Redaktionen</b>",
}


async def test_all_wrong_fields_are_named_at_once_and_what_was_typed_stays(admin: Client, database: Database) -> None:
    response = await admin.post("/admin/resources/new", data=WRONG, follow_redirects=False)

    assert response.status_code == 422
    wrong = {
        *("texts-0-title", "form", "lix", "url", "claims-0-tested_on", "identifiers-0-value", "placements-0-grades")
    }
    assert set(re.findall(r'<li><a class="ds-link" href="#([a-z0-9_-]+)">', response.text)) == wrong
    for name in wrong:
        assert re.search(
            rf'id="{name}"[^>]*aria-describedby="[^"]*{name}-error"[^>]*aria-invalid="true"', response.text
        )
        assert f'id="{name}-error"' in response.text
    kept = form_in(response.text, "/admin/resources/new")
    assert {name: kept[name][0] for name in WRONG} == WRONG
    assert "<b>Redaktionen" not in response.text
    assert await count(database, Resource) == 0


async def test_a_row_more_is_given_without_saving_and_keeps_everything(admin: Client, database: Database) -> None:
    sent: dict[str, Any] = {**WRONG, "languages": ["da", "se"], "add_row": "claims"}
    response = await admin.post("/admin/resources/new", data=sent, follow_redirects=False)

    assert response.status_code == 200
    assert "aria-invalid" not in response.text
    kept = form_in(response.text, "/admin/resources/new")
    assert {name: kept[name][0] for name in WRONG} == WRONG
    assert kept["languages"] == ["da", "se"]
    assert [name for name in kept if name.endswith("-platform")] == ["claims-0-platform", "claims-1-platform"]
    assert await count(database, Resource) == 0


async def test_a_fresh_form_has_two_blank_rows_of_each_part(admin: Client) -> None:
    form = await read_form(admin, "/admin/resources/new")
    for name in ("texts-1-title", "placements-1-subject", "identifiers-1-value", "claims-1-platform"):
        assert form[name] == [""]


async def test_who_was_overtaken_sees_both_versions_and_decides(
    admin: Client, database: Database, region: Region, actor: Actor, resource_id: uuid.UUID
) -> None:
    sent = await read_form(admin, edit_of(resource_id)) | {"creator": ["Min egen tekst"], "lix": ["30"]}
    async with transaction(database.writers) as session:
        stored = (await get_resource(session, resource_id)).facts
        theirs = ResourceFacts(**{n: getattr(stored, n) for n in stored.__struct_fields__} | {"creator": "Den anden"})
        await change_resource(session, actor, region, resource_id, theirs, 1)

    refused = await admin.post(edit_of(resource_id), data=sent, follow_redirects=False)

    assert refused.status_code == 422
    table = re.findall(r'<th role="rowheader".*?</tr>', refused.text, re.DOTALL)
    assert [("Den anden" in row, "Min egen tekst" in row) for row in table if "creator" in row] == [(True, True)]
    assert [("24" in row, "30" in row) for row in table if '"lix"' in row] == [(True, True)]
    assert len(table) == 2
    again = form_in(refused.text, edit_of(resource_id))
    assert (again["creator"], again["lix"], again["version"]) == (["Min egen tekst"], ["30"], ["2"])

    taken = await admin.post(edit_of(resource_id), data=again | {"take": ["creator"]}, follow_redirects=False)
    assert taken.status_code == 200
    decided = form_in(taken.text, edit_of(resource_id))
    assert (decided["creator"], decided["lix"], decided["version"]) == (["Den anden"], ["30"], ["2"])

    saved = await admin.post(edit_of(resource_id), data=decided, follow_redirects=False)
    assert saved.status_code == 303, saved.text
    async with transaction(database.readers) as session:
        facts = (await get_resource(session, resource_id)).facts
    assert (facts.creator, facts.lix) == ("Den anden", 30)


async def test_of_eight_editors_of_one_version_one_succeeds_and_no_text_is_lost(
    admin: Client, database: Database, resource_id: uuid.UUID
) -> None:
    sent = await read_form(admin, edit_of(resource_id))

    async def save(number: int) -> tuple[int, str]:
        own = sent | {"creator": [f"Redaktør nummer {number}"]}
        response = await admin.post(edit_of(resource_id), data=own, follow_redirects=False)
        return response.status_code, response.text

    answers = await asyncio.gather(*(save(number) for number in range(8)))

    assert sorted(status for status, _ in answers) == [303, *[422] * 7]
    for number, (status, page) in enumerate(answers):
        assert status == 303 or form_in(page, edit_of(resource_id))["creator"] == [f"Redaktør nummer {number}"]
    async with transaction(database.readers) as session:
        detail = await get_resource(session, resource_id)
        assert await first_broken_link(session) is None
    assert detail.version == 2
    assert answers[int(detail.facts.creator[-1])][0] == 303


async def test_a_version_that_is_no_number_counts_as_overtaken(admin: Client, resource_id: uuid.UUID) -> None:
    sent = await read_form(admin, edit_of(resource_id)) | {"version": ["9" * 40], "creator": ["Ny"]}
    response = await admin.post(edit_of(resource_id), data=sent, follow_redirects=False)
    assert response.status_code == 422


async def test_an_identifier_of_another_entry_is_refused_with_the_way_there(
    admin: Client, database: Database, resource_id: uuid.UUID
) -> None:
    before = await count(database, AuditEntry)
    response = await admin.post("/admin/resources/new", data=NEW, follow_redirects=False)

    assert response.status_code == 422
    assert f'href="/resources/{resource_id}-broekbanken"' in response.text
    assert re.search(r'id="identifiers-0-value"[^>]*aria-invalid="true"', response.text)
    assert await count(database, AuditEntry) == before, "the publisher that was rolled back is not in the audit either"
    async with transaction(database.readers) as session:
        assert await session.scalar(select(Publisher).where(Publisher.name == "Blåtang Forlag")) is None


HOSTILE = (
    "<script>alert(1)</script>Navn",
    '"><img src=x onerror=alert(1)>',
    "gaf\u202egnal\u2066nr.txt",
    "nul\x00 og klokke\x07",
    "{{ 7 * 7 }}{% raw %}",
    "x" * 100_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_in_any_field_is_refused_or_shown_harmless(
    admin: Client, database: Database, resource_id: uuid.UUID, text: str
) -> None:
    sent = await read_form(admin, edit_of(resource_id))
    fixed = {"csrf_token", "version", "reading_support"}
    for name in sent:
        if name in fixed:
            continue
        response = await admin.post(edit_of(resource_id), data=sent | {name: [text]}, follow_redirects=False)
        assert response.status_code in {303, 422}, (name, response.text[-500:])
        page = response.text
        if response.status_code == 303:
            page = (await admin.get(edit_of(resource_id))).text
            sent["version"] = form_in(page, edit_of(resource_id))["version"]
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.sub(r"[0-9a-f-]{30,}|&#?\w+;", "", page) or "{{ 7 * 7 }}" not in text
    async with transaction(database.readers) as session:
        facts = (await get_resource(session, resource_id)).facts
    stored = [facts.creator, facts.publisher, facts.designation, *(text.title for text in facts.texts)]
    assert not any(letter in value for value in stored for letter in "\u202e\u2066\x00\x07")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//x.example", "https://", "http://a\u202eb"]
)
async def test_a_link_that_is_no_web_address_is_refused_in_every_field_for_links(
    admin: Client, resource_id: uuid.UUID, link: str
) -> None:
    names = {"url": [link], "order_url": [link], "accessibility_url": [link]}
    sent = await read_form(admin, edit_of(resource_id)) | names
    response = await admin.post(edit_of(resource_id), data=sent, follow_redirects=False)
    assert response.status_code == 422
    assert response.text.count("aria-invalid") == 3
    assert f'href="{link}' not in unescape(response.text)


WRITES = ("/admin/resources/new", "edit", "retire", "restore", "merge", "succession")


def address(path: str, resource_id: uuid.UUID) -> str:
    return path if path.startswith("/") else f"/admin/resources/{resource_id}/{path}"


async def send(client: Client, path: str, resource_id: uuid.UUID, other: uuid.UUID) -> Any:
    """A right request to each route that changes something."""
    fields: dict[str, Any] = NEW | {"identifiers-0-value": "", "identifiers-0-scheme": "", "version": "1"}
    fields |= {"other": str(other), "keep": str(resource_id)}
    return await client.post(address(path, resource_id), data=fields, follow_redirects=False)


@pytest.fixture
async def other_id(database: Database, region: Region) -> uuid.UUID:
    return await store(database, region, ResourceFacts(form="app", texts=[Text(language="da", title="Brøkbanken 2")]))


@pytest.mark.parametrize("path", WRITES)
async def test_every_change_leaves_a_row_in_the_audit_and_work_for_the_index(
    admin: Client, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID, path: str
) -> None:
    if path == "restore":
        await send(admin, "retire", resource_id, other_id)
    audited, promised = await count(database, AuditEntry), await count(database, OutboxEntry)

    response = await send(admin, path, resource_id, other_id)

    assert response.status_code == 303, response.text
    assert await count(database, AuditEntry) > audited
    assert await count(database, OutboxEntry) > promised


@pytest.mark.parametrize("path", WRITES)
async def test_a_commit_that_fails_is_never_answered_with_success(
    admin: Client, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID, path: str
) -> None:
    if path == "restore":
        await send(admin, "retire", resource_id, other_id)
    audited = await count(database, AuditEntry)

    @event.listens_for(database.engine.sync_engine, "commit")
    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", None, OSError("no space left on device"))

    response = await send(admin, path, resource_id, other_id)
    event.remove(database.engine.sync_engine, "commit", fail)

    assert response.status_code == 503
    assert await count(database, AuditEntry) == audited


@pytest.mark.parametrize("path", WRITES)
async def test_forged_unsigned_and_distant_requests_are_refused_and_change_nothing(
    open_client: OpenClient, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID, path: str
) -> None:
    async with open_client() as signed_in, open_client() as stranger, open_client(address="192.0.2.7") as distant:
        await sign_in(signed_in)
        distant.cookies, distant.headers = signed_in.cookies, signed_in.headers
        answers = [await send(client, path, resource_id, other_id) for client in (stranger, distant)]
        del signed_in.headers[HEADER]
        answers.append(await send(signed_in, path, resource_id, other_id))
        signed_in.headers[HEADER] = "0" * 64
        answers.append(await send(signed_in, path, resource_id, other_id))
    assert [answer.status_code for answer in answers] == [401, 403, 403, 403]
    async with transaction(database.readers) as session:
        assert (await get_resource(session, resource_id)).version == 1
        assert (await get_resource(session, resource_id)).status == "listed"


@pytest.mark.parametrize("path", ["edit", "retire", "restore", "merge", "succession"])
async def test_what_does_not_exist_is_404(admin: Client, path: str) -> None:
    gone = uuid.uuid4()
    assert (await admin.get(address(path, gone))).status_code == 404
    assert (await send(admin, path, gone, gone)).status_code in {404, 422}


async def test_a_retired_resource_says_so_and_is_not_changed(
    admin: Client, resource_id: uuid.UUID, other_id: uuid.UUID
) -> None:
    await send(admin, "retire", resource_id, other_id)
    twice = await send(admin, "retire", resource_id, other_id)
    sent = await read_form(admin, edit_of(resource_id)) | {"creator": ["Ny"]}
    changed = await admin.post(edit_of(resource_id), data=sent, follow_redirects=False)

    assert twice.status_code == 422
    assert changed.status_code == 422
    assert "data-error-summary" in changed.text
    assert form_in(changed.text, edit_of(resource_id))["creator"] == ["Ny"]
    assert f"/admin/resources/{resource_id}/restore" in changed.text


async def test_a_merge_shows_both_and_keeps_the_chosen_one(
    admin: Client, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID
) -> None:
    path = f"/admin/resources/{other_id}/merge"
    choose = await admin.get(path, params={"q": "BRØKBANK"})
    assert f'href="{path}?other={resource_id}"' in choose.text
    assert f"other={other_id}" not in choose.text
    confirm = await admin.get(path, params={"other": str(resource_id)})
    assert "Brøkbanken 2" in confirm.text
    assert "9788702000009" in confirm.text
    sent = form_in(confirm.text, path)
    assert sent["keep"] == [str(resource_id)], "the found one stays unless the other is ticked"

    response = await admin.post(path, data=sent, follow_redirects=False)

    assert response.headers["location"] == f"/resources/{resource_id}-broekbanken"
    async with transaction(database.readers) as session:
        gone = await get_resource(session, other_id)
    assert gone.succeeded_by is not None
    assert (gone.status, gone.succeeded_by.id) == ("retired", resource_id)


async def test_merging_with_itself_is_refused_where_it_was_asked(admin: Client, resource_id: uuid.UUID) -> None:
    response = await send(admin, "merge", resource_id, resource_id)
    assert response.status_code == 422
    assert "data-error-summary" in response.text


@pytest.mark.parametrize("other", ["", "nonsense", str(uuid.uuid4())])
async def test_a_pair_with_nothing_is_404(admin: Client, resource_id: uuid.UUID, other: str) -> None:
    response = await admin.post(f"/admin/resources/{resource_id}/succession", data={"other": other})
    assert response.status_code == 404
