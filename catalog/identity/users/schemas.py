"""People as those who look after them see them."""

import enum
import uuid
from datetime import date, datetime

from catalog.core.roles import Role
from catalog.core.schemas import Schema


class State(enum.StrEnum):
    INVITED = "invited"
    """Has not come in yet."""
    ACTIVE = "active"
    LEFT = "left"


class When(enum.StrEnum):
    """Of a role, seen from today."""

    NOW = "now"
    LATER = "later"
    OVER = "over"


class HeldRole(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    role: Role
    school: str
    """Its name; "" for the whole municipality."""
    starts_on: date
    ends_on: date | None
    ended_at: datetime | None
    when: When
    by_provider: bool
    """It follows from what the identity provider says."""


class PersonLine(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    """May be empty: some providers tell no name."""
    mail: str
    username: str
    state: State
    seen_at: datetime | None
    roles: tuple[HeldRole, ...]
    """Those that hold today or will."""


class PersonDetail(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    mail: str
    username: str
    state: State
    created_at: datetime
    seen_at: datetime | None
    left_at: datetime | None
    has_password: bool
    providers: tuple[str, ...]
    """Issuers that know the person."""
    roles: tuple[HeldRole, ...]
    """All of them, those of today first."""
    version: int
    invited_until: datetime | None
    """Set: a link is open."""
    invitation_id: uuid.UUID | None
    mailed_at: datetime | None


class Search(Schema, frozen=True, kw_only=True):
    """Which people are listed; "" and None ask for all."""

    text: str = ""
    role: Role | None = None
    school_id: uuid.UUID | None = None
    state: State | None = None
    page: int = 1


class NewRole(Schema, frozen=True, kw_only=True):
    """A role to give, for each of some schools or for the municipality."""

    role: Role
    schools: tuple[uuid.UUID, ...]
    """Empty: the whole municipality."""
    starts_on: date
    ends_on: date | None = None
