"""A published list becomes decisions: names are matched, changes become history, what vanished is only reported.

A name that no title or service bears becomes a question; its answer is remembered for next year's list.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, Invalid
from catalog.decisions.models import Decision
from catalog.decisions.names import Names, Target, name_key, read_names
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide, undo_decision
from catalog.intake.batches import (
    Counts,
    RowOutcome,
    Source,
    Undone,
    claim_for_undo,
    close_batch,
    note_effect,
    open_batch,
    refused,
)
from catalog.intake.decision_rows import DecisionDraft
from catalog.intake.drafts import RefusedRow
from catalog.intake.models import NameQuestion
from catalog.resources.importing import Report, refused_row
from catalog.vocabularies.region import Region


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What every row of one list needs."""

    actor: Actor
    region: Region
    source: Source
    batch_id: uuid.UUID
    names: Names
    today: date


async def import_decisions(
    database: Database,
    actor: Actor,
    region: Region,
    source: Source,
    drafts: Iterable[DecisionDraft | RefusedRow],
    today: date,
    report: Report = lambda _: None,
) -> tuple[uuid.UUID, Counts]:
    """Record the decisions of one list and return the import's id and the number of rows by outcome.

    One transaction: a list is published as a whole. A row that says what was said before changes nothing.
    """
    tally, outcomes, seen = Counts(), list[RowOutcome](), set[str]()
    async with transaction(database.writers) as session:
        batch_id = await open_batch(session, actor, source)
        names = await read_names(session)
        context = Context(actor=actor, region=region, source=source, batch_id=batch_id, names=names, today=today)
        for draft in drafts:
            if isinstance(draft, RefusedRow):
                outcomes += refused_row(draft)
            else:
                outcomes += await _record_row(session, context, draft, seen)
        outcomes += await _vanished(session, source, seen)
        for outcome in outcomes:
            if outcome.outcome in {"accepted", "unchanged", "refused"}:
                setattr(tally, outcome.outcome, getattr(tally, outcome.outcome) + 1)
            tally.questions += outcome.outcome == "question"
        await close_batch(session, batch_id, tally, utc_now())
    for outcome in outcomes:
        report(outcome)
    return batch_id, tally


async def _record_row(
    session: AsyncSession, context: Context, draft: DecisionDraft, seen: set[str]
) -> list[RowOutcome]:
    """One row, with a savepoint of its own: a broken one never loses a good one."""
    changed, questions = False, list[RowOutcome]()
    line = draft.lines[0]
    try:
        async with session.begin_nested():
            for name in _single(context.names, draft.names):
                key = source_key(context.source, name)
                seen.add(key)
                targets = context.names.find(name)
                if len(targets) == 1:
                    changed |= await _record(session, context, draft, name, targets[0])
                elif context.names.asks(name):
                    changed |= await _ask(session, context, draft, name)
                    members = {"name": name, "matches": len(targets)}
                    questions.append(
                        RowOutcome(line=line, outcome="question", field="names", code="unknown-name", members=members)
                    )
    except Invalid as error:
        field, code = next(iter(error.errors.items()))
        return refused([line], code, field=field)
    except DomainError as error:
        return refused([line], error.code)
    return [RowOutcome(line=line, outcome="accepted" if changed else "unchanged"), *questions]


def _single(known: Names, names: Iterable[str]) -> list[str]:
    """The names of a row, with a series such as «Trin 1-3» written out where nothing bears it as a whole."""
    return [single for name in names for single in ((not known.find(name) and known.series(name)) or [name])]


async def _record(session: AsyncSession, context: Context, draft: DecisionDraft, name: str, target: Target) -> bool:
    """A decision, unless the list said the same before; whether it is new."""
    key = source_key(context.source, name)
    before = await session.scalar(
        select(Decision)
        .where(Decision.source_key == key, Decision.undone_at.is_(None))
        .order_by(Decision.recorded_at.desc(), Decision.id)
        .limit(1)
    )
    if before is not None and _says_the_same(before, draft):
        return False
    decided_on = draft.decided_on or draft.valid_from or context.today
    command = Decide(
        outcome=draft.outcome,
        decided_on=decided_on,
        valid_from=draft.valid_from or decided_on,
        valid_until=draft.valid_until,
        resource_id=None if target.is_service else target.id,
        service_id=target.id if target.is_service else None,
        conditions=list(draft.conditions),
        reasons=list(draft.reasons),
        note=draft.grounds,
        body=draft.body or "municipality",
    )
    recorded = await decide(
        session,
        context.actor,
        context.region,
        command,
        origin=context.source.mapping,
        as_published=draft.status_term,
        source_key=key,
    )
    note_effect(session, context.batch_id, "decision", recorded, created=True)
    return True


def _says_the_same(before: Decision, draft: DecisionDraft) -> bool:
    ours = (before.outcome, before.conditions, before.note, before.valid_until, before.as_published)
    return ours == (draft.outcome, list(draft.conditions), draft.grounds, draft.valid_until, draft.status_term)


def source_key(source: Source, name: str) -> str:
    return f"{source.mapping}:{name_key(name)}"[:300]


async def _ask(session: AsyncSession, context: Context, draft: DecisionDraft, name: str) -> bool:
    """Keep a name that is not in the catalogue as a question, once; whether it is new or says something new."""
    told = msgspec.json.decode(msgspec.json.encode(draft))  # as the database gives it back
    row = {**told, "mapping": context.source.mapping, "name": name}
    key = name_key(name)
    query = select(NameQuestion).where(NameQuestion.name_key == key, NameQuestion.status == "open").limit(1)
    waiting = await session.scalar(query)
    if waiting is not None:
        said = ("outcome", "conditions", "grounds")
        changed = any(waiting.row.get(part) != row.get(part) for part in said)
        waiting.row = row
        return changed
    question = NameQuestion(batch_id=context.batch_id, name=name[:300], name_key=key[:300], row=row)
    session.add(question)
    await session.flush()
    note_effect(session, context.batch_id, "question", question.id, created=True)
    return True


async def _vanished(session: AsyncSession, source: Source, seen: set[str]) -> list[RowOutcome]:
    """Names that an earlier list of the same kind held and this one does not."""
    query = select(Decision.source_key).where(
        Decision.source_key.startswith(f"{source.mapping}:", autoescape=True), Decision.undone_at.is_(None)
    )
    gone = sorted(set(await session.scalars(query)) - seen)
    return [
        RowOutcome(line=0, outcome="vanished", field="names", code="vanished", members={"name": key.partition(":")[2]})
        for key in gone
    ]


async def undo_decisions(database: Database, actor: Actor, batch_id: uuid.UUID, now: datetime) -> Undone:
    """Take an import of decisions back; decisions stay stored and count for nothing, open questions go.

    Raises:
        NotFound: there is no such import.
        ImportUndone: it was taken back already.
    """
    restored, kept = 0, list[tuple[str, uuid.UUID, str]]()
    async with transaction(database.writers) as session:
        for effect in await claim_for_undo(session, actor, batch_id, now):
            if effect.object_type == "decision":
                row = await session.get(Decision, effect.object_id)
                if row is None or row.undone_at is not None:
                    kept.append(("decision", effect.object_id, "changed-since"))
                    continue
                await undo_decision(session, actor, effect.object_id, now)
            else:
                gone = delete(NameQuestion).where(NameQuestion.id == effect.object_id, NameQuestion.status == "open")
                if not (await session.scalars(gone.returning(NameQuestion.id))).all():
                    kept.append(("question", effect.object_id, "changed-since"))
                    continue
            restored += 1
    return Undone(restored=restored, kept=kept)
