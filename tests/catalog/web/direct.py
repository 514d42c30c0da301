"""A browser that speaks to the service in the test's own loop: requests may run at once, from any machine.

Litestar's test client runs one request after another, in a thread.
"""

import uuid
from datetime import datetime
from typing import Any

import httpx
from litestar import Litestar

from catalog.app import create_app
from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import people
from catalog.identity.invitations import invite
from catalog.web.security import csrf_token, session_cookie
from tests.conftest import NOON, PROOF_KEY, open_session_for


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


async def make_link(app: Litestar, now: datetime = NOON) -> str:
    """The secret of a one-time link, for somebody new."""
    async with transaction(app.state.database.writers) as session:
        user = await people.add_user(session, SYSTEM, now=now)
        return (await invite(session, SYSTEM, user.id, PROOF_KEY.encode(), now)).secret


def account(key: str, **more: str) -> dict[str, str]:
    """What the form of a one-time link holds when it is filled in."""
    password = "en lang sætning om måger"  # noqa: S105 - of nobody
    return {"key": key, "username": "nanna", "password": password, "again": password, **more}


class Browser(httpx.AsyncClient):
    """Follows no redirect; what it proves is up to the test."""

    def __init__(self, app: Litestar, address: str = "127.0.0.1", **more: Any) -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 50000))  # type: ignore[arg-type]  # ASGI is spelt differently
        self.app = app
        self.user_id: uuid.UUID | None = None
        self.proof = ""
        super().__init__(transport=transport, base_url=app.state.settings.base_url, **more)

    async def sign_in(self, role: Role | None = Role.ADMIN, **more: Any) -> str:
        """Sign somebody in who holds a role; the proof for the session's forms."""
        opened, self.user_id = await open_session_for(self.app.state.database, role, **more)
        self.cookies.set(session_cookie(https=self.base_url.scheme == "https"), opened.secret)
        self.proof = csrf_token(PROOF_KEY.encode(), opened.id)
        return self.proof
