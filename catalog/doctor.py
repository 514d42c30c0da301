"""What is wrong with an installation, and what to do about it: each finding is one sentence with its fix.

It only looks: nothing is made, mended or migrated here.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.clock import utc_now
from catalog.core.db import Database, open_database, transaction
from catalog.core.roles import Role
from catalog.core.settings import LOOPBACK, MIN_SECRET, Settings
from catalog.finding.index import Index
from catalog.finding.indexing import lag
from catalog.finding.layout import LAYOUT
from catalog.finding.models import SearchDocument
from catalog.identity.models import ExternalIdentity, User
from catalog.identity.people import is_anybody_admin
from catalog.migrations import runner
from catalog.organisations.models import School
from catalog.resources import ranks
from catalog.resources.models import Resource
from catalog.vocabularies.faults import DataFileRefused
from catalog.vocabularies.store import load_vocabularies
from catalog.web.i18n import LANGUAGES, LOCALE
from search.factory import open_engine
from search.port import SearchUnavailable

BUILT_IN = 2026
"""The year of this version: an earlier clock is wrong."""
PATIENCE = timedelta(minutes=1)
"""How long a search document may wait to be written."""
MIGRATE = "Run «hylde migrate»."


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    what: str
    """What was found, in one sentence."""
    fix: str = ""
    """What to do, in one sentence; empty where nothing is wrong."""


async def examine(
    settings: Settings,
    database: Database | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
    locale: Path = LOCALE,
) -> list[Finding]:
    """Look at everything that can be looked at; what a broken part hides is left out.

    Without ``database`` the one of the settings is opened, and closed again.
    """
    findings = [*_surroundings(settings, now(), locale)]
    reached = await asyncio.to_thread(_schema, settings)
    findings.append(reached)
    if not reached.ok:
        return findings
    opened = database or open_database(settings.database)
    try:
        return findings + [finding async for finding in _contents(settings, opened, now())]
    finally:
        if database is None:
            await opened.close()


def _surroundings(settings: Settings, now: datetime, locale: Path) -> Iterator[Finding]:
    """What needs no database."""
    yield _secret(settings)
    yield _folder(settings.data_folder)
    yield _address(settings)
    yield _clock(settings, now)
    yield _vocabularies(settings)
    yield from _translations(locale)


def _secret(settings: Settings) -> Finding:
    place = settings.data_folder / "secret"
    if settings.secret or not place.exists():
        made = "is set" if settings.secret else "will be made at the first start"
        return Finding(ok=True, what=f"The secret {made}.")
    try:
        damaged = len(place.read_bytes()) < MIN_SECRET
    except OSError:
        damaged = True
    if damaged:
        fix = "Delete the file and start again; everybody has to sign in anew."
        return Finding(ok=False, what=f"The secret in {place} is damaged.", fix=fix)
    if place.stat().st_mode & 0o077:
        return Finding(ok=False, what=f"Others can read the secret in {place}.", fix=f"Run «chmod 600 {place}».")
    return Finding(ok=True, what="The secret is kept for the owner's eyes only.")


def _folder(folder: Path) -> Finding:
    """Whether the data folder can be written to, or made."""
    there = next((parent for parent in (folder, *folder.absolute().parents) if parent.exists()), folder)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(ok=True, what=f"The data folder {folder} can be written to.")
    fix = "Make it a folder that this user owns, or set HYLDE_DATA_FOLDER."
    return Finding(ok=False, what=f"The data folder {folder} cannot be written to.", fix=fix)


def _address(settings: Settings) -> Finding:
    host = urlsplit(settings.base_url).hostname
    if host in LOOPBACK and not settings.demo:
        fix = "Set HYLDE_BASE_URL to the https:// address that readers type."
        return Finding(ok=False, what=f"Only this machine can open {settings.base_url}.", fix=fix)
    return Finding(ok=True, what=f"Readers come by {settings.base_url}.")


def _clock(settings: Settings, now: datetime) -> Finding:
    try:
        local = now.astimezone(settings.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fix = "Set HYLDE_TIME_ZONE to one such as Europe/Copenhagen."
        return Finding(ok=False, what=f"Nobody knows the time zone {settings.time_zone!r}.", fix=fix)
    if local.year < BUILT_IN:
        fix = "Set the machine's clock: decisions begin and end by it."
        return Finding(ok=False, what=f"The clock says {local:%Y-%m-%d}, before this version was made.", fix=fix)
    return Finding(ok=True, what=f"The clock says {local:%Y-%m-%d %H:%M} ({settings.zone.key}).")


def _vocabularies(settings: Settings) -> Finding:
    folders = [settings.vocabularies] if settings.vocabularies else []
    try:
        load_vocabularies(*folders)
    except (DataFileRefused, OSError) as error:
        fix = "Mend the files in the folder of HYLDE_VOCABULARIES."
        return Finding(ok=False, what=f"The vocabularies cannot be read: {error}.", fix=fix)
    return Finding(ok=True, what="The vocabularies can be read.")


def _translations(locale: Path) -> Iterator[Finding]:
    """English is the language of the source and needs none."""
    for language, name in LANGUAGES.items():
        if language == "en":
            continue
        place = locale / language / "LC_MESSAGES"
        if any((place / f"messages.{ending}").is_file() for ending in ("mo", "po")):
            yield Finding(ok=True, what=f"The pages speak {name}.")
        else:
            fix = "Install the package anew: it brings its translations."
            yield Finding(ok=False, what=f"The translation into {name} is missing.", fix=fix)


def _schema(settings: Settings) -> Finding:
    """Whether the database can be reached and is of this version. Runs in a thread: Alembic is not asynchronous."""
    url = make_url(settings.database)
    place = (url.database or "").removeprefix("file:")  # SQLite's own way to write options
    if url.get_backend_name() == "sqlite" and not Path(place).is_file():
        return Finding(ok=False, what=f"There is no database at {place} yet.", fix=MIGRATE)
    try:
        revision = runner.current(settings.database)
    except (SQLAlchemyError, OSError) as error:
        fix = "Start the database, or correct HYLDE_DATABASE_URL."
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
        return Finding(ok=False, what=f"The database cannot be reached: {reason}.", fix=fix)
    if revision != runner.head():
        what = f"The database is at {revision or 'no version'}, this version needs {runner.head()}."
        return Finding(ok=False, what=what, fix=MIGRATE)
    return Finding(ok=True, what=f"The database is reached and at {revision}.")


async def _contents(settings: Settings, database: Database, now: datetime) -> AsyncIterator[Finding]:
    checks: list[Callable[[AsyncSession], Awaitable[Finding]]] = []
    if database.engine.dialect.name == "sqlite":
        checks += [_journal, _references]
    checks += [_audit_chain, _documents, _ranks, _schools, _resources]
    for check in checks:
        async with transaction(database.readers) as session:
            yield await check(session)
    async with transaction(database.readers) as session:
        yield await _waiting(session, now)
        if now.year >= BUILT_IN:  # a wrong clock hides who holds a role
            yield await _administrators(session, settings, now.date())
            yield await _ways_in(session, settings, now.date())
    yield await _engine(settings, database)


async def _journal(session: AsyncSession) -> Finding:
    mode = await session.scalar(text("PRAGMA journal_mode"))
    if mode != "wal":
        fix = "Keep the data folder on a local disk: readers and writers share a database only in WAL mode."
        return Finding(ok=False, what=f"SQLite keeps its journal in {mode} mode.", fix=fix)
    return Finding(ok=True, what="SQLite keeps its journal in WAL mode.")


async def _references(session: AsyncSession) -> Finding:
    rows = (await session.execute(text("PRAGMA foreign_key_check"))).all()
    if rows:
        what = f"{_number(len(rows), 'row points', 'rows point')} to nothing, the first in the table {rows[0][0]}."
        return Finding(ok=False, what=what, fix="Restore the last good backup, and report what happened before.")
    return Finding(ok=True, what="No row points to nothing.")


async def _audit_chain(session: AsyncSession) -> Finding:
    broken = await audit.first_broken_link(session)
    if broken is not None:
        fix = "Compare with a backup: somebody changed or removed rows behind the service's back."
        return Finding(ok=False, what=f"The audit log is broken at row {broken}.", fix=fix)
    return Finding(ok=True, what="The audit log is unbroken.")


async def _documents(session: AsyncSession) -> Finding:
    written = select(SearchDocument.resource_id)
    missing = await session.scalar(select(func.count()).select_from(Resource).where(Resource.id.not_in(written))) or 0
    waiting = (await lag(session)).waiting
    if missing and not waiting:
        what = f"{_number(missing, 'resource has', 'resources have')} no search document."
        return Finding(ok=False, what=what, fix="Run «hylde reindex».")
    return Finding(ok=True, what="Every resource has its search document, or one on its way.")


async def _waiting(session: AsyncSession, now: datetime) -> Finding:
    behind = await lag(session)
    if behind.since is not None and now - behind.since > PATIENCE:
        what = (
            f"{_number(behind.waiting, 'search document waits', 'search documents wait')} since {behind.since:%F %R}."
        )
        return Finding(ok=False, what=what, fix="Start «hylde serve», or «hylde worker» where HYLDE_WORKER=apart.")
    return Finding(ok=True, what="No search document waits longer than a minute.")


async def _ranks(session: AsyncSession) -> Finding:
    wrong = await ranks.count_out_of_order(session)
    if wrong:
        what = f"{_number(wrong, 'resource stands', 'resources stand')} out of the order of titles."
        return Finding(ok=False, what=what, fix="Restore the last good backup, and report this: no page does it.")
    return Finding(ok=True, what="Resources stand in the order of their titles.")


async def _schools(session: AsyncSession) -> Finding:
    count = await session.scalar(select(func.count()).select_from(School)) or 0
    if not count:
        return Finding(ok=False, what="There are no schools to choose.", fix="Run «hylde seed» to have the demo's.")
    return Finding(ok=True, what=f"{_number(count, 'school', 'schools')} to choose.")


async def _resources(session: AsyncSession) -> Finding:
    listed = select(func.count()).select_from(Resource).where(Resource.status == "listed")
    count = await session.scalar(listed) or 0
    if not count:
        fix = "Run «hylde import resources», or «hylde seed» to have the demo's."
        return Finding(ok=False, what="The catalogue is empty.", fix=fix)
    return Finding(ok=True, what=f"{_number(count, 'resource', 'resources')} to find.")


async def _administrators(session: AsyncSession, settings: Settings, today: date) -> Finding:
    """Whether somebody can administer; in the demo its people do, by one click."""
    if settings.demo or await is_anybody_admin(session, today):
        return Finding(ok=True, what="Somebody can administer.")
    fix = "Run «hylde admin-link» and open the link that it prints."
    return Finding(ok=False, what="Nobody can administer who has ever signed in.", fix=fix)


async def _ways_in(session: AsyncSession, settings: Settings, today: date) -> Finding:
    """Whether switching local accounts off has shut everybody out who administers."""
    local = await session.scalar(select(func.count()).select_from(User).where(User.password_hash != "")) or 0
    known = await session.scalar(select(func.count(ExternalIdentity.user_id.distinct()))) or 0
    by_claim = Role.ADMIN.value in settings.roles_of_claims.values()
    if not settings.local_accounts and not by_claim and not await is_anybody_admin(session, today, by_provider=True):
        what = "Local accounts are off, and the identity provider knows nobody who can administer."
        return Finding(ok=False, what=what, fix="Set HYLDE_LOCAL_ACCOUNTS=1 until an administrator came in through it.")
    what = f"{_number(local, 'person has', 'people have')} a password here, the identity provider knows {known}."
    return Finding(ok=True, what=what)


async def _engine(settings: Settings, database: Database) -> Finding:
    """Whether an engine takes in all documents and answers a search."""
    try:
        index = Index(open_engine(settings.search_url, LAYOUT), database)
    except ValueError as error:
        return Finding(ok=False, what="There is no search engine.", fix=f"{error}")
    try:
        count = await index.fill(afresh=True)
        health = await index.engine.health()
    except SearchUnavailable:
        return _no_answer()
    except (msgspec.DecodeError, KeyError) as error:
        what = f"A search document cannot be read: {error}."
        return Finding(ok=False, what=what, fix="Run «hylde reindex».")
    finally:
        await index.engine.close()
    if not health.answers or health.documents != count:
        return _no_answer()
    return Finding(ok=True, what=f"The search answers from {_number(count, 'document', 'documents')}.")


def _no_answer() -> Finding:
    return Finding(ok=False, what="The search engine does not answer.", fix="Start it, or correct HYLDE_SEARCH_URL.")


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
