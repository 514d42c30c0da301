"""Pages of the service itself: is it alive, and which language."""

from typing import Annotated

from litestar import MediaType, Response, get
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.errors import NotFound
from catalog.web.access import PUBLIC
from catalog.web.i18n import COOKIE, LANGUAGES
from catalog.web.security import local_path

Next = QueryParameter(name="next")
LONGEST = 4000
A_YEAR = 365 * 24 * 3600


@get("/health/live", opt=PUBLIC, include_in_schema=False, media_type=MediaType.JSON)
async def live() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "live"}


@get("/health/ready", opt=PUBLIC, include_in_schema=False, media_type=MediaType.JSON)
async def ready(session: NamedDependency[AsyncSession], state: State) -> dict[str, str]:
    """The database answers; a search that is still being filled is degraded, not unready."""
    await session.execute(text("SELECT 1"))
    return {"status": "ready", "search": "ready" if state["index"].ready.is_set() else "filling"}


@get("/language", opt=PUBLIC, include_in_schema=False, status_code=303)
async def choose_language(language: FromQuery[str], next_page: Annotated[str, Next] = "/") -> Response[None]:
    """Keep the reader's language in a cookie, and back to the page."""
    if language not in LANGUAGES:
        raise NotFound
    cookie = Cookie(key=COOKIE, value=language, path="/", max_age=A_YEAR, samesite="lax", httponly=True)
    back = local_path(next_page) if len(next_page) <= LONGEST else "/"
    return Redirect(back, status_code=303, cookies=[cookie])


handlers = [live, ready, choose_language]
