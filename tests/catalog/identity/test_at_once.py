"""Two acts on one person at once: the second waits for the first, and finds what it left."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import SYSTEM, Actor
from catalog.core.db import Database, transaction
from catalog.core.registries import Owned, Ownership
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity import people, sessions
from catalog.identity.errors import HasLeft, WrongPassword
from catalog.identity.invitations import invite
from catalog.identity.local.hashing import hash_password
from catalog.identity.local.service import (
    NewPassword,
    Proof,
    admit,
    change_password,
    prepare_account,
    prove,
    take_account,
)
from catalog.identity.models import ApiToken, Invitation, Session
from catalog.identity.tokens.errors import TooManyTokens
from catalog.identity.tokens.schemas import MakeToken
from catalog.identity.tokens.service import MOST, make_token
from catalog.identity.users import service
from tests.api.programs import ZONE, actor_of
from tests.catalog.identity.people import OTHER_PASSWORD, PASSWORD, read_user, store_person
from tests.conftest import NOON, PROOF_KEY, TODAY

SECRET = PROOF_KEY.encode()
Act: TypeAlias = Callable[[AsyncSession], Awaitable[object]]


async def one_within_the_other(database: Database, first: Act, second: Act) -> object:
    """The first is done but not committed when the second begins; what came of the second."""
    begun = asyncio.Event()

    async def lead() -> None:
        async with transaction(database.writers) as session:
            await first(session)
            begun.set()
            await asyncio.sleep(0.3)

    async def follow() -> None:
        await begun.wait()
        async with transaction(database.writers) as session:
            await second(session)

    led, followed = await asyncio.gather(lead(), follow(), return_exceptions=True)
    assert led is None
    return followed


@pytest.fixture
async def inge(database: Database) -> uuid.UUID:
    """Has an account whose hash is of weaker parameters, so that a sign-in writes another one."""
    user_id = await store_person(database, username="inge")
    async with transaction(database.writers) as session:
        user = await people.hold_user(session, user_id)
        user.password_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    return user_id


@pytest.fixture
async def proof(database: Database, settings: Settings, inge: uuid.UUID) -> Proof:
    made = await prove(database, settings, SECRET, "inge", PASSWORD, "192.0.2.1", NOON)
    assert made.renewed, "control: signing in would write"
    return made


def entering(proof: Proof) -> Act:
    async def act(session: AsyncSession) -> None:
        user = await admit(session, proof)
        await sessions.open_session(session, user, NOON, way="local")

    return act


def changing(change: NewPassword) -> Act:
    async def act(session: AsyncSession) -> None:
        await change_password(session, Actor(id=change.user_id, user_id=change.user_id), change)

    return act


async def new_password(proof: Proof) -> NewPassword:
    return NewPassword(user_id=proof.user_id, stored=proof.stored, hash=await hash_password(OTHER_PASSWORD))


async def how_many(database: Database, table: type[Any], *conditions: Any) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


async def test_a_sign_in_under_way_neither_undoes_a_new_password_nor_opens_a_session_by_the_old(
    database: Database, proof: Proof
) -> None:
    change = await new_password(proof)
    refused = await one_within_the_other(database, changing(change), entering(proof))
    assert isinstance(refused, WrongPassword)
    assert (await read_user(database, proof.user_id)).password_hash == change.hash
    assert await how_many(database, Session) == 0


async def test_a_password_that_a_sign_in_hashed_anew_a_moment_ago_is_read_anew_before_it_is_changed(
    database: Database, proof: Proof
) -> None:
    refused = await one_within_the_other(database, entering(proof), changing(await new_password(proof)))
    assert isinstance(refused, WrongPassword)
    assert (await read_user(database, proof.user_id)).password_hash == proof.renewed


async def test_a_new_password_ends_the_session_that_the_old_one_was_opening(
    database: Database, settings: Settings
) -> None:
    await store_person(database, username="inge")
    proof = await prove(database, settings, SECRET, "inge", PASSWORD, "192.0.2.1", NOON)
    change = await new_password(proof)
    assert await one_within_the_other(database, entering(proof), changing(change)) is None
    assert (await read_user(database, proof.user_id)).password_hash == change.hash
    assert await how_many(database, Session) == 0


@pytest.mark.parametrize("link_first", [True, False])
async def test_an_account_that_is_taken_by_a_link_is_out_of_reach_of_a_sign_in_under_way(
    database: Database, settings: Settings, proof: Proof, *, link_first: bool
) -> None:
    async with transaction(database.writers) as session:
        link = (await invite(session, SYSTEM, proof.user_id, SECRET, NOON)).secret
    chosen = await prepare_account(database, settings, link, "inge", OTHER_PASSWORD, NOON)

    async def take(session: AsyncSession) -> None:
        await take_account(session, SECRET, link, "inge", chosen, "192.0.2.2", NOON)

    order = (take, entering(proof)) if link_first else (entering(proof), take)
    outcome = await one_within_the_other(database, *order)
    assert isinstance(outcome, WrongPassword) if link_first else outcome is None
    assert (await read_user(database, proof.user_id)).password_hash == chosen.hash
    assert await how_many(database, Session) == 0


async def test_of_five_links_that_are_made_at_once_one_is_open(database: Database) -> None:
    user_id = await store_person(database)

    async def make() -> None:
        async with transaction(database.writers) as session:
            await invite(session, SYSTEM, user_id, SECRET, NOON)

    await asyncio.gather(*(make() for _ in range(5)))
    assert await how_many(database, Invitation, Invitation.used_at.is_(None)) == 1


async def test_of_five_keys_that_are_made_at_once_one_is_the_fiftieth(database: Database) -> None:
    actor = actor_of(await store_person(database, Role.REVIEWER), Role.REVIEWER)
    wanted = MakeToken(name="Skema", permissions=["import"], ends_on=TODAY + timedelta(days=90))

    async def make() -> None:
        async with transaction(database.writers) as session:
            await make_token(session, actor, wanted, NOON, TODAY, ZONE)

    for _ in range(MOST - 1):
        await make()
    outcomes = await asyncio.gather(*(make() for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in outcomes if each is not None] == [TooManyTokens] * 4
    assert await how_many(database, ApiToken) == MOST


async def test_who_is_leaving_is_given_nothing(database: Database) -> None:
    giver, leaver = await store_person(database), await store_person(database)

    async def leave(session: AsyncSession) -> None:
        await service.let_go(session, SYSTEM, (), leaver, None, now=NOON, today=TODAY)

    async def give(session: AsyncSession) -> None:
        await service.transfer(session, SYSTEM, (), giver, leaver)

    assert isinstance(await one_within_the_other(database, leave, give), HasLeft)
    async with transaction(database.writers) as session:  # control: to somebody who stays
        await service.transfer(session, SYSTEM, (), leaver, giver)


async def test_of_two_who_leave_at_once_and_name_each_other_one_stays(database: Database) -> None:
    first, second = await store_person(database), await store_person(database)

    async def owned_by(_: object, __: uuid.UUID) -> list[Owned]:
        await asyncio.sleep(0.2)
        return [Owned(id="1", text="Nøgle")]

    async def transfer(*_: object) -> int:
        return 1

    keys = Ownership(name="keys", label="Keys", owned_by=owned_by, transfer=transfer)

    async def leave(leaver: uuid.UUID, heir: uuid.UUID) -> None:
        async with transaction(database.writers) as session:
            await service.let_go(session, SYSTEM, [keys], leaver, heir, now=NOON, today=TODAY)

    outcomes = await asyncio.gather(leave(first, second), leave(second, first), return_exceptions=True)
    assert {type(each) for each in outcomes} == {type(None), HasLeft}
    left = [(await read_user(database, each)).left_at for each in (first, second)]
    assert left.count(None) == 1
