"""Hit@3 of the judged set, by class and by half; of half B only the figures are ever shown.

``python -m tests.search_quality.judge`` prints the table, and with ``--misses`` the missed queries of half A.
"""

import argparse
import asyncio
import hashlib
import tempfile
import tomllib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from catalog.finding.finding import Finder
from tests.conftest import TODAY
from tests.search_quality.catalogues import Catalogue, open_demo, open_imported, shared_sets

QUERIES = Path(__file__).parent / "queries.toml"
FIRST = 3
"""A query is a hit when something wanted is among so many."""
ENOUGH = 8
"""Queries of a class in one half, from which they are a class of their own; fewer are judged with the other half's."""
HALVES = ("A", "B")


class JudgedQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    language: str
    classes: tuple[str, ...]
    wanted: tuple[str, ...]
    """Keys of resources; any one of them is a hit."""

    @property
    def half(self) -> str:
        """A may be read while something is tuned; B never."""
        digest = hashlib.sha256(self.text.casefold().encode()).digest()
        return HALVES[digest[0] % 2]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    query: JudgedQuery
    found: tuple[str, ...]
    """Keys of the first resources, in their order."""

    @property
    def is_hit(self) -> bool:
        return any(key in self.query.wanted for key in self.found)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    hits: int
    of: int

    @property
    def rate(self) -> float:
        return self.hits / self.of


def read_queries() -> Mapping[str, tuple[JudgedQuery, ...]]:
    """The judged queries by set: ``demo`` and ``imported``."""
    sets = tomllib.loads(QUERIES.read_text("utf-8"))
    return {name: msgspec.convert(queries, tuple[JudgedQuery, ...]) for name, queries in sets.items()}


async def judge(catalogue: Catalogue, finder: Finder, queries: Iterable[JudgedQuery]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for query in queries:
        ids = await finder.ids(query.text, TODAY)
        found = tuple(catalogue.keys.get(each, each) for each in ids[:FIRST])
        verdicts.append(Verdict(query=query, found=found))
    return verdicts


def score(verdicts: Iterable[Verdict]) -> Score:
    hits = [verdict.is_hit for verdict in verdicts]
    return Score(hits=sum(hits), of=len(hits))


def by_half(verdicts: Sequence[Verdict]) -> dict[str, Score]:
    return {half: score(each for each in verdicts if each.query.half == half) for half in HALVES}


def by_class(verdicts: Sequence[Verdict]) -> dict[tuple[str, str], Score]:
    """The score of each class in each half; ``AB`` where a half has too few of the class."""
    scores: dict[tuple[str, str], Score] = {}
    for name in sorted({name for verdict in verdicts for name in verdict.query.classes}):
        members = [verdict for verdict in verdicts if name in verdict.query.classes]
        halves = {half: [each for each in members if each.query.half == half] for half in HALVES}
        if min(map(len, halves.values())) < ENOUGH:
            halves = {"AB": members}
        scores |= {(name, half): score(each) for half, each in halves.items()}
    return scores


def table(name: str, verdicts: Sequence[Verdict]) -> str:
    """The figures of one set as lines of text."""
    rows = {("all", half): each for half, each in by_half(verdicts).items()} | by_class(verdicts)
    lines = [f"{name}: hit@{FIRST}"]
    lines += [
        f"  {kind:<14}{half:<4}{each.hits:>4} of {each.of:<4}{each.rate:.2f}" for (kind, half), each in rows.items()
    ]
    return "\n".join(lines)


def misses(verdicts: Iterable[Verdict]) -> str:
    """What half A misses, for whoever tunes; there is no such list of half B."""
    return "\n".join(
        f"  {verdict.query.text!r} {verdict.query.classes}: found {verdict.found}, wanted {verdict.query.wanted[:4]}"
        for verdict in verdicts
        if verdict.query.half == "A" and not verdict.is_hit
    )


async def _report(name: str, opened: Callable[[Path], Awaitable[Catalogue]], *, show_misses: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        catalogue = await opened(Path(folder))
        queries = read_queries()[name]
        verdicts = await judge(catalogue, await catalogue.finder(), queries)
        print(table(name, verdicts))
        if show_misses:
            print(misses(verdicts))
        control = await judge(catalogue, await catalogue.finder(terms=False), queries)
        print(table(f"{name}, control without search_terms", control))


async def _main(*, show_misses: bool) -> None:
    await _report("demo", open_demo, show_misses=show_misses)
    if shared_sets() is not None:
        await _report("imported", open_imported, show_misses=show_misses)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list the missed queries of half A")
    asyncio.run(_main(show_misses=parser.parse_args().misses))
