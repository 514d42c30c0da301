"""Which role gives which rights; the table in docs/permissions.md says the same, and a test compares."""

import enum
import uuid
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from catalog.core.actor import Permission


class Role(enum.StrEnum):
    """What a person does here; codes of the vocabulary ``role``."""

    TEACHER = "teacher"
    REVIEWER = "reviewer"
    IT = "it"
    SCHOOL_LEADER = "school_leader"
    PURCHASING = "purchasing"
    DATA_PROTECTION = "data_protection"
    ADMIN = "admin"


GIVES: Mapping[Role, frozenset[Permission]] = {
    Role.TEACHER: frozenset({Permission.READ_SCHOOLS}),
    Role.REVIEWER: frozenset(
        {Permission.MANAGE_CATALOGUE, Permission.DECIDE, Permission.IMPORT, Permission.READ_SCHOOLS}
    ),
    Role.IT: frozenset({Permission.READ_SCHOOLS, Permission.MANAGE_DEVICES, Permission.OPERATE}),
    Role.SCHOOL_LEADER: frozenset({Permission.READ_SCHOOLS, Permission.MANAGE_DEVICES, Permission.MANAGE_HEAD_COUNTS}),
    Role.PURCHASING: frozenset({Permission.READ_SCHOOLS, Permission.MANAGE_HEAD_COUNTS}),
    Role.DATA_PROTECTION: frozenset({Permission.READ_SCHOOLS, Permission.READ_AUDIT, Permission.MANAGE_PERSONAL_DATA}),
    Role.ADMIN: frozenset(Permission),
}
BY_SCHOOL = frozenset({Permission.READ_SCHOOLS, Permission.MANAGE_DEVICES, Permission.MANAGE_HEAD_COUNTS})
"""Rights that mean something for one school. The others are the municipality's or nobody's: a role that is held for
named schools does not give them."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A role somebody holds, for the municipality or for a school, from a day until a day."""

    role: Role
    school: uuid.UUID | None = None
    """None: the whole municipality."""
    starts_on: date
    ends_on: date | None = None
    """The last day on which it holds; None: until it is ended."""

    def holds(self, today: date) -> bool:
        return self.starts_on <= today and (self.ends_on is None or today <= self.ends_on)


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    everywhere: frozenset[Permission]
    at_schools: Mapping[Permission, frozenset[uuid.UUID]]


def rights_of(grants: Iterable[Grant], today: date) -> Rights:
    """What the roles that hold today give together."""
    everywhere: set[Permission] = set()
    at_schools: dict[Permission, set[uuid.UUID]] = {}
    for grant in grants:
        if not grant.holds(today):
            continue
        if grant.school is None:
            everywhere |= GIVES[grant.role]
            continue
        for permission in GIVES[grant.role] & BY_SCHOOL:
            at_schools.setdefault(permission, set()).add(grant.school)
    return Rights(
        everywhere=frozenset(everywhere),
        at_schools={name: frozenset(schools) for name, schools in at_schools.items() if name not in everywhere},
    )
