"""The demo, loaded once for the tests that only read it or work on a copy."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, open_database
from catalog.core.settings import Settings
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from seed.load import load_demo
from tests.conftest import NOON, TODAY


@pytest.fixture(scope="session")
def loaded_file(migrated_sqlite: Path, region: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the demo in it and all documents written."""
    path = tmp_path_factory.mktemp("demo") / "hylde.sqlite"
    shutil.copy(migrated_sqlite, path)

    async def load() -> None:
        database = open_database(f"sqlite:///{path}")
        await load_demo(database, SYSTEM, region, TODAY)
        await Worker(Settings(data_folder=path.parent), database, region, lambda: NOON).drain()
        await database.close()

    asyncio.run(load())
    return path


@pytest.fixture
async def demo(loaded_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A copy of the demo that a test may change."""
    shutil.copy(loaded_file, tmp_path / "demo.sqlite")
    database = open_database(f"sqlite:///{tmp_path}/demo.sqlite")
    yield database
    await database.close()
