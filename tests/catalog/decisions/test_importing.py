"""Importing a published list of decisions: names matched, changes as history, nothing withdrawn in silence."""

import csv
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog.core.actor import Actor
from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid
from catalog.decisions.importing import import_decisions, undo_decisions
from catalog.decisions.questions import Answer, QuestionAnswered, answer_question, open_questions
from catalog.decisions.service import find_decisions
from catalog.intake.batches import Counts, RowOutcome, Source
from catalog.intake.decision_rows import decision_drafts
from catalog.intake.files.readers import read_rows
from catalog.intake.mapping_file import load_mapping
from catalog.resources.models import Resource
from catalog.vocabularies.region import Region
from tests.conftest import NOON
from tests.factories import TODAY, store

HEADER = ("navn", "status", "type", "krav", "begrundelse")


class Published:
    """Imports lists in the shape that municipalities publish."""

    def __init__(self, database: Database, actor: Actor, region: Region, folder: Path) -> None:
        self.database, self.actor, self.region, self.folder = database, actor, region, folder
        self.reported: list[RowOutcome] = []

    async def run(self, rows: Sequence[Sequence[str]]) -> tuple[uuid.UUID, Counts]:
        path = self.folder / "list.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        mapping = load_mapping("decision_list", self.region.vocabularies)
        rows_read = read_rows(path, options=mapping.options, wanted=mapping.wanted)
        drafts = decision_drafts(rows_read, mapping, self.region.vocabularies)
        source = Source(kind="decisions", file_name="list.csv", file_hash="-", mapping="decision_list")
        self.reported = []
        return await import_decisions(
            self.database, self.actor, self.region, source, drafts, TODAY, self.reported.append
        )

    async def outcomes(self, key: uuid.UUID) -> list[str]:
        async with transaction(self.database.readers) as session:
            return [each.outcome for each in await find_decisions(session, resource_ids=[key]) if not each.is_undone]


@pytest.fixture
def published(database: Database, actor: Actor, region: Region, tmp_path: Path) -> Published:
    return Published(database, actor, region, tmp_path)


@pytest.fixture
async def kvaern(database: Database, region: Region) -> uuid.UUID:
    async with transaction(database.writers) as session:
        return await store(session, region, "Kværn – lyd og ord")


def row(name: str, status: str = "forhåndsgodkendt", conditions: str = "", grounds: str = "") -> tuple[str, ...]:
    return (name, status, "apps", conditions, grounds)


async def test_a_name_is_matched_by_its_words_and_the_decision_is_as_published(
    published: Published, kvaern: uuid.UUID
) -> None:
    _, counts = await published.run([row("  KVÆRN - Lyd og ord ", "Betinget anvendelse", "Kun med Unilogin.")])
    async with transaction(published.database.readers) as session:
        decision = (await find_decisions(session, resource_ids=[kvaern]))[0]

    assert str(counts) == "accepted 1, unchanged 0, refused 0"
    assert (decision.outcome, decision.conditions) == ("conditional", ["Kun med Unilogin."])
    assert (decision.origin, decision.as_published) == ("decision_list", "Betinget anvendelse")


async def test_the_same_list_again_changes_nothing_and_a_changed_status_is_history(
    published: Published, kvaern: uuid.UUID
) -> None:
    name = "Kværn – lyd og ord"
    await published.run([row(name)])
    _, again = await published.run([row(name)])
    _, later = await published.run([row(name, "afvist", grounds="Reklamer til elever")])

    assert str(again) == "accepted 0, unchanged 1, refused 0"
    assert str(later) == "accepted 1, unchanged 0, refused 0"
    assert sorted(await published.outcomes(kvaern)) == ["approved", "rejected"]


async def test_a_vanished_row_is_reported_and_its_decision_left(published: Published, kvaern: uuid.UUID) -> None:
    await published.run([row("Kværn – lyd og ord")])
    await published.run([row("Noget andet")])
    assert [each.members["name"] for each in published.reported if each.outcome == "vanished"] == ["kværn lyd og ord"]
    assert await published.outcomes(kvaern) == ["approved"]


async def test_an_unknown_status_or_a_missing_name_refuses_its_row_alone(
    published: Published, kvaern: uuid.UUID
) -> None:
    rows = [row("Kværn – lyd og ord"), row("Kværn – lyd og ord", "under afklaring"), row("")]
    _, counts = await published.run(rows)
    assert str(counts) == "accepted 1, unchanged 0, refused 2"
    assert {each.code for each in published.reported if each.outcome == "refused"} == {"unknown-code", "missing"}


async def test_an_unknown_name_waits_as_a_question_and_its_answer_is_remembered(
    published: Published, kvaern: uuid.UUID
) -> None:
    _, counts = await published.run([row("Kværnen 2"), row("Ukendt ting"), row("Ligegyldig")])
    assert counts.questions == 3
    async with transaction(published.database.writers) as session:
        waiting = {each.name: each.id for each in await open_questions(session, published.actor)}
        linked = Answer(how="link-resource", target_id=kvaern)
        common = (published.region,)
        await answer_question(session, published.actor, *common, waiting["Kværnen 2"], linked, TODAY, NOON)
        created = Answer(how="create")
        new = await answer_question(session, published.actor, *common, waiting["Ukendt ting"], created, TODAY, NOON)
        leave = Answer(how="leave")
        await answer_question(session, published.actor, *common, waiting["Ligegyldig"], leave, TODAY, NOON)

    assert await published.outcomes(kvaern) == ["approved"]
    assert new is not None
    assert await published.outcomes(new) == ["approved"]
    _, again = await published.run([row("Kværnen 2"), row("Ukendt ting"), row("Ligegyldig")])
    assert str(again) == "accepted 0, unchanged 3, refused 0"
    assert again.questions == 0


async def test_an_open_question_is_asked_once_and_renewed_only_by_what_differs(published: Published) -> None:
    await published.run([row("Ukendt ting", conditions="Kun i 4. klasse.")])
    _, again = await published.run([row("Ukendt ting", conditions="Kun i 4. klasse.")])
    _, later = await published.run([row("Ukendt ting", "afvist", grounds="Reklamer")])
    assert [str(counts) for counts in (again, later)] == [
        "accepted 0, unchanged 1, refused 0",
        "accepted 1, unchanged 0, refused 0",
    ]
    async with transaction(published.database.readers) as session:
        assert [each.outcome for each in await open_questions(session, published.actor)] == ["rejected"]


async def test_a_series_of_titles_is_written_out_where_each_is_known(published: Published, region: Region) -> None:
    async with transaction(published.database.writers) as session:
        for number in (1, 2, 3):
            await store(session, region, f"Stigen, trin {number}")
    _, counts = await published.run([row("Stigen trin 1-3"), row("Stigen trin 2 og 7")])
    assert (str(counts), counts.questions) == ("accepted 2, unchanged 0, refused 0", 1)


async def test_a_question_is_answered_once_and_with_something_to_link_to(published: Published) -> None:
    await published.run([row("Ukendt ting")])
    async with transaction(published.database.writers) as session:
        question = (await open_questions(session, published.actor))[0].id
        arguments = (session, published.actor, published.region, question)
        for wrong in (Answer(how="link-resource"), Answer(how="guess")):
            with pytest.raises(Invalid):
                await answer_question(*arguments, wrong, TODAY, NOON)
        await answer_question(*arguments, Answer(how="leave"), TODAY, NOON)
        with pytest.raises(QuestionAnswered):
            await answer_question(*arguments, Answer(how="create"), TODAY, NOON)


async def test_two_resources_of_one_title_are_asked_about(published: Published, region: Region) -> None:
    async with transaction(published.database.writers) as session:
        for number in range(2):
            await store(session, region, "Tvilling", url=f"https://example.org/{number}")
    _, counts = await published.run([row("Tvilling")])
    assert counts.questions == 1
    assert [each.members["matches"] for each in published.reported if each.outcome == "question"] == [2]


async def test_a_list_is_taken_back_as_a_whole(published: Published, kvaern: uuid.UUID) -> None:
    batch, _ = await published.run([row("Kværn – lyd og ord"), row("Ukendt ting")])
    undone = await undo_decisions(published.database, published.actor, batch, NOON)
    assert (undone.restored, undone.kept) == (2, [])
    assert await published.outcomes(kvaern) == []
    async with transaction(published.database.readers) as session:
        assert await open_questions(session, published.actor) == []
        assert (await session.scalars(select(Resource.slug))).all() == ["kvaern-lyd-og-ord"]
