"""Keys of programs: who may make which, that a hash alone is stored, and that one's own can be taken back."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid, NotFound
from catalog.core.roles import Role
from catalog.identity.models import ApiToken
from catalog.identity.tokens.errors import TooManyTokens
from catalog.identity.tokens.schemas import MadeToken, MakeToken
from catalog.identity.tokens.service import MOST, list_tokens, make_token, note_use, revoke_token
from catalog.organisations.models import School
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from tests.api.programs import ZONE, actor_of
from tests.conftest import NOON, TODAY, open_session_for

ALL_YEAR = TODAY + timedelta(days=365)


@pytest.fixture
async def schools(database: Database) -> list[uuid.UUID]:
    """Two schools."""
    facts = [
        SchoolFacts(code=code, name=name, kind="folkeskole", grades=["0", "1"])
        for code, name in (("101001", "Bakkeskolen"), ("101002", "Åskolen"))
    ]
    async with transaction(database.writers) as session:
        await keep_schools(session, SYSTEM, facts)
        return list(await session.scalars(select(School.id).order_by(School.code)))


async def person(database: Database, role: Role, *schools: uuid.UUID) -> Actor:
    _, user_id = await open_session_for(database, role, schools=schools)
    return actor_of(user_id, role, schools)


async def make(database: Database, actor: Actor, *permissions: str, **more: Any) -> MadeToken:
    wanted = {"name": "Skema", "permissions": list(permissions), "ends_on": TODAY + timedelta(days=90), **more}
    async with transaction(database.writers) as session:
        return await make_token(session, actor, MakeToken(**wanted), NOON, TODAY, ZONE)


async def test_the_secret_is_told_once_and_only_its_hash_is_stored(database: Database) -> None:
    actor = await person(database, Role.REVIEWER)

    made = await make(database, actor, "import")

    assert made.secret.startswith("hylde_")
    assert len(made.secret) == len("hylde_") + 43, "256 bits"
    async with transaction(database.readers) as session:
        row = (await session.execute(text("SELECT * FROM api_token"))).one()
        audited = (await session.execute(text("SELECT * FROM audit"))).all()
    assert made.secret not in str(row)
    assert row.beginning == made.secret[:12]
    assert made.secret not in str(audited), "nor in the audit log"
    assert (await make(database, actor, "import")).secret != made.secret


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"name": ""}, "name", "field-missing"),
        ({"name": "x" * 101}, "name", "too-long"),
        ({"permissions": []}, "permissions", "choose-one"),
        ({"permissions": ["manage-users"]}, "permissions", "not-your-right"),
        ({"permissions": ["all"]}, "permissions", "not-your-right"),
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on", "day-over"),
        ({"ends_on": ALL_YEAR + timedelta(days=1)}, "ends_on", "more-than-a-year"),
        ({"school_id": uuid.UUID(int=5), "permissions": ["read-schools"]}, "school", "unknown-code"),
    ],
)
async def test_what_cannot_be_meant_is_refused_at_its_field(
    database: Database, changed: dict[str, Any], field: str, code: str
) -> None:
    actor = await person(database, Role.REVIEWER)
    given = {"permissions": ["import"], **changed}

    with pytest.raises(Invalid) as refused:
        await make(database, actor, *given.pop("permissions"), **given)

    assert refused.value.errors == {field: code}


async def test_a_year_is_the_longest_and_the_last_day_is_whole(database: Database) -> None:
    actor = await person(database, Role.REVIEWER)

    await make(database, actor, "import", ends_on=ALL_YEAR)
    await make(database, actor, "import", ends_on=TODAY)

    async with transaction(database.readers) as session:
        ends = [token.expires_at.astimezone(ZONE) for token in await session.scalars(select(ApiToken))]
    assert {(end.hour, end.date()) for end in ends} == {
        (0, ALL_YEAR + timedelta(days=1)),
        (0, TODAY + timedelta(days=1)),
    }


async def test_a_school_is_one_where_the_person_holds_the_right_and_the_right_is_a_schools(
    database: Database, schools: list[uuid.UUID]
) -> None:
    own, other = schools
    leader, admin = await person(database, Role.SCHOOL_LEADER, own), await person(database, Role.ADMIN)

    await make(database, leader, "manage-devices", school_id=own)
    await make(database, admin, "manage-devices", school_id=other)

    for actor, code in ((leader, "not-your-right"), (admin, "not-for-one-school")):
        right = "manage-devices" if actor is leader else "import"
        with pytest.raises(Invalid) as refused:
            await make(database, actor, right, school_id=other)
        assert refused.value.errors == {"permissions": code}


async def test_a_program_and_the_machine_make_none(database: Database) -> None:
    user = await person(database, Role.ADMIN)
    program = Actor(id=uuid.UUID(int=9), user_id=user.id, everywhere=user.everywhere)

    for actor in (program, SYSTEM):
        with pytest.raises(NotFound):
            await make(database, actor, "import")


async def test_nobody_has_more_than_fifty_that_hold(database: Database) -> None:
    actor = await person(database, Role.REVIEWER)
    for _ in range(MOST - 1):
        await make(database, actor, "import")
    last = await make(database, actor, "import")

    with pytest.raises(TooManyTokens):
        await make(database, actor, "import")

    async with transaction(database.writers) as session:
        await revoke_token(session, actor, last.id, NOON)
    assert (await make(database, actor, "import")).id != last.id


async def test_one_revokes_ones_own_once_and_nobody_elses(database: Database) -> None:
    owner, other = await person(database, Role.REVIEWER), await person(database, Role.ADMIN)
    made = await make(database, owner, "import")

    for actor in (other, owner, owner):
        try:
            async with transaction(database.writers) as session:
                await revoke_token(session, actor, made.id, NOON)
        except NotFound:
            continue
    async with transaction(database.readers) as session:
        assert await list_tokens(session, owner, NOON) == []
        acts = await session.scalars(select(AuditEntry).where(AuditEntry.action == "revoke-token"))
        assert [act.actor_id for act in acts] == [str(owner.id)], "once, by its owner"


async def test_the_list_says_what_a_program_has_lost_and_what_has_run_out(
    database: Database, schools: list[uuid.UUID]
) -> None:
    actor = await person(database, Role.REVIEWER)
    await make(database, actor, "import", "decide")
    weaker = Actor(id=actor.id, user_id=actor.id, everywhere=frozenset({Permission.IMPORT}))

    async with transaction(database.readers) as session:
        (before,) = await list_tokens(session, actor, NOON)
        (after,) = await list_tokens(session, weaker, NOON + timedelta(days=100))

    assert (before.permissions, before.lost, before.is_over) == (["decide", "import"], [], False)
    assert (after.lost, after.is_over) == (["decide"], True)


async def test_the_last_use_is_noted_at_most_each_five_minutes(database: Database) -> None:
    made = await make(database, await person(database, Role.REVIEWER), "import")
    noted = []

    for minutes in (0, 4, 6):
        async with transaction(database.writers) as session:
            await note_use(session, made.id, NOON + timedelta(minutes=minutes))
            noted.append(await last_use(session))

    assert noted == [NOON, NOON, NOON + timedelta(minutes=6)]


async def last_use(session: AsyncSession) -> Any:
    return await session.scalar(select(ApiToken.last_used_at))
