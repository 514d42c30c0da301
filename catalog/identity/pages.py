"""The door of the administrator: a one-time link, spent by a button, and the way out."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import ANONYMOUS, Actor
from catalog.identity import service
from catalog.web.access import LOOPBACK
from catalog.web.forms import FormReader, read_form
from catalog.web.security import is_secure, session_cookie


@get("/admin/enter", opt=LOOPBACK, include_in_schema=False)
async def show_door(token: FromQuery[str] = "") -> Template:
    """A page with a button: whoever only looks a link up must not spend it."""
    return Template("identity/enter.html", context={"token": token})


@post("/admin/enter", opt=LOOPBACK, include_in_schema=False, status_code=303)
async def enter(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Response[None]:
    """Spend the link and open a session."""
    token = FormReader(await read_form(request)).text("token")
    opened = await service.enter(session, token, now)
    return Redirect("/admin", status_code=303, cookies=[_cookie(request, opened)])


@post("/admin/leave", opt=LOOPBACK, include_in_schema=False, status_code=303)
async def leave(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[None]:
    """End the session."""
    if actor.id != ANONYMOUS.id:
        await service.leave(session, actor)
    return Redirect("/", status_code=303, cookies=[_cookie(request, "", max_age=0)])


def _cookie(request: Request[Any, Any, Any], value: str, max_age: int | None = None) -> Cookie:
    """The session's cookie; to end one, a browser wants the same attributes as when it was set."""
    secure = is_secure(request)
    return Cookie(
        key=session_cookie(https=secure),
        value=value,
        path="/",
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


handlers = [show_door, enter, leave]
