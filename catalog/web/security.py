"""Proof that an unsafe request comes from a page we gave to that very session, and headers on every response.

A reader without a session has no authority that a foreign page could borrow: of them only the origin is asked. JSON
routes need the proof too: Litestar decodes a JSON body whatever its content type, so a plain form on a foreign page
could send one with the visitor's cookie.
"""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers import BaseRouteHandler
from litestar.types import Message, Scope

from catalog.core.errors import DomainError
from catalog.core.settings import LOOPBACK
from catalog.web.forms import read_form

FIELD, HEADER = "csrf_token", "x-csrf-token"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Strict: nothing inline, nothing from elsewhere; ``data:`` pictures are the masks of the kit's icons."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class ForgedRequest(DomainError):
    status, code, title = 403, "forged-request", "The request does not prove that it comes from our own page"


def session_cookie(*, https: bool) -> str:
    """The name of the session's cookie; a browser keeps the prefixed one from being set by anybody else."""
    return "__Host-hylde" if https else "hylde-session"


def is_secure(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether a session's cookie must stay on https: anywhere but over http to the machine itself.

    The request says, not the address of readers: whoever administers comes past the proxy that speaks https for them.
    """
    if connection.scope["scheme"] != "http":
        return True
    try:
        return urlsplit(f"//{connection.headers.get('host', '')}").hostname not in LOOPBACK
    except ValueError:
        return True


def csrf_token(secret: bytes, session_token: str) -> str:
    """The proof for one session: useless in another, gone when the session is."""
    return hmac.new(secret, b"csrf:" + session_token.encode(), hashlib.sha256).hexdigest()


def from_our_page(request: Request[Any, Any, Any]) -> bool:
    """Whether the browser says that one of our own pages sent it; sibling hosts are foreign."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def local_path(address: str) -> str:
    """The path and query of an address of ours; «/» for anything that could lead elsewhere."""
    is_ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_ours and address.isprintable() else "/"


async def refuse_forgery(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: refuse an unsafe request from another site, or without its session's token where there is a session.

    The token comes in a header or in a field of the form.
    """
    if not isinstance(connection, Request) or connection.method in SAFE_METHODS:
        return
    if not from_our_page(connection):
        raise ForgedRequest
    session_token = getattr(connection.state, "session_token", "")
    if not session_token:
        return
    sent = connection.headers.get(HEADER, "")
    sent = sent or str((await read_form(connection)).get(FIELD, ""))
    right = csrf_token(connection.app.state.secret, session_token)
    if not hmac.compare_digest(sent.encode(), right.encode()):
        raise ForgedRequest


async def add_security_headers(message: Message, scope: Scope) -> None:
    """``before_send`` hook: the only place that sees every response, errors too."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["app"].state.settings.is_https:
        headers.setdefault("strict-transport-security", "max-age=31536000; includeSubDomains")
    headers.setdefault("cache-control", "no-store" if scope.get("state", {}).get("session_token") else "no-cache")
