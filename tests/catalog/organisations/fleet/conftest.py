"""Two schools in front of every test of the fleet."""

import uuid

import pytest

from catalog.core.db import Database
from tests.catalog.organisations.fleet.schools import add_school


@pytest.fixture
async def school(database: Database) -> uuid.UUID:
    return await add_school(database, "Mågebakkeskolen", "999101")


@pytest.fixture
async def other(database: Database) -> uuid.UUID:
    return await add_school(database, "Ålegræsskolen", "999102")
