"""Finding through the whole way: stored, indexed by the worker and the feed, asked as a reader asks."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.finding import documents, follower, indexing
from catalog.finding.asking import Asked, address, read_question
from catalog.finding.finding import Finder, Found
from catalog.finding.index import Index
from catalog.finding.layout import LAYOUT
from catalog.resources.lifecycle import retire_resource
from catalog.resources.schemas import ResourceDetail
from catalog.resources.service import change_resource
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from search.factory import open_engine
from tests.conftest import NOON
from tests.factories import TODAY, facts, places, rule, runs_on, store

Ask: TypeAlias = Callable[..., Awaitable[Found]]


@pytest.fixture
async def index(database: Database) -> Index:
    return Index(open_engine("embedded:", LAYOUT), database)


@pytest.fixture
def ask(index: Index, region: Region, settings: object) -> Ask:
    """Search, as of a day, for a text and chosen filters."""

    async def search(text: str = "", today: date = TODAY, **chosen: str | list[str]) -> Found:
        values = {name: tuple([value] if isinstance(value, str) else value) for name, value in chosen.items()}
        return await Finder(region, index).find(Asked(text=text, chosen=values), today)

    return search


async def write(database: Database, region: Region, index: Index, settings: object, now: datetime = NOON) -> None:
    worker = Worker(settings, database, region, lambda: now)  # type: ignore[arg-type]  # the fixture's Settings
    await worker.drain()
    if not index.ready.is_set():
        await index.fill()
    await index.catch_up()


def titles(found: Found) -> list[str]:
    return [hit.document["titles"][0] for hit in found.page.hits]


async def test_three_letters_find_what_begins_with_them_approved_first(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, "Læsebogen", placements=places(("dansk", "2")))
        approved = await store(session, region, "Læselyst", placements=places(("dansk", "3")))
        rejected = await store(session, region, "Læs af", placements=places(("dansk", "4")))
        await store(session, region, "Brøker", placements=places(("matematik", "4")))
        await rule(session, region, approved)
        await rule(session, region, rejected, "rejected")
    await write(database, region, index, settings)

    found = await ask("læs")

    assert titles(found) == ["Læs af", "Læselyst", "Læsebogen"]  # a whole word comes before a beginning
    assert found.counts["subject"] == {"dansk": 3}
    assert found.counts["decision"] == {"approved": 1, "rejected": 1, "not_reviewed": 1}
    assert found.named[0].document["titles"] == ["Læs af"]


async def test_placements_are_pairs_and_carry_the_decision(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Blandet", placements=places(("dansk", "2"), ("matematik", "8")))
        await rule(session, region, key, subjects=["dansk"])
    await write(database, region, index, settings)

    assert (await ask(subject="dansk", grade="8")).page.total == 0
    assert (await ask(subject="dansk", grade="2", decision="approved")).page.total == 1
    assert (await ask(subject="matematik", decision="approved")).page.total == 0
    found = await ask(subject="matematik")
    assert found.counts["decision"] == {"not_reviewed": 1}
    assert found.counts["grade"] == {"8": 1}
    assert found.counts["subject"] == {"dansk": 1, "matematik": 1}


async def test_states_turn_on_their_day_with_the_job_off(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    async with transaction(database.writers) as session:
        for number in range(12):
            key = await store(session, region, f"Bind {number}", placements=places(("dansk", "2")))
            await rule(session, region, key, valid_until=TODAY)
            await rule(session, region, key, "conditional", valid_from=date(2026, 12, 24))
    await write(database, region, index, settings)

    for day, outcome in (
        (TODAY, "approved"),
        (date(2026, 11, 26), "expired"),
        (date(2026, 12, 23), "expired"),
    ):
        found = await ask(today=day)
        assert found.counts["decision"] == {outcome: 12}
        assert (await ask(today=day, decision=outcome)).page.total == 12
        assert (await ask(today=day, decision=outcome, grade="2")).counts["subject"] == {"dansk": 12}


async def test_the_daily_job_renews_what_turned_and_says_so_to_the_index(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, placements=places(("dansk", "2")))
        await rule(session, region, key, valid_until=TODAY)
        await rule(session, region, key, "conditional", valid_from=date(2026, 12, 24))
    await write(database, region, index, settings)
    christmas = datetime(2026, 12, 24, 6, tzinfo=UTC)
    worker = Worker(settings, database, region, lambda: christmas)  # type: ignore[arg-type]

    assert await worker.turn_day()
    await index.catch_up()

    assert index.as_of == christmas.date()
    assert (await ask(today=christmas.date())).counts["decision"] == {"conditional": 1}
    assert (await ask(today=christmas.date(), decision="conditional")).page.total == 1


async def test_a_change_is_found_when_it_is_indexed_and_a_retired_one_no_longer(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøker")
    await write(database, region, index, settings)
    async with transaction(database.writers) as session:
        await change_resource(session, SYSTEM, region, key, facts("Procent"), 1)
    await write(database, region, index, settings)
    assert (titles(await ask("procent")), titles(await ask("brøker"))) == (["Procent"], [])
    async with transaction(database.writers) as session:
        await retire_resource(session, SYSTEM, key, TODAY)
    await write(database, region, index, settings)
    assert (await ask("procent")).page.total == 0


async def test_words_of_the_vocabularies_filter_until_nothing_is_found_with_them(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, "Brøkbyen", placements=places(("matematik", "4")), claims=runs_on("ipados"))
        await store(session, region, "Brøkhuset", placements=places(("matematik", "5")), claims=runs_on("web"))
        await store(session, region, "Klassens time", description="Om 9. klasse i 4 akter")
    await write(database, region, index, settings)

    found = await ask("brøk 4. klasse ipad")
    assert titles(found) == ["Brøkbyen"]
    assert found.answered.chosen == {"grade": ("4",), "platform": ("ipados",)}
    kept = await ask("brøk 4. klasse", grade="5")
    assert titles(kept) == ["Brøkbyen"]
    as_text = await ask("9. klasse akter")
    assert titles(as_text) == ["Klassens time"]
    assert as_text.recognition.filters == {}


async def test_words_are_left_out_only_when_nothing_holds_them_all_and_it_is_said(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, "Brøker og procent")
    await write(database, region, index, settings)
    found = await ask("brøker xylofonorkester procent")
    assert (titles(found), found.dropped) == (["Brøker og procent"], ("xylofonorkester",))
    assert (await ask("xylofonorkester")).page.total == 0


async def test_more_than_ten_words_are_cut_and_it_is_said(ask: Ask, index: Index) -> None:
    await index.fill()
    found = await ask(" ".join(f"ord{number}" for number in range(14)))
    assert found.cut == ("ord10", "ord11", "ord12", "ord13")


def test_an_address_is_read_forgivingly_and_written_back_the_same(region: Region) -> None:
    sent = {
        "q": ["  brøk\u202e  "],
        "grade": ["4", "44", "5"],
        "platform": ["ipados"],
        "publisher": ["x' OR 1"],
        "sort": ["sideways"],
        "page": ["1000000000"],
    }
    asked = read_question(sent, region)
    assert asked.text == "brøk "
    assert asked.chosen == {"grade": ("4", "5"), "platform": ("ipados",)}
    assert asked.ignored == ("grade=44", "publisher=x' OR 1", "sort=sideways")
    assert address(asked) == "/find?q=br%C3%B8k+&grade=4&grade=5&platform=ipados&page=1000000000"
    assert address(asked, page=1, chosen={}) == "/find?q=br%C3%B8k+"
    assert read_question({"page": ["-3"], "q": ["x" * 10_000]}, region).page == 1


async def test_every_facet_counts_without_its_own_filter_and_with_the_others(
    database: Database, region: Region, index: Index, settings: object, ask: Ask
) -> None:
    keys: list[uuid.UUID] = []
    async with transaction(database.writers) as session:
        for number, (platform, login) in enumerate([("web", "none"), ("web", "unilogin"), ("ipados", "unilogin")]):
            more = {"claims": runs_on(platform), "logins": [login]}
            keys.append(await store(session, region, f"Bind {number}", **more))
    await write(database, region, index, settings)
    found = await ask(platform="web", login="unilogin")
    assert found.page.total == 1
    assert found.counts["platform"] == {"web": 1, "ipados": 1}
    assert found.counts["login"] == {"none": 1, "unilogin": 1}


async def test_documents_of_another_format_are_written_anew_at_the_next_start(
    database: Database, region: Region, index: Index, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, "Brøker")
    await write(database, region, index, settings)
    async with transaction(database.writers) as session:
        assert await indexing.renew_outdated(session, region) == 0
    monkeypatch.setattr(indexing, "fingerprint", lambda _: "another")
    async with transaction(database.writers) as session:
        assert await indexing.renew_outdated(session, region) == 1


async def test_a_resource_that_cannot_be_built_keeps_back_no_other(
    database: Database, region: Region, index: Index, settings: object, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with transaction(database.writers) as session:
        for title in ("Brøker", "Umulig", "Procent"):
            await store(session, region, title)

    def build(detail: ResourceDetail, *rest: Any) -> documents.Built:
        if detail.slug == "umulig":
            raise OverflowError("planted")
        return documents.build(detail, *rest)

    monkeypatch.setattr(indexing, "build", build)
    await write(database, region, index, settings)
    assert titles(await ask()) == ["Brøker", "Procent"]


async def test_the_reader_of_the_feed_outlives_whatever_goes_wrong_once(
    database: Database, region: Region, index: Index, settings: object, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, "Brøker")
    worker = Worker(settings, database, region, lambda: NOON)  # type: ignore[arg-type]
    await worker.drain()
    fill, failures = index.fill, [KeyError("planted")]

    async def fill_the_second_time() -> int:
        if failures:
            raise failures.pop()
        return await fill()

    monkeypatch.setattr(index, "fill", fill_the_second_time)
    monkeypatch.setattr(follower, "PAUSE", 0.01)
    task = asyncio.create_task(follower.follow(index, asyncio.Event()))
    async with asyncio.timeout(10):
        await index.ready.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)  # or the database is closed under it
    assert titles(await ask("brøker")) == ["Brøker"]
