"""A list that was sent waits, understood but not taken in, until the same person confirms it; once.

What is kept is what the mapping reads of each row, never the file itself.
"""

import asyncio
import hashlib
import tempfile
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound
from catalog.intake.batches import Source
from catalog.intake.files.readers import read_rows
from catalog.organisations.errors import UploadSpent
from catalog.organisations.lists.counting import KIND as COUNTS
from catalog.organisations.lists.counting import WANTED, CountDraft, read_counts
from catalog.organisations.lists.drafts import SchoolDrafts, read_schools
from catalog.organisations.lists.mapping import load_mapping, shipped_names
from catalog.organisations.lists.service import KIND as SCHOOLS
from catalog.organisations.models import SchoolUpload
from catalog.vocabularies.region import Region

WAITS = timedelta(hours=24)
MOST_ROWS = 20_000
"""Of the own municipality."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came, and how it is to be read."""

    name: str
    content: bytes
    mapping: str
    """A shipped mapping of schools, or ``head-counts``."""
    own: str
    """The number or the name of the municipality."""


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    source: Source
    schools: SchoolDrafts | None = None
    counts: tuple[CountDraft, ...] = ()


async def understand(sent: Sent, region: Region) -> Understood:
    """Read a file, off the loop.

    Raises:
        Invalid: there is no such mapping, no file, or far too many rows.
        FileRefused: the file cannot be read at all.
    """
    if sent.mapping != COUNTS and sent.mapping not in shipped_names():
        raise Invalid(errors={"mapping": "unknown-code" if sent.mapping else "choose-one"})
    if not sent.content:
        raise Invalid(errors={"file": "field-missing"})
    found = await asyncio.to_thread(_read, sent, region)
    rows = found.schools.drafts if found.schools else found.counts
    if len(rows) > MOST_ROWS:
        raise Invalid(errors={"file": "too-long"})
    return found


def _read(sent: Sent, region: Region) -> Understood:
    kind = COUNTS if sent.mapping == COUNTS else SCHOOLS
    digest = hashlib.sha256(sent.content).hexdigest()
    source = Source(kind=kind, file_name=sent.name, file_hash=digest, mapping=sent.mapping)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sent"
        path.write_bytes(sent.content)
        if kind == COUNTS:
            return Understood(source=source, counts=read_counts(read_rows(path, wanted=WANTED), region))
        mapping = load_mapping(sent.mapping, region.vocabularies)
        rows = read_rows(path, options=mapping.options, wanted=mapping.wanted)
        return Understood(source=source, schools=read_schools(rows, mapping, region, sent.own or mapping.own))


async def keep(session: AsyncSession, actor: Actor, found: Understood, now: datetime) -> uuid.UUID:
    """Let a list wait; what others left waiting too long goes."""
    actor.require(Permission.MANAGE_SCHOOLS)
    await session.execute(delete(SchoolUpload).where(SchoolUpload.sent_at < now - WAITS))
    drafts: dict[str, Any] = msgspec.to_builtins({"schools": found.schools, "counts": found.counts})
    upload = SchoolUpload(
        kind=found.source.kind,
        actor_id=actor.id,
        file_name=found.source.file_name,
        file_hash=found.source.file_hash,
        mapping=found.source.mapping,
        drafts=drafts,
        sent_at=now,
    )
    session.add(upload)
    audit.record(session, actor, "send-list", "school_upload", upload.id, [found.source.kind])
    await session.flush()
    return upload.id


async def look(session: AsyncSession, actor: Actor, upload_id: uuid.UUID, now: datetime) -> Understood:
    """A list that waits.

    Raises:
        NotFound: it is somebody else's, or was never there.
        UploadSpent: it was taken in, or waited too long.
    """
    actor.require(Permission.MANAGE_SCHOOLS)
    upload = await session.get(SchoolUpload, upload_id)
    if upload is None:
        raise UploadSpent
    if upload.actor_id != actor.id:
        raise NotFound
    if upload.sent_at < now - WAITS:
        raise UploadSpent
    return _understood(upload)


async def spend(session: AsyncSession, actor: Actor, upload_id: uuid.UUID, now: datetime) -> Understood:
    """As ``look``, and nobody can have it again: of two who confirm at once, one finds it spent."""
    found = await look(session, actor, upload_id, now)
    gone = delete(SchoolUpload).where(SchoolUpload.id == upload_id).returning(SchoolUpload.id)
    if not (await session.scalars(gone)).all():
        raise UploadSpent
    return found


def _understood(upload: SchoolUpload) -> Understood:
    return Understood(
        source=Source(kind=upload.kind, file_name=upload.file_name, file_hash=upload.file_hash, mapping=upload.mapping),
        schools=msgspec.convert(upload.drafts["schools"], SchoolDrafts | None),
        counts=msgspec.convert(upload.drafts["counts"], tuple[CountDraft, ...]),
    )
