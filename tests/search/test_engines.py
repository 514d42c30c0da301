"""What every engine must find, how it orders and marks it: one suite, whichever engine the fixture opens."""

import pytest

from search.port import Engine, Facet, Query
from tests.search.shelf import fill, found, item, marked


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
async def test_typos_are_forgiven_by_length_and_never_in_numbers(engine: Engine, text: str, hit: bool) -> None:
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
    await fill(engine, item("globe", "Globe til ordforråd og matematik", place=1))
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
