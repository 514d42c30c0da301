"""What every route that changes something must stand: a COMMIT that fails, and requests nobody signed in sent."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from catalog.core.db import Database
from catalog.core.roles import Role
from catalog.web.security import HEADER
from tests.conftest import Client, OpenClient, sign_in


@contextmanager
def commits_fail(database: Database) -> Iterator[None]:
    """While the block runs, the disk is full whenever a transaction ends."""

    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", None, OSError("no space left on device"))

    event.listen(database.engine.sync_engine, "commit", fail)
    try:
        with capture_logs():
            yield
    finally:
        event.remove(database.engine.sync_engine, "commit", fail)


async def knock(open_client: OpenClient, *sends: Callable[[Client], Awaitable[Any]]) -> list[list[int]]:
    """For each request the answers to a stranger, to a teacher, without a proof and with a wrong one."""
    found = []
    async with open_client() as signed_in, open_client() as stranger, open_client() as teacher:
        await sign_in(signed_in)
        await sign_in(teacher, Role.TEACHER)
        proof = signed_in.headers[HEADER]
        for send in sends:
            answers = [await send(client) for client in (stranger, teacher)]
            del signed_in.headers[HEADER]
            answers.append(await send(signed_in))
            signed_in.headers[HEADER] = "0" * 64
            answers.append(await send(signed_in))
            signed_in.headers[HEADER] = proof
            found.append([answer.status_code for answer in answers])
    return found


REFUSED = [401, 403, 403, 403]
"""What ``knock`` finds at a door that holds."""
