"""Filters and counts equal a count by hand over the same resources, for random shelves, days and questions."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.decisions.state import Ground, Ruling, states_at
from catalog.finding import questions
from catalog.finding.asking import Asked
from catalog.finding.documents import build, pairs_of, token
from catalog.finding.layout import LAYOUT
from catalog.finding.questions import build_query
from catalog.resources.schemas import PlacementFact, ResourceDetail
from catalog.vocabularies.region import Region
from catalog.vocabularies.store import shipped
from search.factory import open_engine
from search.port import AllOf, Filter, Is, Page
from tests.factories import facts

REGION = Region(country="dk", vocabularies=shipped(), language="da")
BUILT = date(2026, 11, 25)
SUBJECTS, GRADES = ("dansk", "matematik", "musik"), ("3", "4", "5")
SCHOOLS = ("101", "102")
OUTCOMES = ("approved", "conditional", "pilot", "rejected", "withdrawn", "expired", "not_reviewed")
Shelf: TypeAlias = Sequence[tuple[Sequence[PlacementFact], Sequence[Ruling]]]

placements = st.lists(
    st.builds(PlacementFact, subject=st.sampled_from([*SUBJECTS, "*"]), grade=st.sampled_from([*GRADES, "*"])),
    max_size=3,
)
scopes = st.lists(st.sampled_from(SUBJECTS), max_size=2, unique=True)
rulings = st.lists(
    st.builds(
        lambda outcome, start, length, subjects, grades, schools: Ruling(
            outcome=outcome,
            decided_on=BUILT - timedelta(days=100),
            grounds=(
                Ground(
                    kind="decision",
                    starts_on=BUILT + timedelta(days=start),
                    ends_on=None if length is None else BUILT + timedelta(days=start + length),
                ),
            ),
            subjects=tuple(subjects),
            grades=tuple(grades),
            schools=tuple(schools),
        ),
        st.sampled_from(OUTCOMES[:5]),
        st.integers(-20, 3),
        st.one_of(st.none(), st.integers(0, 24)),
        scopes,
        st.lists(st.sampled_from(GRADES), max_size=2, unique=True),
        st.lists(st.sampled_from(SCHOOLS), max_size=2, unique=True),
    ),
    max_size=3,
)
shelves = st.lists(st.tuples(placements, rulings), min_size=1, max_size=6)
chosen = st.fixed_dictionaries(
    {
        "decision": st.lists(st.sampled_from(OUTCOMES), max_size=2, unique=True),
        "subject": st.lists(st.sampled_from(SUBJECTS), max_size=2, unique=True),
        "grade": st.lists(st.sampled_from(GRADES), max_size=2, unique=True),
    }
)
kept_schools = st.sampled_from(["", *SCHOOLS, "103"])
"""None, one that a decision may name, and one that none does."""


def page_of(shelf: Shelf, sides: dict[str, list[str]], day: date, as_of: date | None, school: str = "") -> Page:
    """Documents built on ``BUILT``, asked on a later day."""

    async def run() -> Page:
        engine = open_engine("embedded:", LAYOUT)
        documents = [
            build(_detail(number, placed), ruled, BUILT, REGION, []).document
            for number, (placed, ruled) in enumerate(shelf)
        ]
        await engine.put(documents)
        asked = Asked(chosen={name: tuple(values) for name, values in sides.items() if values}, school=school)
        page = await engine.search(build_query(asked, REGION, day, as_of))
        await engine.close()
        return page

    return asyncio.run(run())


def _detail(number: int, placed: Sequence[PlacementFact]) -> ResourceDetail:
    return ResourceDetail(
        id=uuid.UUID(int=number),
        slug="x",
        status="listed",
        version=1,
        rank=number,
        updated_on=BUILT,
        origin="",
        facts=facts(f"Bind {number}", placements=list(placed)),
    )


def by_hand(
    shelf: Shelf, sides: dict[str, list[str]], day: date, school: str = ""
) -> tuple[int, dict[str, Counter[str]]]:
    """The total, and the count of each value of each side with the other sides' choices in force."""
    total, counts = 0, {name: Counter[str]() for name in sides}
    for placed, ruled in shelf:
        pairs = pairs_of(placed, REGION) or (("", ""),)
        triples = [
            {"decision": state.outcome, "subject": subject, "grade": grade}
            for (subject, grade), state in states_at(ruled, day, pairs, school).items()
        ]
        total += any(_fits(triple, sides) for triple in triples)
        for name, counter in counts.items():
            others = {**sides, name: []}
            counter.update({triple[name] for triple in triples if triple[name] and _fits(triple, others)})
    return total, counts


def _fits(triple: dict[str, str], sides: dict[str, list[str]]) -> bool:
    return all(not values or triple[name] in values for name, values in sides.items())


def counted(page: Page, name: str) -> dict[str, int]:
    values = {**page.facets.get(name, {}), **page.counts.get(name, {})}
    return {code: number for code, number in values.items() if number}


def turns_at_most_twice(shelf: Shelf, day: date) -> bool:
    """What the stored dates promise: a document knows its state through its next turn, until the one after."""
    return all(
        build(_detail(0, placed), ruled, BUILT, REGION, []).document["turns_again"] > int(f"{day:%Y%m%d}")
        for placed, ruled in shelf
    )


@settings(deadline=None, max_examples=100)
@given(shelves, chosen, st.integers(0, 30), kept_schools)
def test_totals_and_counts_equal_a_count_by_hand_on_every_day_and_at_every_school(
    shelf: Shelf, sides: dict[str, list[str]], later: int, school: str
) -> None:
    day = BUILT + timedelta(days=later)
    if not turns_at_most_twice(shelf, day):
        day = BUILT
    page = page_of(shelf, sides, day, BUILT if day == BUILT and later % 2 else None, school)
    total, counts = by_hand(shelf, sides, day, school)

    assert page.total == total
    offered = {"subject": set(REGION.codes("subject")), "grade": set(REGION.codes("grade")), "decision": set(OUTCOMES)}
    for name, counter in counts.items():
        assert counted(page, name) == {code: number for code, number in counter.items() if code in offered[name]}


def test_the_count_by_hand_notices_a_filter_that_forgets_what_belongs_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: asking for each side apart finds «dansk 3 + matematik 4» under dansk 4."""
    shelf: Shelf = [([PlacementFact(subject="dansk", grade="3"), PlacementFact(subject="matematik", grade="4")], [])]
    sides = {"decision": [], "subject": ["dansk"], "grade": ["4"]}

    def apart(sides: questions.Sides, _today: date, _as_of: date | None, _school: str) -> Filter:
        return (
            Is("subjects", list(sides.get("subject", ())))
            if sides.get("subject")
            else Is("placed_now", [token("*", "*", "*")])
        )

    assert page_of(shelf, sides, BUILT, None).total == by_hand(shelf, sides, BUILT)[0] == 0
    monkeypatch.setattr(questions, "placed", apart)
    assert page_of(shelf, sides, BUILT, None).total == 1


def ruling(outcome: str, *schools: str) -> Ruling:
    ground = Ground(kind="decision", starts_on=BUILT)
    return Ruling(outcome=outcome, decided_on=BUILT, grounds=(ground,), schools=schools)


AT_ONE_SCHOOL: Shelf = [
    (
        [PlacementFact(subject="dansk", grade="3")],
        [ruling("approved"), ruling("rejected", "101")],
    ),
    ([PlacementFact(subject="dansk", grade="4")], [ruling("pilot", "101")]),
]
"""What one school decided against, and what one alone is trying out."""
NOT_CHOSEN: dict[str, list[str]] = {"decision": [], "subject": [], "grade": []}


def test_a_decision_of_one_school_counts_there_and_nowhere_else() -> None:
    found = {
        school: counted(page_of(AT_ONE_SCHOOL, NOT_CHOSEN, BUILT, BUILT, school), "decision")
        for school in ("", "101", "102")
    }
    assert found == {
        "": {"approved": 1, "not_reviewed": 1},
        "101": {"rejected": 1, "pilot": 1},
        "102": {"approved": 1, "not_reviewed": 1},
    }


def test_the_count_by_hand_notices_a_school_to_which_what_holds_for_everybody_is_said_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: «approved» for everybody must not count at the school that rejected it."""
    sides = {**NOT_CHOSEN, "decision": ["approved"]}
    assert by_hand(AT_ONE_SCHOOL, sides, BUILT, "101")[0] == 0
    assert page_of(AT_ONE_SCHOOL, sides, BUILT, BUILT, "101").total == 0
    monkeypatch.setattr(questions, "Lacks", lambda *_: AllOf([]))
    assert page_of(AT_ONE_SCHOOL, sides, BUILT, BUILT, "101").total == 1


def test_the_count_by_hand_notices_a_question_that_forgets_the_school(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without its own tokens a school would be told what holds for everybody."""
    sides = {**NOT_CHOSEN, "decision": ["pilot"]}
    assert by_hand(AT_ONE_SCHOOL, sides, BUILT, "101")[0] == 1
    assert page_of(AT_ONE_SCHOOL, sides, BUILT, BUILT, "101").total == 1
    monkeypatch.setattr(questions, "token", lambda *values: token(*values[:3]))
    assert page_of(AT_ONE_SCHOOL, sides, BUILT, BUILT, "101").total == 0


def test_documents_without_a_decision_of_some_schools_hold_no_token_more() -> None:
    (placed, ruled), _ = AT_ONE_SCHOOL
    plain = build(_detail(0, placed), ruled[:1], BUILT, REGION, []).document
    scoped = build(_detail(0, placed), ruled, BUILT, REGION, []).document
    assert plain["scoped_schools"] == []
    assert {each.count("|") for each in plain["placed_now"]} == {2}
    assert set(plain["placed_now"]) < set(scoped["placed_now"])
    assert len(scoped["placed_now"]) == 2 * len(plain["placed_now"])
