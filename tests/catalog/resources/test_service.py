"""Storing resources: identifiers, titles in order, and who overwrites whom."""

import asyncio
import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.core.actor import ANONYMOUS, Actor
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, Forbidden, Invalid
from catalog.core.outbox import OutboxEntry
from catalog.resources import ranks
from catalog.resources.errors import ChangedMeanwhile, IdentifierTaken, NotListed, SameResource
from catalog.resources.lifecycle import (
    absorbed_by,
    follow,
    merge_resources,
    restore_resource,
    retire_resource,
    succeed_resource,
)
from catalog.resources.models import Resource
from catalog.resources.reading import get_resource, history_of
from catalog.resources.schemas import IdentifierFact, PlacementFact, ResourceFacts, Text
from catalog.resources.service import change_resource, create_resource
from catalog.vocabularies.region import Region
from tests.factories import TODAY, facts, places, runs_on, store


async def test_what_was_given_is_what_is_read(database: Database, region: Region, actor: Actor) -> None:
    given = ResourceFacts(
        form="app",
        kind="didactic",
        texts=[
            Text(language="da", title="Brøker  4 ", description="Skriv <navn> \u200bher.\r\n\r\n\r\nOg  her."),
            Text(language="en", title="Fractions 4"),
        ],
        publisher="Forlaget Nordvest",
        price_model="per_pupil",
        url="https://Nordvest.example/broeker/#top",
        identifiers=[IdentifierFact(scheme="isbn13", value="978-87-02-00000-9")],
        placements=places(("matematik", "4"), ("matematik", "5")),
        claims=runs_on("web", "ipados"),
        languages=["da"],
        logins=["unilogin"],
    )
    async with transaction(database.writers) as session:
        key = await create_resource(session, actor, region, given, TODAY)
    async with transaction(database.readers) as session:
        read = await get_resource(session, key)

    assert read.facts.texts[0] == Text(language="da", title="Brøker 4", description="Skriv <navn> her.\n\nOg her.")
    assert read.slug == "broeker-4"
    assert read.publisher is not None
    assert read.publisher.code == "forlaget-nordvest"
    assert {(each.scheme, each.value) for each in read.facts.identifiers} == {
        ("isbn13", "9788702000009"),
        ("url", "https://nordvest.example/broeker"),
    }
    assert read.facts.placements == places(("matematik", "4"), ("matematik", "5"))
    assert [claim.platform for claim in read.facts.claims] == ["web", "ipados"]


async def test_all_faults_are_told_at_once_and_nothing_is_stored(
    database: Database, region: Region, actor: Actor
) -> None:
    wrong = ResourceFacts(
        form="balloon",
        texts=[Text(language="da", title=" ")],
        url="javascript:alert(1)",
        lix=900,
        identifiers=[IdentifierFact(scheme="isbn13", value="9788702000001")],
        placements=[PlacementFact(subject="alkymi", grade="4")],
    )
    with pytest.raises(Invalid) as refused:
        async with transaction(database.writers) as session:
            await create_resource(session, actor, region, wrong, TODAY)

    assert set(refused.value.errors) == {"form", "title", "url", "lix", "identifiers", "placements"}
    async with transaction(database.readers) as session:
        assert (await session.scalars(select(Resource.id))).all() == []
        assert (await session.scalars(select(OutboxEntry.seq))).all() == []


async def test_nobody_without_the_permission_adds_a_resource(database: Database, region: Region) -> None:
    async with database.writers() as session:
        with pytest.raises(Forbidden):
            await create_resource(session, ANONYMOUS, region, facts(), TODAY)


async def test_two_resources_never_share_an_identifier(database: Database, region: Region, actor: Actor) -> None:
    async with transaction(database.writers) as session:
        first = await store(session, region, "Brøker", url="https://example.org/a?utm_source=x")
    with pytest.raises(IdentifierTaken) as refused:
        async with transaction(database.writers) as session:
            await store(session, region, "Brøker igen", url="HTTPS://EXAMPLE.ORG/a")
    assert refused.value.resource_id == first


async def test_a_change_raises_the_version_once_and_a_stale_one_is_refused(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøker", placements=places(("matematik", "4")))

    async def edit(title: str) -> bool:
        try:
            async with transaction(database.writers) as session:
                await change_resource(session, actor, region, key, facts(title), 1)
        except ChangedMeanwhile:
            return False
        return True

    won = await asyncio.gather(*(edit(f"Brøker {number}") for number in range(8)))

    assert sum(won) == 1
    async with transaction(database.readers) as session:
        assert (await get_resource(session, key)).version == 2


async def test_an_import_leaves_alone_what_a_person_wrote(database: Database, region: Region, actor: Actor) -> None:
    async with transaction(database.writers) as session:
        key = await create_resource(session, actor, region, facts("Brøker", publisher="Nord"), TODAY, origin="list")
        await change_resource(session, actor, region, key, facts("Brøker og procent", publisher="Nord"), 1)
    async with transaction(database.writers) as session:
        again = facts("Brøker", publisher="Syd", price_model="free")
        changed = await change_resource(session, actor, region, key, again, 2, by_import=True)
    async with transaction(database.readers) as session:
        read = await get_resource(session, key)

    assert sorted(changed) == ["price_model", "publisher"]
    assert read.facts.texts[0].title == "Brøker og procent"
    assert read.facts.publisher == "Syd"


async def test_titles_keep_their_order_whatever_is_added_or_renamed(
    database: Database, region: Region, actor: Actor
) -> None:
    titles = ["Ørken", "Abe", "Zebra", "Ånd", "Æble", "Trin 10", "Trin 2", "abe", "Ærlig", "Bog"]
    async with transaction(database.writers) as session:
        keys = {title: await store(session, region, title) for title in titles}
        await change_resource(session, actor, region, keys["Zebra"], facts("Balkon"), 1)
    async with transaction(database.readers) as session:
        rows = await session.execute(select(Resource.slug).order_by(Resource.rank))
        assert await ranks.count_out_of_order(session) == 0
    slugs = list(rows.scalars())
    assert slugs[2:] == ["balkon", "bog", "trin-2", "trin-10", "aeble", "aerlig", "oerken", "aand"]


async def test_many_titles_between_two_others_find_room(
    database: Database, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranks, "STEP", 4)  # as if the shelf were almost full
    async with transaction(database.writers) as session:
        for number in [*range(0, 60, 2), *range(59, 0, -2)]:
            await store(session, region, f"Bind {number}")
        assert await ranks.count_out_of_order(session) == 0
        assert len(set(await session.scalars(select(Resource.rank)))) == 60


@given(st.one_of(st.none(), st.integers(ranks.SPARE, ranks.END - 2)), st.one_of(st.none(), st.integers(1, 2**40)))
def test_a_label_lies_strictly_between_or_there_is_no_room(low: int | None, distance: int | None) -> None:
    high = None if distance is None else min((low or ranks.SPARE) + distance, ranks.END - 1)
    label = ranks.between(low, high)
    floor, ceiling = ranks.SPARE if low is None else low, ranks.END if high is None else high
    assert (label is None) == (ceiling - floor <= 1)
    assert label is None or floor < label < ceiling


async def test_a_retired_resource_cannot_be_changed_until_it_is_restored(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
        await retire_resource(session, actor, key, TODAY)
    with pytest.raises(NotListed):
        async with transaction(database.writers) as session:
            await change_resource(session, actor, region, key, facts("Andet"), 2)
    async with transaction(database.writers) as session:
        await restore_resource(session, actor, key, date(2026, 12, 1))
    async with transaction(database.readers) as session:
        events = await history_of(session, key)
    assert events[0].what == "restored"
    assert {event.what for event in events} == {"created", "retired", "restored"}


async def test_a_merge_keeps_identifiers_placements_and_history(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        gone = await store(session, region, "Brøk", url="https://a.example", placements=places(("matematik", "5")))
        kept = await store(session, region, "Brøker", url="https://b.example", placements=places(("matematik", "4")))
        await merge_resources(session, actor, gone, kept, TODAY)
    async with transaction(database.readers) as session:
        read, old = await get_resource(session, kept), await get_resource(session, gone)
        assert await follow(session, gone) == kept
    assert read.facts.placements == places(("matematik", "4"), ("matematik", "5"))
    assert [each.value for each in read.facts.identifiers] == ["https://a.example", "https://b.example"]
    assert (old.status, old.succeeded_by and old.succeeded_by.id) == ("retired", kept)


async def test_merges_are_followed_one_after_the_other_and_back(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        first, second, third, old = [await store(session, region, f"Bind {number}") for number in range(4)]
        await merge_resources(session, actor, first, second, TODAY)
        await succeed_resource(session, actor, old, second, TODAY)
        await merge_resources(session, actor, second, third, TODAY)
        assert [await follow(session, key) for key in (first, second, third, old)] == [third, third, third, old]
        assert set(await absorbed_by(session, third)) == {first, second}
        successor = (await get_resource(session, old)).succeeded_by
        await restore_resource(session, actor, second, TODAY)
        assert [await absorbed_by(session, key) for key in (third, second)] == [[], [first]]
        assert await follow(session, first) == second
    assert successor is not None
    assert successor.id == third


async def test_a_later_edition_is_followed_by_link_but_not_taken_for_the_same(
    database: Database, region: Region, actor: Actor
) -> None:
    async with transaction(database.writers) as session:
        old, new = await store(session, region, "Bind 1"), await store(session, region, "Bind 2")
        await succeed_resource(session, actor, old, new, TODAY)
    async with transaction(database.readers) as session:
        assert await follow(session, old) == old
        read = await get_resource(session, old)
    assert read.succeeded_by is not None
    assert read.succeeded_by.id == new


@pytest.mark.parametrize("same", [True, False])
async def test_a_merge_with_itself_or_with_nothing_is_refused(
    database: Database, region: Region, actor: Actor, same: bool
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
    with pytest.raises(DomainError) as refused:
        async with transaction(database.writers) as session:
            await merge_resources(session, actor, key, key if same else uuid.uuid4(), TODAY)
    assert isinstance(refused.value, SameResource) == same
