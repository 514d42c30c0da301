"""Every request that changes something leaves a row in the audit log, in its own transaction."""

import pytest
from litestar import Litestar, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from catalog.core.feed import FeedState
from catalog.web.access import PUBLIC
from tests.access.asking import Asker
from tests.access.plans import EMPTY, PLANS, QUERIES
from tests.access.table import COLUMNS, Row, rows
from tests.access.visitors import KINDS
from tests.access.world import World, sign_in_as
from tests.catalog.web.direct import Browser
from tests.catalog.web.routes import Door

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAFE = "GET"
CHANGES_NOTHING = {
    Door("POST", "/choose"): "the choice is kept in the reader's own browser",
}
"""Doors whose request stores nothing that lasts, and why."""


async def without_trace(app: Litestar, world: World, table: tuple[Row, ...]) -> list[str]:
    """The doors whose request is answered well and leaves no row."""
    silent = []
    kind = next(kind for kind in KINDS if kind.column == "admin")
    async with Browser(app) as admin, Browser(app) as browser:
        await sign_in_as(admin, world, kind)
        asker = Asker(admin, world, PLANS)
        for row in table:
            if row.door.method == SAFE or row.door in EMPTY:
                continue
            asking = (await asker.askings(row, kind))[0]
            await sign_in_as(browser, world, kind)
            address = asking.address + QUERIES.get(row.door.path, "").format_map(world.things)
            with capture_logs() as logs:
                reply = await browser.request(row.door.method, address, **asking.more)
            assert reply.status_code < 400, (row.door, reply.status_code)
            if not any(event["event"] == "audit head" for event in logs):
                silent.append(f"{row.door.method} {row.door.path}")
    return silent


async def test_every_request_that_changes_something_leaves_a_row(app: Litestar, world: World) -> None:
    changing = [row for row in rows() if row.door.method != SAFE]
    silent = await without_trace(app, world, rows())
    print(f"{len(changing)} doors that change something, {len(silent)} without a row")
    print("SILENT", *sorted(silent), sep="\n  ")
    assert sorted(silent) == sorted(f"{door.method} {door.path}" for door in CHANGES_NOTHING)


@post("/probe/silent", opt=PUBLIC)
async def silent_probe(session: NamedDependency[AsyncSession]) -> None:
    session.add(FeedState())


async def test_control_a_change_that_tells_nobody_is_found(app: Litestar, world: World) -> None:
    app.register(silent_probe)
    PLANS[Door("POST", "/probe/silent")] = PLANS[Door("POST", "/sign-out")]
    row = Row(Door("POST", "/probe/silent"), dict.fromkeys(COLUMNS, "yes"), "planted")
    assert await without_trace(app, world, (row,)) == ["POST /probe/silent"]
