"""What a search page costs: our engine, the same tantivy calls without it, and naive FTS5 with SQL counts, in one run.

    python -m tests.bench.search_bench [documents ...]

The raw calls are recorded from our own search and played again on the same index with the same clauses, so that they
do the same work; what they lack is the port: reading the text, building clauses, expanding typos, decoding, marking.
"""

import asyncio
import gc
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Self, TypeAlias

from search.embedded import EmbeddedEngine
from search.port import Document, Facet, Is, Query
from tests.bench.search_corpus import LAYOUT, documents
from tests.search.shelf import stream

SIZES = (10_000, 100_000)
NAIVE_UP_TO = 10_000
WAYS = ("ours", "raw", "naive")
UNKNOWN_TO_NAIVE = ("typo",)
FACETS = {
    "subject": "subjects",
    "grade": "grades",
    "platform": "platforms",
    "login": "logins",
    "price": "price",
    "form": "form",
    "language": "languages",
    "publisher": "publisher",
}
FILTERS = {
    "subject": Is("placed_now", ["*|matematik|*", "*|dansk|*"]),
    "platform": Is("platforms", ["web", "ipados"]),
    "login": Is("logins", ["unilogin", "none"]),
}
TEXTS = {
    "empty": ["", " "],
    "one letter": ["s", "m"],
    "beginning": ["mate", "tekn", "bio", "stra"],
    "word": ["matematik ", "engelsk ", "historie "],
    "typo": ["matemaitk ", "enegelsk ", "samfudnsfag"],
    "several words": ["matematik dansk", "historie tysk ", "fysik kemi bio"],
}


def queries() -> Iterator[tuple[str, Query]]:
    facets = {name: Facet(field=field, free_of=name) for name, field in FACETS.items()}
    for kind, texts in TEXTS.items():
        for text in texts:
            yield kind, Query(text=text, filters=FILTERS, facets=facets)


class Recorder:
    """Stands in for the searcher of an engine and keeps the calls that a search makes."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._searcher, name)
        if not callable(real):
            return real

        def call(*positional: Any, **named: Any) -> Any:
            self.calls.append((name, positional, named))
            return real(*positional, **named)

        return call


async def record(engine: EmbeddedEngine, query: Query) -> Callable[[], None]:
    """One search as the calls that tantivy sees, without anything of ours around them."""
    state = engine._state  # noqa: SLF001  # the bench looks behind the port on purpose
    assert state is not None
    searcher = state.searcher
    await engine.search(query)
    recorder = Recorder(searcher)
    state.searcher = recorder  # type: ignore[assignment]
    await engine.search(query)
    state.searcher = searcher

    def play() -> None:
        for name, positional, named in recorder.calls:
            answer = getattr(searcher, name)(*positional, **named)
            if name == "search":
                _ = answer.hits

    return play


class Naive:
    """A text table, a table of values, and one statement for the hits, the total and each facet."""

    def __init__(self, catalogue: Sequence[Document]) -> None:
        self._database = sqlite3.connect(":memory:")
        texts = ", ".join(LAYOUT.texts)
        self._database.execute(f"CREATE VIRTUAL TABLE texts USING fts5({texts}, tokenize='unicode61')")
        self._database.execute("CREATE TABLE document (number INTEGER PRIMARY KEY, standing, rank, body)")
        self._database.execute("CREATE TABLE value (field, value, number, PRIMARY KEY (field, value, number))")
        self._database.execute("CREATE INDEX by_document ON value (number, field)")
        marks = ", ".join("?" * (len(LAYOUT.texts) + 1))
        for number, one in enumerate(catalogue, start=1):
            spelt = [" ".join(one[field]) for field in LAYOUT.texts]
            self._database.execute(f"INSERT INTO texts (rowid, {texts}) VALUES ({marks})", (number, *spelt))
            row = (number, one["standing"], one["rank"], json.dumps(one))
            self._database.execute("INSERT INTO document VALUES (?, ?, ?, ?)", row)
            values = [(field, value, number) for field in LAYOUT.keywords for value in dict.fromkeys(one[field])]
            self._database.executemany("INSERT INTO value VALUES (?, ?, ?)", values)
        self._database.execute("ANALYZE")

    def search(self, query: Query) -> int:
        where, values = self._where(query, None)
        page = self._database.execute(
            f"SELECT body FROM document d WHERE {where} ORDER BY standing, rank LIMIT 20", values
        ).fetchall()
        _ = [json.loads(body) for (body,) in page]
        (total,) = self._database.execute(f"SELECT count(*) FROM document d WHERE {where}", values).fetchone()
        for name, field in FACETS.items():
            where, values = self._where(query, name)
            self._database.execute(
                f"SELECT v.value, count(*) FROM document d JOIN value v ON v.number = d.number AND v.field = ? "
                f"WHERE {where} GROUP BY v.value",
                [field, *values],
            ).fetchall()
        return int(total)

    @staticmethod
    def _where(query: Query, free_of: str | None) -> tuple[str, list[str]]:
        conditions, values = ["1"], []
        words = query.text.split()
        if words:
            conditions.append("d.number IN (SELECT rowid FROM texts WHERE texts MATCH ?)")
            last = "" if query.text.endswith(" ") else "*"
            values.append(" ".join(f'"{word}"' for word in words) + last)
        for name, one in query.filters.items():
            if name != free_of and isinstance(one, Is):
                marks = ", ".join("?" * len(one.values))
                conditions.append(f"d.number IN (SELECT number FROM value WHERE field = ? AND value IN ({marks}))")
                values += [one.field, *one.values]
        return " AND ".join(conditions), values


class Times:
    """How long one way of searching took: on the clock, and on the processor, which busy neighbours disturb less."""

    def __init__(self) -> None:
        self._clock: list[float] = []
        self._processor: list[float] = []

    def __bool__(self) -> bool:
        return bool(self._clock)

    def __iadd__(self, other: "Times") -> Self:
        self._clock += other._clock
        self._processor += other._processor
        return self

    @contextmanager
    def measured(self) -> Iterator[None]:
        clock, processor = perf_counter(), process_time()
        yield
        self._processor.append(process_time() - processor)
        self._clock.append(perf_counter() - clock)

    def clock(self, part: float) -> float:
        return quantile(self._clock, part)

    def processor(self, part: float = 0.5) -> float:
        return quantile(self._processor, part)


def quantile(times: Sequence[float], part: float) -> float:
    """In milliseconds."""
    return sorted(times)[min(int(len(times) * part), len(times) - 1)] * 1000


Measured: TypeAlias = dict[str, dict[str, Times]]


async def measure(engine: EmbeddedEngine, naive: Naive | None, rounds: int) -> Measured:
    """By kind of text and by way of searching; each round takes every query every way."""
    asked = [(kind, query, await record(engine, query)) for kind, query in queries()]
    times: Measured = {kind: {way: Times() for way in WAYS} for kind in TEXTS}
    for number in range(rounds):
        for kind, query, play in asked:
            with times[kind]["ours"].measured():
                await engine.search(query)
            with times[kind]["raw"].measured():
                play()
            if naive and kind not in UNKNOWN_TO_NAIVE and number % 10 == 0:
                with times[kind]["naive"].measured():
                    naive.search(query)
    return times


def report(times: Measured) -> None:
    """Print p50/p95 on the clock, and how many times raw tantivy's and ours go into the others, clock and processor."""
    every = {way: Times() for way in WAYS}
    for kind in times.values():
        for way in WAYS:
            every[way] += kind[way]
    print(f"{'p50/p95 in ms':<15}{'ours':>14}{'raw':>14}{'ours/raw':>16}{'naive':>16}{'naive/ours':>14}")
    for name, ways in [*times.items(), ("all", every)]:
        ours, raw, naive = (ways[way] for way in WAYS)
        line = f"{name:<15}"
        line += "".join(f"{f'{way.clock(0.5):.1f}/{way.clock(0.95):.1f}':>14}" for way in (ours, raw))
        line += f"{ours.clock(0.5) / raw.clock(0.5):>8.2f}{ours.processor() / raw.processor():>8.2f}"
        if naive:
            line += f"{f'{naive.clock(0.5):.0f}/{naive.clock(0.95):.0f}':>16}"
            line += f"{naive.clock(0.5) / ours.clock(0.5):>7.0f}{naive.processor() / ours.processor():>7.0f}"
        print(line)


def resident() -> float:
    """Megabytes of this process in memory; 0 where the system does not say."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 / 1e6 if status.exists() else 0.0


async def bench(size: int, rounds: int) -> None:
    catalogue = list(documents(size))
    engine = EmbeddedEngine(LAYOUT)
    gc.collect()
    before, started = resident(), perf_counter()
    await engine.rebuild(stream(catalogue))
    filled = perf_counter() - started
    print(f"\n{size} documents: filled in {filled:.1f} s, {resident() - before:.0f} MB")
    naive = Naive(catalogue) if size <= NAIVE_UP_TO else None
    del catalogue
    gc.collect()
    report(await measure(engine, naive, rounds))
    await engine.close()


def main() -> None:
    for size in [int(one) for one in sys.argv[1:]] or SIZES:
        asyncio.run(bench(size, rounds=30))


if __name__ == "__main__":
    main()
