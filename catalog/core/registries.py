"""What higher slices hand in at the root, so that lower ones can reach them without an import.

The lists are made in ``catalog.wiring``; an empty list is a valid one.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor

MergeSchools: TypeAlias = Callable[[AsyncSession, Actor, uuid.UUID, uuid.UUID, date], Awaitable[int]]
"""Moves what a slice keeps about the first school to the second from a day on; the number of rows moved."""


class SchoolFollower(msgspec.Struct, frozen=True, kw_only=True):
    """A slice that keeps something about schools, and follows when two become one."""

    name: str
    merge: MergeSchools


class PersonalSource(msgspec.Struct, frozen=True, kw_only=True):
    """A slice that keeps something about members of staff."""

    name: str
    export: Callable[[AsyncSession, uuid.UUID], Awaitable[list[dict[str, Any]]]]
    """Everything about one person, a row each, by readable names; dates and instants as ISO 8601."""
    erase: Callable[[AsyncSession, Actor, uuid.UUID], Awaitable[int]]
    """Remove or make anonymous; the number of rows touched."""


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that has an owner."""

    id: str
    text: str
    url: str = ""


class Ownership(msgspec.Struct, frozen=True, kw_only=True):
    """A slice whose things belong to somebody who may leave."""

    name: str
    label: str
    """A marked sentence: «Agreements»."""
    owned_by: Callable[[AsyncSession, uuid.UUID], Awaitable[Sequence[Owned]]]
    transfer: Callable[[AsyncSession, Actor, uuid.UUID, uuid.UUID], Awaitable[int]]
    """Give all of it from the first person to the second; the number of things."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the dashboard: one question, answered for who asks."""

    name: str
    template: str
    """Gets the answer as ``panel``."""
    roles: frozenset[str]
    """Codes of the roles it is for; who holds several sees each panel once."""
    answer: Callable[..., Awaitable[Any]]
    """Called with ``(session, visitor, region, today)``; None: nothing to show."""
    is_wide: bool = False
