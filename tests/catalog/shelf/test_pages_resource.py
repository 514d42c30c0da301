"""The page of one resource through HTTP: the answer, its grounds, its history, and the form for what is wrong."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import TypeAlias

import pytest
from sqlalchemy import update

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.decisions.models import Decision
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide, undo_decision
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from catalog.resources import lifecycle
from catalog.resources.publishers import create_service
from catalog.resources.schemas import ClaimFact, IdentifierFact, ServiceFacts, SourceTermFact
from catalog.vocabularies.region import Region
from tests.conftest import NOON, TODAY, Client
from tests.factories import places, rule, runs_on, store
from tests.pages import Element, read_page

ENGLISH = {"accept-language": "en"}
Open: TypeAlias = Callable[..., Awaitable[Element]]


def answer(page: Element) -> Element:
    return page.one("div", "answer").all("section")[0]


async def test_the_answer_says_for_which_places_until_when_why_and_on_what_terms(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        pairs = places(*(("dansk", grade) for grade in "2345"))
        key = await store(session, region, "Sætningssmedjen", placements=pairs)
        await rule(
            session,
            region,
            key,
            "conditional",
            grades=["2", "3", "4"],
            valid_until=date(2027, 7, 31),
            conditions=["Kun med Unilogin.", "Ingen billeder."],
            note="Tyndt grundlag.",
            evidence="https://sundby.example/sag/1",
            body="pedagogic",
        )
    page = await open_page(key)
    said = answer(page)
    assert said.one("p", "verdict").text == "Approved with conditions for Danish grades 2–4, until 31 July 2027"
    because = [sentence.text for sentence in said.all("p", "because")]
    assert because == ["The date was set with the decision.", "Danish grade 5: not reviewed.", "Tyndt grundlag."]
    assert [item.text for item in said.one("ol", "conditions").all("li")] == ["1Kun med Unilogin.", "2Ingen billeder."]
    assert "Decided on 1 August 2026 (pedagogic review)." in said.text
    assert said.links == {"The grounds": "https://sundby.example/sag/1"}
    assert {element["lang"] for element in said.all("span") if element.get("lang")} == {"da"}
    main = page.one("main").words
    assert main.index("Approved with conditions") < main.index("Facts and numbers")


async def test_nothing_but_a_web_address_becomes_a_link(database: Database, region: Region, open_page: Open) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "<b>Fed</b> titel", creator="<i>En</i>")
        await rule(session, region, key, evidence="javascript:alert(1)", note='"><script>alert(1)</script>')
        await session.execute(update(Decision).values(as_published='<img src=x onerror="alert(1)">'))
    page = await open_page(key)
    schemes = {link["href"].split(":", 1)[0] for link in page.all("a") if ":" in link["href"].split("/", 1)[0]}
    assert schemes <= {"http", "https", "mailto"}
    assert "The grounds" not in page.text
    assert page.all("img") == []
    assert all(name != "onerror" for element in page.walk() for name in element.attributes)
    assert 'As published: <img src=x onerror="alert(1)">' in page.one("main").text


async def test_a_refusal_gives_its_reasons_and_what_to_use_and_hides_the_way_in(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        better = await store(session, region, "Bedre", url="https://bedre.example/")
        await rule(session, region, better)
        key = await store(session, region, "Afvist", url="https://afvist.example/")
        reasons = ["in_app_purchase", "age_terms"]
        await rule(session, region, key, "rejected", reasons=reasons, use_instead_id=better)
    page = await open_page(key)
    said = answer(page)
    assert said.one("p", "verdict").text == "Not approved"
    assert len(said.one("ul", "reasons").all("li")) == 2
    assert said.one("p", "instead").links == {"Bedre": f"/resources/{better}-bedre"}
    assert said.links["Ask for it to be reconsidered"] == "#report"
    assert "Open the resource" not in page.text
    assert (await open_page(better)).links["Open the resource"] == "https://bedre.example/"


async def test_a_title_says_that_its_service_was_decided_and_names_its_siblings(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        given = ServiceFacts(key="portal", name="Portalen", url="https://portal.example")
        service = await create_service(session, SYSTEM, given)
        keys = [await store(session, region, f"Titel {number}", service_key="portal") for number in range(12)]
        await decide(session, SYSTEM, region, Decide(outcome="approved", decided_on=TODAY, service_id=service.id))
    page = await open_page(keys[0])
    assert answer(page).one("p", "verdict").text == "Approved"
    assert answer(page).links["Portalen"] == "https://portal.example"
    siblings = next(panel for panel in page.all("section", "panel") if panel.text.startswith("Also in Portalen"))
    assert len(siblings.all("li")) == 8
    assert "Titel 0" not in siblings.text


async def test_alternatives_share_form_and_a_place_and_are_approved_and_never_called_interchangeable(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Den selv", placements=places(("dansk", "2"), ("matematik", "8")))
        await rule(session, region, key)
        for title, pair, outcome, more in (
            ("Passer", ("dansk", "2"), "approved", {}),
            ("Passer med vilkår", ("dansk", "2"), "conditional", {}),
            ("Krydset", ("dansk", "8"), "approved", {}),
            ("Anden form", ("dansk", "2"), "approved", {"form": "app"}),
            ("Afvist", ("dansk", "2"), "rejected", {}),
            ("Udløbet", ("dansk", "2"), "approved", {}),
        ):
            other = await store(session, region, title, placements=places(pair), **more)
            until = TODAY - timedelta(days=1) if title == "Udløbet" else None
            await rule(session, region, other, outcome, valid_until=until)
    panel = (await open_page(key)).one("section", id="alternatives")
    assert sorted(item.one("h3").text for item in panel.all("li", "alternative")) == ["Passer", "Passer med vilkår"]
    assert "They cannot necessarily replace each other." in panel.text
    assert panel.one("h2").text == "Also approved for Danish grade 2 and mathematics grade 8"


async def test_history_has_the_latest_first_and_says_what_is_to_come(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
        await rule(session, region, key, on=date(2024, 1, 10), valid_until=date(2025, 7, 31))
        await rule(session, region, key, "rejected", on=date(2026, 2, 1), reasons=["quality"])
        wrong = await rule(session, region, key, "withdrawn", on=date(2026, 5, 5))
        await rule(session, region, key, "conditional", on=date(2026, 11, 1), valid_from=date(2027, 2, 1))
        await undo_decision(session, SYSTEM, wrong, NOON)
    page = await open_page(key)
    events = page.one("ol", "timeline").all("li")
    assert [(event.one("time").text, event.one("b").text) for event in events] == [
        ("from 1 February 2027", "Approved with conditions"),
        ("25 November 2026", "Added to the catalogue"),
        ("1 February 2026", "Not approved"),
        ("1 August 2025", "The approval expired"),
        ("10 January 2024", "Approved"),
    ]
    assert [event.one("b").text for event in events if "current" in event.classes] == ["Not approved"]
    assert "From 1 February 2027: Approved with conditions." in answer(page).text


async def test_facts_numbers_and_source_terms_are_shown_and_marked_where_only_the_supplier_says_so(
    database: Database, region: Region, open_page: Open
) -> None:
    claims = [
        ClaimFact(platform="web", supplier_declared=False, tested_on=date(2026, 9, 8), tested_by="Nanna Nord"),
        ClaimFact(platform="ipados", app=True, offline=True, min_version="16"),
    ]
    async with transaction(database.writers) as session:
        key = await store(
            session,
            region,
            claims=claims,
            lix=6,
            price_model="free",
            logins=["unilogin"],
            url="https://tangmose.example/saetning?utm_source=x",
            supplier_declared=["lix"],
            identifiers=[IdentifierFact(scheme="isbn13", value="978-87-999104-0-3")],
            source_terms=[SourceTermFact(kind="grade", term="4th grade (U.S.)")],
        )
    page = await open_page(key)
    rows = {row.one("dt").text: row.one("dd").text for row in page.all("dl", "facts")[0].all("div")}
    assert rows["Readability (LIX)"] == "6* (says the supplier)"
    assert rows["ISBN"] == "9788799910403"
    assert rows["Web"] == "tangmose.example/saetning?utm_source=x"
    assert "4th grade (U.S.)" in page.all("dl", "facts")[1].text
    cells = [[cell.text for cell in row.children if isinstance(cell, Element)] for row in page.one("tbody").all("tr")]
    assert cells == [
        ["Web browser", "In the browser", "–", "8 September 2026"],
        ["iPad* (says the supplier)", "Appalso without a network", "version 16 or later", "not tested here"],
    ]
    checks = [check.text for check in page.one("ul", "checks").all("li")]
    assert checks == ["Free", "Login: Unilogin", "Works on web browser and iPad"]
    assert "Nanna Nord" not in page.text, "a name of staff"


async def test_the_address_is_put_right_for_good(database: Database, region: Region, client: Client) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøker 4")
    right = f"/resources/{key}-broeker-4"
    for wrong in (f"{key}", f"{key}-", f"{key}-wrong", f"{str(key).upper()}-broeker-4", f"{key}-broeker-4-5"):
        response = await client.get(f"/resources/{wrong}?reported=1", follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (301, f"{right}?reported=1")
    assert (await client.get(right, follow_redirects=False)).status_code == 200


@pytest.mark.parametrize("name", ["x", str(uuid.uuid4()), f"{uuid.uuid4()}x", "%00", "{}" * 18, "0" * 5000])
async def test_an_address_of_nothing_is_a_page_that_says_so(client: Client, name: str) -> None:
    response = await client.get(f"/resources/{name}", headers=ENGLISH)
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text


async def test_a_merged_entry_leads_to_the_other_and_a_succeeded_one_stays_and_says_so(
    database: Database, region: Region, client: Client, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        gone, kept, later, retired = [
            await store(session, region, title) for title in ("Dobbelt", "Enkelt", "Ny udgave", "Slut")
        ]
        await lifecycle.merge_resources(session, SYSTEM, gone, kept, TODAY)
        await lifecycle.succeed_resource(session, SYSTEM, kept, later, TODAY)
        await lifecycle.retire_resource(session, SYSTEM, retired, TODAY)
    moved = await client.get(f"/resources/{gone}-dobbelt", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (301, f"/resources/{kept}-enkelt")
    old = await open_page(kept)
    assert "A later edition took its place: Ny udgave" in old.links
    assert "Another entry was merged into this one" in old.text
    assert "It left the catalogue on 25 November 2026." in (await open_page(retired)).text


async def test_what_was_decided_about_a_merged_entry_is_history_and_counts_for_nothing(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        first, gone, kept = [await store(session, region, title) for title in ("Første", "Dobbelt", "Enkelt")]
        await rule(session, region, first, "rejected", on=date(2025, 8, 1))
        await rule(session, region, gone)
        await lifecycle.merge_resources(session, SYSTEM, first, gone, TODAY)
        await lifecycle.merge_resources(session, SYSTEM, gone, kept, TODAY)
    page = await open_page(kept)
    assert answer(page).one("p", "verdict").text == "Not reviewed"
    assert page.text.count("bout an entry that was merged into this one") == 2
    assert "1 August 2025" in page.text


async def test_what_to_use_instead_is_what_it_was_merged_into(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        key, gone, kept = [await store(session, region, title) for title in ("Afvist", "Dobbelt", "Enkelt")]
        await rule(session, region, key, "rejected", use_instead_id=gone)
        await lifecycle.merge_resources(session, SYSTEM, gone, kept, TODAY)
    assert answer(await open_page(key)).links["Enkelt"] == f"/resources/{kept}-enkelt"


async def test_a_decision_for_some_roles_says_for_whom_it_is(
    database: Database, region: Region, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
        await rule(session, region, key, roles=["teacher", "it"])
    page = await open_page(key)
    assert "Only for: teacher and IT." in answer(page).text
    assert "Only for: teacher and IT." in page.one("main").text.removeprefix(answer(page).text)


async def test_decisions_for_some_schools_name_them_to_others(
    database: Database, region: Region, open_page: Open, client: Client
) -> None:
    async with transaction(database.writers) as session:
        schools = [SchoolFacts(code="101", name="Nordstrandskolen", kind="folkeskole", grades=["0"])]
        await keep_schools(session, SYSTEM, schools)
        key = await store(session, region)
        await rule(session, region, key, "pilot", schools=["101"])
    assert "At Nordstrandskolen: Pilot (limited in time)." in answer(await open_page(key)).text
    client.cookies.set("hylde-choice", "101.")
    assert answer(await open_page(key)).one("p", "verdict").text == "Pilot (limited in time) until 30 June 2027"


async def test_only_who_may_edit_sees_the_way_to_edit(
    database: Database, region: Region, client: Client, admin: Client
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
    edit = f"/admin/resources/{key}/edit"
    path = f"/resources/{key}"
    assert edit not in (await client.get(path)).text
    assert edit in (await admin.get(path)).text


async def test_the_way_back_leads_to_our_own_search_only(database: Database, region: Region, client: Client) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
    ours = f"{client.base_url}/find?q=br%C3%B8k&grade=4"
    for referer, way in (
        (ours, {"Back to the results": "/find?q=br%C3%B8k&grade=4"}),
        ("https://elsewhere.example/find?q=x", {}),
        (f"{client.base_url}/privacy", {}),
        ("::::", {}),
    ):
        response = await client.get(f"/resources/{key}-broeker-4", headers={**ENGLISH, "referer": referer})
        back = read_page(response.text).all("a", "back")
        assert {link.text: link["href"] for link in back} == way


@pytest.mark.parametrize(("language", "verdict"), [("da", "Godkendt"), ("sv", "Godkänd"), ("en", "Approved")])
async def test_the_page_speaks_the_readers_language_and_marks_what_does_not(
    database: Database, region: Region, open_page: Open, language: str, verdict: str
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøker", description="Om brøker", claims=runs_on("web"))
        await rule(session, region, key)
    page = await open_page(key, language)
    assert page.one("html")["lang"] == language
    assert page.repeated_ids == set()
    assert page.one("h1").get("lang") == ("" if language == "da" else "da")
    assert page.one("p", "description").get("lang") == ("" if language == "da" else "da")
    assert answer(page).one("span", "badge").text == verdict
