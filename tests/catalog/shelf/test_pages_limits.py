"""The search page at its limits: addresses written by hand, hostile queries, more than anybody reads."""

import pytest

from catalog.core.db import Database, transaction
from catalog.vocabularies.region import Region
from tests.catalog.shelf.conftest import Look
from tests.catalog.shelf.shelf import ENGLISH, small_shelf
from tests.conftest import Client, settle
from tests.factories import store
from tests.pages import read_page


async def test_pages_part_the_results_and_one_beyond_the_last_is_the_last(
    database: Database, region: Region, look: Look
) -> None:
    async with transaction(database.writers) as session:
        for number in range(45):
            await store(session, region, f"Bind {number:02}")
    pages = [await look(f"/find?q=bind&page={number}") for number in (1, 2, 3)]
    titles = [title for seen in pages for title in seen.titles]
    assert (len(titles), len(set(titles))) == (45, 45)
    for far in ("4", "1000000000", "9" * 400):
        assert (await look(f"/find?q=bind&page={far}")).titles == pages[2].titles
    for odd in ("0", "-1", "x", "٣", ""):
        assert (await look(f"/find?q=bind&page={odd}")).titles == pages[0].titles
    links = pages[1].page.one("nav", "paging")
    assert [link["href"] for link in links.all("a", rel="next")] == ["/find?q=bind&page=3"]
    assert [link["href"] for link in links.all("a", rel="prev")] == ["/find?q=bind"]
    assert [link.text for link in links.all("a", aria_current="page")] == ["2"]


async def test_what_nobody_knows_is_left_out_and_said(database: Database, region: Region, look: Look) -> None:
    await small_shelf(database, region)
    seen = await look("/find?grade=44&platform=ipados&colour=red&publisher=%3Cscript%3E")
    assert sorted(seen.titles) == ["Brøkbyen", "Læs af", "Læselyst"]
    assert "grade=44, publisher=<script>" in seen.page.one("main").text


@pytest.mark.parametrize(
    "query",
    [
        "x" * 10_000,
        "ord " * 2_500,
        "%00%01%7F",
        "%E2%80%AEbr%C3%B8k%E2%80%AC",
        "%FF%FE%ED%A0%80",
        "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "+-*?~^:()[]%7B%7D%22AND%22OR",
        "%F0%9F%92%A9+%EA%99%AE%EA%99%A9",
    ],
    ids=["one word", "many words", "controls", "bidi", "no utf-8", "html", "signs", "emoji"],
)
async def test_a_hostile_query_is_only_text(client: Client, query: str) -> None:
    await settle(client)
    for headers in ({}, {"HX-Request": "true"}):
        response = await client.get(f"/find?q={query}", headers={**ENGLISH, **headers})
        assert response.status_code == 200
        page = read_page(response.text)
        assert page.all("script", src="") == []
        assert "alert(1)" not in [script.text for script in page.all("script")]
        assert all("onerror" not in element.attributes for element in page.walk())


async def test_more_than_ten_words_are_cut_and_it_is_said(look: Look) -> None:
    seen = await look("/find?q=" + "+".join(f"ord{number}" for number in range(12)))
    assert "Only the first ten words were searched for. Left out: ord10, ord11" in seen.page.one("main").text


async def test_a_query_that_is_too_long_is_cut_and_it_is_said(look: Look) -> None:
    seen = await look("/find?q=" + "%C3%A6" * 10_000)
    assert "Only the first 400 letters were searched for." in seen.page.one("main").text
    assert seen.page.one("input", id="q")["value"] == "æ" * 400
    assert len(seen.page.links["Choose your school and grade once"]) < 8000
    assert "letters" not in (await look("/find?q=" + "x" * 400)).page.one("main").text


async def test_words_that_nothing_holds_are_left_out_and_said(database: Database, region: Region, look: Look) -> None:
    await small_shelf(database, region)
    seen = await look("/find?q=br%C3%B8kbyen+xylofonorkester")
    assert seen.titles == ["Brøkbyen"]
    assert "Left out: xylofonorkester" in seen.page.one("main").text
