"""Proof that an unsafe request comes from a page we gave to that very session, and headers on every response.

A reader without a session has no authority that a foreign page could borrow: of them only the origin is asked. JSON
routes need the proof too: Litestar decodes a JSON body whatever its content type, so a plain form on a foreign page
could send one with the visitor's cookie.
"""

import hashlib
import hmac
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.handlers import BaseRouteHandler
from litestar.types import Message, Scope

from catalog.core.actor import ANONYMOUS, Visitor
from catalog.core.errors import DomainError
from catalog.core.settings import LOOPBACK
from catalog.web.forms import read_form
from catalog.web.uploads import TAKES_FILES, read_upload

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


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@cache
def policy_with(issuer: str) -> str:
    """The policy of an installation whose sign-out goes on to its identity provider: a form may lead there too."""
    return POLICY.replace("form-action 'self'", f"form-action 'self' {origin_of(issuer)}") if issuer else POLICY


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


def csrf_token(secret: bytes, session_id: object) -> str:
    """The proof for one session: useless in another, gone when the session is.

    Of the session's id, which nobody else is told and which outlives the renewal of its secret: a form that was open
    meanwhile is still good.
    """
    return hmac.new(secret, f"csrf:{session_id}".encode(), hashlib.sha256).hexdigest()


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


async def refuse_forgery(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: refuse an unsafe request from another site, or without its session's proof where there is a session.

    The proof comes in a header or in a field of the form. A program proves itself by its token, which no browser adds.
    """
    if not isinstance(connection, Request) or connection.method in SAFE_METHODS:
        return
    if not from_our_page(connection):
        raise ForgedRequest
    session_id = connection.state.visitor.session_id
    if session_id is None:
        return
    sent = connection.headers.get(HEADER, "")
    if not sent:
        takes_files = bool(handler.opt.get(TAKES_FILES))
        form = (await read_upload(connection)).form if takes_files else await read_form(connection)
        sent = str(form.get(FIELD, ""))
    right = csrf_token(connection.app.state.secret, session_id)
    if not hmac.compare_digest(sent.encode(), right.encode()):
        raise ForgedRequest


async def add_security_headers(message: Message, scope: Scope) -> None:
    """``before_send`` hook: the only place that sees every response, errors too."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    headers.setdefault("content-security-policy", policy_with(scope["app"].state.settings.oidc_issuer))
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["app"].state.settings.is_https:
        headers.setdefault("strict-transport-security", "max-age=31536000; includeSubDomains")
    visitor: Visitor | None = scope.get("state", {}).get("visitor")
    is_somebody = visitor is not None and visitor.actor.id != ANONYMOUS.id
    headers.setdefault("cache-control", "no-store" if is_somebody else "no-cache")


async def renew_session_cookie(message: Message, scope: Scope) -> None:
    """``before_send`` hook: hand the browser the secret that its session has now, unless the answer sets its own."""
    visitor: Visitor | None = scope.get("state", {}).get("visitor")
    if message["type"] != "http.response.start" or visitor is None or not visitor.fresh_token:
        return
    connection: Request[Any, Any, Any] = Request(scope)
    name = session_cookie(https=is_secure(connection))
    headers = MutableScopeHeaders.from_message(message)
    if not any(each.startswith(f"{name}=") for each in headers.getall("set-cookie", [])):
        headers.add("set-cookie", cookie_of_session(connection, visitor.fresh_token).to_header(header=""))
        headers["cache-control"] = "no-store"  # whatever the answer said: nobody else may be handed the secret


def cookie_of_session(connection: ASGIConnection[Any, Any, Any, Any], value: str, max_age: int | None = None) -> Cookie:
    """The session's cookie; to end one, a browser wants the same attributes as when it was set."""
    secure = is_secure(connection)
    return Cookie(
        key=session_cookie(https=secure),
        value=value,
        path="/",
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
