"""What is dropped when it was kept long enough, and what is not yet."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.idempotency import KeptAnswer
from catalog.core.mail import MailFailure
from catalog.core.settings import Settings
from catalog.identity import mailing
from catalog.identity.invitations import invite
from catalog.identity.models import ApiToken, Invitation, Session, SignInAttempt, SpentSignIn
from catalog.identity.people import add_user
from catalog.identity.sessions import open_session
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from tests.conftest import NOON

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


async def fill(database: Database) -> uuid.UUID:
    """One of everything that is dropped after a time; whose it is."""
    async with transaction(database.writers) as session:
        user = await add_user(session, SYSTEM, name="Nina Nord", now=NOON)
        await open_session(session, user, NOON, way="local")
        made = await invite(session, SYSTEM, user.id, b"only for tests", NOON)
        session.add(MailFailure(topic=mailing.TOPIC, key=str(made.id), attempts=1))
        session.add(SignInAttempt(key="a", at=NOON))
        session.add(SpentSignIn(state_hash="a", expires_at=NOON + timedelta(minutes=10)))
        answer = KeptAnswer(actor_id=user.id, address="/", key="a", body_hash="", status=201, body="", kept_at=NOON)
        session.add(answer)
        for name, revoked in (("revoked", NOON), ("in force", None)):
            session.add(
                ApiToken(
                    user_id=user.id,
                    name=name,
                    hash=name,
                    beginning="hylde_",
                    permissions=[],
                    created_at=NOON,
                    expires_at=NOON + 100 * DAY,
                    revoked_at=revoked,
                )
            )
        return user.id


async def left(database: Database) -> set[str]:
    models = (Session, Invitation, MailFailure, SignInAttempt, SpentSignIn, KeptAnswer)
    async with database.readers() as session:
        found = {model.__tablename__ for model in models if await session.scalar(select(model).limit(1))}
        return found | set(await session.scalars(select(ApiToken.name)))


EVERYTHING = {
    "session",
    "invitation",
    "mail_failure",
    "sign_in_attempt",
    "spent_sign_in",
    "kept_answer",
    "revoked",
    "in force",
}


async def test_each_thing_is_dropped_in_its_time_and_not_before(
    database: Database, region: Region, settings: Settings
) -> None:
    await fill(database)
    gone: set[str] = set()
    for after, drops in (
        (timedelta(), set()),
        (timedelta(minutes=10), {"spent_sign_in"}),
        (2 * HOUR - SECOND, set()),
        (2 * HOUR, {"session"}),
        (DAY - SECOND, set()),
        (DAY, {"sign_in_attempt", "kept_answer"}),
        (7 * DAY - SECOND, set()),
        (7 * DAY, {"invitation", "mail_failure"}),
        (30 * DAY - SECOND, set()),
        (30 * DAY, {"revoked"}),
        (130 * DAY - SECOND, set()),
        (130 * DAY, {"in force"}),
    ):
        await Worker(settings, database, region, lambda moment=NOON + after: moment).tidy()  # type: ignore[misc]
        gone |= drops
        assert await left(database) == EVERYTHING - gone, after


async def test_a_mail_that_failed_goes_with_its_link_whoever_drew_that_back(
    database: Database, region: Region, settings: Settings
) -> None:
    user_id = await fill(database)
    async with transaction(database.writers) as session:  # a newer link takes the place of the first
        made = await invite(session, SYSTEM, user_id, b"only for tests", NOON)
        session.add(MailFailure(topic=mailing.TOPIC, key=str(made.id), attempts=1))
        session.add(MailFailure(topic="another", key="x", attempts=1))
    await Worker(settings, database, region, lambda: NOON).tidy()
    async with database.readers() as session:
        assert set(await session.scalars(select(MailFailure.key))) == {str(made.id), "x"}


async def test_the_worker_tidies_once_an_hour(database: Database, region: Region, settings: Settings) -> None:
    now = NOON
    worker = Worker(settings, database, region, lambda: now)
    await worker.tidy()
    await fill(database)
    now = NOON + HOUR - SECOND
    await worker.tidy()
    assert await left(database) == EVERYTHING
    now = NOON + HOUR
    await worker.tidy()
    assert await left(database) == EVERYTHING - {"spent_sign_in"}
