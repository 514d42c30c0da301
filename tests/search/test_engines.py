"""What every engine must find, count, order and mark: one suite, whichever engine the fixture opens."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from search.factory import open_engine
from search.port import (
    MAX_PAGE,
    AllOf,
    AnyOf,
    Computed,
    Document,
    Engine,
    Facet,
    Filter,
    Is,
    Query,
    SearchUnavailable,
    Within,
)
from tests.search.shelf import LAYOUT, fill, found, ids, item, marked, stream


async def test_an_empty_text_finds_everything_in_the_order_of_the_ties(engine: Engine) -> None:
    await fill(
        engine,
        item("a", "Abacus", stage=1, place=1),
        item("b", "Beads", stage=0, place=9),
        item("c", "Cubes", stage=0, place=2**53),
        item("d", "Dice", stage=0, place=2**53 - 1),
    )
    assert await found(engine, "") == ["b", "d", "c", "a"]
    assert await found(engine, " ?! 🎲 ") == ["b", "d", "c", "a"]


async def test_one_word_orders_by_field_then_exactness_then_ties(engine: Engine) -> None:
    await fill(
        engine,
        item("whole", "Globus", place=9),
        item("word-early", "Stor globus", place=1),
        item("word-late", "Globus med lys", place=2),
        item("begun", "Globusser", place=0),
        item("maker-whole", "Kort", makers=["Globus"], place=0),
        item("maker-word", "Atlas", makers=["Firmaet Globus"], place=0),
        item("note", "Lampe", notes=["En lampe som en globus"], place=0),
        item("typo", "Globos", place=0),
        item("other", "Bold", place=0),
    )
    assert await found(engine, "globus") == [
        "whole",
        "word-early",
        "word-late",
        "begun",
        "maker-whole",
        "maker-word",
        "note",
        "typo",
    ]


async def test_a_worse_stage_orders_what_is_equally_relevant_and_nothing_else(engine: Engine) -> None:
    await fill(
        engine,
        item("first", "Globus", stage=2, place=1),
        item("second", "Globus A", stage=0, place=3),
        item("third", "Globus B", stage=1, place=0),
        item("fourth", "Globus C", stage=1, place=1),
    )
    assert await found(engine, "globus ") == ["first", "second", "third", "fourth"]


async def test_all_words_must_match_anywhere_and_an_exact_title_comes_first(engine: Engine) -> None:
    await fill(
        engine,
        item("notes", "Kasse", notes=["røde og runde brikker"], place=0),
        item("turned", "Brikker, runde og små", place=1),
        item("longer", "Runde brikker til spil", place=2),
        item("exact", "Runde brikker", place=9, stage=3),
        item("apart", "Runde ting", makers=["Brikker & co"], place=0),
        item("half", "Runde ting", place=0),
    )
    hits = await found(engine, "runde brikker")

    assert set(hits) == {"notes", "turned", "longer", "exact", "apart"}
    assert hits[0] == "exact"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("glo", ["globe", "glow"]),
        ("glo ", []),
        ("globe", ["globe"]),
        ("globe\u00a0", ["globe"]),
        ("gl ow", []),
        ("runde glo", ["globe"]),
        ("rund globe", []),
    ],
)
async def test_only_a_last_word_without_space_after_it_is_a_beginning(
    engine: Engine, text: str, expected: list[str]
) -> None:
    await fill(engine, item("globe", "Runde globe"), item("glow", "Glow"))
    assert sorted(await found(engine, text)) == expected


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("kort ", True),
        ("kard ", False),  # four letters: no typo
        ("kotr ", False),
        ("glabus ", True),  # five to eight: one
        ("gobus ", True),
        ("gglobus ", True),
        ("golbus ", True),  # neighbours swapped are one typo
        ("glabos ", False),
        ("flobus ", False),  # a wrong first letter costs two
        ("lgobus ", False),
        ("dinosuarer ", True),  # from nine: two
        ("dinosuarre ", True),
        ("dynosuarre ", False),
        ("binosaurer ", True),
        ("binosuarer ", False),
        ("2024 ", True),
        ("2025 ", False),
        ("model2025 ", False),
        ("model2024 ", True),
    ],
)
async def test_typos_are_forgiven_by_length_and_never_in_numbers(engine: Engine, text: str, hit: bool) -> None:  # noqa: FBT001
    await fill(engine, item("it", "Kort globus dinosaurer 2024 model2024"))
    assert await found(engine, text) == (["it"] if hit else [])


async def test_a_number_beside_a_word_is_not_mistaken_for_its_neighbour(engine: Engine) -> None:
    await fill(engine, item("four", "Matematik 4. klasse"), item("five", "Matematik 5. klasse"))
    assert await found(engine, "matematik 4 klasse") == ["four"]
    assert await found(engine, "5. klasse") == ["five"]


async def test_an_unfinished_word_may_have_a_typo_too(engine: Engine) -> None:
    await fill(engine, item("it", "Dinosaurer"), item("other", "Dominobrikker"))
    assert await found(engine, "dynos") == ["it"]
    assert await found(engine, "dynos ") == []


async def test_fewer_typos_come_before_a_better_field(engine: Engine) -> None:
    await fill(
        engine,
        item("two", "Dinasaurar"),
        item("one", "Dinosaurar"),
        item("none", "Øgler", notes=["dinosaurer"]),
    )
    assert await found(engine, "dinosaurer") == ["none", "one", "two"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("øre", "ore"),
        ("ore", "ore"),
        ("öre", "ore"),
        ("LÆSNING", "laes"),
        ("laesning", "laes"),
        ("på", "pa"),
        ("pa\u030a", "pa"),  # the ring as a character of its own
        ("l\u00e6s\u00adning", "laes"),  # a soft hyphen
        ("caféer", "cafe"),
        ("strasse", "street"),
        ("Straße", "street"),
    ],
)
async def test_letters_that_a_keyboard_may_lack_find_each_other(engine: Engine, text: str, expected: str) -> None:
    await fill(
        engine,
        item("ore", "Øre"),
        item("laes", "Læsning"),
        item("pa", "På"),
        item("cafe", "Cafeer"),
        item("street", "Straße"),
    )
    assert await found(engine, f"{text} ") == [expected]


async def test_where_typed_letters_decide_hits_that_hold_them_come_first(engine: Engine) -> None:
    await fill(engine, item("read", "Läsa", place=2), item("lock", "Låsa", place=1), item("let", "Lasa", place=0))
    assert await found(engine, "läsa") == ["read", "let", "lock"]
    assert await found(engine, "låsa") == ["lock", "let", "read"]
    assert await found(engine, "lasa") == ["let", "lock", "read"]
    assert await found(engine, "lä") == ["read", "let", "lock"]


COLOURED = (
    item("1", "Bold", colours=["red"], sizes=["s"], pairs=["red|s", "red|*", "*|s"], price=10),
    item("2", "Bold", colours=["red", "blue"], sizes=["m"], pairs=["red|m", "blue|m"], price=20),
    item("3", "Bold", colours=["blue"], sizes=["s", "m"], pairs=["blue|s"], price=30),
    item("4", "Ring", colours=["Red"], sizes=["l"], pairs=[]),
)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Is("colours", ["red"]), "12"),
        (Is("colours", ["red", "blue"]), "123"),
        (Is("colours", ["Red"]), "4"),
        (Is("colours", []), ""),
        (Is("colours", ["rød", "\ud800", "*", "red OR blue"]), ""),
        (Is("pairs", ["*|s"]), "1"),
        (Within("price", 10, 20), "12"),
        (Within("price", 11), "23"),
        (Within("price", None, 29), "12"),
        (Within("price"), "123"),
        (Within("price", 30, 10), ""),
        (Within("price", -5, 2**70), "123"),
        (AllOf([]), "1234"),
        (AnyOf([]), ""),
        (AllOf([Is("colours", ["red"]), Is("sizes", ["m"])]), "2"),
        (AnyOf([Is("sizes", ["l"]), AllOf([Is("colours", ["blue"]), Within("price", 30, 30)])]), "34"),
    ],
)
async def test_filters_pass_what_they_say(engine: Engine, one: Filter, expected: str) -> None:
    await fill(engine, *COLOURED)
    page = await engine.search(Query(filters={"f": one}))
    assert ("".join(sorted(ids(page))), page.total) == (expected, len(expected))


async def test_a_chosen_facet_is_counted_without_its_own_filter_and_the_others_with_it(engine: Engine) -> None:
    await fill(engine, *COLOURED)
    page = await engine.search(
        Query(
            text="bold",
            filters={"colour": Is("colours", ["red"]), "size": Is("sizes", ["m"])},
            facets={
                "colour": Facet(field="colours", free_of="colour"),
                "size": Facet(field="sizes", free_of="size"),
                "plain": Facet(field="sizes"),
                "elsewhere": Facet(field="colours", free_of="no such filter"),
            },
        )
    )
    assert page.facets == {
        "colour": {"red": 1, "blue": 2},
        "size": {"s": 1, "m": 1},
        "plain": {"m": 1},
        "elsewhere": {"red": 1, "blue": 1},
    }
    assert (ids(page), page.total) == (["2"], 1)


async def test_computed_counts_stand_in_for_a_filter_and_keep_their_zeros(engine: Engine) -> None:
    await fill(engine, *COLOURED)
    page = await engine.search(
        Query(
            text="bold ",
            filters={"pair": Is("pairs", ["red|s"]), "price": Within("price", None, 25)},
            counts={
                "size": Computed(
                    instead_of="pair",
                    values={"s": Is("pairs", ["red|s", "blue|s"]), "m": Is("pairs", ["red|m"]), "xl": AnyOf([])},
                ),
                "too": Computed(values={"all": AllOf([]), "blue": Is("colours", ["blue"])}),
            },
            hits_per_page=0,
        )
    )
    assert page.counts == {"size": {"s": 1, "m": 1, "xl": 0}, "too": {"all": 1, "blue": 0}}
    assert (list(page.hits), page.total) == ([], 1)


async def test_a_facet_of_many_values_is_counted_whole(engine: Engine) -> None:
    await fill(engine, *(item(f"{number}", "Bold", colours=[f"c{number}", "all"]) for number in range(700)))
    colours = (await engine.search(Query(facets={"colour": Facet(field="colours")}))).facets["colour"]
    assert (len(colours), colours["all"], colours["c699"]) == (701, 700, 1)


async def test_numbers_sort_both_ways_and_a_missing_one_comes_last(engine: Engine) -> None:
    await fill(
        engine,
        item("a", "Bold", price=1, turns=5, place=4),
        item("b", "Bold", price=1, turns=7, place=3),
        item("c", "Bold", place=2),
        item("d", "Bold", price=0, turns=7, place=1),
        item("e", "Bold", price=1, turns=5, place=0),
    )
    assert await found(engine, "bold", sort=["price"]) == ["d", "e", "b", "a", "c"]
    assert await found(engine, "", sort=["-price", "-turns"]) == ["b", "e", "a", "d", "c"]
    assert ids(await engine.search(Query(sort=["-price"], page=2, hits_per_page=2))) == ["a", "d"]


async def test_pages_join_without_gaps_and_a_document_put_again_keeps_its_place(engine: Engine) -> None:
    things = [item(f"{number:03}", "Bold", price=number % 3, place=number % 50) for number in range(300)]
    random.Random(7).shuffle(things)  # noqa: S311  # any order will do
    await fill(engine, *things)

    for query in (Query(), Query(text="bold"), Query(text="bold bo"), Query(sort=["-price"])):
        whole = await _all_pages(engine, query)
        assert len(set(whole)) == 300
        await engine.put(things[:40])
        assert await _all_pages(engine, query) == whole


async def _all_pages(engine: Engine, query: Query) -> list[str]:
    pages = [
        await engine.search(
            Query(text=query.text, sort=query.sort, page=page, hits_per_page=37),
        )
        for page in range(1, 10)
    ]
    return [one for page in pages for one in ids(page)]


async def test_a_page_typed_by_hand_is_empty_and_still_counts(engine: Engine) -> None:
    await fill(engine, *COLOURED)
    for page in (10**9, MAX_PAGE, 2):
        answer = await engine.search(Query(text="bold", page=page, hits_per_page=100))
        assert (list(answer.hits), answer.total) == ([], 3)
    assert len((await engine.search(Query(page=-(10**9), hits_per_page=10**9))).hits) == 4


async def test_marks_are_places_in_the_text_as_it_was_written(engine: Engine) -> None:
    await fill(engine, item("it", "Små Læsestykker: ægte æbler", "STRAßENBAHN", makers=["Dinosaurer & Æbler"]))

    async def marks(text: str, field: str = "names") -> list[str]:
        return marked(await engine.search(Query(text=text)), field)[0]

    assert await marks("æbler ægte ") == ["ægte", "æbler"]
    assert await marks("laes") == ["Læs"]  # a beginning as far as it was typed
    assert await marks("la") == ["Læ"]
    assert await marks("læsestyker ") == ["Læsestykker"]  # a misspelt word as a whole
    assert await marks("strasse") == ["STRAßE"]
    assert await marks("dinosuarer sma", "makers") == ["Dinosaurer"]
    assert await marks("") == []


async def test_marks_are_in_order_and_never_overlap(engine: Engine) -> None:
    await fill(engine, item("it", "bolde boldbane bold", "bold"))
    (hit,) = (await engine.search(Query(text="bold bolde boldb"))).hits
    assert [(mark.index, mark.start, mark.end) for mark in hit.marks["names"]] == [
        (0, 0, 5),
        (0, 6, 11),
        (0, 15, 19),
        (1, 0, 4),
    ]


HOSTILE = [
    "a" * 10_000,
    "æøå " * 2_500,
    "matematik " * 1_000 + "x",
    "ordforråd" * 1_100,
    '"unclosed',
    "names:globe AND (",
    "-globe +bold NOT *",
    "[a TO z] ^5 ~2 \\",
    "/(a+)+$/",
    "\x00\x01\x1f\x7f",
    "\u202ebold\u202c",
    "\ud800\udfff \udc00bold",
    "🧮👩‍🏫🇩🇰",
    "ﷺ" * 3_000,
    "a\u0301" * 3_000,
    "%s {0} ${x}",
    "ꙮ ꙩ",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_query_is_answered_at_once(engine: Engine, text: str) -> None:
    await fill(engine, *COLOURED, item("globe", "Globe til ordforråd og matematik", place=1))
    page = await engine.search(Query(text=text, facets={"colour": Facet(field="colours")}))
    assert page.took_ms < 100


async def test_no_sign_of_a_query_language_has_a_meaning(engine: Engine) -> None:
    await fill(engine, item("both", "Bold og ring"), item("ring", "Ring"))
    assert await found(engine, "+ring -bold ") == ["both"]
    assert await found(engine, "NOT ring ") == []
    assert await found(engine, '"ring bold" ') == ["both"]
    assert await found(engine, "id:ring ") == []
    assert await found(engine, "ri* ") == []
    assert sorted(await found(engine, "\u202eri\u202cng ")) == ["both", "ring"]


async def test_only_the_first_ten_words_of_a_query_are_read(engine: Engine) -> None:
    ten = "a1 a2 a3 a4 a5 a6 a7 a8 a9 a10"
    await fill(engine, item("it", ten), item("nine", "a1 a2 a3 a4 a5 a6 a7 a8 a9"))
    assert await found(engine, f"{ten} nothing of the kind") == ["it"]
    assert await found(engine, f"{ten[:-2]}xx a11") == []


async def test_a_write_is_seen_by_every_search_that_starts_after_it(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"), item("b", "Ring"))

    await engine.put([item("a", "Terning"), item("c", "Bold"), item("c", "Bold 2"), item("ab", "Kugle")])
    assert await found(engine, "bold ") == ["c"]
    assert await found(engine, "terning ") == ["a"]
    assert await found(engine, "2 ") == ["c"]
    await engine.delete(["a", "c", "never was"])
    assert sorted(await found(engine, "")) == ["ab", "b"]
    assert (await engine.health()).documents == 2


async def test_what_a_card_shows_comes_back_as_it_was_given(engine: Engine) -> None:
    kept = item("a", "Bold", card={"slug": "bold", "days": [1, 2], "none": None, "text": "<b>æ</b>"})
    await fill(engine, kept)
    assert [hit.document for hit in (await engine.search(Query())).hits] == [kept]


async def test_a_document_that_does_not_fit_is_refused_and_leaves_the_index_as_it_was(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))
    broken: list[Document] = [
        item("b", "Ring", price=-1),
        item("b", "Ring", price="many"),
        item("b", "Ring", colours="red"),
        item("b", "Ring", colours=[1]),
        item("b", "Ring", place=2**53 + 1),
        {"names": ["Ring"]},
    ]
    for one in broken:
        with pytest.raises(ValueError, match="b|None"):
            await engine.put([item("c", "Ring"), one])
    assert await found(engine, "") == ["a"]


async def test_a_field_the_layout_lacks_is_the_callers_bug(engine: Engine) -> None:
    for query in (
        Query(filters={"x": Is("names", ["a"])}),
        Query(filters={"x": Within("colours", 1)}),
        Query(facets={"x": Facet(field="price")}),
        Query(sort=["names"]),
    ):
        await fill(engine, item("a", "Bold"))
        with pytest.raises(ValueError, match="of the index"):
            await engine.search(query)


async def test_a_rebuild_answers_from_the_old_index_until_it_is_done(engine: Engine) -> None:
    await fill(engine, *(item(f"old{number}", "Gammel") for number in range(50)))
    totals: set[tuple[int, int]] = set()

    async def slowly() -> AsyncIterator[Sequence[Document]]:
        for number in range(20):
            yield [item(f"new{number}-{each}", "Ny") for each in range(5)]
            await asyncio.sleep(0.002)

    async def look() -> None:
        while True:
            old = (await engine.search(Query(text="gammel "))).total
            totals.add((old, (await engine.search(Query())).total))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    assert await engine.rebuild(slowly()) == 100
    looking.cancel()
    assert totals <= {(50, 50), (50, 100), (0, 100)}
    assert (50, 50) in totals
    assert len(await found(engine, "ny ")) == 100


async def test_what_is_written_during_a_rebuild_is_not_undone_by_it(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))

    async def late() -> AsyncIterator[Sequence[Document]]:
        await engine.put([item("b", "Ring 2"), item("new", "Kugle")])
        await engine.delete(["c"])
        yield [item("a", "Bold"), item("b", "Ring"), item("c", "Terning")]

    assert await engine.rebuild(late()) == 3
    assert sorted(await found(engine, "")) == ["a", "b", "new"]
    assert await found(engine, "ring 2") == ["b"]


async def test_a_rebuild_counts_an_id_that_comes_twice_once(engine: Engine) -> None:
    assert await engine.rebuild(stream([item("a", "Bold"), item("b", "Ring"), item("a", "Kugle")], size=2)) == 2
    assert await found(engine, "kugle ") == ["a"]
    assert await found(engine, "bold ") == []


async def test_a_stream_that_fails_leaves_the_old_index_in_place(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))

    async def failing() -> AsyncIterator[Sequence[Document]]:
        yield [item("b", "Ring")]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await engine.rebuild(failing())
    with pytest.raises(ValueError, match="'c'"):
        await engine.rebuild(stream([item("c", "Ring", price=-1)]))
    assert await found(engine, "") == ["a"]
    await engine.put([item("d", "Ring")])
    assert await found(engine, "ring ") == ["d"]


async def test_searches_and_writes_at_once_all_end_well(engine: Engine) -> None:
    await fill(engine, *(item(f"{number}", "Bold") for number in range(100)))
    writes = [engine.put([item(f"w{number}", "Ring")]) for number in range(20)]
    searches = [engine.search(Query(text=text)) for text in ("bold", "bodl", "rign", "ring", "") for _ in range(8)]
    await asyncio.gather(*writes, *searches)
    assert len(await found(engine, "ring ")) == 20


async def test_health_is_proven_by_a_search_and_ends_with_the_engine(engine: Engine) -> None:
    await fill(engine, item("a", "Bold"))
    healthy = await engine.health()
    await engine.close()
    closed = await engine.health()

    assert (healthy.answers, healthy.documents, closed.answers) == (True, 1, False)
    assert closed.detail
    for call in (engine.search(Query()), engine.put([item("b", "Ring")]), engine.delete(["a"])):
        with pytest.raises(SearchUnavailable):
            await call
    with pytest.raises(SearchUnavailable):
        await engine.rebuild(stream([]))


@pytest.mark.parametrize("url", ["", "embedded", "sqlite:", "http://127.0.0.1:7700"])
def test_an_engine_that_there_is_not_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="embedded:"):
        open_engine(url, LAYOUT)
