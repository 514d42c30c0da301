"""Keeps an engine level with a feed of changes: batch by batch, skipping none, and saying what it could not do.

The feed belongs to the caller: a function from a position to the changes after it and the position behind them. A
batch may come again after a crash: putting a document twice changes nothing.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from search.port import Document, Engine

Position = TypeVar("Position")
Change: TypeAlias = tuple[str, Document | None]
"""An id with its document, or with None where it is gone."""
Source: TypeAlias = Callable[[Position], Awaitable[tuple[Sequence[Change], Position]]]
"""No changes: the reader is level with the feed. What fails in it comes out of ``Indexer.advance``."""


class Indexer(Generic[Position]):
    """Reads one feed into one engine; one task at a time may drive it."""

    def __init__(
        self,
        engine: Engine,
        source: Source[Position],
        position: Position,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._source = source
        self._now = now
        self._level_at = now()
        self._refused: dict[str, str] = {}
        self.position = position

    @property
    def refused(self) -> Mapping[str, str]:
        """By id, why the engine would not take its document; its last good state is still found."""
        return dict(self._refused)

    @property
    def lag(self) -> float:
        """Seconds since the engine was last known to be level with the feed."""
        return self._now() - self._level_at

    async def advance(self) -> int:
        """Bring in the next batch; the number of its changes, 0 when level with the feed.

        Raises:
            SearchUnavailable: the engine is away; the position stays, so the batch comes again.
        """
        asked = self._now()
        changes, position = await self._source(self.position)
        if changes:
            await self._write(dict(changes))
        else:
            self._level_at = asked
        self.position = position
        return len(changes)

    async def catch_up(self) -> int:
        """Advance until level with the feed; the number of changes brought in."""
        total = 0
        while count := await self.advance():
            total += count
        return total

    async def _write(self, latest: Mapping[str, Document | None]) -> None:
        """Write only the last change of each id; one document that is refused must not keep back the others."""
        try:
            await self._put_and_delete(latest)
        except ValueError:
            for one, document in latest.items():
                try:
                    await self._put_and_delete({one: document})
                except ValueError as error:
                    self._refused[one] = str(error)

    async def _put_and_delete(self, latest: Mapping[str, Document | None]) -> None:
        if documents := [document for document in latest.values() if document is not None]:
            await self._engine.put(documents)
        if gone := [one for one, document in latest.items() if document is None]:
            await self._engine.delete(gone)
        for one in latest:
            self._refused.pop(one, None)
