"""A program with a token of its own, speaking to the service in the test's own loop: requests may run at once."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from litestar import Litestar

from catalog.core.actor import Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.roles import Grant, Role, rights_of
from catalog.identity.tokens.schemas import MadeToken, MakeToken
from catalog.identity.tokens.service import make_token
from tests.conftest import NOON, TODAY, open_session_for

ZONE = ZoneInfo("Europe/Copenhagen")


class Program(httpx.AsyncClient):
    """Sends its token with every request; without one it is nobody."""

    def __init__(self, app: Litestar, secret: str = "", **more: Any) -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 50000))  # type: ignore[arg-type]  # ASGI is spelt differently
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        super().__init__(transport=transport, base_url=app.state.settings.base_url, headers=headers, **more)


def actor_of(user_id: uuid.UUID, role: Role, schools: Iterable[uuid.UUID] = ()) -> Actor:
    """A person with one role, as a request would find them."""
    where: list[uuid.UUID | None] = [*schools] or [None]
    grants = [Grant(role=role, school=school, starts_on=TODAY) for school in where]
    rights = rights_of(grants, TODAY)
    return Actor(id=user_id, user_id=user_id, everywhere=rights.everywhere, at_schools=rights.at_schools)


async def token_of(
    database: Database,
    role: Role = Role.ADMIN,
    *permissions: Permission,
    schools: Iterable[uuid.UUID] = (),
    school: uuid.UUID | None = None,
    days: int = 90,
    name: str = "Skemaprogrammet",
    of: str = "",
) -> tuple[MadeToken, uuid.UUID]:
    """Somebody new with a role, and a token of theirs; all their rights unless some are named."""
    schools = list(schools)
    _, user_id = await open_session_for(database, role, schools=schools, name=of)
    actor = actor_of(user_id, role, schools)
    wanted = permissions or tuple(each for each in Permission if actor.may_somewhere(each))
    command = MakeToken(
        name=name,
        permissions=[each.value for each in wanted],
        school_id=school,
        ends_on=TODAY + timedelta(days=days),
    )
    async with transaction(database.writers) as session:
        return await make_token(session, actor, command, NOON, TODAY, ZONE), user_id
