"""What one school decided for itself: counted, found and shown to those who chose that school, and to nobody else."""

import uuid
from datetime import date

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.decisions.service import undo_decision
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from catalog.shelf.choice import COOKIE
from catalog.vocabularies.region import Region
from tests.conftest import NOON, Client, settle
from tests.factories import places, rule, store
from tests.pages import FindSeen, see

SCHOOLS = {"101": "Nordstrandskolen", "1 | å": "Ålegræsskolen", "103": "Mågebakkeskolen"}
LABELS = {
    "approved": "Approved",
    "conditional": "Approved with conditions",
    "pilot": "Pilot (limited in time)",
    "rejected": "Not approved",
    "not_reviewed": "Not reviewed",
}
EVERYBODY = {"Læselyst": "approved", "Brøkbyen": "not_reviewed", "Ordlegen": "approved", "Klimakassen": "not_reviewed"}


@pytest.fixture
async def decided(database: Database, region: Region) -> dict[str, uuid.UUID]:
    """Four resources: one that a school decided against, one that two schools may use, two as for everybody."""
    async with transaction(database.writers) as session:
        schools = [SchoolFacts(code=code, name=name, kind="folkeskole", grades=["4"]) for code, name in SCHOOLS.items()]
        await keep_schools(session, SYSTEM, schools)
        found = {
            title: await store(session, region, title, placements=places(*pairs))
            for title, pairs in {
                "Læselyst": [("dansk", "4")],
                "Brøkbyen": [("matematik", "4"), ("dansk", "4")],
                "Ordlegen": [("dansk", "4")],
                "Klimakassen": [("natur-teknologi", "4")],
            }.items()
        }
        await rule(session, region, found["Læselyst"])
        await rule(session, region, found["Læselyst"], "rejected", on=date(2026, 9, 1), schools=["101"])
        found["the pilot"] = await rule(
            session, region, found["Brøkbyen"], "pilot", subjects=["matematik"], schools=["101", "1 | å"]
        )
        await rule(session, region, found["Ordlegen"])
    return found


async def look(client: Client, path: str, school: str) -> FindSeen:
    await settle(client)
    client.cookies.clear()
    if school:
        client.cookies.set(COOKIE, f"{school.replace(' ', '%20').replace('|', '%7C').replace('å', '%C3%A5')}.")
    response = await client.get(path, headers={"accept-language": "en"})
    assert response.status_code == 200
    return see(response.text)


@pytest.mark.usefixtures("decided")
@pytest.mark.parametrize(
    ("school", "said"),
    [
        ("", EVERYBODY),
        ("101", EVERYBODY | {"Læselyst": "rejected", "Brøkbyen": "pilot"}),
        ("1 | å", EVERYBODY | {"Brøkbyen": "pilot"}),
        ("103", EVERYBODY),
        ("no such school", EVERYBODY),
    ],
)
async def test_each_count_is_that_of_the_cards_behind_it(client: Client, school: str, said: dict[str, str]) -> None:
    everything = await look(client, "/find?q=", school)
    badges = {title: everything.card(title).one(class_="badge").text for title in everything.titles}
    # one that is approved somewhere counts as not reviewed too, for its other places
    counts = dict.fromkeys(LABELS.values(), 0)
    for title, outcome in said.items():
        counts[LABELS[outcome]] += 1
        counts["Not reviewed"] += title == "Brøkbyen" and outcome == "pilot"

    assert badges == {title: LABELS[outcome] for title, outcome in said.items()}
    assert everything.facet("decision") == {label: count for label, count in counts.items() if count}
    for outcome, label in LABELS.items():
        behind = await look(client, f"/find?decision={outcome}", school)
        assert len(behind.titles) == counts[label]
        assert {behind.card(title).one(class_="badge").text for title in behind.titles} <= {label}
        placed = await look(client, f"/find?decision={outcome}&subject=matematik&grade=4", school)
        assert placed.titles == [title for title in behind.titles if title == "Brøkbyen" and said[title] == outcome]


@pytest.mark.usefixtures("decided")
async def test_subjects_and_grades_are_counted_for_the_school_where_an_outcome_is_chosen(client: Client) -> None:
    for school, subjects in (
        ("", {}),
        ("101", {"Mathematics": 1}),
        ("103", {}),
    ):
        seen = await look(client, "/find?decision=pilot", school)
        assert seen.facet("subject") == subjects
        assert seen.facet("grade") == ({"Grade 4": 1} if subjects else {})


async def test_a_decision_of_a_school_that_is_taken_back_counts_no_more(
    client: Client, database: Database, region: Region, decided: dict[str, uuid.UUID]
) -> None:
    assert (await look(client, "/find?decision=pilot", "101")).titles == ["Brøkbyen"]
    async with transaction(database.writers) as session:
        await undo_decision(session, SYSTEM, decided["the pilot"], NOON)
    assert (await look(client, "/find?decision=pilot", "101")).titles == []
    assert (await look(client, "/find?q=", "101")).facet("decision") == {
        "Approved": 1,
        "Not approved": 1,
        "Not reviewed": 2,
    }


async def test_the_first_decision_of_a_school_counts_when_the_index_has_read_of_it(
    client: Client, database: Database, region: Region, decided: dict[str, uuid.UUID]
) -> None:
    assert (await look(client, "/find?decision=rejected", "103")).titles == []
    async with transaction(database.writers) as session:
        await rule(session, region, decided["Ordlegen"], "rejected", on=date(2026, 9, 1), schools=["103"])
    assert (await look(client, "/find?decision=rejected", "103")).titles == ["Ordlegen"]
    assert (await look(client, "/find?decision=rejected", "101")).titles == ["Læselyst"]
    assert (await look(client, "/find?decision=rejected", "")).titles == []


async def test_alternatives_are_those_that_the_school_may_use(
    client: Client, database: Database, region: Region, decided: dict[str, uuid.UUID]
) -> None:
    async with transaction(database.writers) as session:
        own = await store(session, region, "Skolens egen", placements=places(("dansk", "4")))
        await rule(session, region, own, schools=["103"])
    for school, offered in (("", {"Læselyst"}), ("101", set[str]()), ("103", {"Læselyst", "Skolens egen"})):
        await look(client, "/find?q=", school)
        response = await client.get(
            f"/resources/{decided['Ordlegen']}", headers={"accept-language": "en"}, follow_redirects=True
        )
        assert {title for title in ("Læselyst", "Skolens egen") if f">{title}<" in response.text} == offered
