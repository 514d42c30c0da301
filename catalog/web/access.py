"""Who may use a route: every route declares it, and one that does not is closed.

A route's policy says who gets to the door: everybody, whoever is signed in, or whoever holds a right somewhere. Whether
it holds for the very row that is asked for, the service says in its first line.
"""

from typing import Any, Protocol

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from catalog.core.actor import STRANGER, Actor, Permission, Visitor
from catalog.core.errors import DomainError, Forbidden, NotSignedIn
from catalog.web.i18n import COOKIE, LANGUAGES, current_language
from catalog.web.security import is_secure, session_cookie

OPTION = "policy"
BEARER = "bearer "
API = "/api/"
FOR_MACHINES = ("/static/", "/health/")
"""Answers that are the same for everybody: who asks is not looked up, and a shared cache may keep them."""
IN_ADDRESS = frozenset({"access_token", "api_token", "bearer", "token"})


class TokenInAddress(DomainError):
    status, code, title = 400, "token-in-address", "A token in the address is read by others: send it in a header"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets to the door of a route."""

    is_public: bool = False
    permissions: tuple[Permission, ...] = ()
    """One of them, for any school; empty and not public: whoever is signed in."""
    by_programs: bool = True
    """Whether a token of the API opens it too; only routes below ``/api/`` are asked by one."""


PUBLIC = {OPTION: Policy(is_public=True)}
"""``opt=`` of a route handler or router: everybody."""
SIGNED_IN = {OPTION: Policy()}
"""Whoever is signed in."""


def needs(*permissions: Permission, by_programs: bool = True) -> dict[str, Policy]:
    """``opt=`` of a route for whoever holds one of the rights, for the municipality or for any school."""
    return {OPTION: Policy(permissions=permissions, by_programs=by_programs)}


class FindVisitor(Protocol):
    """Who comes with this session's secret or this program's token; None: nobody known."""

    async def __call__(self, *, session: str = "", token: str = "") -> Visitor | None: ...


async def enforce_policy(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: find out who asks, and refuse whom the route is not for."""
    if not isinstance(connection, Request):
        raise Forbidden(permission="")
    connection.state.visitor = visitor = await _visitor(connection)
    if visitor.language and connection.cookies.get(COOKIE) not in LANGUAGES:
        current_language.set(visitor.language)
    policy = handler.opt.get(OPTION)
    if not isinstance(policy, Policy):
        raise Forbidden(permission="undeclared")
    if policy.is_public:
        return
    if visitor is STRANGER:
        raise NotSignedIn
    if visitor.token_id is not None and not policy.by_programs:
        raise Forbidden(permission="person")
    if policy.permissions and not any(visitor.actor.may_somewhere(each) for each in policy.permissions):
        raise Forbidden(permission=policy.permissions[0].value)


async def _visitor(connection: Request[Any, Any, Any]) -> Visitor:
    """A token counts below ``/api/`` only, and a browser that sends one there is a program."""
    if connection.url.path.startswith(FOR_MACHINES):
        return STRANGER
    find: FindVisitor = connection.app.state.find_visitor
    if connection.url.path.startswith(API):
        if not IN_ADDRESS.isdisjoint(connection.query_params):
            raise TokenInAddress
        authorization = connection.headers.get("authorization", "")
        if authorization:
            scheme, token = authorization[: len(BEARER)], authorization[len(BEARER) :].strip()
            found = await find(token=token) if scheme.lower() == BEARER and token else None
            if found is None:
                raise NotSignedIn
            return found
    secret = connection.cookies.get(session_cookie(https=is_secure(connection)), "")
    return (await find(session=secret) if secret else None) or STRANGER


def visitor_of(request: Request[Any, Any, Any]) -> Visitor:
    """Who asks; nobody known where the request was refused before it was looked into."""
    found: Visitor = getattr(request.state, "visitor", STRANGER)
    return found


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    return visitor_of(request).actor


def provide_visitor(request: Request[Any, Any, Any]) -> Visitor:
    return visitor_of(request)
