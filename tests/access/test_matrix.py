"""Who may do what, where: each role at each door with a real row, of their own school and of another, by the table.

The table in docs/permissions.md is written by hand; nothing here is made from the code but the list of doors.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Permission
from catalog.organisations.models import HeadCount
from catalog.web.access import PUBLIC, needs
from tests.access.asking import Asker, every_marker
from tests.access.plans import EMPTY, PLANS, QUERIES, UNABLE
from tests.access.table import COLUMNS, Row, fields, rows
from tests.access.visitors import KINDS, Kind, is_allowed, refusal
from tests.access.world import World, sign_in_as
from tests.catalog.web.direct import Browser
from tests.catalog.web.routes import Door, doors_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HTTP_ERROR = 400


@dataclass
class Found:
    cells: int = 0
    leaks: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Where somebody was not let in who should be."""
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a field was seen, by whom."""


async def walk(app: Litestar, world: World, table: tuple[Row, ...]) -> Found:
    """Ask every door as everybody."""
    found = Found()
    async with Browser(app) as admin:
        await sign_in_as(admin, world, next(kind for kind in KINDS if kind.column == "admin"))
        asker = Asker(admin, world, PLANS)
        for kind in KINDS:
            async with Browser(app) as browser:
                await sign_in_as(browser, world, kind)
                for row in table:
                    await _ask(browser, asker, kind, row, world, found)
    return found


async def _ask(browser: Browser, asker: Asker, kind: Kind, row: Row, world: World, found: Found) -> None:
    answer = row.who[kind.column]
    for asking in await asker.askings(row, kind):
        address = asking.address + QUERIES.get(row.door.path, "").format_map(world.things)
        reply = await browser.request(row.door.method, address, **asking.more)
        await sign_in_as(browser, world, kind)  # some doors end the session
        found.cells += 1
        label = f"{kind}: {row.door.method} {asking.address} -> {reply.status_code}"
        if is_allowed(kind, answer, is_theirs=asking.is_theirs):
            expected, _ = UNABLE.get((row.door, kind.column), (0, ""))
            if (
                reply.status_code != expected
                and (expected or reply.status_code >= HTTP_ERROR)
                and row.door not in EMPTY
            ):
                found.refused.append(label)
        elif reply.status_code != refusal(kind, answer, row.door.path):
            found.leaks.append(label)
        for name, owner, words in every_marker(reply.text, world):
            found.seen[name, str(kind)] += 1
            if not may_see(name, owner, kind):
                found.leaks.append(f"{label} shows «{words}»")


def may_see(name: str, owner: str, kind: Kind) -> bool:
    """What the table of fields says of a row that is of the own school, of another, or the municipality's."""
    answer = fields()[name][kind.column]
    if owner == "nobody" or answer == "–":
        return False
    return is_allowed(kind, answer, is_theirs=owner == "own")


async def test_every_door_has_its_row_and_every_row_its_door(app: Litestar) -> None:
    assert {door for door, _ in doors_of(app)} == {row.door for row in rows()}


async def test_nobody_is_let_in_or_shown_what_the_table_does_not_give_them(app: Litestar, world: World) -> None:
    found = await walk(app, world, rows())
    print(f"{len(rows())} routes, {len(KINDS)} visitors, {found.cells} cells, {len(found.leaks)} leaks")
    assert found.leaks == []
    assert found.refused == []
    unseen = [
        (name, column)
        for name, who in fields().items()
        for column, answer in who.items()
        if answer in {"yes", "all", "own"} and column != "program" and not found.seen[name, column]
    ]
    assert unseen == []  # the words that are looked for do stand on pages of those who may see them


NOT_FOR_ALL = ["–", "–", "own", "own", "own", "own", "own", "own", "own", "–"]


def row_of(door: Door, answers: list[str]) -> Row:
    return Row(door, dict(zip(COLUMNS, answers, strict=True)), "planted")


@get("/probe/counts/{school_id:uuid}", opt=needs(Permission.READ_SCHOOLS))
async def unscoped(session: NamedDependency[AsyncSession], school_id: FromPath[uuid.UUID]) -> str:
    """Forgets to ask for the right at the very school."""
    return str((await session.scalars(select(HeadCount.source).where(HeadCount.school_id == school_id))).all())


@get("/probe/all-counts", opt=needs(Permission.READ_SCHOOLS))
async def unfiltered(session: NamedDependency[AsyncSession]) -> str:
    """Lets in whom it should, and shows them too much: only the words tell."""
    return str((await session.scalars(select(HeadCount.source))).all())


@get("/probe/open", opt=PUBLIC)
async def too_open() -> str:
    return "for administrators"


@get("/probe/closed", opt=needs(Permission.MANAGE_USERS))
async def too_closed() -> str:
    return "for everybody"


@pytest.mark.parametrize(
    ("probe", "path", "answers", "where"),
    [
        (unscoped, "/probe/counts/{school_id:uuid}", NOT_FOR_ALL, "leaks"),
        (unfiltered, "/probe/all-counts", NOT_FOR_ALL, "leaks"),
        (too_open, "/probe/open", ["–"] * 8 + ["all", "–"], "leaks"),
        (too_closed, "/probe/closed", ["yes"] * 9 + ["–"], "refused"),
    ],
)
async def test_control_a_planted_leak_is_found(
    app: Litestar, world: World, probe: Any, path: str, answers: list[str], where: str
) -> None:
    app.register(probe)
    found = await walk(app, world, (row_of(Door("GET", path), answers),))
    assert getattr(found, where), found
    if probe is unfiltered:
        assert all("kilde-other-tal" in each for each in found.leaks)
        assert not found.refused


async def test_control_a_right_door_is_no_leak(app: Litestar, world: World) -> None:
    kept = [row for row in rows() if row.door.path in {"/find", "/schools/{school_id:uuid}/pupils", "/admin/audit"}]
    found = await walk(app, world, tuple(kept))
    assert (found.leaks, found.refused) == ([], [])
    assert found.seen["Head counts of a school", "teacher of a school"]
