"""The demo municipality in the catalogue: complete, the same after every run, and never over a person's work."""

from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.decisions.models import Decision
from catalog.decisions.schemas import DecisionRecord
from catalog.decisions.service import find_decisions, rulings_for, undo_decision
from catalog.decisions.state import MAY_USE, state_at
from catalog.finding.asking import FACETS, Asked
from catalog.finding.finding import Finder
from catalog.finding.index import Index
from catalog.finding.layout import LAYOUT
from catalog.organisations.models import School
from catalog.organisations.service import list_schools
from catalog.resources.lifecycle import merge_resources, retire_resource
from catalog.resources.models import CompatibilityClaim, Publisher, Resource, Service
from catalog.resources.publishers import create_service
from catalog.resources.reading import find_by_identifier, get_resource
from catalog.resources.schemas import ResourceDetail, ResourceFacts, ServiceFacts, Text
from catalog.resources.service import change_resource
from catalog.vocabularies.region import Region
from search.factory import open_engine
from seed.files import read_plan
from seed.load import SCHEME, load_demo
from tests.conftest import TODAY

EACH = 5
"""What a facet offers is borne by at least so many resources."""


async def rows(database: Database) -> dict[str, int]:
    """How many rows there are of what the demo writes, and of the log that tells of every change."""
    tables = (School, Publisher, Service, Resource, Decision, CompatibilityClaim, AuditEntry)
    async with transaction(database.readers) as session:
        return {
            table.__tablename__: await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables
        }


async def by_key(database: Database, key: str) -> ResourceDetail:
    async with transaction(database.readers) as session:
        found = await find_by_identifier(session, SCHEME, key)
        assert found is not None
        return await get_resource(session, found)


async def decisions_about(database: Database, detail: ResourceDetail) -> list[DecisionRecord]:
    async with transaction(database.readers) as session:
        return await find_decisions(session, resource_ids=[detail.id])


async def test_a_run_that_broke_off_is_finished_and_a_further_one_changes_nothing(
    database: Database, region: Region
) -> None:
    for last in (10, 40):  # among the resources, and among the decisions
        with pytest.raises(KeyboardInterrupt):
            await load_demo(database, SYSTEM, region, TODAY, partial(stop, last))
    broken_off = await rows(database)
    assert 0 < broken_off["decision"] < 200
    steps: list[tuple[int, int]] = []
    loaded = await load_demo(database, SYSTEM, region, TODAY, lambda done, total: steps.append((done, total)))
    stored = await rows(database)
    assert (stored["resource"], stored["school"]) == (300, 14)
    assert stored["publisher"] == loaded.publishers >= 25
    assert (stored["service"], stored["decision"]) == (loaded.services, loaded.decisions)
    assert loaded.changes == loaded.decisions - broken_off["decision"]
    assert [done for done, _ in steps] == list(range(1, steps[-1][1] + 1))
    again = await load_demo(database, SYSTEM, region, date(2027, 3, 1))
    assert (again.changes, str(again).endswith("all were there.")) == (0, True)
    assert await rows(database) == stored


def stop(last: int, done: int, _total: int) -> None:
    """Break off like a person who presses a key."""
    if done == last:
        raise KeyboardInterrupt


async def edit(
    database: Database, region: Region, detail: ResourceDetail, *, by_import: bool = False, **new: Any
) -> None:
    given = {name: getattr(detail.facts, name) for name in ResourceFacts.__struct_fields__}
    facts = ResourceFacts(**{**given, **new})
    async with transaction(database.writers) as session:
        await change_resource(session, SYSTEM, region, detail.id, facts, detail.version, by_import=by_import)


async def test_what_a_person_did_stays_done(demo: Database, region: Region) -> None:
    edited, gone, kept = [await by_key(demo, key) for key in ("broeker-4", "broeker-5", "broeker-6")]
    retired, taken_back = [await by_key(demo, key) for key in ("tankespind", "passeren")]
    texts = [Text(language="da", title="Brøker 4, vores udgave")]
    await edit(demo, region, edited, texts=texts)
    [latest, *_] = await decisions_about(demo, taken_back)
    async with transaction(demo.writers) as session:
        await merge_resources(session, SYSTEM, gone.id, kept.id, TODAY)
        await retire_resource(session, SYSTEM, retired.id, TODAY)
        await undo_decision(session, SYSTEM, latest.id, utc_now())
    stored = await rows(demo)
    assert (await load_demo(demo, SYSTEM, region, TODAY)).changes == 0
    assert await rows(demo) == stored
    assert (await by_key(demo, "broeker-4")).facts.texts == texts
    assert (await by_key(demo, "broeker-5")).id == kept.id
    assert (await by_key(demo, "tankespind")).status == "retired"
    assert [each.is_undone for each in await decisions_about(demo, taken_back)].count(True) == 1


async def test_the_demo_finds_its_services_among_however_many(demo: Database, region: Region) -> None:
    async with transaction(demo.writers) as session:
        for number in range(501):
            await create_service(session, SYSTEM, ServiceFacts(key=f"a-{number}", name=f"A {number}"))
    assert (await load_demo(demo, SYSTEM, region, TODAY)).changes == 0


async def test_what_the_files_say_anew_is_taken_over_where_nobody_edited(demo: Database, region: Region) -> None:
    before = await by_key(demo, "broeker-4")
    await edit(demo, region, before, by_import=True, lix=99)  # as an earlier version of the files had it
    assert (await load_demo(demo, SYSTEM, region, TODAY)).changes == 1
    assert (await by_key(demo, "broeker-4")).facts == before.facts


async def test_every_field_of_a_file_is_stored(demo: Database) -> None:
    detail = await by_key(demo, "gangetabellens-hus")
    entry = next(each for each in read_plan().resources if each.key == "gangetabellens-hus")
    facts = detail.facts
    assert (facts.form, facts.kind, facts.price_model, facts.url) == (entry.form, entry.kind, entry.price, entry.url)
    assert [text.language for text in facts.texts] == ["da", "sv"]
    assert sorted({place.grade for place in facts.placements}) == ["2", "3", "4", "5"]
    assert {claim.platform: claim.supplier_declared for claim in facts.claims} == {
        "ipados": False,
        "android": True,
        "chromeos": True,
    }
    assert detail.origin == "demo"
    schemes = {each.scheme for each in facts.identifiers}
    assert {SCHEME, "url", "apple_track_id"} <= schemes


async def test_every_value_that_a_facet_offers_is_borne_by_five(demo: Database, region: Region) -> None:
    finder = await open_finder(demo, region)
    found = await finder.find(Asked(), TODAY)
    assert found.page.total == 300
    assert set(found.counts) == {facet.name for facet in FACETS}
    assert all(len(values) >= EACH for values in found.counts.values())
    rare = {(name, code): n for name, values in found.counts.items() for code, n in values.items() if n < EACH}
    assert rare == {}


async def test_every_value_is_borne_by_five_that_may_be_used_today(demo: Database, region: Region) -> None:
    finder = await open_finder(demo, region)
    found = await finder.find(Asked(chosen={"decision": MAY_USE}), TODAY)
    rare = {
        (name, code): n
        for name, values in found.counts.items()
        for code, n in values.items()
        if n < EACH and name not in {"decision", "publisher"}
    }
    assert rare == {}


async def open_finder(database: Database, region: Region) -> Finder:
    index = Index(open_engine("embedded:", LAYOUT), database)
    await index.fill()
    return Finder(region, index)


async def test_there_are_decisions_of_every_state_and_body(demo: Database, region: Region) -> None:
    finder = await open_finder(demo, region)
    states = (await finder.find(Asked(), TODAY)).counts["decision"]
    assert set(states) == set(region.codes("outcome"))
    async with transaction(demo.readers) as session:
        decided = (await session.scalars(select(Decision))).all()
    bodies = [each.body for each in decided]
    assert {body: bodies.count(body) >= EACH for body in set(bodies)} == dict.fromkeys(region.codes("body"), True)
    assert {reason for each in decided for reason in each.reasons} == set(region.codes("reason"))
    assert any(each.valid_from > TODAY for each in decided)
    assert all(each.decided_on <= TODAY for each in decided)


async def test_a_rejection_names_something_that_may_be_used_instead(demo: Database) -> None:
    async with transaction(demo.readers) as session:
        query = select(Decision.use_instead_id).where(Decision.use_instead_id.is_not(None)).distinct()
        alternatives = [key for key in await session.scalars(query) if key]
        services = {key: (await get_resource(session, key)).service for key in alternatives}
        rulings = await rulings_for(session, {key: found.id if found else None for key, found in services.items()})
        for key in alternatives:
            facts = (await get_resource(session, key)).facts
            states = [state_at(rulings[key], TODAY, each.subject, each.grade) for each in facts.placements]
            assert {state.outcome for state in states} & set(MAY_USE), facts.texts[0].title
    assert len(alternatives) >= 10


async def test_the_schools_can_be_chosen(demo: Database) -> None:
    async with transaction(demo.readers) as session:
        schools = await list_schools(session)
    assert len(schools) == 14
    assert {school.name for school in schools} >= {"Mågebakkeskolen", "Mågebækskolen"}
    assert next(school.grades for school in schools if school.name == "Ulvshøj Børneby")[:2] == ["fs", "0"]
