"""Everybody who may come to a door: nobody known, each role for the municipality and for one school, a program."""

import uuid
from dataclasses import dataclass, field

from catalog.core.roles import Role


@dataclass(frozen=True)
class Kind:
    """One sort of visitor; ``column`` is theirs in the table."""

    column: str
    role: Role | None = None
    is_of_school: bool = False
    is_program: bool = False

    def __str__(self) -> str:
        return self.column + (" of a school" if self.is_of_school else "")


NOBODY = Kind("everybody")
WITHOUT_ROLE = Kind("signed in")
KINDS = (
    NOBODY,
    WITHOUT_ROLE,
    *(Kind(role.value, role) for role in Role),
    *(Kind(role.value, role, is_of_school=True) for role in Role),
    Kind("program", Role.ADMIN, is_program=True),
    Kind("program", Role.ADMIN, is_of_school=True, is_program=True),
)


@dataclass
class Visitor:
    """One of them, with what their requests carry."""

    kind: Kind
    user_id: uuid.UUID | None = None
    proof: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def is_allowed(kind: Kind, answer: str, *, is_theirs: bool) -> bool:
    """What a cell means for a visitor and a row that is, or is not, of their school or their own."""
    if answer == "yes":
        return True
    if answer == "–" or (answer == "all" and kind.is_of_school):
        return False
    if answer == "own":
        return is_theirs or not kind.is_of_school
    return is_theirs or answer == "all"


def refusal(kind: Kind, answer: str, path: str) -> int:
    """How a cell that does not allow is answered; a key is nobody but below ``/api/``."""
    if kind is NOBODY or (kind.is_program and not path.startswith("/api/")):
        return 401
    return 404 if answer in {"own", "mine"} else 403
