"""Decisions as records: never changed, only followed by others."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base, new_id


class Decision(Base):
    """One decision about a service or about a resource.

    A decision whose ``undone_at`` is set was recorded in error (an import taken back) and counts for nothing.
    """

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("(resource_id IS NULL) <> (service_id IS NULL)", name="subject"),
        CheckConstraint("valid_until IS NULL OR valid_from <= valid_until", name="validity"),
        CheckConstraint("outcome IN ('approved', 'conditional', 'pilot', 'rejected', 'withdrawn')", name="outcome"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    outcome: Mapped[str] = mapped_column(String(16))
    decided_on: Mapped[date]
    valid_from: Mapped[date]
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"), index=True, default=None)
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True, default=None)
    valid_until: Mapped[date | None] = mapped_column(default=None)
    """The last day on which it holds; None: until further notice."""
    scope_subjects: Mapped[list[str]] = mapped_column(default_factory=list)
    """Empty: every subject."""
    scope_grades: Mapped[list[str]] = mapped_column(default_factory=list)
    scope_roles: Mapped[list[str]] = mapped_column(default_factory=list)
    scope_schools: Mapped[list[str]] = mapped_column(default_factory=list)
    """Codes of schools; empty: all."""
    conditions: Mapped[list[str]] = mapped_column(default_factory=list)
    reasons: Mapped[list[str]] = mapped_column(default_factory=list)
    """Codes of the vocabulary ``reason``."""
    note: Mapped[str] = mapped_column(String(2000), default="")
    """For everybody to read."""
    body: Mapped[str] = mapped_column(String(32), default="municipality")
    evidence: Mapped[str] = mapped_column(String(2000), default="")
    use_instead_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"), default=None)
    rubric_version: Mapped[str] = mapped_column(String(32), default="")
    """Empty where the decision was imported: shown «as published»."""
    origin: Mapped[str] = mapped_column(String(64), default="")
    as_published: Mapped[str] = mapped_column(String(2000), default="")
    """The source's own words of an imported decision."""
    source_key: Mapped[str] = mapped_column(String(300), index=True, default="")
    """Names the row of a list, so that next year's list finds it."""
    recorded_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    undone_at: Mapped[datetime | None] = mapped_column(default=None)
