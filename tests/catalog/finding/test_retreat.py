"""The retreat where nothing is found: written in another way first, then with fewer words, and with few tries."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core.db import Database, transaction
from catalog.finding.index import Index
from catalog.finding.retreat import MAX_TRIES, Retreat, retreat
from catalog.vocabularies.region import Region
from tests.catalog.finding.test_finding import Ask, ask, index, titles, write  # noqa: F401 - two are fixtures
from tests.factories import places, store

Counted = tuple[Callable[[str], Awaitable[int]], list[str]]


def shelf(*texts: str) -> Counted:
    """Counts the texts that hold all words of a query, the last one perhaps unfinished; and what was asked."""
    asked: list[str] = []

    async def count(query: str) -> int:
        asked.append(query)
        wanted = query.split()
        return sum(all(_holds(text, word, query) for word in wanted) for text in texts)

    def _holds(text: str, word: str, query: str) -> bool:
        return any(held == word or (query.endswith(word) and held.startswith(word)) for held in text.split())

    return count, asked


@pytest.mark.parametrize(
    ("query", "text", "respelled"),
    [
        ("klima forandring", "klimaforandring", ("klimaforandring",)),
        ("3d printer ", "3dprinter ", ("3dprinter",)),
        ("bøgerne", "bog", ("bog",)),
        ("tavleregning", "tavle regning", ("tavle", "regning")),
        ("volcano", "vulkan", ("vulkan",)),
        ("tavle bøgerne", "tavle bog", ("bog",)),
    ],
)
async def test_words_that_nothing_holds_are_written_in_another_way(
    query: str, text: str, respelled: tuple[str, ...]
) -> None:
    count, _ = shelf("klimaforandring", "3dprinter", "en bog", "tavle og regning", "vulkan", "bog om en tavle")

    assert await retreat(query, count, count) == Retreat(text=text, respelled=respelled)


async def test_what_cannot_be_written_in_another_way_is_left_out() -> None:
    count, _ = shelf("en bog om klima")

    found = await retreat("bog xylofon klima", count, count)

    assert found == Retreat(text="bog klima", dropped=("xylofon",))
    assert await retreat("xylofon", count, count) is None


async def test_a_word_that_is_found_elsewhere_is_spelled_right() -> None:
    everywhere, _ = shelf("bøgerne", "en bog")
    here, _ = shelf("en bog")

    assert await retreat("bøgerne", here, everywhere) is None
    assert await retreat("bøgerne", here, here) is not None, "control: nothing has the word, so it is written anew"


async def test_a_word_that_is_left_out_leaves_no_unfinished_one_behind() -> None:
    count, _ = shelf("en bog om klima")

    found = await retreat("bog xylofon", count, count)

    assert found == Retreat(text="bog ", dropped=("xylofon",))


@given(st.lists(st.sampled_from(["klima", "forandring", "bøgerne", "xylofon", "volcano", "4", "tavle"]), max_size=10))
async def test_there_are_few_tries_and_every_word_is_kept_respelled_or_dropped(words: list[str]) -> None:
    count, asked = shelf("klimaforandring", "en bog", "vulkan og tavle")
    anywhere, _ = shelf()

    found = await retreat(" ".join(words), count, anywhere)

    assert len(asked) <= len(words) + MAX_TRIES
    if found is not None:
        assert await count(found.text) > 0
        assert set(found.dropped) <= set(words)
        assert set(found.respelled) <= set(found.text.split())


async def test_the_answer_says_what_was_searched_instead(
    database: Database,
    region: Region,
    index: Index,  # noqa: F811
    settings: object,
    ask: Ask,  # noqa: F811
) -> None:
    async with transaction(database.writers) as session:
        await store(session, region, "Alt om klimaforandringer", placements=places(("geografi", "7")))
    await write(database, region, index, settings)

    found = await ask("klimafor andringer", grade="7")

    assert (titles(found), found.respelled, found.dropped) == (
        ["Alt om klimaforandringer"],
        ("klimaforandringer",),
        (),
    )
    assert found.answered.text == "klimaforandringer"
    assert (await ask("klimaforandringer")).respelled == (), "control: as typed there is nothing to say"
    assert (await ask("klimaforandringer", grade="3")).page.total == 0, "what the filters leave out is not respelled"
