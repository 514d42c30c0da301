"""Around every request: its id, its language, one line in the log, and afterwards nothing of it in memory.

HEAD is GET without the body, for every address alike.
"""

import re
import time
import uuid
from http.cookies import CookieError, SimpleCookie

import structlog
from litestar._kwargs.extractors import create_query_default_dict
from litestar._parsers import parse_cookie_string, parse_query_string
from litestar.datastructures import URL
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from catalog.core.audit import request_id
from catalog.web.i18n import COOKIE, choose_language, current_language

log = structlog.get_logger(__name__)
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
NUL = re.compile(rb"%00|\x00")
KEPT = (parse_query_string, parse_cookie_string, create_query_default_dict, URL._new, URL.from_components)  # noqa: SLF001 - no other way to them
"""Where Litestar remembers the last requests: their addresses, with one-time tokens, and their cookies."""


class Surroundings:
    """ASGI wrapper: sets the request's id and language for everything that runs below it."""

    def __init__(self, app: ASGIApp, default_language: str) -> None:
        self.app, self.default_language = app, default_language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:  # the server says it as plain text
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        identity = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        request_id.set(identity)
        current_language.set(
            choose_language(_cookie(headers), headers.get("accept-language", ""), self.default_language)
        )
        method, started, status = scope["method"], time.perf_counter(), 0
        is_head = method == "HEAD"
        # No database takes a NUL; a browser's own stand-in for one does no harm.
        scope["query_string"] = NUL.sub(b"%EF%BF%BD", scope["query_string"])
        if is_head:
            scope["method"] = HttpMethod.GET

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", identity.encode())]
            elif is_head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", method=method, path=scope["path"], status=status, took_ms=took)
            for each in KEPT:
                each.cache_clear()


def _cookie(headers: dict[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
