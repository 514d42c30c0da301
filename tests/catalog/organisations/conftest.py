"""Two schools in front of the tests of the register."""

import uuid

import pytest

from catalog.core.db import Database
from catalog.vocabularies.region import Region
from tests.catalog.organisations.register import enter


@pytest.fixture
async def gull(database: Database, region: Region) -> uuid.UUID:
    return await enter(database, region, "Mågebakkeskolen", "999101")


@pytest.fixture
async def klit(database: Database, region: Region) -> uuid.UUID:
    return await enter(database, region, "Klitskolen", "999102", "0123456")
