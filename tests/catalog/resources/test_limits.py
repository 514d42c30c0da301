"""What cannot be stored is refused before the database sees it, and what is stored is read the same everywhere."""

from typing import Any

import pytest

from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid
from catalog.resources.checks import MAX_DESCRIPTION
from catalog.resources.models import Identifier, Placement, Resource, SourceTerm
from catalog.resources.reading import facts_from, get_resource
from catalog.resources.schemas import ClaimFact, IdentifierFact, PlacementFact, ResourceFacts, SourceTermFact, Text
from catalog.resources.service import tidy
from catalog.vocabularies.region import Region
from tests.factories import facts, store

LONG = "https://example.org/" + "ø" * 1000


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"publisher": "x" * 201}, {"publisher": "too-long"}),
        ({"creator": "x" * 301}, {"creator": "too-long"}),
        ({"designation": "x" * 121}, {"designation": "too-long"}),
        ({"claims": [ClaimFact(platform="web", browser="x" * 65)]}, {"claims": "too-long"}),
        ({"claims": [ClaimFact(platform="web", min_version="x" * 33)]}, {"claims": "too-long"}),
        ({"claims": [ClaimFact(platform="web", limits="x" * 501)]}, {"claims": "too-long"}),
        ({"claims": [ClaimFact(platform="web", tested_by="x" * 121)]}, {"claims": "too-long"}),
        ({"source_terms": [SourceTermFact(kind="subject", term="x" * 301)]}, {"sourceTerms": "too-long"}),
        ({"identifiers": [IdentifierFact(scheme="url", value=LONG)]}, {"identifiers": "too-long"}),
        ({"identifiers": [IdentifierFact(scheme="source:x", value="ø" * 1001)]}, {"identifiers": "too-long"}),
        ({"url": LONG}, {"url": "too-long"}),
        ({"url": "\ud800"}, {"url": "not-a-web-address"}),
        ({"texts": [Text(language="da", title="\u200b")]}, {"title": "field-missing"}),
        ({"texts": [Text(language="da-" + "a" * 14, title="Et")]}, {"texts": "unknown-code"}),
    ],
)
def test_what_is_too_long_for_its_place_is_a_fault(
    region: Region, wrong: dict[str, Any], errors: dict[str, str]
) -> None:
    given = {"form": "app", "texts": [Text(language="da", title="Et")], **wrong}
    with pytest.raises(Invalid) as refused:
        tidy(ResourceFacts(**given), region)
    assert refused.value.errors == errors


def test_lengths_are_those_of_the_clean_text(region: Region) -> None:
    description = "ord\r\n" * (MAX_DESCRIPTION // 4)
    tidied = tidy(facts(" <Kode> " + "\u200b" * 300, description=description, publisher="x" * 200 + " "), region)
    assert tidied.texts[0].title == "<Kode>"
    assert tidied.texts[0].description.count("\n") == MAX_DESCRIPTION // 4 - 1
    assert tidied == tidy(tidied, region)


async def test_what_is_as_long_as_can_be_is_stored(database: Database, region: Region) -> None:
    publisher = "\ufdfa" * 200  # folded, one letter becomes eighteen
    url = "https://example.org/" + "ø" * 990
    async with transaction(database.writers) as session:
        key = await store(session, region, "Et", publisher=publisher, url=url, creator="x" * 300)
        await store(session, region, "To", publisher=publisher)
    async with transaction(database.readers) as session:
        read = await get_resource(session, key)
    assert (read.facts.publisher, read.facts.url) == (publisher, url)


def test_parts_are_read_in_the_order_of_their_letters_whatever_order_a_database_has() -> None:
    resource = Resource(slug="x", form="app")
    resource.identifiers = [Identifier(scheme="source:x", value=value) for value in ("a", "B", "å", "Z")]
    resource.placements = [Placement(subject=subject, grade="4") for subject in ("natur-teknologi", "Natur", "*")]
    resource.source_terms = [SourceTerm(kind="subject", term=term) for term in ("dansk", "Engelsk")]
    read = facts_from(resource, "", "")
    assert [each.value for each in read.identifiers] == ["B", "Z", "a", "å"]
    assert read.placements == [
        PlacementFact(subject=subject, grade="4") for subject in ("*", "Natur", "natur-teknologi")
    ]
    assert [each.term for each in read.source_terms] == ["Engelsk", "dansk"]
