"""A published list becomes decisions: names are matched, changes become history, what vanished is only reported.

A name that no title or service bears becomes a question; its answer is remembered for next year's list.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, Invalid
from catalog.decisions.checks import faults
from catalog.decisions.models import Decision
from catalog.decisions.names import Names, Target, name_key, read_names
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide, tidy
from catalog.intake.batches import (
    NOT_STORABLE,
    Counts,
    RowOutcome,
    Source,
    again_after_deadlock,
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
    seen: set[str] = msgspec.field(default_factory=set)
    """Keys of the names that stand in the list, in refused rows too."""
    said: dict[Target | str, tuple[Decide, str]] = msgspec.field(default_factory=dict)
    """What the list said before of a thing, or of a name that nothing bears."""

    def see(self, names: Iterable[str]) -> list[str]:
        """The names of a row, with a series such as «Trin 1-3» written out where nothing bears it as a whole."""
        single = [
            each for name in names for each in ((not self.names.find(name) and self.names.series(name)) or [name])
        ]
        self.seen.update(source_key(self.source, name) for name in single)
        return single


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
    tally, rows = Counts(), list(drafts)

    async def record_all() -> tuple[uuid.UUID, list[RowOutcome]]:
        async with transaction(database.writers) as session:
            batch_id = await open_batch(session, actor, source)
            names = await read_names(session)
            context = Context(actor=actor, region=region, source=source, batch_id=batch_id, names=names, today=today)
            outcomes = [outcome for row in rows for outcome in await _record_row(session, context, row)]
            outcomes += await _vanished(session, source, context.seen)
            _count(tally, outcomes)
            await close_batch(session, batch_id, tally, utc_now())
        return batch_id, outcomes

    batch_id, outcomes = await again_after_deadlock(record_all)
    for outcome in outcomes:
        report(outcome)
    return batch_id, tally


def _count(tally: Counts, outcomes: Sequence[RowOutcome]) -> None:
    found = Counter(outcome.outcome for outcome in outcomes)
    tally.accepted, tally.unchanged, tally.refused = found["accepted"], found["unchanged"], found["refused"]
    tally.questions = found["question"]


async def _record_row(session: AsyncSession, context: Context, row: DecisionDraft | RefusedRow) -> list[RowOutcome]:
    """One row, with a savepoint of its own: a broken one never loses a good one."""
    names = context.see(row.names)
    if isinstance(row, RefusedRow):
        return refused_row(row)
    line = row.lines[0]
    try:
        async with session.begin_nested():
            return await _record_names(session, context, row, names)
    except Invalid as error:
        field, code = next(iter(error.errors.items()))
        return refused([line], code, field=field)
    except DomainError as error:
        return refused([line], error.code)
    except NOT_STORABLE:
        return refused([line], "not-storable")


async def _record_names(
    session: AsyncSession, context: Context, draft: DecisionDraft, names: Sequence[str]
) -> list[RowOutcome]:
    """Raise Invalid where nobody could ever record what the row says, or where the list contradicts itself."""
    line, changed, questions = draft.lines[0], False, list[RowOutcome]()
    command = tidy(_command(context, draft))
    wrong = faults(command, context.region.vocabularies, imported=True)
    del wrong["resourceId"]  # what it is about is not known yet
    if wrong:
        raise Invalid(errors=wrong)
    said: dict[Target | str, tuple[Decide, str]] = {}
    for name in names:
        targets = context.names.find(name)
        thing = targets[0] if len(targets) == 1 else name_key(name)
        said[thing] = command, draft.status_term
        if context.said.get(thing, said[thing]) != said[thing]:
            raise Invalid(errors={"names": "said-twice"})
        if isinstance(thing, Target):
            about = replace(command, **{"service_id" if thing.is_service else "resource_id": thing.id})
            changed |= await _record(session, context, draft, name, about)
        elif context.names.asks(name):
            changed |= await _ask(session, context, draft, name)
            members = {"name": name, "matches": len(targets)}
            questions.append(
                RowOutcome(line=line, outcome="question", field="names", code="unknown-name", members=members)
            )
    context.said.update(said)
    return [RowOutcome(line=line, outcome="accepted" if changed else "unchanged"), *questions]


def _command(context: Context, draft: DecisionDraft) -> Decide:
    """What a row says, about nothing yet."""
    decided_on = draft.decided_on or draft.valid_from or context.today
    return Decide(
        outcome=draft.outcome,
        decided_on=decided_on,
        valid_from=draft.valid_from or decided_on,
        valid_until=draft.valid_until,
        conditions=list(draft.conditions),
        reasons=list(draft.reasons),
        note=draft.grounds,
        body=draft.body or "municipality",
    )


async def _record(session: AsyncSession, context: Context, draft: DecisionDraft, name: str, command: Decide) -> bool:
    """A decision, unless the list said the same before; whether it is new."""
    key = source_key(context.source, name)
    before = await session.scalar(
        select(Decision)
        .where(Decision.source_key == key, Decision.undone_at.is_(None))
        .order_by(Decision.recorded_at.desc(), Decision.id)
        .limit(1)
    )
    is_dated = bool(draft.decided_on or draft.valid_from)
    if before is not None and _says_the_same(before, command, draft.status_term, is_dated=is_dated):
        return False
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


SAID = ("resource_id", "service_id", "outcome", "conditions", "reasons", "note", "body", "valid_until")


def _says_the_same(before: Decision, command: Decide, status_term: str, *, is_dated: bool) -> bool:
    """``is_dated``: the list gives the days; else they are those of the import that recorded it first."""
    compared = (*SAID, "decided_on", "valid_from") if is_dated else SAID
    return before.as_published == status_term and all(
        getattr(before, name) == getattr(command, name) for name in compared
    )


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
