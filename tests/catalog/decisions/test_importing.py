"""Importing a published list of decisions: names matched, changes as history, nothing withdrawn in silence."""

import uuid
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from catalog.core.actor import Actor
from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid
from catalog.decisions.questions import Answer, QuestionAnswered, answer_question, open_questions
from catalog.decisions.service import find_decisions
from catalog.decisions.undoing import undo_decisions
from catalog.intake.decision_rows import DecisionDraft
from catalog.intake.models import NameQuestion
from catalog.resources.lifecycle import merge_resources, retire_resource
from catalog.resources.models import Resource
from catalog.resources.reading import get_resource
from catalog.vocabularies.region import Region
from tests.catalog.decisions.published import Published, row
from tests.conftest import NOON
from tests.factories import TODAY, store


@pytest.fixture
def published(database: Database, actor: Actor, region: Region, tmp_path: Path) -> Published:
    return Published(database, actor, region, tmp_path)


@pytest.fixture
async def kvaern(database: Database, region: Region) -> uuid.UUID:
    async with transaction(database.writers) as session:
        return await store(session, region, "Kværn – lyd og ord")


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


async def test_grounds_in_several_lines_are_the_same_when_they_come_again(
    published: Published, kvaern: uuid.UUID
) -> None:
    listed = row("Kværn – lyd og ord", "afvist", grounds="Skriv  <navn>.\r\n\r\n\r\nReklamer\u200b\nEn a\u200b\u030a.")
    await published.run([listed])
    _, again = await published.run([listed])
    assert str(again) == "accepted 0, unchanged 1, refused 0"
    async with transaction(published.database.readers) as session:
        (stored,) = await find_decisions(session, resource_ids=[kvaern])
    assert stored.note == "Skriv <navn>.\n\nReklamer\nEn å."


async def test_a_list_that_contradicts_itself_is_believed_once(published: Published, kvaern: uuid.UUID) -> None:
    rows = [
        row("Kværn – lyd og ord"),
        row("KVÆRN - lyd og ord", "afvist", grounds="Reklamer"),
        row("Ukendt ting"),
        row("ukendt ting", "afvist", grounds="Reklamer"),
        row("Ukendt ting"),
    ]
    _, counts = await published.run(rows)
    told = [(each.line, each.field, each.code) for each in published.reported if each.outcome == "refused"]
    _, again = await published.run(rows)
    assert told == [(3, "names", "said-twice"), (5, "names", "said-twice")]
    assert (str(counts), str(again)) == (
        "accepted 2, unchanged 1, refused 2",
        "accepted 0, unchanged 3, refused 2",
    )
    assert await published.outcomes(kvaern) == ["approved"]


async def test_a_name_in_a_refused_row_has_not_vanished(published: Published, kvaern: uuid.UUID) -> None:
    await published.run([row("Kværn – lyd og ord")])
    for refused in (
        row("Kværn – lyd og ord", "under afklaring"),
        row("Kværn – lyd og ord", "afvist", grounds="x" * 2001),
    ):
        _, counts = await published.run([refused])
        assert counts.refused == 1
        assert [each.outcome for each in published.reported] == ["refused"]


async def test_what_could_never_be_recorded_is_refused_and_not_asked(published: Published) -> None:
    _, counts = await published.run([row("Ukendt ting", "afvist", grounds="x" * 2001)])
    assert (str(counts), counts.questions) == ("accepted 0, unchanged 0, refused 1", 0)
    assert [(each.field, each.code) for each in published.reported] == [("note", "too-long")]


async def test_other_reasons_and_another_body_are_another_decision(published: Published, kvaern: uuid.UUID) -> None:
    draft = DecisionDraft(
        names=("Kværn – lyd og ord",),
        group="",
        written="Kværn – lyd og ord",
        outcome="rejected",
        status_term="afvist",
        form="",
        url="",
        conditions=(),
        grounds="Reklamer",
        reasons=("quality",),
        body="",
        decided_on=None,
        valid_from=None,
        valid_until=None,
        lines=(1,),
    )
    days = {"decided_on": date(2026, 8, 1), "valid_from": date(2026, 9, 1)}
    for new in ({}, {"reasons": ("age_terms",)}, {"body": "pedagogic"}, {"decided_on": days["decided_on"]}, days):
        draft = replace(draft, **new)
        changed = [str((await published.keep(draft))[1]) for _ in range(2)]
        assert changed == ["accepted 1, unchanged 0, refused 0", "accepted 0, unchanged 1, refused 0"], new


async def test_a_name_means_what_its_answer_became(published: Published, region: Region, kvaern: uuid.UUID) -> None:
    await published.run([row("Kværnen 2"), row("Væk")])
    async with transaction(published.database.writers) as session:
        other, gone = await store(session, region, "Kværn 2"), await store(session, region, "Noget")
        for question in await open_questions(session, published.actor):
            linked = Answer(how="link-resource", target_id=other if question.name == "Kværnen 2" else gone)
            await answer_question(session, published.actor, region, question.id, linked, TODAY, NOON)
        await merge_resources(session, published.actor, other, kvaern, TODAY)
        await retire_resource(session, published.actor, gone, TODAY)
    _, counts = await published.run([row("Kværnen 2"), row("Væk")])
    assert (str(counts), counts.questions) == ("accepted 2, unchanged 0, refused 0", 1)
    assert await published.outcomes(kvaern) == ["approved"]
    _, again = await published.run([row("Kværnen 2"), row("Væk")])
    assert str(again) == "accepted 0, unchanged 2, refused 0"


async def test_an_address_that_another_entry_has_keeps_nothing_from_being_created(
    published: Published, region: Region
) -> None:
    await published.run([row("Ukendt ting")])
    async with transaction(published.database.writers) as session:
        await store(session, region, "Forsiden", url="https://example.org/apps")
        (question,) = await session.scalars(select(NameQuestion))
        question.row = {**question.row, "url": "https://example.org/apps/"}
        answer = Answer(how="create")
        created = await answer_question(session, published.actor, region, question.id, answer, TODAY, NOON)
        assert created is not None
        read = await get_resource(session, created)
    assert (read.facts.texts[0].title, read.facts.url) == ("Ukendt ting", "")
    assert await published.outcomes(created) == ["approved"]


async def test_a_list_is_taken_back_as_a_whole(published: Published, kvaern: uuid.UUID) -> None:
    batch, _ = await published.run([row("Kværn – lyd og ord"), row("Ukendt ting")])
    undone = await undo_decisions(published.database, published.actor, batch, NOON)
    assert (undone.restored, undone.kept) == (2, [])
    assert await published.outcomes(kvaern) == []
    async with transaction(published.database.readers) as session:
        assert await open_questions(session, published.actor) == []
        assert (await session.scalars(select(Resource.slug))).all() == ["kvaern-lyd-og-ord"]
