"""Writing down resources through the pages: nothing typed is lost, and nobody's words vanish under another's."""

import asyncio
import re
import uuid
from html import unescape
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from catalog.core.actor import Actor
from catalog.core.audit import AuditEntry, first_broken_link
from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.resources.models import Publisher, Resource
from catalog.resources.reading import get_resource
from catalog.resources.schemas import IdentifierFact
from catalog.resources.service import change_resource
from catalog.vocabularies.region import Region
from catalog.web.security import HEADER
from tests.catalog.resources.entries import NEW, count, edit_of, read_form
from tests.catalog.web.direct import Browser, build
from tests.conftest import Client
from tests.factories import places
from tests.forms import form_in


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
        theirs = replace(stored, creator="Den anden")
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
    settings: Settings, database: Database, resource_id: uuid.UUID
) -> None:
    async with Browser(build(settings, database)) as browser:
        browser.headers[HEADER] = await browser.sign_in()
        sent = form_in((await browser.get(edit_of(resource_id))).text, edit_of(resource_id))

        async def save(number: int) -> tuple[int, str]:
            response = await browser.post(edit_of(resource_id), data=sent | {"creator": [f"Redaktør nummer {number}"]})
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


WORDS = (
    *("texts-0-title", "texts-0-description", "publisher", "creator", "designation"),
    *("claims-0-browser", "claims-0-min_version", "claims-0-limits", "claims-0-tested_by"),
)


@pytest.mark.parametrize("everywhere", [True, False])
async def test_hostile_text_in_any_field_is_refused_or_shown_harmless(
    admin: Client, database: Database, resource_id: uuid.UUID, *, everywhere: bool
) -> None:
    for text in HOSTILE:
        sent = await read_form(admin, edit_of(resource_id))
        names = sent.keys() - {"csrf_token", "version"} if everywhere else WORDS
        hostile = sent | {name: [text] for name in names}
        response = await admin.post(edit_of(resource_id), data=hostile, follow_redirects=False)

        assert response.status_code in ({413, 422} if everywhere else {303, 413, 422})
        for page in (response.text, (await admin.get(edit_of(resource_id))).text):
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert 'value="49' not in page
    async with transaction(database.readers) as session:
        facts = (await get_resource(session, resource_id)).facts
    stored = [facts.creator, facts.publisher, facts.designation, *(text.title for text in facts.texts)]
    assert not any(letter in value for value in stored for letter in "\u202e\u2066\x00\x07")


async def test_a_link_that_is_no_web_address_is_refused_in_every_field_for_links(
    admin: Client, resource_id: uuid.UUID
) -> None:
    sent = await read_form(admin, edit_of(resource_id))
    for link in ("javascript:alert(1)", "data:text/html,x", "//x.example", "https://", "http://a\u202eb"):
        names = {"url": [link], "order_url": [link], "accessibility_url": [link]}
        response = await admin.post(edit_of(resource_id), data=sent | names, follow_redirects=False)
        assert response.status_code == 422, link
        assert response.text.count("aria-invalid") == 3
        assert f'href="{link}' not in unescape(response.text)
