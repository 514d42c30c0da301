"""Who acts: a person, the service itself or nobody known, and what they may do."""

import enum
import uuid

import msgspec

from catalog.core.errors import Forbidden


class Permission(enum.StrEnum):
    MANAGE_CATALOGUE = "manage-catalogue"
    DECIDE = "decide"
    IMPORT = "import"
    ADMINISTER = "administer"


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    """Opaque: the audit log keeps this and no name."""
    permissions: frozenset[Permission]

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless one of the actor's roles gives the permission."""
        if permission not in self.permissions:
            raise Forbidden(permission=permission.value)


ANONYMOUS = Actor(id=uuid.UUID(int=0), permissions=frozenset())
SYSTEM = Actor(id=uuid.UUID(int=1), permissions=frozenset(Permission))
"""Whoever works on the machine itself: the command line, the demo, background jobs."""


def administrator(session_id: uuid.UUID) -> Actor:
    """The holder of a one-time link; known by the session it opened, until accounts exist."""
    return Actor(id=session_id, permissions=frozenset(Permission))
