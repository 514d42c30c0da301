"""The pages of schools as a browser meets them: who sees what, and nothing that was typed is lost."""

import uuid
from typing import Any

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.organisations.lifecycle import close_school
from catalog.vocabularies.region import Region
from tests.catalog.organisations.register import enter, stored
from tests.conftest import TODAY, Client, OpenClient, sign_in
from tests.forms import Sent, form_in

ENGLISH = {"accept-language": "en"}


async def form_of(client: Client, path: str) -> Sent:
    answer = await client.get(path, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return form_in(answer.text, path)


async def send(client: Client, path: str, sent: Any) -> Any:
    return await client.post(path, data=sent, headers=ENGLISH, follow_redirects=False)


async def test_staff_see_all_schools_and_their_own_first(
    open_client: OpenClient, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    async with open_client() as client:
        await sign_in(client, Role.TEACHER, schools=[gull])
        page = (await client.get("/schools", headers=ENGLISH)).text
        assert page.index("Your schools") < page.index("Mågebakkeskolen") < page.index("Other schools")
        assert page.index("Other schools") < page.index("Klitskolen")
        assert "grades 0–6" in page
        assert "/schools/new" not in page
        other = (await client.get(f"/schools/{klit}", headers=ENGLISH)).text
        assert "999102" in other
        assert "Pupils and devices" not in other
        assert "Pupils and devices" in (await client.get(f"/schools/{gull}", headers=ENGLISH)).text


async def test_a_reader_without_a_role_sees_no_school(open_client: OpenClient, gull: uuid.UUID) -> None:
    async with open_client() as client:
        assert (await client.get("/schools", headers=ENGLISH)).status_code == 401
        await sign_in(client, None)
        assert (await client.get(f"/schools/{gull}", headers=ENGLISH)).status_code == 403


async def test_who_does_not_manage_schools_gets_to_none_of_their_forms(
    open_client: OpenClient, gull: uuid.UUID
) -> None:
    async with open_client() as client:
        await sign_in(client, Role.SCHOOL_LEADER, schools=[gull])
        for path in ("new", "import", f"{gull}/edit", f"{gull}/close", f"{gull}/reopen", f"{gull}/merge"):
            assert (await client.get(f"/schools/{path}")).status_code == 403, path
            assert (await client.post(f"/schools/{path}", data={})).status_code == 403, path


async def test_a_school_is_entered_with_everything_and_shown(admin: Client, database: Database) -> None:
    form = await form_of(admin, "/schools/new")
    assert (form["codes-0-value"], form["sites-0-street"]) == ([""], [""])
    sent = form | {
        "name": ["Rørhatskolen"],
        "code": ["999180"],
        "kind": ["folkeskole"],
        "grades": ["0", "1"],
        "opened_on": ["2020-08-01"],
        "web": ["https://roerhat.example"],
        "codes-0-scheme": ["cvr"],
        "codes-0-value": ["13 58 56 28"],
        "sites-0-street": ["Sivet 2"],
        "sites-0-city": ["Sundby"],
    }
    answer = await send(admin, "/schools/new", sent)
    assert answer.status_code == 303, answer.text
    page = (await admin.get(answer.headers["location"], headers=ENGLISH)).text
    for text in ("Rørhatskolen", "999180", "13585628", "Sivet 2, Sundby", "https://roerhat.example", "August 1, 2020"):
        assert text in page, text


async def test_a_refused_form_keeps_what_was_typed_and_says_every_fault(admin: Client, gull: uuid.UUID) -> None:
    sent = {
        "name": "",
        "code": "999101",
        "kind": "folkeskole",
        "codes-0-scheme": "",
        "codes-0-value": "",
        "codes-1-scheme": "gln",
        "codes-1-value": "5790000000006",
        "opened_on": "i går",
    }
    answer = await send(admin, "/schools/new", sent)
    assert answer.status_code == 422
    assert 'value="5790000000006"' in answer.text
    assert 'value="i går"' in answer.text
    assert "Fill in this field." in answer.text
    faulty = await send(admin, "/schools/new", sent | {"name": "Ny", "opened_on": ""})
    assert 'id="codes-1-value-error"' in faulty.text
    taken = await send(admin, "/schools/new", {"name": "Ny", "code": "999101", "kind": "folkeskole"})
    assert taken.status_code == 422
    assert "Another school has the number 999101" in taken.text


async def test_the_loser_of_an_edit_sees_both_versions_and_loses_nothing(
    admin: Client, database: Database, gull: uuid.UUID
) -> None:
    path = f"/schools/{gull}/edit"
    mine, theirs = await form_of(admin, path), await form_of(admin, path)
    assert (await send(admin, path, theirs | {"name": ["Deres navn"], "grades": ["0"]})).status_code == 303
    lost = await send(admin, path, mine | {"name": ["Mit navn"]})
    assert lost.status_code == 422
    assert "Somebody else saved while you were writing" in lost.text
    assert "<p>Deres navn</p>" in lost.text
    assert 'value="Mit navn"' in lost.text
    again = form_in(lost.text, path)
    taken = await send(admin, path, again | {"take": ["grades"]})
    assert form_in(taken.text, path)["grades"] == ["0"]
    assert (await send(admin, path, form_in(taken.text, path))).status_code == 303
    after = (await stored(database, gull)).facts
    assert (after.name, after.grades) == ("Mit navn", ["0"])


async def test_one_row_more_stores_nothing(admin: Client, database: Database, gull: uuid.UUID) -> None:
    path = f"/schools/{gull}/edit"
    form = await form_of(admin, path)
    more = await send(admin, path, form | {"name": ["Andet"], "add_row": ["codes"]})
    assert more.status_code == 200
    assert 'name="codes-1-value"' in more.text
    assert (await stored(database, gull)).facts.name == "Mågebakkeskolen"


async def test_a_school_closes_and_opens_again(admin: Client, database: Database, gull: uuid.UUID) -> None:
    form = await form_of(admin, f"/schools/{gull}/close")
    early = await send(admin, f"/schools/{gull}/close", form | {"closed_on": ["aldrig"]})
    assert early.status_code == 422
    assert (await send(admin, f"/schools/{gull}/close", form | {"reason": ["Få elever"]})).status_code == 303
    page = (await admin.get(f"/schools/{gull}", headers=ENGLISH)).text
    assert "The school is closed since" in page
    assert "Få elever" in page
    assert (await admin.get(f"/schools/{gull}/close", headers=ENGLISH)).status_code == 409
    assert "Mågebakkeskolen" not in (await admin.get("/schools", headers=ENGLISH)).text
    assert "Mågebakkeskolen" in (await admin.get("/schools?closed=1", headers=ENGLISH)).text
    form = await form_of(admin, f"/schools/{gull}/reopen")
    assert (await send(admin, f"/schools/{gull}/reopen", form | {"version": ["1"]})).status_code == 422
    assert (await send(admin, f"/schools/{gull}/reopen", form)).status_code == 303
    assert (await stored(database, gull)).closed_on is None


async def test_a_merger_says_first_what_moves_and_needs_a_second_yes(
    admin: Client, database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    path = f"/schools/{gull}/merge"
    form = await form_of(admin, path)
    assert (await send(admin, path, form)).status_code == 422  # none was chosen
    shown = await send(admin, path, form | {"into": [str(klit)]})
    assert shown.status_code == 200
    assert "Mågebakkeskolen becomes part of Klitskolen" in shown.text
    assert "teaches more grades then: grades 7–9" in shown.text
    assert (await stored(database, gull)).merged_into is None
    confirmed = form_in(shown.text, path)
    stale = await send(admin, path, confirmed | {"other_version": ["9"]})
    assert stale.status_code == 422
    assert "Somebody else changed the school" in stale.text
    done = await send(admin, path, confirmed)
    assert (done.status_code, done.headers["location"]) == (303, f"/schools/{klit}")
    page = (await admin.get(f"/schools/{klit}", headers=ENGLISH)).text
    assert "999101 · Mågebakkeskolen" in page
    old = (await admin.get(f"/schools/{gull}", headers=ENGLISH)).text
    assert "The school became part of another" in old
    assert "/edit" not in old
    found = (await admin.get("/schools?q=999101", headers=ENGLISH)).text
    assert "999101 leads here" in found
    assert (await admin.get(path, headers=ENGLISH)).status_code == 409
    assert (await send(admin, path, confirmed)).status_code == 422


async def test_a_closed_school_is_not_offered_to_take_over(
    admin: Client, database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    other = await enter(database, region, "Sundskolen", "999190")
    async with transaction(database.writers) as session:
        await close_school(session, SYSTEM, klit, TODAY, "", 1)
    page = (await admin.get(f"/schools/{gull}/merge", headers=ENGLISH)).text
    assert str(other) in page
    assert str(klit) not in page


async def test_what_is_no_school_is_not_found(admin: Client) -> None:
    nobody = uuid.UUID(int=7)
    for path in ("", "/edit", "/close", "/reopen", "/merge", "/pupils"):
        assert (await admin.get(f"/schools/{nobody}{path}")).status_code == 404, path


async def test_nothing_that_is_searched_for_breaks_the_list(admin: Client, gull: uuid.UUID) -> None:
    for asked in ("%00", "%25_%27", "%F0%9F%90%A6", "+" * 50, "999101+", "x" * 199):
        answer = await admin.get(f"/schools?q={asked}", headers=ENGLISH)
        assert answer.status_code == 200, asked
    assert (await admin.get(f"/schools?q={'x' * 201}", headers=ENGLISH)).status_code == 400
