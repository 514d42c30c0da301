"""The world and the service in front of it, which does everything and stores nothing."""

from collections.abc import Iterator

import msgspec
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from catalog.core.db import Database
from catalog.core.settings import Settings
from catalog.vocabularies.region import Region
from tests.access.dry import store_nothing
from tests.access.world import World, build_world
from tests.catalog.web.direct import build


@pytest.fixture(autouse=True)
def logged() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
async def world(database: Database, region: Region) -> World:
    return await build_world(database, region)


@pytest.fixture
async def app(settings: Settings, database: Database, world: World) -> Litestar:
    more = msgspec.structs.replace(
        settings, demo=True, smtp_url="smtp://127.0.0.1:9", mail_from="hylde@kommune.example"
    )
    app = build(more, database)
    await app.state.index.fill()
    world.things["stylesheet"] = app.state.static_files.url("app.css").removeprefix("/static/")
    store_nothing(database)
    return app
