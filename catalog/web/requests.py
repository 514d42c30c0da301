"""Around every request: its id, its language, and one line in the log."""

import re
import time
import uuid
from http.cookies import CookieError, SimpleCookie

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from catalog.core.audit import request_id
from catalog.web.i18n import COOKIE, choose_language, current_language

log = structlog.get_logger(__name__)
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


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

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", identity.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", method=method, path=scope["path"], status=status, took_ms=took)


def _cookie(headers: dict[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
