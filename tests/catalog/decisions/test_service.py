"""Recording decisions, and what readers find afterwards."""

import asyncio
import uuid
from datetime import date

import pytest
from sqlalchemy import select

from catalog.core.actor import ANONYMOUS, Actor
from catalog.core.audit import AuditEntry, first_broken_link
from catalog.core.db import Database, transaction
from catalog.core.errors import Forbidden, Invalid, NotFound
from catalog.core.outbox import OutboxEntry
from catalog.decisions.errors import DecisionUndone
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide, decided_among, find_decisions, rulings_for, undo_decision
from catalog.resources.publishers import create_service
from catalog.resources.schemas import ServiceFacts
from catalog.vocabularies.region import Region
from tests.conftest import NOON
from tests.factories import rule, store
from tests.tampering import as_owner

ON = date(2026, 8, 1)


async def test_titles_inherit_what_was_decided_about_their_service(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        service = await create_service(session, actor, ServiceFacts(key="nordvest", name="Nordvest"))
        first = await store(session, region, "Et", service_key="nordvest")
        second = await store(session, region, "To", service_key="nordvest")
        await decide(session, actor, region, Decide(outcome="approved", decided_on=ON, service_id=service.id))
        await rule(session, region, second, "rejected")
    async with transaction(database.readers) as session:
        rulings = await rulings_for(session, {first: service.id, second: service.id})

    assert [(each.outcome, each.inherited) for each in rulings[first]] == [("approved", True)]
    assert [(each.outcome, each.inherited) for each in rulings[second]] == [("rejected", False)]


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"outcome": "rejected"}, {"reasons"}),
        ({"outcome": "conditional"}, {"conditions"}),
        ({"outcome": "pilot"}, {"validUntil"}),
        ({"outcome": "fine", "reasons": ["mood"]}, {"outcome", "reasons"}),
        ({"valid_from": date(2027, 1, 1), "valid_until": date(2026, 12, 31)}, {"validUntil"}),
        ({"grades": ["44"], "subjects": ["alkymi"], "body": "king"}, {"grades", "subjects", "body"}),
        ({"service_id": uuid.uuid4()}, {"resourceId"}),
    ],
)
async def test_a_decision_that_cannot_be_meant_is_refused_with_all_its_faults(
    database: Database, region: Region, actor: Actor, wrong: dict[str, object], fields: set[str]
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
    command = Decide(**{"outcome": "approved", "decided_on": ON, "resource_id": key, **wrong})  # type: ignore[arg-type]
    async with database.writers() as session:
        with pytest.raises(Invalid) as refused:
            await decide(session, actor, region, command)
    assert set(refused.value.errors) == fields


async def test_a_decision_is_taken_back_once_and_stays_on_record(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
        decision = await rule(session, region, key)
    async with transaction(database.writers) as session:
        await undo_decision(session, actor, decision, NOON)
    async with transaction(database.readers) as session:
        assert await rulings_for(session, {key: None}) == {key: ()}
        assert [each.is_undone for each in await find_decisions(session, resource_ids=[key])] == [True]
    async with database.writers() as session:
        with pytest.raises(DecisionUndone):
            await undo_decision(session, actor, decision, NOON)


async def test_more_resources_than_a_query_takes_are_asked_about(database: Database, region: Region) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
        await rule(session, region, key)
    async with transaction(database.readers) as session:
        assert await decided_among(session, {key, *(uuid.uuid4() for _ in range(66_000))}) == {key}


async def test_a_title_that_moves_into_a_service_meanwhile_hears_of_its_decision(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        service = await create_service(session, actor, ServiceFacts(key="nordvest", name="Nordvest"))

    async def decide_meanwhile() -> None:
        async with transaction(database.writers) as session:
            await decide(session, actor, region, Decide(outcome="approved", decided_on=ON, service_id=service.id))

    async with transaction(database.writers) as session:
        title = await store(session, region, "Et", service_key="nordvest")
        await session.flush()
        deciding = asyncio.create_task(decide_meanwhile())
        await asyncio.sleep(0.3)
    await deciding
    async with transaction(database.readers) as session:
        promised = select(OutboxEntry.seq).where(OutboxEntry.key == str(title))
        assert len((await session.scalars(promised)).all()) == 2, "for its facts, and for the decision"


async def test_what_is_too_long_is_measured_as_it_is_stored(database: Database, region: Region, actor: Actor) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
        note = "Se <navn>.\r\n\r\n" + "ord  " * 400
        await rule(session, region, key, "conditional", note=note, conditions=["Kun \n <navn>.", "\u200b"])
        with pytest.raises(Invalid):
            await rule(session, region, key, note="x" * 2001)
        with pytest.raises(Invalid):
            await rule(session, region, key, "conditional", conditions=["\u200b"])
        [stored] = await find_decisions(session, resource_ids=[key])
    assert stored.note.startswith("Se <navn>.\n\nord ord ")
    assert stored.conditions == ["Kun <navn>."]


async def test_only_who_may_decide_decides_and_only_about_what_exists(
    database: Database, region: Region, actor: Actor
) -> None:
    command = Decide(outcome="approved", decided_on=ON, resource_id=uuid.uuid4())
    async with database.writers() as session:
        with pytest.raises(Forbidden):
            await decide(session, ANONYMOUS, region, command)
        with pytest.raises(NotFound):
            await decide(session, actor, region, command)


async def test_every_act_is_a_link_of_an_unbroken_chain_and_a_changed_one_shows(
    database: Database, region: Region, actor: Actor
) -> None:
    for number in range(3):
        async with transaction(database.writers) as session:
            await rule(session, region, await store(session, region, f"Bind {number}"))
    async with transaction(database.readers) as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
        assert [entry.action for entry in entries] == ["create-resource", "decide"] * 3
        assert await first_broken_link(session) is None
    async with as_owner(database) as session:
        (await session.get_one(AuditEntry, entries[2].seq)).fields = "title"
        await session.flush()
    async with transaction(database.readers) as session:
        assert await first_broken_link(session) == entries[2].seq
