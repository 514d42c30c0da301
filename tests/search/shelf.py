"""A shelf of invented things to search: the documents of these tests, and short ways to ask for them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

from search.port import Document, Engine, Layout, Page, Prepared, Query

Taken = TypeVar("Taken", Document, Prepared, Document | Prepared)

LAYOUT = Layout(
    texts=("names", "makers", "notes"),
    keywords=("colours", "sizes", "pairs"),
    numbers=("price", "stage", "place", "turns"),
    ties=("stage", "place"),
)


def item(one: str, *names: str, place: int | None = None, **more: Any) -> Document:
    """Make a document; its place in a tie follows from its id unless said otherwise."""
    rank = int.from_bytes(one.encode()[:6].ljust(6, b"\0"), "big") if place is None else place
    return {"id": one, "names": list(names), "stage": 0, "place": rank, **more}


async def stream(documents: Sequence[Taken], size: int = 500) -> AsyncIterator[Sequence[Taken]]:
    for start in range(0, len(documents), size):
        yield documents[start : start + size]


async def fill(engine: Engine, *documents: Document) -> None:
    await engine.rebuild(stream(documents))


def ids(page: Page) -> list[str]:
    return [hit.document["id"] for hit in page.hits]


async def found(engine: Engine, text: str, **more: Any) -> list[str]:
    """All that a text finds, in order."""
    return ids(await engine.search(Query(text=text, hits_per_page=100, **more)))


def marked(page: Page, field: str = "names") -> list[list[str]]:
    """The marked stretches of each hit, cut from the text as it was written."""
    return [
        [hit.document[field][mark.index][mark.start : mark.end] for mark in hit.marks.get(field, ())]
        for hit in page.hits
    ]
