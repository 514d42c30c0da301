"""A provider, a service that knows it, and browsers in front of the service."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

import pytest
from sqlalchemy import func, select

from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.identity.models import Session, User
from tests.catalog.identity.oidc.issuer import Issuer, serving, settings_for
from tests.catalog.web.direct import Browser, Clock, build

OpenBrowser: TypeAlias = Callable[..., Browser]


@pytest.fixture
def issuer(clock: Clock) -> Iterator[Issuer]:
    with serving(Issuer(clock)) as serving_one:
        yield serving_one


@pytest.fixture
async def open_browser(
    issuer: Issuer, settings: Settings, database: Database, clock: Clock
) -> AsyncIterator[OpenBrowser]:
    """A browser; each with a service of its own, unless it shares another's."""
    async with AsyncExitStack() as stack:
        opened: list[Browser] = []

        def open_one(beside: Browser | None = None, **more: Any) -> Browser:
            app = beside.app if beside else build(settings_for(issuer, settings, **more), database, now=clock)
            opened.append(Browser(app, headers={"accept-language": "en"}))
            stack.push_async_callback(opened[-1].aclose)
            return opened[-1]

        yield open_one


async def count(database: Database, table: type[User | Session]) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0
