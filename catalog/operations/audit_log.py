"""The audit log as it is looked through: filtered, a page at a time, with the people behind its opaque ids."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import ANONYMOUS, SYSTEM, Actor, Permission
from catalog.core.audit import AuditEntry
from catalog.core.db import is_postgresql
from catalog.core.errors import Invalid
from catalog.identity.models import ApiToken, User

PER_PAGE = 50
MOST = 20_000
"""Rows of a file; the newest."""
AT_ONCE = 1000
"""Rows that are read together: others are answered in between."""
MOST_PEOPLE = 1000
"""Who may be meant by what was typed."""
_MADE = (AuditEntry.action == "make-token") & (AuditEntry.object_type == "token")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; empty: everything."""

    who: str = ""
    """Part of a name, a mail address or a user name, or an id."""
    action: str = ""
    object_type: str = ""
    object_id: str = ""
    since: date | None = None
    until: date | None = None
    """The last day."""
    request_id: str = ""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an id means."""

    kind: str
    """``service``, ``nobody``, ``person``, ``former``, ``program``, ``ended`` (a key that is gone) or ``unknown``."""
    name: str = ""
    """Of the person, or of the person behind a program; may be empty."""
    program: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    at: datetime
    actor_id: str
    who: Who
    action: str
    object_type: str
    object_id: str
    object_who: Who | None
    """Where the object is a person."""
    fields: tuple[str, ...]
    request_id: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds, the newest first."""

    entries: tuple[Entry, ...]
    is_cut: bool
    """There are older ones."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, the newest first."""

    entries: tuple[Entry, ...]
    has_newer: bool
    has_older: bool


async def find_page(
    session: AsyncSession,
    actor: Actor,
    asked: Asked,
    zone: ZoneInfo,
    named: Mapping[str, str],
    *,
    before: int | None = None,
    after: int | None = None,
) -> Page:
    """One page: the newest, the one before a row or the one after a row.

    ``named`` are the words for ids that are no person's, so that they too can be asked for.

    Raises:
        Invalid: more than ``MOST_PEOPLE`` may be meant by ``who``.
    """
    actor.require(Permission.READ_AUDIT)
    query = select(AuditEntry).where(*await _conditions(session, asked, zone, named))
    if after is not None:
        query = query.where(AuditEntry.seq > after).order_by(AuditEntry.seq)
    else:
        query = query.order_by(AuditEntry.seq.desc())
        query = query if before is None else query.where(AuditEntry.seq < before)
    rows = (await session.scalars(query.limit(PER_PAGE + 1))).all()
    is_more, shown = len(rows) > PER_PAGE, rows[:PER_PAGE]
    if after is not None:
        shown = list(reversed(shown))
    return Page(
        entries=tuple(await _entries(session, shown)),
        has_newer=is_more if after is not None else before is not None,
        has_older=True if after is not None else is_more,
    )


async def find_all(
    session: AsyncSession, actor: Actor, asked: Asked, zone: ZoneInfo, named: Mapping[str, str]
) -> Found:
    """The newest entries that are asked for, up to ``MOST``."""
    actor.require(Permission.READ_AUDIT)
    query = select(AuditEntry).where(*await _conditions(session, asked, zone, named)).order_by(AuditEntry.seq.desc())
    entries: list[Entry] = []
    some = (await session.scalars(query.limit(AT_ONCE))).all()
    while some and len(entries) <= MOST:
        entries += await _entries(session, some)
        some = (await session.scalars(query.where(AuditEntry.seq < some[-1].seq).limit(AT_ONCE))).all()
    return Found(entries=tuple(entries[:MOST]), is_cut=len(entries) > MOST)


async def list_actions(session: AsyncSession, actor: Actor) -> Sequence[str]:
    """Every kind of act that there is a row of."""
    actor.require(Permission.READ_AUDIT)
    return (await session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action))).all()


async def list_object_types(session: AsyncSession, actor: Actor) -> Sequence[str]:
    actor.require(Permission.READ_AUDIT)
    return (await session.scalars(select(AuditEntry.object_type).distinct().order_by(AuditEntry.object_type))).all()


async def _conditions(
    session: AsyncSession, asked: Asked, zone: ZoneInfo, named: Mapping[str, str]
) -> list[ColumnElement[bool]]:
    exact = {
        AuditEntry.action: asked.action,
        AuditEntry.object_type: asked.object_type,
        AuditEntry.object_id: asked.object_id,
        AuditEntry.request_id: asked.request_id,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value]
    at = AuditEntry.at.collate("C") if is_postgresql(session) else AuditEntry.at  # instants, as text in one form
    if asked.since:
        found.append(at >= _midnight(asked.since, zone))
    if asked.until:
        found.append(at < _midnight(asked.until + timedelta(days=1), zone))
    if asked.who:
        found.append(AuditEntry.actor_id.in_(await _meant(session, asked.who, named)))
    return found


def _midnight(day: date, zone: ZoneInfo) -> str:
    """The beginning of a day here, as the log writes instants."""
    return datetime.combine(day, time(), zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


async def _meant(session: AsyncSession, who: str, named: Mapping[str, str]) -> list[str]:
    """The ids of everybody who may be meant: people, their programs, and ids themselves."""
    sought = who.casefold()
    people = await session.execute(select(User.id, User.name, User.mail, User.username))
    found = {row.id for row in people if any(sought in (text or "").casefold() for text in row[1:])}
    programs = await session.execute(select(ApiToken.id, ApiToken.user_id, ApiToken.name))
    found |= {row.id for row in programs if row.user_id in found or sought in row.name.casefold()}
    if len(found) <= MOST_PEOPLE:
        found |= set(await programs_of(session, found))
    if len(found) > MOST_PEOPLE:
        raise Invalid(errors={"who": "too-many-meant"})
    return [*map(str, found), *(key for key, word in named.items() if sought in word.casefold()), sought]


async def _entries(session: AsyncSession, rows: Sequence[AuditEntry]) -> list[Entry]:
    about = {row.object_id for row in rows if row.object_type == "person"}
    known = await people_behind(session, {row.actor_id for row in rows} | about)
    return [
        Entry(
            seq=row.seq,
            at=datetime.fromisoformat(row.at),
            actor_id=row.actor_id,
            who=known[row.actor_id],
            action=row.action,
            object_type=row.object_type,
            object_id=row.object_id,
            object_who=known[row.object_id] if row.object_type == "person" else None,
            fields=tuple(filter(None, row.fields.split(","))),
            request_id=row.request_id,
        )
        for row in rows
    ]


async def people_behind(session: AsyncSession, ids: Iterable[str]) -> dict[str, Who]:
    """Whom each id means today: a name that was erased is gone here too."""
    found = {str(SYSTEM.id): Who(kind="service"), str(ANONYMOUS.id): Who(kind="nobody")}
    wanted = {key for each in ids if (key := _as_id(each)) is not None}
    for start in range(0, len(wanted), MOST_PEOPLE):
        some = sorted(wanted)[start : start + MOST_PEOPLE]
        for user in await session.scalars(select(User).where(User.id.in_(some))):
            kind = "person" if user.erased_at is None else "former"
            found[str(user.id)] = Who(kind=kind, name=user.name or user.username or user.mail)
        programs = select(ApiToken.id, ApiToken.name, User.name.label("person")).join(User, User.id == ApiToken.user_id)
        for row in await session.execute(programs.where(ApiToken.id.in_(some))):
            found[str(row.id)] = Who(kind="program", name=row.person, program=row.name)
        found |= await _ended_programs(session, [str(each) for each in some if str(each) not in found])
    return {each: found.get(each, Who(kind="unknown")) for each in ids}


async def programs_of(session: AsyncSession, people: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Every program that one of them ever made, by the log: its key may be gone."""
    made = select(AuditEntry.object_id).where(_MADE, AuditEntry.actor_id.in_([str(each) for each in people]))
    return [key for each in await session.scalars(made) if (key := _as_id(each)) is not None]


async def _ended_programs(session: AsyncSession, ids: Sequence[str]) -> dict[str, Who]:
    made = await session.execute(
        select(AuditEntry.object_id, AuditEntry.actor_id).where(_MADE, AuditEntry.object_id.in_(ids))
    )
    makers = {row.object_id: key for row in made if (key := _as_id(row.actor_id)) is not None}
    names = await session.execute(select(User.id, User.name).where(User.id.in_(set(makers.values()))))
    by_id = {row.id: row.name for row in names}
    return {program: Who(kind="ended", name=by_id.get(maker, "")) for program, maker in makers.items()}


def _as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
