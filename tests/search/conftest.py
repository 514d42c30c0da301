"""Every engine there is, empty, for the suite that holds them to the port."""

from collections.abc import AsyncIterator

import pytest

from search.factory import open_engine
from search.port import Engine
from tests.search.shelf import LAYOUT


@pytest.fixture(params=["embedded:"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    opened = open_engine(request.param, LAYOUT)
    yield opened
    await opened.close()
