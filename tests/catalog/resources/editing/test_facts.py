"""From what was typed to facts and back: every fault at its own field, and nothing that was stored gets lost."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.datastructures import FormMultiDict

from catalog.resources.editing.comparing import compare, take_stored
from catalog.resources.editing.facts import PARTS, add_rows, keep_order, read_facts, typed_from
from catalog.resources.schemas import ClaimFact, IdentifierFact, PlacementFact, ResourceFacts, Text
from catalog.vocabularies.identifiers import normalise_identifier
from catalog.vocabularies.store import shipped
from catalog.web.forms import FormReader
from catalog.web.shown import Typed
from tests.catalog.resources.entries import FULL

VOCABULARIES = shipped()


def codes(scheme: str) -> st.SearchStrategy[str]:
    return st.sampled_from([concept.code for concept in VOCABULARIES.concepts(scheme)])


def many(scheme: str) -> st.SearchStrategy[list[str]]:
    return st.lists(codes(scheme), unique=True, max_size=4)


WORDS = st.text(alphabet="abc æøå-4.", max_size=20).map(lambda text: " ".join(text.split()))
ADDRESSES = st.sampled_from(["", "https://a.example", "http://b.example/x?y=1"])


@st.composite
def some_facts(draw: st.DrawFn) -> ResourceFacts:
    """Facts as the catalogue stores them."""
    languages = draw(st.lists(codes("language"), unique=True, min_size=1, max_size=3))
    titles = WORDS.filter(bool)
    pairs = draw(st.sets(st.tuples(codes("subject"), codes("grade")), max_size=6))
    devices = draw(st.sets(st.tuples(codes("platform"), WORDS), max_size=3))
    url = draw(ADDRESSES)
    numbers = {("url", normalise_identifier("url", url))} if url else set()
    numbers |= draw(st.sets(st.sampled_from([("isbn13", "9788702000009"), ("source:x", "7")])))
    return ResourceFacts(
        form=draw(codes("form")),
        kind=draw(codes("kind") | st.just("")),
        texts=[Text(language=each, title=draw(titles), description=draw(WORDS)) for each in languages],
        publisher=draw(WORDS),
        service_key=draw(st.sampled_from(["", "sky"])),
        creator=draw(WORDS),
        designation=draw(WORDS),
        price_model=draw(codes("price") | st.just("")),
        url=url,
        order_url=draw(ADDRESSES),
        lix=draw(st.none() | st.integers(0, 100)),
        reading_support=draw(st.sampled_from([None, True, False])),
        accessibility=draw(codes("accessibility")),
        accessibility_url=draw(ADDRESSES),
        languages=draw(many("language")),
        logins=draw(many("login")),
        end_users=draw(many("end_user")),
        data_categories=draw(many("data_category")),
        supplier_declared=draw(st.lists(st.sampled_from(["lix", "logins", "url"]), unique=True)),
        identifiers=[IdentifierFact(scheme=scheme, value=value) for scheme, value in sorted(numbers)],
        placements=[PlacementFact(subject=subject, grade=grade) for subject, grade in sorted(pairs)],
        claims=[
            ClaimFact(platform=platform, browser=browser, limits=draw(WORDS), tested_on=draw(st.none() | st.dates()))
            for platform, browser in sorted(devices)
        ],
    )


def reader(typed: Typed) -> FormReader:
    return FormReader(FormMultiDict([(name, value) for name, values in typed.items() for value in values]))


def own_addresses(facts: ResourceFacts) -> set[tuple[str, str]]:
    return {(each.scheme, each.value) for each in facts.identifiers} - {("url", normalise_identifier("url", facts.url))}


@settings(deadline=None)
@given(some_facts(), st.integers(0, 3))
def test_what_is_stored_comes_back_from_its_own_form(facts: ResourceFacts, blank: int) -> None:
    typed = typed_from(facts)
    for part in PARTS:
        add_rows(typed, part, blank)
    form = reader(typed)
    read = keep_order(read_facts(form, VOCABULARIES, ()), facts)

    assert form.errors == {}
    for name in facts.__struct_fields__:
        if name == "identifiers" and facts.url:
            assert {(each.scheme, each.value) for each in read.identifiers} == own_addresses(facts)
        elif name == "placements":
            assert sorted(read.placements) == facts.placements
        else:
            assert getattr(read, name) == getattr(facts, name), name


@settings(deadline=None)
@given(some_facts(), some_facts())
def test_two_forms_differ_in_a_field_until_the_stored_one_is_taken(ours: ResourceFacts, theirs: ResourceFacts) -> None:
    stored, typed = typed_from(theirs), typed_from(ours)
    assert compare(stored, stored, VOCABULARIES, {}) == ()
    for difference in compare(stored, typed, VOCABULARIES, {}):
        assert difference.stored != difference.typed
        typed = take_stored(stored, typed, difference.name)
    assert compare(stored, typed, VOCABULARIES, {}) == ()


NAMES = st.sampled_from(
    [
        *typed_from(FULL),
        "texts-399-title",
        "claims-400-platform",
        "placements-0-grades",
        "claims--1-x",
        "texts-00-title",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.lists(st.text(max_size=30) | st.sampled_from(["*", "da", "web", "4"]), max_size=3)))
def test_whatever_is_sent_becomes_facts_or_faults_at_fields_and_never_an_exception(typed: Typed) -> None:
    form = reader(typed)
    facts = read_facts(form, VOCABULARIES, ())
    assert form.errors or facts.texts
    assert all(isinstance(code, str) for code in form.errors.values())


def faults_of(**typed: str | list[str]) -> dict[str, str]:
    given_names = {name.replace("__", "-"): value for name, value in typed.items()}
    right: dict[str, Any] = {"form": "app", "texts-0-title": "Brøker", "texts-0-language": "da"}
    sent = right | given_names
    form = reader({name: value if isinstance(value, list) else [value] for name, value in sent.items()})
    read_facts(form, VOCABULARIES, ())
    return form.errors


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({}, {}),
        ({"texts__0__title": ""}, {"texts-0-title": "field-missing"}),
        ({"texts__0__title": "<Kode>"}, {}),
        ({"texts__0__title": "\u200b"}, {"texts-0-title": "field-missing"}),
        ({"texts__0__description": "ord\r\n" * 2000}, {}),
        ({"texts__0__description": "x" * 10_001}, {"texts-0-description": "too-long"}),
        ({"texts__0__title": "x" * 301}, {"texts-0-title": "too-long"}),
        ({"texts__3__description": "Uden titel"}, {"texts-3-title": "field-missing", "texts-3-language": "choose-one"}),
        ({"texts__1__title": "Igen", "texts__1__language": "da"}, {"texts-1-language": "said-twice"}),
        ({"texts__0__language": "dansk!"}, {"texts-0-language": "unknown-code"}),
        ({"form": "bog"}, {"form": "unknown-code"}),
        ({"lix": "1.000"}, {"lix": "not-a-number"}),
        ({"lix": "101"}, {"lix": "field-out-of-range"}),
        ({"reading_support": "måske"}, {"reading_support": "unknown-code"}),
        ({"languages": ["da", "!"]}, {"languages": "unknown-code"}),
        ({"logins": "nonsense"}, {"logins": "unknown-code"}),
        ({"placements__0__subject": "matematik"}, {"placements-0-grades": "choose-one"}),
        ({"placements__2__grades": "4"}, {"placements-2-subject": "choose-one"}),
        ({"placements__0__subject": "alkymi", "placements__0__grades": "4"}, {"placements-0-subject": "unknown-code"}),
        ({"placements__0__subject": "*", "placements__0__grades": "99"}, {"placements-0-grades": "unknown-code"}),
        ({"identifiers__1__scheme": "isbn13"}, {"identifiers-1-value": "field-missing"}),
        ({"identifiers__1__value": "7"}, {"identifiers-1-scheme": "choose-one"}),
        (
            {"identifiers__1__scheme": "isbn13", "identifiers__1__value": "9788702000001"},
            {"identifiers-1-value": "wrong-check-digit"},
        ),
        ({"identifiers__1__scheme": "cpr", "identifiers__1__value": "7"}, {"identifiers-1-value": "unknown-scheme"}),
        ({"claims__0__browser": "Firefox"}, {"claims-0-platform": "choose-one"}),
        (
            {"claims__0__tested_on": "2026-02-30", "claims__0__platform": "fridge"},
            {"claims-0-platform": "unknown-code", "claims-0-tested_on": "not-a-date"},
        ),
        ({"claims__0__platform": "web", "claims__3__platform": "web"}, {"claims-3-platform": "said-twice"}),
        ({"claims__0__app": "yes"}, {}),
        ({"texts__500__title": "For langt nede"}, {"texts-0-title": "too-long"}),
    ],
)
def test_each_fault_stands_at_its_own_field(typed: dict[str, Any], errors: dict[str, str]) -> None:
    assert faults_of(**typed) == errors
