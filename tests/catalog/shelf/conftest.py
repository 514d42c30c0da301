"""A reader in front of the search page."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from tests.catalog.shelf.shelf import ENGLISH
from tests.conftest import Client, settle
from tests.pages import FindSeen, see

Look: TypeAlias = Callable[..., Awaitable[FindSeen]]


@pytest.fixture
def look(client: Client) -> Look:
    """Open a search address in English, with the index level; the page must be there."""

    async def open_page(path: str = "/find?q=", **more: Any) -> FindSeen:
        await settle(client)
        response = await client.get(path, headers=ENGLISH, **more)
        assert response.status_code == 200, response.text[:300]
        return see(response.text)

    return open_page
