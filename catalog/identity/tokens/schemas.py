"""What is asked and told about the keys of programs."""

import uuid
from datetime import date, datetime

from catalog.core.schemas import Command, Schema


class MakeToken(Command, frozen=True, kw_only=True):
    name: str
    permissions: list[str]
    """Codes of ``Permission``; among those of the person who makes it."""
    school_id: uuid.UUID | None = None
    """None: wherever the person holds the rights."""
    ends_on: date
    """The last day on which it opens anything."""


class MadeToken(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    secret: str
    """Told here and never again."""


class ShownToken(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    beginning: str
    permissions: list[str]
    lost: list[str]
    """Of them, what the person may not do any more: neither may the program."""
    school: str
    """Its name; "": wherever the person holds the rights."""
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    is_over: bool
    """It has run out."""
