"""Sign-ins that fail are slowed down by account and by address, counted in the database for all processes at once.

An attempt is noted before its password is looked at and forgotten when it was right, so that a thousand at once count
as a thousand. The longest wait is a quarter of an hour. Names nobody has count as well. Who keeps failing somebody's
name keeps its owner waiting: a new one-time link forgets the failures of the account.
"""

import hashlib
import hmac
import math
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.db import is_postgresql
from catalog.core.errors import TooManyRequests
from catalog.identity.models import SignInAttempt

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_DOUBLINGS = 10
"""More would be longer than the longest wait in any case."""


class Pace(msgspec.Struct, frozen=True):
    """So many failures go unhindered within a time; each one more doubles the wait for the next."""

    free: int
    within: timedelta


BY_ACCOUNT = Pace(5, timedelta(days=1))
BY_ADDRESS = Pace(30, timedelta(hours=1))
"""A whole school may come from one address."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in that is under way."""

    account: str
    """The key of its account, of which everything is forgotten when it succeeds."""
    by_address: uuid.UUID | None


def wait(pace: Pace, earlier: Sequence[datetime], now: datetime) -> timedelta:
    """How long until the next attempt is looked at; nothing where it may be now."""
    recent = [at for at in earlier if at > now - pace.within]
    over = len(recent) - pace.free
    if over < 0:
        return timedelta()
    pause = min(FIRST_WAIT * (1 << min(over, _DOUBLINGS)), LONGEST_WAIT)
    return min(max(max(recent) + pause - now, timedelta()), LONGEST_WAIT)  # the clock may have been set back


def key_of(secret: bytes, kind: str, value: str) -> str:
    """What is stored of an account's name or of an address: without the secret it tells neither."""
    return hmac.new(secret, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()


async def begin(session: AsyncSession, secret: bytes, username: str, address: str, now: datetime) -> Attempt:
    """Note an attempt, in a transaction that is committed before the password is looked at.

    Raises:
        TooManyRequests: it comes too soon; it is not noted then, and waiting ends the wait.
    """
    paces = {key_of(secret, "account", username): BY_ACCOUNT}
    if address:
        paces[key_of(secret, "address", address)] = BY_ADDRESS
    await _one_at_a_time(session, sorted(paces))
    longest = timedelta()
    for key, pace in paces.items():
        query = select(SignInAttempt.at).where(SignInAttempt.key == key, SignInAttempt.at > now - pace.within)
        longest = max(longest, wait(pace, (await session.scalars(query)).all(), now))
    if longest:
        raise TooManyRequests(retry_after=math.ceil(longest.total_seconds()))
    rows = [SignInAttempt(key=key, at=now) for key in paces]
    session.add_all(rows)
    return Attempt(account=rows[0].key, by_address=rows[1].id if address else None)


async def _one_at_a_time(session: AsyncSession, keys: Sequence[str]) -> None:
    """Two that count the same rows wait for each other; SQLite has one writer anyway."""
    if is_postgresql(session):
        for key in keys:
            number = int.from_bytes(bytes.fromhex(key[:16]), signed=True)
            await session.execute(select(func.pg_advisory_xact_lock(number)))


async def forgive(session: AsyncSession, attempt: Attempt) -> None:
    """It was right: the account starts anew; of the address only this attempt is taken back.

    Otherwise whoever has one account could try others from the same address for ever.
    """
    await session.execute(delete(SignInAttempt).where(SignInAttempt.key == attempt.account))
    await session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt.by_address))


async def forgive_account(session: AsyncSession, secret: bytes, username: str) -> None:
    """Whoever proved themselves by a link need not wait for others who tried."""
    await session.execute(delete(SignInAttempt).where(SignInAttempt.key == key_of(secret, "account", username)))
