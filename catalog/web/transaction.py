"""The request's transaction."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.db import transaction
from catalog.web.security import SAFE_METHODS


async def provide_session(request: Request[Any, Any, Any], state: State) -> AsyncGenerator[AsyncSession]:
    """One transaction per request; it commits when the response object is built and before any of it is sent.

    Safe methods get a snapshot that cannot write. This is the only generator dependency of a request:
      - Litestar runs the cleanup of several in a task group, so that a failing COMMIT would surface as an
        ExceptionGroup that no exception handler matches;
      - a provider that raises after this one has begun keeps its cleanup from running: the transaction stays open.
    So providers never refuse a request: guards do, and run before any provider.
    """
    database = state["database"]
    reads = request.method in SAFE_METHODS
    async with transaction(database.readers if reads else database.writers) as session:
        yield session
    if not reads:
        state["work"].set()  # the embedded worker need not wait for its next look
