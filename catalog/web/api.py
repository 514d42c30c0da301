"""What the routes for programs share: versions as entity tags, pages with links, errors in the description.

A program that changes something says which version it read (``If-Match``): without one it is asked for it, and where
somebody else was faster nothing is written.
"""

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlencode

import msgspec
from litestar import Request
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from catalog.core.errors import DomainError, Invalid
from catalog.core.schemas import Schema

V1 = "/api/v1"
BEARER: Final[list[dict[str, list[str]]]] = [{"token": []}]
"""``security=`` of a route that is not public; what it means stands in the app's description."""
MOST, USUAL = 200, 50
"""Rows of a page."""
_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*(?:,|$)')

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MOST, description="Rows of a page.")]
"""A default is given where it is used. Limits of ``msgspec.Meta`` would be ignored here."""
CursorText: TypeAlias = Annotated[str, QueryParameter(name="cursor", description="From the link to the next page.")]
IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(name="If-Match", description="The entity tag of the version that was read; without it 428."),
]
ETAG = ResponseHeader(name="ETag", value="", documentation_only=True, description="The version, for If-Match.")
LINK = ResponseHeader(
    name="Link", value="", documentation_only=True, description="The next page, if there is one (RFC 8288)."
)
LOCATION = ResponseHeader(name="Location", value="", documentation_only=True, description="The address of the new one.")


class VersionMissing(DomainError):
    status, code, title = 428, "version-missing", "Say which version you have read"


@dataclass(kw_only=True, eq=False)
class VersionOutdated(DomainError):
    status, code, title = 412, "version-outdated", "Somebody else changed this since you read it"
    current_version: int


class Problem(Schema, frozen=True, kw_only=True):
    """RFC 9457; members of its own depend on the kind, see docs/problems.md."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


_MEANINGS: Mapping[int, str] = {
    400: "The request cannot be read.",
    401: "No token, or one that does not hold.",
    403: "The right is missing.",
    404: "There is no such thing, or it is not for you to see.",
    409: "The state of things forbids it.",
    412: "Somebody else changed it; read it again.",
    413: "More than is accepted.",
    422: "What was sent cannot be meant; `errors` names the fields.",
    428: "If-Match is missing.",
    503: "Try again after the seconds that Retry-After says.",
}


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """``responses=`` of a route: the errors that it tells, beside those that any can."""
    return {
        status: ResponseSpec(
            Problem,
            description=_MEANINGS[status],
            media_type="application/problem+json",
            generate_examples=False,
        )
        for status in sorted({400, 503, *statuses})
    }


def entity_tag(version: int) -> str:
    """Of one version of one thing; a strong one."""
    return f'"{version}"'


def read_if_match(given: str | None, stored: int) -> int:
    """The version on which a change is built: the stored one, or nothing is changed.

    Raises:
        VersionMissing: none was given.
        VersionOutdated: the stored one is not among those given. A weak tag proves nothing.
    """
    if given is None or not given.strip():
        raise VersionMissing
    if given.strip() == "*":
        return stored
    tags = [value for weak, value in _TAG.findall(given) if not weak]
    if str(stored) not in tags:
        raise VersionOutdated(current_version=stored)
    return stored


class Cursor(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The last row of a page, in the order of what is listed: whoever goes on begins after it."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    id: uuid.UUID


def write_cursor(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str) -> Cursor | None:
    """None where none is given. Raise Invalid for one that we never wrote."""
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=Cursor)
    except ValueError:  # msgspec's errors are such
        raise Invalid(errors={"cursor": "field-invalid"}) from None


def next_link(request: Request[Any, Any, Any], cursor: Cursor | None) -> dict[str, str]:
    """The header that leads to the next page, with the same question; none where this is the last one."""
    if cursor is None:
        return {}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    query = urlencode([*kept, ("cursor", write_cursor(cursor))])
    return {"Link": f'<{request.url.path}?{query}>; rel="next"'}
