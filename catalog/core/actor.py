"""Who acts: a person, a program, the service itself or nobody known, and what they may do where.

A right is held for the whole municipality or for named schools. Whether a role gives it is said in ``core.roles``.
"""

import enum
import uuid
from collections.abc import Mapping

import msgspec

from catalog.core.errors import Forbidden, NotFound


class Permission(enum.StrEnum):
    """What can be allowed; docs/permissions.md says which role has which, and a test compares."""

    MANAGE_CATALOGUE = "manage-catalogue"
    DECIDE = "decide"
    IMPORT = "import"
    """Lists of resources and of decisions."""
    MANAGE_SCHOOLS = "manage-schools"
    """The register of schools: codes, opening, closing, merging."""
    READ_SCHOOLS = "read-schools"
    """What is not for all about a school: head counts, devices, changes."""
    MANAGE_DEVICES = "manage-devices"
    MANAGE_HEAD_COUNTS = "manage-head-counts"
    MANAGE_USERS = "manage-users"
    READ_AUDIT = "read-audit"
    MANAGE_PERSONAL_DATA = "manage-personal-data"
    """Export and erase what is stored about a member of staff."""
    OPERATE = "operate"
    """Settings in force, jobs, the test mail."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    """Opaque: the audit log keeps this and no name."""
    everywhere: frozenset[Permission] = frozenset()
    """Held for the whole municipality."""
    at_schools: Mapping[Permission, frozenset[uuid.UUID]] = {}
    """Held for these schools only."""
    user_id: uuid.UUID | None = None
    """The person; None for the service itself and for nobody known."""

    def may(self, permission: Permission, school: uuid.UUID | None = None) -> bool:
        """Whether a right is held for the whole municipality, or for the school that is given."""
        return permission in self.everywhere or (
            school is not None and school in self.at_schools.get(permission, frozenset())
        )

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether a right is held for any school at all: enough for a menu, never for a row."""
        return permission in self.everywhere or bool(self.at_schools.get(permission))

    def schools_with(self, permission: Permission) -> frozenset[uuid.UUID] | None:
        """The schools for which a right is held; None: all of them."""
        return None if permission in self.everywhere else self.at_schools.get(permission, frozenset())

    def require(self, permission: Permission, school: uuid.UUID | None = None) -> None:
        """Refuse who lacks a right.

        Raises:
            Forbidden: no role gives the right anywhere, or the whole municipality was asked for.
            NotFound: it is held for other schools only; that there is such a row is not for them to know.
        """
        if self.may(permission, school):
            return
        if school is not None and self.may_somewhere(permission):
            raise NotFound
        raise Forbidden(permission=permission.value)


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as a request knows them: the actor, and what a page shows of the person."""

    actor: Actor
    session_id: uuid.UUID | None = None
    """Of a browser; None for a program and for nobody known. Forms are proved by it."""
    token_id: uuid.UUID | None = None
    """Of a program."""
    name: str = ""
    """May be empty: some providers tell no name."""
    roles: tuple[str, ...] = ()
    """Codes of the vocabulary ``role``, in its order, as held today."""
    schools: tuple[str, ...] = ()
    """Names of the schools for which a role is held."""
    language: str = ""
    """As the person chose it in their account; "": as the browser asks."""
    school: str = ""
    """The code of the school that the person chose as theirs."""
    fresh_token: str = ""
    """Of a session whose secret was just renewed: the cookie to set."""


ANONYMOUS = Actor(id=uuid.UUID(int=0))
SYSTEM = Actor(id=uuid.UUID(int=1), everywhere=frozenset(Permission))
"""Whoever works on the machine itself: the command line, the demo, background jobs."""
STRANGER = Visitor(actor=ANONYMOUS)
