"""A browser that speaks to the service in the test's own loop: requests may run at once, from any machine.

Litestar's test client runs one request after another, in a thread.
"""

from datetime import datetime
from typing import Any

import httpx
from litestar import Litestar

from catalog.app import create_app
from catalog.core.db import Database, transaction
from catalog.core.settings import Settings
from catalog.identity import service as identity
from catalog.web.security import csrf_token, session_cookie
from tests.conftest import NOON, PROOF_KEY


class Clock:
    """The moment that the service believes in."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def build(settings: Settings, database: Database, *probes: Any, now: Clock | None = None) -> Litestar:
    """The real service, with handlers of the test's own beside the others."""
    app = create_app(settings, database, now=now or Clock(), own_tasks=False)
    for probe in probes:
        app.register(probe)
    return app


class Browser(httpx.AsyncClient):
    """Follows no redirect; what it proves is up to the test."""

    def __init__(self, app: Litestar, address: str = "127.0.0.1", **more: Any) -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 50000))  # type: ignore[arg-type]  # ASGI is spelt differently
        self.app = app
        super().__init__(transport=transport, base_url=app.state.settings.base_url, **more)

    async def sign_in(self) -> str:
        """Sign the administrator in; the proof for the session's forms."""
        token = await make_link(self.app)
        response = await self.post("/admin/enter", data={"token": token})
        assert response.status_code == 303, response.text
        return self.proof

    @property
    def proof(self) -> str:
        """What a form of the session that is open would hold."""
        return csrf_token(PROOF_KEY.encode(), self.cookies[session_cookie(https=self.base_url.scheme == "https")])


async def make_link(app: Litestar, now: datetime = NOON) -> str:
    """A fresh one-time link."""
    async with transaction(app.state.database.writers) as session:
        return identity.make_link(session, now)
