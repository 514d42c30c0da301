"""Local accounts: proving a password, taking an account by a one-time link, changing the password.

What is slow or must be kept although the answer is a refusal has short transactions of its own and is done before the
request's transaction begins: a writer that waits for argon2 would make every other one wait.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor
from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid, NotFound
from catalog.core.settings import Settings
from catalog.identity import people, sessions
from catalog.identity.errors import LocalAccountsOff, UsernameTaken, WrongPassword
from catalog.identity.invitations import find_invited, spend
from catalog.identity.local import throttle
from catalog.identity.local.hashing import TURNS, fits, hash_password, is_outdated
from catalog.identity.local.passwords import LONGEST, fold_username, is_username, normalise, password_fault
from catalog.identity.models import User

log = structlog.get_logger(__name__)
OURS = "hylde"
"""The name everybody knows this service by."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A password that was right a moment ago."""

    user_id: uuid.UUID
    stored: str
    """The hash it fitted."""
    renewed: str
    """A hash by today's parameters; "" where the stored one is."""
    attempt: throttle.Attempt


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A password that may be used, hashed."""

    user_id: uuid.UUID
    stored: str
    """The hash it takes the place of."""
    hash: str


async def prove(
    database: Database, settings: Settings, secret: bytes, username: str, password: str, address: str, now: datetime
) -> Proof:
    """Find out who signs in.

    Raises:
        WrongPassword: nobody has the name, the password is another, or the person has left; nobody is told which.
        TooManyRequests: there were many failures; the password is not looked at.
        LocalAccountsOff: nobody signs in by a password here.
    """
    _require_local(settings)
    name, password = fold_username(username), normalise(password)
    async with transaction(database.writers) as session:
        attempt = await throttle.begin(session, secret, name, address, now)
    async with transaction(database.readers) as session:
        known = select(User.id, User.password_hash).where(User.username == name, User.left_at.is_(None))
        found = (await session.execute(known)).one_or_none()
    stored = found.password_hash if found else ""
    if not await fits(stored, password[: LONGEST + 1]) or found is None:
        log.info("sign-in refused", attempt=str(attempt.by_address or ""))
        raise WrongPassword
    renewed = await hash_password(password) if is_outdated(stored) else ""
    return Proof(user_id=found.id, stored=stored, renewed=renewed, attempt=attempt)


async def admit(session: AsyncSession, proof: Proof) -> User:
    """The person a proof is of, unless they left or changed the password in between.

    Raises:
        WrongPassword: they did.
    """
    try:
        user = await people.hold_user(session, proof.user_id)
    except NotFound:
        raise WrongPassword from None
    if user.left_at is not None or user.password_hash != proof.stored:
        raise WrongPassword
    if proof.renewed:
        user.password_hash = proof.renewed
    await throttle.forgive(session, proof.attempt)
    return user


async def prepare_account(
    database: Database, settings: Settings, link: str, username: str, password: str, now: datetime
) -> NewPassword:
    """Check what somebody with a one-time link chose, and hash the password.

    Raises:
        LinkSpent: the link opens nothing.
        Invalid: ``username`` or ``password`` cannot be used.
        LocalAccountsOff: nobody signs in by a password here.
    """
    _require_local(settings)
    async with transaction(database.readers) as session:
        _, user = await find_invited(session, link, now)
    errors: dict[str, str] = {}
    if not is_username(fold_username(username)):
        errors["username"] = "not-a-username"
    if fault := await _fault(settings, user, fold_username(username), password):
        errors["password"] = fault
    if errors:
        raise Invalid(errors=errors)
    return NewPassword(user_id=user.id, stored=user.password_hash, hash=await hash_password(normalise(password)))


async def take_account(
    session: AsyncSession, secret: bytes, link: str, username: str, chosen: NewPassword, now: datetime
) -> User:
    """Spend the link: the account has this name and password from now on, and whatever was open before is closed.

    Raises:
        LinkSpent: it was spent or ran out in between.
        UsernameTaken: somebody else has the name; the link is not spent then.
    """
    invitation, user = await find_invited(session, link, now)
    user, name = await people.hold_user(session, user.id), fold_username(username)
    had_account = bool(user.password_hash)
    if await session.scalar(select(User.id).where(User.username == name, User.id != user.id)):
        raise UsernameTaken
    await spend(session, invitation.id, now)
    user.username, user.password_hash = name, chosen.hash
    user.version += 1
    owner = Actor(id=user.id, user_id=user.id)
    await sessions.end_all_sessions(session, owner, user.id)
    if had_account:  # who lost their way in may have lost it to somebody: what that one made must not outlive it
        await people.revoke_tokens(session, user.id, now)
        audit.record(session, owner, "revoke-tokens", "person", user.id, ("tokens",))
    await throttle.forgive_account(session, secret, name)
    audit.record(session, Actor(id=user.id), "take-account", "person", user.id, ("password", "username"))
    await session.flush()
    return user


async def prepare_change(
    database: Database, secret: bytes, settings: Settings, user_id: uuid.UUID | None, old: str, new: str, now: datetime
) -> NewPassword:
    """Prove the old password and check and hash the new one.

    Raises:
        NotFound: there is no such person, or they have no local account.
        Invalid: ``old`` is wrong, or ``new`` cannot be used.
        TooManyRequests: there were many wrong ones.
        LocalAccountsOff: nobody signs in by a password here.
    """
    _require_local(settings)
    async with transaction(database.readers) as session:
        user = await session.get(User, user_id) if user_id else None
    if user is None or not user.username or not user.password_hash:
        raise NotFound
    async with transaction(database.writers) as session:
        attempt = await throttle.begin(session, secret, user.username, "", now)
    if not await fits(user.password_hash, normalise(old)[: LONGEST + 1]):
        raise Invalid(errors={"old": "password-wrong"})
    async with transaction(database.writers) as session:
        await throttle.forgive(session, attempt)
    if fault := await _fault(settings, user, user.username, new):
        raise Invalid(errors={"new": fault})
    return NewPassword(user_id=user.id, stored=user.password_hash, hash=await hash_password(normalise(new)))


async def change_password(
    session: AsyncSession, actor: Actor, change: NewPassword, *, keep: uuid.UUID | None = None
) -> int:
    """Store a new password and end every session but one; how many were ended.

    Raises:
        NotFound: it is somebody else's.
        WrongPassword: the old one was changed in between.
    """
    user = await people.hold_user(session, change.user_id)
    if actor.user_id != user.id:
        raise NotFound
    if user.password_hash != change.stored:
        raise WrongPassword
    user.password_hash = change.hash
    audit.record(session, actor, "change-password", "person", user.id, ("password",))
    return await sessions.end_all_sessions(session, actor, user.id, but=keep)


def _require_local(settings: Settings) -> None:
    if not settings.local_accounts:
        raise LocalAccountsOff


async def _fault(settings: Settings, user: User, username: str, password: str) -> str:
    known: Sequence[str] = (username, user.name, user.mail.partition("@")[0], settings.municipality, OURS)
    return await TURNS.take(partial(password_fault, normalise(password), known))
