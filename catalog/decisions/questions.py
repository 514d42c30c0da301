"""Answering the names that a list holds and the catalogue does not: create, link, or leave."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, Invalid, NotFound
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide
from catalog.intake.models import NameQuestion
from catalog.resources.reading import find_by_identifier
from catalog.resources.schemas import ResourceFacts, Text
from catalog.resources.service import create_resource
from catalog.vocabularies.identifiers import normalise_identifier
from catalog.vocabularies.region import Region

HOW = ("create", "link-resource", "link-service", "leave")


class QuestionAnswered(Conflict):
    code, title = "question-answered", "Somebody has answered this already"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    how: str
    """One of ``HOW``."""
    target_id: uuid.UUID | None = None
    """The resource or service to link to."""
    form: str = ""
    """Of what is to be created; empty: as the list says, else a web resource."""


class OpenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    outcome: str
    status_term: str
    conditions: Sequence[str]
    asked_at: datetime


async def open_questions(session: AsyncSession, actor: Actor, limit: int = 200) -> list[OpenQuestion]:
    """Names that wait for an answer, the oldest first."""
    actor.require(Permission.IMPORT)
    query = select(NameQuestion).where(NameQuestion.status == "open").order_by(NameQuestion.asked_at, NameQuestion.name)
    return [
        OpenQuestion(
            id=row.id,
            name=row.name,
            outcome=row.row["outcome"],
            status_term=row.row["status_term"],
            conditions=row.row["conditions"],
            asked_at=row.asked_at,
        )
        for row in await session.scalars(query.limit(limit))
    ]


async def count_open(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).where(NameQuestion.status == "open")) or 0


async def answer_question(
    session: AsyncSession,
    actor: Actor,
    region: Region,
    question_id: uuid.UUID,
    answer: Answer,
    today: date,
    now: datetime,
) -> uuid.UUID | None:
    """Answer a question and record its decision; the id of what the decision is about, None if it was left.

    Raises:
        NotFound: the question, or what it is linked to, does not exist.
        QuestionAnswered: somebody was faster.
        Invalid: the answer is none of ``HOW`` or lacks what it links to.
    """
    actor.require(Permission.IMPORT)
    row = await session.get(NameQuestion, question_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.status != "open":
        raise QuestionAnswered
    if answer.how not in HOW:
        raise Invalid(errors={"how": "choose-one"})
    if answer.how.startswith("link") and answer.target_id is None:
        raise Invalid(errors={"target": "field-missing"})
    row.answered_at = now
    audit.record(session, actor, "answer-question", "name_question", row.id, ["status"])
    if answer.how == "leave":
        row.status = "left"
        return None
    target = answer.target_id
    if answer.how == "create":
        facts = await _facts(session, row.row, answer, region)
        target = await create_resource(session, actor, region, facts, today, origin="list")
    row.status = "created" if answer.how == "create" else "linked"
    row.answer_type = "service" if answer.how == "link-service" else "resource"
    row.answer_id = target
    await _decide(session, actor, region, row, today)
    return target


async def _facts(session: AsyncSession, row: dict[str, Any], answer: Answer, region: Region) -> ResourceFacts:
    """What the list says; an address that is another resource's already tells of both, and stays that one's."""
    url = row["url"]
    if url and await find_by_identifier(session, "url", normalise_identifier("url", url)) is not None:
        url = ""
    return ResourceFacts(
        form=answer.form or row["form"] or "web_resource",
        texts=[Text(language=region.language, title=row["name"])],
        url=url,
    )


async def _decide(session: AsyncSession, actor: Actor, region: Region, question: NameQuestion, today: date) -> None:
    row = question.row
    days = {
        name: date.fromisoformat(row[name]) if row[name] else None
        for name in ("decided_on", "valid_from", "valid_until")
    }
    decided_on = days["decided_on"] or days["valid_from"] or today
    is_service = question.answer_type == "service"
    command = Decide(
        outcome=row["outcome"],
        decided_on=decided_on,
        valid_from=days["valid_from"] or decided_on,
        valid_until=days["valid_until"],
        resource_id=None if is_service else question.answer_id,
        service_id=question.answer_id if is_service else None,
        conditions=list(row["conditions"]),
        reasons=list(row["reasons"]),
        note=row["grounds"],
        body=row["body"] or "municipality",
    )
    await decide(
        session,
        actor,
        region,
        command,
        origin=row["mapping"],
        as_published=row["status_term"],
        source_key=f"{row['mapping']}:{question.name_key}"[:300],
    )
