"""What is logged while a test runs, as events."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.types import EventDict


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as events:
        yield events
