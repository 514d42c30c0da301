"""Every route of the service, and an address for each that leads to nothing stored."""

import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.routes import HTTPRoute

FILLINGS = {"uuid": str(uuid.UUID(int=7)), "str": "x", "path": "x"}


class Door(NamedTuple):
    method: str
    path: str

    @property
    def address(self) -> str:
        return re.sub(r"\{\w+:(\w+)\}", lambda found: FILLINGS[found[1]], self.path)


def doors_of(app: Litestar) -> Iterator[tuple[Door, Any]]:
    """Each method and path with its handler; Litestar's own answers to OPTIONS are of no use to anybody."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is no HTTP route: a policy must be thought of"
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                yield Door(str(method), route.path), handler
