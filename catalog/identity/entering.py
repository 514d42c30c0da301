"""A browser is signed in, whichever way its person proved who they are."""

import uuid
from datetime import datetime
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.identity import sessions
from catalog.identity.models import Session, User
from catalog.web.access import visitor_of
from catalog.web.security import cookie_of_session

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
"""What stands in a browser's own description, the telling word before the ones that others write too."""


async def enter(
    request: Request[Any, Any, Any], session: AsyncSession, user: User, now: datetime, *, way: str, id_token: str = ""
) -> Cookie:
    """Open a session for a person and end the one that the browser had; the cookie, which nobody knew before."""
    before = visitor_of(request).session_id
    if before is not None:
        await _end(session, before)
    browser = browser_of(request.headers.get("user-agent", ""))
    opened = await sessions.open_session(session, user, now, way=way, browser=browser, id_token=id_token)
    return cookie_of_session(request, opened.secret)


async def _end(session: AsyncSession, session_id: uuid.UUID) -> None:
    await session.execute(delete(Session).where(Session.id == session_id))


def browser_of(description: str) -> str:
    """«Firefox, Windows»: enough for its owner to know it again, and no more is kept."""
    found = (next((name for sign, name in known if sign in description), "") for known in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))
