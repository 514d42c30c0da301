"""The service with programs in front of it, two schools, and what is logged meanwhile."""

import uuid
from collections.abc import Iterator

import pytest
from litestar import Litestar
from sqlalchemy import select
from structlog.testing import capture_logs
from structlog.types import EventDict

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.organisations.models import School
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from tests.catalog.web.direct import Clock, build


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as events:
        yield events


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(settings: Settings, database: Database, clock: Clock) -> Litestar:
    return build(settings, database, now=clock)


@pytest.fixture
async def schools(database: Database) -> list[uuid.UUID]:
    """Bakkeskolen and Åskolen, by their codes."""
    facts = [
        SchoolFacts(code=code, name=name, kind="folkeskole", grades=["0", "1"])
        for code, name in (("101001", "Bakkeskolen"), ("101002", "Åskolen"))
    ]
    async with transaction(database.writers) as session:
        await keep_schools(session, SYSTEM, facts)
        return list(await session.scalars(select(School.id).order_by(School.code)))
