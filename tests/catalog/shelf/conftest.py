"""A reader in front of the search page and of a resource."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from tests.catalog.shelf.shelf import ENGLISH
from tests.conftest import Client, settle
from tests.pages import Element, FindSeen, read_page, see

Open: TypeAlias = Callable[..., Awaitable[Element]]
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


@pytest.fixture
def open_page(client: Client) -> Open:
    """Open a resource's page in English, by its id alone, with the index level."""

    async def open_one(key: uuid.UUID, language: str = "en") -> Element:
        await settle(client)
        response = await client.get(f"/resources/{key}", headers={"accept-language": language})
        assert response.status_code == 200, response.text[:300]
        return read_page(response.text)

    return open_one
