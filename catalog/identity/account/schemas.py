"""What a person, or a program of theirs, is told about themselves."""

import uuid
from datetime import date, datetime

from catalog.core.schemas import Schema


class SchoolName(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    code: str
    name: str


class RoleHeld(Schema, frozen=True, kw_only=True):
    """A role that holds today or will."""

    role: str
    school: str
    """Its name; "": the whole municipality."""
    starts_on: date
    ends_on: date | None
    is_ahead: bool


class Account(Schema, frozen=True, kw_only=True):
    name: str
    mail: str
    username: str
    """"" : no local account."""
    has_password: bool
    language: str
    school_id: uuid.UUID | None
    version: int
    roles: list[RoleHeld]


class Right(Schema, frozen=True, kw_only=True):
    permission: str
    schools: list[SchoolName] | None
    """For these; null: for the whole municipality."""


class TokenSeen(Schema, frozen=True, kw_only=True):
    name: str
    beginning: str
    expires_at: datetime


class Me(Schema, frozen=True, kw_only=True):
    name: str
    """Of the person, also where a program asks; may be empty."""
    roles: list[str]
    """Codes; of a person only."""
    rights: list[Right]
    token: TokenSeen | None
    """The one that was sent; null: a person with a browser."""
