"""What is logged while a test runs, and the service with a browser in front of it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs
from structlog.types import EventDict

from catalog.core.db import Database
from catalog.core.settings import Settings
from tests.catalog.web.direct import Browser, build


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as events:
        yield events


@pytest.fixture
async def browser(settings: Settings, database: Database) -> AsyncIterator[Browser]:
    """A reader on the machine itself."""
    async with Browser(build(settings, database)) as browser:
        yield browser
