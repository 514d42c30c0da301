"""A request for every door as it is meant to be asked: a row that exists, and a body that is taken.

What a page's form sends is read from the page itself, as an administrator sees it, with what a person would fill in.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.access.table import Row
from tests.access.visitors import Kind
from tests.access.world import World
from tests.catalog.web.direct import Browser
from tests.catalog.web.routes import Door
from tests.forms import form_in

NAMES = re.compile(r"\{(\w+):\w+\}")
ABSENT = str(uuid.UUID(int=7))


@dataclass(frozen=True)
class Asking:
    """One request for a door; ``is_theirs``: the row is of the visitor's school, or their own."""

    address: str
    is_theirs: bool
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How a door is asked, where the page's own form is not enough."""

    values: dict[str, str] = field(default_factory=dict)
    """By the name in the address, what stands there instead of an id."""
    page: str = ""
    """The address of the page whose form is sent; "" : the same address."""
    action: str = ""
    """What stands after the address in the form's action."""
    typed: dict[str, Any] = field(default_factory=dict)
    """What is filled in on the form."""
    body: Callable[[World], dict[str, Any]] | None = None
    """The arguments of the request, where there is no form."""
    etag_from: bool = False
    """If-Match is what a GET of the same address gives."""


class Asker:
    """Makes the requests; asks an administrator's browser for forms and versions."""

    def __init__(self, admin: Browser, world: World, plans: dict[Door, Plan]) -> None:
        self._admin, self._world, self._plans = admin, world, plans
        self._kept: dict[tuple[str, str], dict[str, Any]] = {}

    async def askings(self, row: Row, kind: Kind) -> list[Asking]:
        """The row of the own school or person, and where the cell makes a difference, another's too."""
        door, answer = row.door, row.who[kind.column]
        plan = self._plans.get(door, Plan())
        mine = self._world.mine.get(kind, {}) if answer == "mine" else {}
        own = self._filled(door.path, plan, self._world.things | mine)
        asked = [Asking(own, True, await self._more(row, plan, own))]
        others = self._filled(door.path, plan, self._world.things | self._world.others)
        if others != own and answer in {"own", "mine"}:
            asked.append(Asking(others, False, await self._more(row, plan, others)))
        return asked

    def _filled(self, path: str, plan: Plan, things: dict[str, Any]) -> str:
        known = things | plan.values

        def value(found: re.Match[str]) -> str:
            assert found[1] in known, f"{path}: nothing is known as {found[1]}"
            return str(known[found[1]]).format_map(things)

        return NAMES.sub(value, path)

    async def _more(self, row: Row, plan: Plan, address: str) -> dict[str, Any]:
        if row.door.method == "GET":
            return {}
        if plan.body is not None:
            more = dict(plan.body(self._world))
        elif "mine" in row.who.values():
            more = {"data": self._typed(plan)}  # nobody else is shown the form
        else:
            more = {"data": await self._form(plan, address) | self._typed(plan)}
        if plan.etag_from:
            more["headers"] = more.get("headers", {}) | {"if-match": await self._etag(address)}
        return more

    def _typed(self, plan: Plan) -> dict[str, Any]:
        things = self._world.things
        return {
            name: value.format_map(things) if isinstance(value, str) else value for name, value in plan.typed.items()
        }

    async def _form(self, plan: Plan, address: str) -> dict[str, Any]:
        page = plan.page.format_map(self._world.things | {"address": address}) if plan.page else address
        key = (page, address)
        if key not in self._kept:
            shown = await self._admin.get(page)
            assert shown.status_code == 200, (page, shown.status_code)
            try:
                self._kept[key] = dict(form_in(shown.text, address + plan.action))
            except KeyError as error:
                raise AssertionError(f"{page} has no form for {address}") from error
        return {name: value for name, value in self._kept[key].items() if name != "csrf_token"}

    async def _etag(self, address: str) -> str:
        answer = await self._admin.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer.headers["etag"]


def every_marker(text: str, world: World) -> Iterator[tuple[str, str, str]]:
    """The field, the owner and the words of each secret that an answer holds."""
    for secret in world.secrets:
        if re.search(rf"(?<![\w-]){re.escape(secret.words)}(?![\w-])", text):  # not within an id that looks like it
            yield secret.field, secret.owner, secret.words
