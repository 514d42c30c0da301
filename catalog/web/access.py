"""Who may use a route: every route declares it, and one that does not is closed.

Until accounts exist there are two answers: everybody, or the administrator who came by a one-time link from the
machine itself.
"""

import enum
import ipaddress
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from catalog.core.actor import ANONYMOUS, Actor
from catalog.core.errors import Forbidden, NotSignedIn
from catalog.web.security import is_secure, session_cookie

OPTION = "policy"
FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
"""Headers of a proxy: the request began elsewhere, though its connection comes from this machine."""


class Policy(enum.StrEnum):
    PUBLIC = "public"
    LOOPBACK = "loopback"
    """From the machine itself, signed in or not."""
    ADMIN = "admin"
    """From the machine itself, signed in by a one-time link."""


PUBLIC, LOOPBACK, ADMIN = ({OPTION: policy} for policy in Policy)
"""``opt=`` of a route handler or router."""


def is_loopback(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether the request began on this machine."""
    if not FORWARDED.isdisjoint(connection.headers):
        return False
    try:
        return connection.client is not None and ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


async def enforce_policy(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: find out who asks, and refuse whom the route is not for."""
    if not isinstance(connection, Request):
        raise Forbidden(permission="")
    connection.state.actor = ANONYMOUS
    token = connection.cookies.get(session_cookie(https=is_secure(connection)), "")
    if token and is_loopback(connection):
        actor = await connection.app.state.find_actor(token)
        if actor is not None:
            connection.state.actor, connection.state.session_token = actor, token
    policy = handler.opt.get(OPTION)
    if policy is Policy.PUBLIC:
        return
    if policy is None or not is_loopback(connection):
        raise Forbidden(permission=str(policy or "undeclared"))
    if policy is Policy.ADMIN and connection.state.actor is ANONYMOUS:
        raise NotSignedIn


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    actor: Actor = request.state.actor
    return actor
