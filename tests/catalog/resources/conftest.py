"""Two resources, one of them with everything filled in and part of a service."""

import uuid

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.resources.publishers import create_service
from catalog.resources.schemas import ServiceFacts
from catalog.resources.service import create_resource
from catalog.vocabularies.region import Region
from tests.catalog.resources.entries import FULL
from tests.conftest import TODAY
from tests.factories import facts


@pytest.fixture
async def resource_id(database: Database, region: Region) -> uuid.UUID:
    async with transaction(database.writers) as session:
        await create_service(session, SYSTEM, ServiceFacts(key="nordvest", name="Nordvest Portal"))
        return await create_resource(session, SYSTEM, region, FULL, TODAY)


@pytest.fixture
async def other_id(database: Database, region: Region) -> uuid.UUID:
    async with transaction(database.writers) as session:
        return await create_resource(session, SYSTEM, region, facts("Brøkbanken 2"), TODAY)
