"""The first page: the search for everybody, and a board of answers for whoever is signed in."""

from datetime import date

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Visitor
from catalog.core.registries import Panel
from catalog.dashboard.words import full_day
from catalog.vocabularies.region import Region
from catalog.web.access import PUBLIC
from catalog.web.i18n import current_language


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A panel with its answer."""

    name: str
    template: str
    content: msgspec.Struct


class Board(msgspec.Struct, frozen=True, kw_only=True):
    first_name: str
    day: str
    roles: tuple[str, ...]
    """Words; empty for somebody without a role."""
    schools: tuple[str, ...]
    wide: tuple[Shown, ...]
    panels: tuple[Shown, ...]


@get("/", opt=PUBLIC, include_in_schema=False)
async def show_board(
    session: NamedDependency[AsyncSession],
    visitor: NamedDependency[Visitor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    state: State,
) -> Response[None] | Template:
    """The board of whoever is signed in; to the search for everybody else."""
    if visitor.session_id is None:
        return Redirect("/find", status_code=303)
    panels: list[Panel] = [panel for panel in state["panels"] if not panel.roles.isdisjoint(visitor.roles)]
    answered = [(panel, await panel.answer(session, visitor, region, today)) for panel in panels]
    shown = [
        (panel.is_wide, Shown(name=panel.name, template=panel.template, content=answer))
        for panel, answer in answered
        if answer is not None
    ]
    language = current_language.get()
    board = Board(
        first_name=visitor.name.split(" ")[0],
        day=full_day(today),
        roles=tuple(region.vocabularies.label("role", role, language) for role in visitor.roles),
        schools=visitor.schools,
        wide=tuple(each for is_wide, each in shown if is_wide),
        panels=tuple(each for is_wide, each in shown if not is_wide),
    )
    return Template("dashboard/board.html", context={"page": board})


handlers = [show_board]
