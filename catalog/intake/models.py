"""What each import did, so that all of it can be taken back; and the names that it could not place."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base, new_id


class ImportBatch(Base):
    """One file, read once."""

    __tablename__ = "import_batch"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    kind: Mapped[str] = mapped_column(String(32))
    """``resources`` or ``decisions``."""
    file_name: Mapped[str] = mapped_column(String(300))
    file_hash: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[uuid.UUID]
    accepted: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    undone_at: Mapped[datetime | None] = mapped_column(default=None)


class ImportEffect(Base):
    """One thing that an import created or changed, with what is needed to restore it."""

    __tablename__ = "import_effect"

    seq: Mapped[int] = mapped_column(primary_key=True, init=False)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_batch.id"), index=True)
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[uuid.UUID]
    created: Mapped[bool]
    before: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    """The fields as they were before the import; empty for something new."""
    version_after: Mapped[int] = mapped_column(default=1)
    """Whoever finds another version later knows that somebody changed it since."""


class NameQuestion(Base):
    """A name in a decision list that no resource or service bears: somebody creates, links or leaves it."""

    __tablename__ = "name_question"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_batch.id"), index=True)
    name: Mapped[str] = mapped_column(String(300))
    name_key: Mapped[str] = mapped_column(String(300), index=True)
    row: Mapped[dict[str, Any]]
    """The row as read, so that the answer can still record its decision."""
    status: Mapped[str] = mapped_column(String(16), default="open")
    """``open``, ``created``, ``linked`` or ``left``."""
    answer_type: Mapped[str] = mapped_column(String(16), default="")
    answer_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    asked_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
