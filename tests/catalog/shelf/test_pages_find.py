"""The search page through HTTP: what a reader asks, sees and may follow, on both databases."""

from datetime import UTC, date, datetime
from typing import Any

from litestar.testing import AsyncTestClient

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide
from catalog.finding.asking import Asked
from catalog.finding.finding import Finder
from catalog.lexicon.collation import collation_key
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from catalog.resources.schemas import ResourceFacts, Text
from catalog.resources.service import create_resource
from catalog.shelf.presenting import Circumstances, find_page
from catalog.shelf.reader import Reader
from catalog.vocabularies.region import Region
from catalog.web.i18n import current_language
from tests.catalog.shelf.conftest import Look
from tests.catalog.shelf.shelf import ENGLISH, small_shelf
from tests.conftest import NOON, TODAY, Client, OpenClient, settle
from tests.factories import places, rule, store
from tests.pages import read_page, see

HOSTILE = "Tal & \"tegn\" 'x' < 3 > 2"


async def test_three_letters_show_what_begins_with_them_with_its_state_and_its_counts(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)

    seen = await look("/find?q=l%C3%A6s")

    assert seen.titles == ["Læs af", "Læselyst", "Læsetrappen"]
    assert seen.count == "3 resources"
    assert seen.facet("decision") == {"Approved": 1, "Approved with conditions": 1, "Not approved": 1}
    assert seen.facet("grade") == {"Grade 2": 1, "Grade 3": 1, "Grade 4": 2}
    assert [mark.text for mark in seen.card("Læselyst").all("mark")] == ["Læs"]
    assert "Until 31 July 2027" in seen.card("Læselyst").text
    assert "Conditions: Kun med Unilogin." in seen.card("Læsetrappen").text
    assert seen.card("Læsetrappen").one("p", "conditions-line").one("span", lang="da").text == "Kun med Unilogin."


async def test_a_chosen_facet_keeps_its_own_counts_and_narrows_the_others(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)
    seen = await look("/find?platform=ipados&decision=approved")
    assert seen.titles == ["Brøkbyen", "Læselyst"]
    assert seen.facet("platform") == {"Web browser": 1, "iPad": 2}
    assert seen.facet("decision") == {"Approved": 2, "Not approved": 1}
    assert seen.facet("subject") == {"Danish": 1, "Mathematics": 1}
    assert (seen.chosen("platform"), seen.chosen("decision")) == (["ipados"], ["approved"])


async def test_a_chosen_value_without_hits_stays_and_others_without_hits_go(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)
    seen = await look("/find?platform=chromeos&decision=approved")
    assert seen.facet("decision") == {"Approved": 0, "Not reviewed": 1}
    assert seen.facet("platform")["Chromebook"] == 0
    assert "Linux" not in seen.facet("platform")


async def test_a_chip_is_the_same_search_without_its_filter(database: Database, region: Region, look: Look) -> None:
    await small_shelf(database, region)
    seen = await look("/find?q=br%C3%B8k&platform=ipados&decision=approved")
    assert set(seen.chips) == {"Approved", "iPad"}
    without = await look(seen.chips["iPad"])
    assert without.titles == ["Brøkbyen"]
    assert set(without.chips) == {"Approved"}
    assert (await look(seen.page.links["Clear all"])).titles == ["Brøkbyen", "Brøkhuset"]


async def test_words_taken_for_filters_are_chips_that_turn_back_into_text(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)
    seen = await look("/find?q=br%C3%B8k+4.+klasse+ipad")
    assert seen.titles == ["Brøkbyen"]
    words = {chip.text: chip["href"] for chip in seen.page.all("a", "recognised")}
    ipad = next(url for text, url in words.items() if "iPad" in text)
    assert ipad == "/find?q=br%C3%B8k+4.+klasse+ipad&literal=ipad"
    as_text = await look(ipad)
    assert [hidden["value"] for hidden in as_text.page.all("input", name="literal")] == ["ipad"]
    assert not any("iPad" in chip.text for chip in as_text.page.all("a", "recognised"))


async def test_a_facet_that_follows_words_offers_links_that_replace_them(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)
    seen = await look("/find?q=br%C3%B8k+4.+klasse&grade=2")
    group = seen.page.one("details", id="facet-grade")
    assert group.all("input", type="checkbox") == []
    assert [kept["value"] for kept in group.all("input", type="hidden")] == ["2"]
    five = next(tile for tile in group.all("a", "tile") if tile.one(class_="sr").text == "Grade 5")
    assert five["href"] == "/find?q=br%C3%B8k&grade=4&grade=5"
    assert (await look(five["href"])).titles == ["Brøkbyen", "Brøkhuset"]


async def test_a_subject_in_the_query_is_offered_as_a_filter(database: Database, region: Region, look: Look) -> None:
    await small_shelf(database, region)
    seen = await look("/find?q=matematik+4")
    (offer,) = seen.page.all("a", "offered")
    assert offer.text == "Only Mathematics"
    assert set((await look(offer["href"])).chips) >= {"Mathematics"}


async def test_results_are_sorted_as_asked_and_the_first_way_has_no_name(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)
    seen = await look("/find?sort=title")
    assert seen.titles == sorted(seen.titles, key=lambda title: collation_key(title, "dk"))
    assert (await look("/find?q=")).titles[:2] == ["Brøkbyen", "Læselyst"]  # the approved first
    options = seen.page.one("select", id="sort").all("option")
    assert [option["value"] for option in options] == ["", "title", "newest"]
    assert [option["value"] for option in options if "selected" in option.attributes] == ["title"]
    assert len((await look("/find?sort=newest")).titles) == 7
    assert "sort=sideways" in (await look("/find?sort=sideways")).page.one("main").text


async def test_an_empty_answer_says_what_there_is_instead_and_leads_there(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)
    seen = await look("/find?decision=approved&platform=chromeos")
    nothing = seen.page.one("section", "nothing")
    assert nothing.one("h2").text == "0 approved for Chromebook"
    ways = nothing.links
    assert set(ways) == {"1 not reviewed", "2 for iPad", "1 for web browser"}
    for words, url in ways.items():
        assert (await look(url)).count.split()[0] == words.split()[0]


async def test_an_empty_answer_to_words_counts_without_filters_and_without_words(
    database: Database, region: Region, look: Look
) -> None:
    await small_shelf(database, region)
    seen = await look("/find?q=klimakassen&decision=approved&subject=dansk")
    ways = seen.page.one("section", "nothing").links
    assert (await look(ways["1 without filters"])).titles == ["Klimakassen"]
    assert (await look(ways["1 without the words"])).titles == ["Læselyst"]
    nowhere = await look("/find?q=xylofonorkester")
    assert nowhere.page.one("section", "nothing").one("h2").text == "0 resources with “xylofonorkester”"


async def test_a_refused_name_answers_why_and_what_to_use(database: Database, region: Region, look: Look) -> None:
    found = await small_shelf(database, region)
    ruling = (await look("/find?q=l%C3%A6s+af&subject=matematik")).page.one("section", "ruling")
    assert ruling.one("h2").text == "Læs af is not approved"
    assert "Because: " in ruling.text
    assert ruling.one("p", "instead").links == {"Læsetrappen": f"/resources/{found['Læsetrappen']}-laesetrappen"}
    expired = (await look("/find?q=gammel+nok")).page.one("section", "ruling")
    assert "the approval ran until 30 September 2026" in expired.text
    assert list(expired.one("p", "instead").links) == ["Brøkbyen"]  # approved, of the same form, for the same place
    assert (await look("/find?q=l%C3%A6selyst")).page.all("section", "ruling") == []


async def test_a_card_shows_the_state_of_the_day_for_the_places_asked_for(
    database: Database, region: Region, open_client: OpenClient
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Blandet", placements=places(("dansk", "2"), ("matematik", "8")))
        await rule(session, region, key, subjects=["dansk"], valid_until=TODAY)
        await rule(session, region, key, "rejected", subjects=["matematik"])

    async def card(client: AsyncTestClient[Any], path: str) -> str:
        response = await client.get(path, headers=ENGLISH)
        return see(response.text).card("Blandet").text

    async with open_client() as client:
        await settle(client)
        assert "For Danish grade 2, until 25 November 2026" in await card(client, "/find?q=blandet")
        assert "Not approved" in await card(client, "/find?grade=8")
        assert "Not approved" in await card(client, "/find?decision=rejected")
    tomorrow = datetime(2026, 11, 26, 11, tzinfo=UTC)
    async with open_client(now=tomorrow) as client:
        await client.app.state.index.fill()  # no job has run
        assert "The approval ran until 25 November 2026" in await card(client, "/find?grade=2")
        seen = see((await client.get("/find?grade=2", headers=ENGLISH)).text)
        assert list(seen.facet("decision").values()) == [1]


async def test_a_decision_for_some_schools_shows_to_those_who_chose_one_of_them(
    database: Database, region: Region, look: Look, client: Client
) -> None:
    async with transaction(database.writers) as session:
        schools = [SchoolFacts(code="101", name="Nordstrandskolen", kind="folkeskole", grades=["0"])]
        await keep_schools(session, SYSTEM, schools)
        key = await store(session, region, "Prøven")
        until = date(2027, 6, 30)
        command = Decide(outcome="pilot", decided_on=TODAY, resource_id=key, schools=["101"], valid_until=until)
        await decide(session, SYSTEM, region, command)
    assert "Not reviewed" in (await look("/find?q=pr%C3%B8ven")).card("Prøven").text
    client.cookies.set("hylde-choice", "101.")
    assert "Pilot" in (await look("/find?q=pr%C3%B8ven")).card("Prøven").text


async def test_a_bare_address_begins_with_the_kept_grades_and_any_other_does_not(client: Client) -> None:
    await settle(client)
    client.cookies.set("hylde-choice", ".4-5")
    first = await client.get("/find", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/find?grade=4&grade=5")
    cleared = read_page((await client.get("/find?grade=4", headers=ENGLISH)).text).links["Clear all"]
    for path in (cleared, "/find?q=", "/find?q=&sort="):
        assert (await client.get(path, follow_redirects=False)).status_code == 200
    fragment = await client.get("/find", headers={"HX-Request": "true"}, follow_redirects=False)
    assert fragment.status_code == 200


async def test_the_front_page_is_the_search(client: Client) -> None:
    response = await client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/find")


async def test_htmx_gets_what_changes_and_caches_keep_the_two_apart(
    database: Database, region: Region, client: Client
) -> None:
    await small_shelf(database, region)
    await settle(client)
    whole = await client.get("/find?q=l%C3%A6s")
    part = await client.get("/find?q=l%C3%A6s", headers={"HX-Request": "true"})
    assert "<!doctype html>" in whole.text
    assert "<html" not in part.text
    assert see(part.text).titles == see(whole.text).titles
    swapped = {element["id"] for element in read_page(part.text).all(hx_swap_oob="innerHTML")}
    assert swapped <= {element.get("id") for element in read_page(whole.text).walk()}
    assert "HX-Request" in whole.headers["vary"]
    assert "HX-Request" in part.headers["vary"]
    assert "no-store" not in whole.headers["cache-control"]


async def test_a_text_in_another_language_says_which_and_nothing_is_markup(
    database: Database, region: Region, look: Look, client: Client
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, HOSTILE, description="Kort & godt: 1 < 2", publisher='A "B" & C')
        texts = [
            Text(language="da", title="Kun dansk", description="Om den"),
            Text(language="en", title="Only English", description="About it"),
        ]
        await create_resource(session, SYSTEM, region, ResourceFacts(form="app", texts=texts), TODAY)
    seen = await look()
    title = seen.card(HOSTILE).one("h2")
    assert title.one("span", lang="da").text == HOSTILE
    assert 'A "B" & C' in seen.facet("publisher")
    assert seen.card("Only English").one("h2").all("span") == []
    response = await client.get("/find?q=tal", headers={"accept-language": "da"})
    assert see(response.text).card(HOSTILE).one("h2").all("span") == []


async def test_a_search_that_is_still_being_filled_says_so_and_loads_itself_again(client: Client) -> None:
    response = await client.get("/find?q=x", headers=ENGLISH)
    assert response.status_code == 503
    assert (response.headers["refresh"], response.headers["retry-after"]) == ("2", "2")
    assert "The search is getting ready" in response.text
    await settle(client)
    assert (await client.get("/find?q=x")).status_code == 200


async def test_an_index_that_lags_is_said(database: Database, region: Region, client: Client) -> None:
    await small_shelf(database, region)
    await settle(client)
    current_language.set("en")
    reader = Reader(region=region, language="en", today=TODAY)
    found = await Finder(region, client.app.state.index).find(Asked(), TODAY)

    def said(lag: float) -> str:
        return find_page(found, reader, Circumstances(publishers={}, lag=lag)).lagging

    assert said(4.0) == ""
    assert said(12.4).startswith("The search is 12 seconds behind")
    assert said(180.0).startswith("The search is 3 minutes behind")


async def test_what_waits_for_the_index_is_said_where_nothing_is_found(
    database: Database, region: Region, client: Client
) -> None:
    await settle(client)
    await small_shelf(database, region)
    response = await client.get("/find?q=br%C3%B8k", headers=ENGLISH)
    assert "12 changes are waiting to be taken into the search." in response.text
    await settle(client)
    assert "waiting" not in (await client.get("/find?q=xylofon", headers=ENGLISH)).text


async def test_without_a_script_the_page_is_a_form_and_links(database: Database, region: Region, look: Look) -> None:
    await small_shelf(database, region)
    seen = await look("/find?q=l%C3%A6s&platform=ipados")
    form = seen.page.one("form", id="find")
    assert (form["action"], form["method"]) == ("/find", "get")
    assert {field["name"] for field in form.all("input") if "name" in field.attributes} >= {"q", "platform", "grade"}
    assert all(link["href"].startswith(("/", "#")) for link in seen.page.all("a"))
    assert [button for button in form.all("button") if button.get("type") in {"", "submit"}]
    assert form.all("noscript") == []


async def test_an_administrator_sees_the_same_answers(admin: Client, database: Database, region: Region) -> None:
    await small_shelf(database, region)
    await settle(admin, NOON)
    assert see((await admin.get("/find?q=l%C3%A6s", headers=ENGLISH)).text).count == "3 resources"
