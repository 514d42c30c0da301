"""Recording decisions and taking them back, through the pages."""

import asyncio
import re
import uuid
from datetime import date
from functools import partial
from typing import Any

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.decisions.models import Decision
from catalog.decisions.service import find_decisions
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from catalog.resources.publishers import create_service
from catalog.resources.schemas import ServiceFacts
from catalog.vocabularies.region import Region
from catalog.web.security import HEADER
from tests.catalog.resources.entries import count
from tests.catalog.web.direct import Browser, build
from tests.conftest import Client, OpenClient
from tests.doors import REFUSED, commits_fail, knock
from tests.factories import store
from tests.forms import form_in

REFUSAL = {
    "outcome": "rejected",
    "decided_on": "2026-11-20",
    "body": "data_protection",
    "reasons": ["in_app_purchase", "age_terms"],
    "note": "Leverandøren er spurgt to gange.",
    "evidence": "Sag 26/0412",
    "subjects": ["matematik"],
    "grades": ["4", "5"],
    "schools": ["999101"],
    "roles": ["teacher"],
}


@pytest.fixture
async def ids(database: Database, region: Region) -> dict[str, uuid.UUID]:
    """A service with a title, two entries of nearly one title, a school."""
    async with transaction(database.writers) as session:
        service = await create_service(session, SYSTEM, ServiceFacts(key="sky", name="Skyportalen"))
        school = SchoolFacts(code="999101", name="Mågebakkeskolen", kind="folkeskole", grades=["0", "1"])
        await keep_schools(session, SYSTEM, [school])
        return {
            "service": service.id,
            "title": await store(session, region, "Skyregner", service_key="sky", url="https://sky.example/regn"),
            "one": await store(session, region, "Brøkbanken", url="https://nordvest.example/1"),
            "two": await store(session, region, "Brøkbanken 2", url="https://nordvest.example/2"),
            "same": await store(session, region, "Brøkbanken", url="https://sydvest.example"),
        }


def new(ids: dict[str, uuid.UUID], name: str) -> str:
    return f"/admin/{'services' if name == 'service' else 'resources'}/{ids[name]}/decisions/new"


async def post(client: Client, path: str, **fields: Any) -> Any:
    return await client.post(path, data=fields, follow_redirects=False)


async def test_a_decision_is_recorded_as_typed_and_the_resource_follows(
    admin: Client, database: Database, ids: dict[str, uuid.UUID]
) -> None:
    response = await post(admin, new(ids, "title"), **REFUSAL, use_instead="https://nordvest.example/2")

    assert (response.status_code, response.headers["location"]) == (303, f"/resources/{ids['title']}-skyregner")
    async with transaction(database.readers) as session:
        (stored,) = await find_decisions(session, resource_ids=[ids["title"]])
    assert stored.decided_on == stored.valid_from == date(2026, 11, 20)
    assert stored.reasons == ["in_app_purchase", "age_terms"]
    assert (stored.scope_subjects, stored.scope_grades, stored.scope_schools) == (["matematik"], ["4", "5"], ["999101"])
    assert stored.scope_roles == ["teacher"]
    assert (stored.evidence, stored.body, stored.use_instead_id) == ("Sag 26/0412", "data_protection", ids["two"])


async def test_a_decision_for_some_roles_is_offered_and_shown(admin: Client, ids: dict[str, uuid.UUID]) -> None:
    form = form_in((await admin.get(new(ids, "one"))).text, new(ids, "one"))
    assert "roles" not in form
    await post(admin, new(ids, "one"), **REFUSAL | {"roles": ["teacher", "school_leader"]})
    page = (await admin.get(new(ids, "one"), headers={"accept-language": "en"})).text
    assert 'name="roles" value="purchasing"' in page
    assert "Teacher, School leader" in page
    assert (await post(admin, new(ids, "one"), **REFUSAL | {"roles": ["king"]})).status_code == 422


async def test_conditions_are_one_a_line(admin: Client, database: Database, ids: dict[str, uuid.UUID]) -> None:
    conditions = "Kun med Unilogin.\r\n\r\n  Deling er slået fra.  \r\n"
    sent = {"outcome": "conditional", "decided_on": "2026-11-20", "body": "municipality", "conditions": conditions}
    await post(admin, new(ids, "one"), **sent)
    async with transaction(database.readers) as session:
        (stored,) = await find_decisions(session, resource_ids=[ids["one"]])
    assert stored.conditions == ["Kun med Unilogin.", "Deling er slået fra."]


async def test_all_wrong_fields_are_named_at_once_and_what_was_typed_stays(
    admin: Client, database: Database, ids: dict[str, uuid.UUID]
) -> None:
    wrong = {
        "outcome": "rejected",
        "decided_on": "den 31. februar",
        "valid_from": "2026-08-01",
        "valid_until": "2026-07-31",
        "body": "nobody",
        "evidence": "java\tscript:alert(1)",
        "schools": "000000",
        "use_instead": "Findes Ikke <b>",
        "note": "n" * 2001,
        "grades": "13",
    }
    response = await post(admin, new(ids, "one"), **wrong)

    assert response.status_code == 422
    named = set(re.findall(r'<li><a class="ds-link" href="#([a-z_]+)">', response.text))
    owed = {"reasons"}
    assert named == (wrong.keys() - {"outcome", "valid_from"}) | owed
    kept = form_in(response.text, new(ids, "one"))
    texts = wrong.keys() - {"body"}
    assert {name: kept[name] for name in texts} == {name: [wrong[name]] for name in texts}
    assert await count(database, Decision) == 0


@pytest.mark.parametrize(
    ("outcome", "owed"),
    [("rejected", "reasons"), ("conditional", "conditions"), ("pilot", "valid_until"), ("", "outcome")],
)
async def test_what_an_outcome_owes_is_asked_for(
    admin: Client, ids: dict[str, uuid.UUID], outcome: str, owed: str
) -> None:
    response = await post(admin, new(ids, "one"), outcome=outcome, decided_on="2026-11-20", body="municipality")
    assert response.status_code == 422
    assert re.findall(r'<li><a class="ds-link" href="#([a-z_]+)">', response.text) == [owed]


async def test_several_entries_of_one_title_are_offered_to_choose_from(
    admin: Client, database: Database, ids: dict[str, uuid.UUID]
) -> None:
    asked = await post(admin, new(ids, "title"), **REFUSAL, use_instead="brøkbanken")

    assert asked.status_code == 422
    offered = set(re.findall(r'name="use_instead_id" value="([^"]+)"', asked.text))
    assert offered == {str(ids[name]) for name in ("one", "two", "same")}
    kept = form_in(asked.text, new(ids, "title"))
    assert (kept["reasons"], kept["grades"], kept["schools"]) == (REFUSAL["reasons"], ["4", "5"], ["999101"])
    chosen = await admin.post(
        new(ids, "title"), data=kept | {"use_instead_id": [str(ids["same"])]}, follow_redirects=False
    )
    assert chosen.status_code == 303
    async with transaction(database.readers) as session:
        (stored,) = await find_decisions(session, resource_ids=[ids["title"]])
    assert stored.use_instead_id == ids["same"]


async def test_an_entry_is_never_offered_in_its_own_place(admin: Client, ids: dict[str, uuid.UUID]) -> None:
    response = await post(admin, new(ids, "two"), **REFUSAL, use_instead="https://nordvest.example/2")
    assert response.status_code == 422
    assert re.search(r'id="use_instead"[^>]*aria-invalid="true"', response.text)


async def test_a_title_shows_what_was_decided_about_its_service_and_takes_back_only_its_own(
    admin: Client, database: Database, ids: dict[str, uuid.UUID]
) -> None:
    approval = {"outcome": "approved", "decided_on": "2026-08-01", "body": "municipality"}
    recorded = await post(admin, new(ids, "service"), **approval)
    assert (recorded.status_code, recorded.headers["location"]) == (303, new(ids, "service"))
    async with transaction(database.readers) as session:
        (decision,) = await find_decisions(session, service_ids=[ids["service"]])

    shown = await admin.get(new(ids, "title"))
    assert 'data-outcome="approved"' in shown.text
    assert "/undo" not in shown.text
    through_title = f"/admin/resources/{ids['title']}/decisions/{decision.id}/undo"
    assert (await admin.get(through_title)).status_code == 404
    assert (await post(admin, through_title)).status_code == 404
    assert (
        f"/admin/services/{ids['service']}/decisions/{decision.id}/undo" in (await admin.get(new(ids, "service"))).text
    )


async def test_a_decision_is_taken_back_once_after_a_question(
    admin: Client, database: Database, ids: dict[str, uuid.UUID]
) -> None:
    await post(admin, new(ids, "one"), **REFUSAL)
    async with transaction(database.readers) as session:
        (decision,) = await find_decisions(session, resource_ids=[ids["one"]])
    undo = f"/admin/resources/{ids['one']}/decisions/{decision.id}/undo"
    asked = await admin.get(undo)
    assert asked.status_code == 200
    assert "Leverandøren er spurgt to gange." in asked.text

    first = await post(admin, undo)
    second = await post(admin, undo)

    assert (first.status_code, first.headers["location"]) == (303, new(ids, "one"))
    assert (second.status_code, "data-error-summary" in second.text) == (422, True)
    shown = await admin.get(new(ids, "one"))
    assert 'class="decision undone"' in shown.text
    assert undo not in shown.text


async def test_of_eight_who_take_back_one_decision_one_does(
    admin: Client, settings: Settings, database: Database, ids: dict[str, uuid.UUID]
) -> None:
    await post(admin, new(ids, "one"), **REFUSAL)
    async with transaction(database.readers) as session:
        (decision,) = await find_decisions(session, resource_ids=[ids["one"]])
    undo = f"/admin/resources/{ids['one']}/decisions/{decision.id}/undo"
    async with Browser(build(settings, database)) as browser:
        browser.headers[HEADER] = await browser.sign_in()
        answers = await asyncio.gather(*(browser.post(undo) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303, *[422] * 7]


async def test_hostile_text_is_shown_harmless(admin: Client, ids: dict[str, uuid.UUID]) -> None:
    text = "<script>alert(1)</script>gaf\u202egnal {{ 7 * 7 }}"
    sent = REFUSAL | {"note": text, "conditions": text, "evidence": text}
    assert (await post(admin, new(ids, "one"), **sent)).status_code == 303
    shown = (await admin.get(new(ids, "one"))).text
    assert "<script>alert" not in shown
    assert "\u202e" not in shown
    assert "gaf" in shown


async def test_every_write_leaves_an_audit_row_or_nothing_when_the_commit_fails_and_no_stranger_can(
    admin: Client, open_client: OpenClient, database: Database, ids: dict[str, uuid.UUID]
) -> None:
    approval = {"outcome": "approved", "decided_on": "2026-08-01", "body": "municipality"}
    undos = []
    for name in ("one", "service"):
        await post(admin, new(ids, name), **approval)
    async with transaction(database.readers) as session:
        for record in await find_decisions(session, resource_ids=[ids["one"]], service_ids=[ids["service"]]):
            name = "service" if record.service_id else "one"
            undos.append(new(ids, name).replace("new", f"{record.id}/undo"))
    paths = (new(ids, "one"), new(ids, "service"), *undos)

    async def write(client: Client, *, path: str) -> Any:
        return await post(client, path, **approval)

    writes = [partial(write, path=path) for path in paths]

    assert await knock(open_client, *writes) == [REFUSED] * 4
    for each in writes:
        audited = await count(database, AuditEntry)
        with commits_fail(database):
            assert (await each(admin)).status_code == 503
        assert await count(database, AuditEntry) == audited
        assert (await each(admin)).status_code == 303
        assert await count(database, AuditEntry) > audited


@pytest.mark.parametrize("kind", ["resources", "services"])
async def test_what_does_not_exist_is_404(admin: Client, kind: str) -> None:
    path = f"/admin/{kind}/{uuid.UUID(int=9)}/decisions/new"
    assert (await admin.get(path)).status_code == 404
    assert (await post(admin, path, **REFUSAL)).status_code == 404
