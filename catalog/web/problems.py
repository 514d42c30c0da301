"""How HTTP tells an error: RFC 9457 to a program, a page in the reader's language to a person."""

import re
from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from catalog.core.audit import request_id
from catalog.core.errors import (
    BadRequest,
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooManyRequests,
    Unavailable,
    Unexpected,
)
from catalog.core.feed import FeedTrimmed
from catalog.web.i18n import say
from catalog.web.sentences import PROBLEMS
from search.port import SearchUnavailable

log = structlog.get_logger(__name__)
BY_STATUS: dict[int, type[DomainError]] = {401: NotSignedIn, 404: NotFound, 405: MethodNotAllowed, 413: TooLarge}


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The one exception handler: whatever escaped becomes a known error, said to whoever asked."""
    known = known_error(error)
    if known.status >= 500:  # noqa: PLR2004 - server errors
        log.error("request failed", code=known.code, path=request.url.path, exc_info=error)
    headers: dict[str, str] = {}
    if isinstance(known, MethodNotAllowed) and isinstance(error, HTTPException):
        headers |= error.headers or {}  # what the address does answer
    if isinstance(known, Unavailable | TooManyRequests):
        headers["Retry-After"] = str(known.retry_after)
    if isinstance(known, NotSignedIn) and request.url.path.startswith("/api/"):
        headers["WWW-Authenticate"] = "Bearer"  # elsewhere a browser is asked by a page
    if wants_json(request):
        return Response(
            problem(known, request.url.path),
            status_code=known.status,
            media_type="application/problem+json",
            headers=headers,
        )
    sentence = say(PROBLEMS[known.code], known.members)
    context = {
        "status": known.status,
        "sentence": sentence,
        "request_id": request_id.get(),
        "retry_after": getattr(known, "retry_after", 0),
        "sign_in_url": _way_in(request) if isinstance(known, NotSignedIn) else "",
    }
    return Template("error.html", context=context, status_code=known.status, headers=headers)


def _way_in(request: Request[Any, Any, Any]) -> str:
    """To the sign-in page, and from there back to the page that was asked for."""
    url = request.url
    here = f"{url.path}?{url.query}" if url.query else url.path
    return f"/sign-in?next={quote(here, safe='/')}" if request.method in {"GET", "HEAD"} else "/sign-in"


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Programs: everything below ``/api`` and ``/health``, and whoever accepts JSON and no page."""
    accepted = request.headers.get("accept", "")
    return request.url.path.startswith(("/api/", "/health/")) or ("json" in accepted and "html" not in accepted)


def problem(error: DomainError, path: str) -> dict[str, Any]:
    """The body of ``application/problem+json``, in English; no member can replace one of the standard's."""
    members = {re.sub("_(.)", lambda part: part[1].upper(), name): value for name, value in error.members.items()}
    return members | {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": say(PROBLEMS[error.code], error.members, language="en"),
        "instance": path,
    }


def known_error(error: BaseException) -> DomainError:
    """What the outside is told; a COMMIT can fail after the handler is done."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, OperationalError | InterfaceError | PoolExhausted | SearchUnavailable | FeedTrimmed):
        return Unavailable()
    if isinstance(error, DataError):  # a value that the column cannot hold; which one, the database does not say
        return Invalid(errors={})
    if isinstance(error, IntegrityError):  # somebody else was faster; the caller can read what is there now
        log.warning("refused by a constraint", exc_info=error)
        return Conflict()
    return _of_framework(error) if isinstance(error, HTTPException) else Unexpected()


def _of_framework(error: HTTPException) -> DomainError:
    if error.status_code in BY_STATUS:
        return BY_STATUS[error.status_code]()
    if error.status_code == 403:  # noqa: PLR2004 - the framework's own refusal
        return Forbidden(permission="")
    return BadRequest() if error.status_code < 500 else Unexpected()  # noqa: PLR2004 - a client's fault
