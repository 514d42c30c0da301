"""What only the embedded engine can get wrong: its count check, its codes, and the labels that order ties."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import codes
from search.embedded import EmbeddedEngine, RebuildFailed
from search.port import Prepared
from search.prepare import order_label
from search.store import Store
from tests.search.shelf import LAYOUT, fill, found, item


async def test_a_rebuild_that_loses_a_document_is_refused_and_the_old_index_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = EmbeddedEngine(LAYOUT)
    await fill(engine, item("old", "Bold"))
    add = Store.add

    def forgetful(store: Store, documents: Iterable[Prepared]) -> None:
        add(store, list(documents)[1:])

    monkeypatch.setattr(Store, "add", forgetful)
    with pytest.raises(RebuildFailed, match="holds 1 documents, the stream held 2"):
        await fill(engine, item("a", "Ring"), item("b", "Ring"))
    assert await found(engine, "") == ["old"]
    await engine.close()


async def test_a_new_word_is_known_to_typos_as_soon_as_it_is_put() -> None:
    engine = EmbeddedEngine(LAYOUT)
    await fill(engine, item("old", "Bold"))
    assert await found(engine, "sommerfulg ") == []
    await engine.put([item("new", "Sommerfugl")])
    assert await found(engine, "sommerfulg ") == ["new"]
    await engine.delete(["new"])
    assert await found(engine, "sommerfulg ") == []
    await engine.close()


@given(st.lists(st.text(st.sampled_from("a \t\n\r\x0c\x0b\x1fæ\u2028"), max_size=4)))
def test_codes_come_back_as_they_were_whatever_white_space_they_hold(held: list[str]) -> None:
    spelt = codes.spell_all(held)
    parted = spelt.translate(str.maketrans("\t\n\r\x0c", "    ")).split(" ") if spelt else []
    assert [codes.read(one) for one in parted] == list(dict.fromkeys(held))
    assert [codes.spell(one) for one in dict.fromkeys(held)] == parted


@given(st.lists(st.tuples(st.none() | st.integers(0, 2**53), st.none() | st.integers(0, 2**53), st.text()), min_size=2))
def test_labels_sort_as_ties_and_ids_do_and_a_missing_number_last(
    rows: list[tuple[int | None, int | None, str]],
) -> None:
    def label(row: tuple[int | None, int | None, str]) -> bytes:
        return order_label({"stage": row[0], "place": row[1]}, ("stage", "place"), row[2]).encode(
            "utf-8", "surrogatepass"
        )

    def key(row: tuple[int | None, int | None, str]) -> tuple[float, float, bytes]:
        first, second = (2**60 if number is None else number for number in row[:2])
        return first, second, row[2].encode("utf-8", "surrogatepass")

    assert sorted(rows, key=label) == sorted(rows, key=key)
