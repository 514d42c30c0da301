"""Errors that are part of the contract: a stable code and typed members, never a sentence.

DomainError
  - NotSignedIn       401
  - Forbidden         403
  - NotFound          404
  - Conflict          409  the request is well formed; the state forbids it
  - TooLarge          413
  - Invalid           422  what was sent cannot be meant
  - TooManyRequests   429  with the seconds to wait
  - Unavailable       503  a service we depend on does not answer

The web layer says them in the reader's language (catalog.web.sentences, keyed by the code).
Anything else that escapes a handler is a bug and becomes a 500 without detail.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(kw_only=True, eq=False)
class DomainError(Exception):
    """Base of the errors a caller can expect; subclasses name one cause each.

    ``code`` is stable and documented in docs/problems.md, ``title`` its heading there. The fields of a
    subclass are its members: what a client needs in order to act without reading a sentence.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __str__(self) -> str:
        return f"{self.code} {self.members}"  # for the log only

    @property
    def members(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


class BadRequest(DomainError):
    status, code, title = 400, "bad-request", "The request cannot be read"


class NotSignedIn(DomainError):
    status, code, title = 401, "not-signed-in", "Sign in first"


@dataclass(kw_only=True, eq=False)
class Forbidden(DomainError):
    status, code, title = 403, "forbidden", "Your role does not allow this"
    permission: str


class NotFound(DomainError):
    status, code, title = 404, "not-found", "There is no such thing, or you may not see it"


class MethodNotAllowed(DomainError):
    status, code, title = 405, "method-not-allowed", "This address does not answer that method"


class Conflict(DomainError):
    status, code, title = 409, "conflict", "The current state does not allow this"


class TooLarge(DomainError):
    status, code, title = 413, "too-large", "More was sent than is accepted"


@dataclass(kw_only=True, eq=False)
class Invalid(DomainError):
    """Several fields may be wrong at once: ``errors`` maps a field's name to the code of what is wrong with it."""

    status, code, title = 422, "invalid", "Some of what was sent cannot be meant"
    errors: dict[str, str]


@dataclass(kw_only=True, eq=False)
class TooManyRequests(DomainError):
    status, code, title = 429, "too-many-requests", "Too many requests in a short time"
    retry_after: int
    """Seconds to wait."""


@dataclass(kw_only=True, eq=False)
class Unavailable(DomainError):
    status, code, title = 503, "unavailable", "A service we depend on does not answer"
    retry_after: int = 2
    """Seconds to wait."""


class Unexpected(DomainError):
    """Never raised: how a bug is told to the outside."""

    status, code, title = 500, "unexpected", "An unexpected error"
