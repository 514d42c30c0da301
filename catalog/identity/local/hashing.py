"""argon2id in threads of its own, few at a time: ten sign-ins at once take turns while the loop answers others."""

import asyncio
import base64
import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeAlias, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from catalog.core.errors import Unavailable

T = TypeVar("T")
MEMORY_KIB, ROUNDS, LANES = 47_104, 2, 1
"""46 MiB, twice over: above the least that OWASP names; one lane, so that one sign-in takes one core."""
SALT_BYTES, HASH_BYTES = 16, 32
MOST_WAITING = 100
HASHER = PasswordHasher(
    time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=HASH_BYTES, salt_len=SALT_BYTES
)


def _text(length: int) -> str:
    return base64.b64encode(bytes(length)).decode().rstrip("=")


NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p={LANES}${_text(SALT_BYTES)}${_text(HASH_BYTES)}"
"""What a password is compared with where there is none: it costs the same time and fits nothing."""
Work: TypeAlias = Callable[[], T]


def _step_back() -> None:
    """Let every other thread go first, where the system knows threads apart: a page is waited for in another way."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)


class Turns:
    """Slow work in a few threads; who would be the hundred-and-first to wait is told to come back."""

    def __init__(self, threads: int, most: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords", initializer=_step_back)
        self._waiting, self._most = 0, most

    async def take(self, work: Work[T]) -> T:
        """Raises Unavailable where too many wait."""
        if self._waiting >= self._most:
            raise Unavailable(retry_after=10)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


TURNS = Turns(max(1, (os.cpu_count() or 1) // 2), MOST_WAITING)
"""Half of the cores at most: the other half answers."""


async def hash_password(password: str) -> str:
    return await TURNS.take(partial(HASHER.hash, password))


async def fits(stored: str, password: str) -> bool:
    """Whether a password is the one of a hash; "" is a hash that nothing fits, found out in the same time."""
    return await TURNS.take(partial(_fits, stored or NOBODYS, password))


def _fits(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except InvalidHashError:
        return False
    except VerificationError:
        if stored != NOBODYS and is_outdated(stored):  # a weaker hash is refused sooner, and would tell of itself
            with contextlib.suppress(VerificationError):
                HASHER.verify(NOBODYS, password)
        return False


def is_outdated(stored: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return HASHER.check_needs_rehash(stored)
