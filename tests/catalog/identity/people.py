"""People as the tests of this slice need them: with a link, with an account, at a school."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from litestar import Litestar

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity import people
from catalog.identity.invitations import Invited, invite
from catalog.identity.local.hashing import hash_password
from catalog.identity.models import User
from catalog.organisations.models import School
from tests.conftest import NOON, PROOF_KEY, TODAY

PASSWORD = "fjorten blå ugler synger"  # noqa: S105 - of invented people
OTHER_PASSWORD = "sytten grønne tage flyver"  # noqa: S105 - of invented people


async def store_person(
    database: Database,
    role: Role | None = Role.TEACHER,
    *,
    name: str = "Inge Bregnvig",
    mail: str = "",
    username: str = "",
    password: str = PASSWORD,
    schools: Iterable[uuid.UUID] = (),
    seen: bool = True,
    is_demo: bool = False,
) -> uuid.UUID:
    """Somebody with a role and, where they have a user name, a local account."""
    hashed = await hash_password(password) if username else ""
    async with transaction(database.writers) as session:
        user = await people.add_user(session, SYSTEM, now=NOON, name=name, mail=mail)
        user.username, user.password_hash = username or None, hashed
        user.seen_at, user.is_demo = NOON if seen else None, is_demo
        scopes: list[uuid.UUID | None] = [*schools]
        for school in scopes or [None]:
            if role is not None:
                await people.grant_role(session, SYSTEM, user.id, role, now=NOON, starts_on=TODAY, school_id=school)
        return user.id


async def store_school(database: Database, name: str = "Mågebakkeskolen", code: str = "999101") -> uuid.UUID:
    async with transaction(database.writers) as session:
        school = School(code=code, name=name, kind="folkeskole", grades=["0", "1"])
        session.add(school)
        return school.id


async def make_link(app: Litestar, user_id: uuid.UUID | None = None, now: datetime = NOON) -> Invited:
    """A one-time link; of somebody new who will administer where nobody is named."""
    async with transaction(app.state.database.writers) as session:
        if user_id is None:
            user_id = (await people.add_user(session, SYSTEM, now=now)).id
            await people.grant_role(session, SYSTEM, user_id, Role.ADMIN, now=now, starts_on=now.date())
        return await invite(session, SYSTEM, user_id, PROOF_KEY.encode(), now)


async def read_user(database: Database, user_id: uuid.UUID) -> User:
    async with transaction(database.readers) as session:
        return await people.get_user(session, user_id)
