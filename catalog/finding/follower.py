"""The task of each process that serves: fill the index, then follow the feed for as long as the process lives."""

import asyncio
import contextlib

import structlog
from sqlalchemy.exc import SQLAlchemyError

from catalog.finding.index import Index
from search.port import SearchUnavailable

log = structlog.get_logger(__name__)
PAUSE = 0.5
"""Seconds between two looks at the feed when nobody rings."""


async def follow(index: Index, bell: asyncio.Event) -> None:
    """Keep the index up with the database until cancelled; a database that is away is asked again."""
    while True:
        bell.clear()
        try:
            if not index.ready.is_set():
                log.info("index filled", documents=await index.fill())
            await index.catch_up()
        except (SQLAlchemyError, SearchUnavailable) as error:
            log.warning("index waits", exc_info=error)
        except Exception:  # whatever it is, the next look may succeed, and a dead reader would go unnoticed
            log.exception("index cannot follow")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):  # wait_for can swallow the cancellation when the bell rings
                await bell.wait()
