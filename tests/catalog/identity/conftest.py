"""What is logged while a test runs, and the service with a browser in front of it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs
from structlog.types import EventDict

from catalog.core.db import Database
from catalog.core.settings import Settings
from tests.catalog.web.direct import Browser, Clock, build


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as events:
        yield events


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def browser(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Browser]:
    """A browser on the machine itself, at a moment that the test moves on."""
    async with Browser(build(settings, database, now=clock)) as browser:
        yield browser
