"""Around every request: its id, its language, one line in the log, and afterwards nothing of it in memory.

HEAD is GET without the body, for every address alike.
"""

import re
import time
import uuid
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

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
    """ASGI wrapper: sets the request's id and language for everything that runs below it.

    The id stands in the audit log: it is a proxy's of our own or made here, never a client's.
    """

    def __init__(self, app: ASGIApp, default_language: str, trusted: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self.app, self.default_language, self.trusted = app, default_language, trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:  # the server says it as plain text
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        is_taken = GIVEN_ID.fullmatch(given) and _is_among(scope["client"], self.trusted)
        identity = given if is_taken else uuid.uuid4().hex
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


def _is_among(client: tuple[str, int] | None, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        found = ip_address(client[0] if client else "")
    except ValueError:  # a socket without an address
        return False
    peer = (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found
    return any(peer in network for network in networks)


def _cookie(headers: dict[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
