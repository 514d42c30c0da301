"""Publishers, services and resources: facts about a thing, never what was decided about it."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.core.clock import utc_now
from catalog.core.db import Base, new_id

MAX_SORT_KEY = 400
BY_CODE_POINT = String(MAX_SORT_KEY).with_variant(String(MAX_SORT_KEY, collation="C"), "postgresql")
EVERY = "*"
"""Stands for all subjects, or all grades, of a placement."""


class Publisher(Base):
    """Who publishes; a publisher that was bought keeps its row and names who it became part of."""

    __tablename__ = "publisher"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    """The code of the facet."""
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    """The name folded: two spellings of one name are one publisher."""
    homepage: Mapped[str] = mapped_column(String(2000), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    succeeded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("publisher.id"), default=None)
    succeeded_on: Mapped[date | None] = mapped_column(default=None)


class Service(Base):
    """What is approved once and holds many titles: a portal, an app with content, a platform."""

    __tablename__ = "service"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """A stable name for imports and links."""
    name: Mapped[str] = mapped_column(String(300))
    url: Mapped[str] = mapped_column(String(2000), default="")
    publisher_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("publisher.id"), index=True, default=None)
    version: Mapped[int] = mapped_column(default=1)


class Resource(Base):
    """An app, a web resource, a teaching material, an extension or a course."""

    __tablename__ = "resource"
    __table_args__ = (
        CheckConstraint("status IN ('listed', 'retired')", name="status"),
        CheckConstraint("rank >= 0 AND rank < 9007199254740992", name="rank"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    slug: Mapped[str] = mapped_column(String(120))
    form: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16), default="listed")
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True, default=None)
    publisher_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("publisher.id"), index=True, default=None)
    succeeded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"), index=True, default=None)
    """What took its place, by a merge or by a later edition."""
    kind: Mapped[str] = mapped_column(String(32), default="")
    creator: Mapped[str] = mapped_column(String(300), default="")
    designation: Mapped[str] = mapped_column(String(120), default="")
    price_model: Mapped[str] = mapped_column(String(32), default="")
    url: Mapped[str] = mapped_column(String(2000), default="")
    """As given, to follow; normalised it is an identifier."""
    order_url: Mapped[str] = mapped_column(String(2000), default="")
    lix: Mapped[int | None] = mapped_column(default=None)
    """Readability index (LIX), 0–100."""
    reading_support: Mapped[bool | None] = mapped_column(default=None)
    accessibility: Mapped[str] = mapped_column(String(32), default="unchecked")
    accessibility_url: Mapped[str] = mapped_column(String(2000), default="")
    languages: Mapped[list[str]] = mapped_column(default_factory=list)
    logins: Mapped[list[str]] = mapped_column(default_factory=list)
    end_users: Mapped[list[str]] = mapped_column(default_factory=list)
    data_categories: Mapped[list[str]] = mapped_column(default_factory=list)
    supplier_declared: Mapped[list[str]] = mapped_column(default_factory=list)
    """Names of the fields that only the supplier vouches for."""
    edited_fields: Mapped[list[str]] = mapped_column(default_factory=list)
    """Names of the fields that a person wrote here: no import overwrites them."""
    origin: Mapped[str] = mapped_column(String(64), default="")
    """The mapping it was imported by, ``demo``, or empty: written here."""
    sort_key: Mapped[str] = mapped_column(BY_CODE_POINT, index=True, default="")
    rank: Mapped[int] = mapped_column(BigInteger, unique=True, default=0)
    """A sparse label in the order of ``sort_key``, then ``id``."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default_factory=utc_now)

    texts: Mapped[list["ResourceText"]] = relationship(
        default_factory=list, lazy="raise", cascade="all, delete-orphan", order_by="ResourceText.position"
    )
    identifiers: Mapped[list["Identifier"]] = relationship(
        default_factory=list, lazy="raise", cascade="all, delete-orphan", order_by="Identifier.scheme, Identifier.value"
    )
    placements: Mapped[list["Placement"]] = relationship(
        default_factory=list, lazy="raise", cascade="all, delete-orphan", order_by="Placement.subject, Placement.grade"
    )
    claims: Mapped[list["CompatibilityClaim"]] = relationship(
        default_factory=list, lazy="raise", cascade="all, delete-orphan", order_by="CompatibilityClaim.position"
    )
    source_terms: Mapped[list["SourceTerm"]] = relationship(
        default_factory=list, lazy="raise", cascade="all, delete-orphan", order_by="SourceTerm.kind, SourceTerm.term"
    )


class ResourceText(Base):
    """Title and description in one language; the first is the original's."""

    __tablename__ = "resource_text"

    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True, init=False)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)


class Identifier(Base):
    """One number or address under which the world knows a resource; no two resources share one."""

    __tablename__ = "identifier"

    scheme: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(2000), primary_key=True)
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id"), index=True, init=False)


class Placement(Base):
    """A subject at a grade: a pair, so that «dansk 2 and matematik 8» is not found under dansk 8."""

    __tablename__ = "placement"

    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True, init=False)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    grade: Mapped[str] = mapped_column(String(16), primary_key=True)


class SourceTerm(Base):
    """The words in which a source itself placed the resource, kept whether or not we can map them."""

    __tablename__ = "source_term"

    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True, init=False)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    term: Mapped[str] = mapped_column(String(300), primary_key=True)


class CompatibilityClaim(Base):
    """That a resource runs on a platform: who says so, since when, and within which limits."""

    __tablename__ = "compatibility_claim"
    __table_args__ = (UniqueConstraint("resource_id", "platform", "browser"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id"), index=True, init=False)
    platform: Mapped[str] = mapped_column(String(32))
    browser: Mapped[str] = mapped_column(String(64), default="")
    min_version: Mapped[str] = mapped_column(String(32), default="")
    app: Mapped[bool] = mapped_column(default=False)
    """An installed app rather than a page in a browser."""
    offline: Mapped[bool] = mapped_column(default=False)
    limits: Mapped[str] = mapped_column(String(500), default="")
    tested_on: Mapped[date | None] = mapped_column(default=None)
    tested_by: Mapped[str] = mapped_column(String(120), default="")
    supplier_declared: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class ResourceEvent(Base):
    """What happened to a resource, for its page: created, retired, merged, succeeded, restored."""

    __tablename__ = "resource_event"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id"), index=True)
    happened_on: Mapped[date]
    what: Mapped[str] = mapped_column(String(32))
    other_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"), default=None)
    details: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)


class ErrorReport(Base):
    """What a reader found wrong, for the administrator; no name is asked for or kept."""

    __tablename__ = "error_report"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"), index=True)
    """None: about the service itself, such as a barrier met on its pages."""
    about: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(String(2000))
    written_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    handled_at: Mapped[datetime | None] = mapped_column(default=None)
