"""The municipality's schools: codes, sites, head counts and devices. No pupil is ever stored: numbers only."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base, new_id
from catalog.organisations.fleet.profiles import Ownership


class CodeScheme(enum.StrEnum):
    """Who gave a school its number; docs/schools.md says how each is written."""

    STIL = "stil"
    """Danish institution number, six characters."""
    CVR = "cvr"
    P_NUMBER = "p_number"
    GLN = "gln"
    SKOLENHETSKOD = "skolenhetskod"
    """Swedish school unit, eight digits."""
    ORGNR = "orgnr"
    LOCAL = "local"


_OF_ONE = text("scheme IN ('stil', 'skolenhetskod')")
"""Schemes by which a register tells schools apart: a number is one school's. Owners' numbers are many schools'."""


class School(Base):
    """A school of this municipality; ``code`` is the number it is known by here, the national register's."""

    __tablename__ = "school"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    grades: Mapped[list[str]]
    """Codes of the vocabulary ``grade``, in order."""
    opened_on: Mapped[date | None] = mapped_column(default=None)
    closed_on: Mapped[date | None] = mapped_column(default=None)
    """The first day on which it is no school any more."""
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("school.id"), index=True, default=None)
    web: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)
    origin: Mapped[str] = mapped_column(String(64), default="")
    """The mapping of the list that knows it; "": a person entered it."""
    edited_fields: Mapped[list[str]] = mapped_column(default_factory=list)
    """What a person wrote: no list overwrites it."""


class SchoolCode(Base):
    """One of a school's numbers. It stays with its school, and leads on to the one that took over."""

    __tablename__ = "school_code"
    __table_args__ = (
        UniqueConstraint("scheme", "value", "school_id"),
        Index("ix_school_code_value", "value"),
        Index("ix_school_code_own", "scheme", "value", unique=True, sqlite_where=_OF_ONE, postgresql_where=_OF_ONE),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.id"), index=True)
    scheme: Mapped[CodeScheme]
    value: Mapped[str] = mapped_column(String(32))
    valid_until: Mapped[date | None] = mapped_column(default=None)
    """The last day on which the register knew it; None: today's."""


class Site(Base):
    """An address where a school teaches."""

    __tablename__ = "school_site"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    street: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(16), default="")
    city: Mapped[str] = mapped_column(String(100), default="")


class HeadCount(Base):
    """How many pupils a school had in a grade on a day: the figure that prices follow (5 September, 15 October)."""

    __tablename__ = "head_count"
    __table_args__ = (
        UniqueConstraint("school_id", "grade", "counted_on", "source"),
        CheckConstraint("pupils >= 0", name="pupils"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.id"), index=True)
    grade: Mapped[str] = mapped_column(String(8))
    pupils: Mapped[int]
    counted_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(100))
    """Who says so: a register, a file, a person's role."""
    recorded_at: Mapped[datetime] = mapped_column(default_factory=utc_now)


class SchoolEvent(Base):
    """What happened to a school: opened, renamed, closed, merged."""

    __tablename__ = "school_event"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """opened, renamed, changed, closed, reopened, merged (into another), joined (by another)."""
    happened_on: Mapped[date]
    detail: Mapped[str] = mapped_column(String(300), default="")
    """The name before a renaming; a reason in words."""
    other_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("school.id"), index=True, default=None)
    recorded_at: Mapped[datetime] = mapped_column(default_factory=utc_now)


class SchoolUpload(Base):
    """A list that somebody sent and has not confirmed: what was understood of it, not the file; gone within a day."""

    __tablename__ = "school_upload"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    kind: Mapped[str] = mapped_column(String(32))
    """``schools`` or ``head-counts``."""
    actor_id: Mapped[uuid.UUID]
    file_name: Mapped[str] = mapped_column(String(300))
    file_hash: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[str] = mapped_column(String(120))
    drafts: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime]


class DeviceGroup(Base):
    """What the pupils of one grade at one school have to work on: one kind of device, or none."""

    __tablename__ = "device_group"
    __table_args__ = (
        UniqueConstraint(
            *("school_id", "grade", "ownership", "platform", "os_version", "replace_in"), name="uq_device_group_kind"
        ),
        CheckConstraint("pupils_per_device >= 1", name="pupils_per_device"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.id"), index=True)
    grade: Mapped[str] = mapped_column(String(8))
    ownership: Mapped[Ownership]
    platform: Mapped[str] = mapped_column(String(32), default="")
    """A code of the vocabulary ``platform``; "" where there is no device."""
    os_version: Mapped[str] = mapped_column(String(32), default="")
    """«16.4»; "" where it is not known."""
    replace_in: Mapped[int | None] = mapped_column(default=None)
    """The year."""
    pupils_per_device: Mapped[int] = mapped_column(default=1)
    """1: each their own; 5: five share one."""
    source: Mapped[str] = mapped_column(String(100), default="")
    stated_on: Mapped[date | None] = mapped_column(default=None)
