"""What the facet of devices finds and counts equals a count by hand, for random claims, fleets and questions."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.finding import documents
from catalog.finding.asking import Asked
from catalog.finding.documents import build
from catalog.finding.layout import LAYOUT
from catalog.finding.questions import build_query
from catalog.organisations.fleet.profiles import Profile, profile_of
from catalog.resources.running import Runs, runs_on
from catalog.resources.schemas import ClaimFact, PlacementFact, ResourceDetail
from catalog.vocabularies.region import Region
from catalog.vocabularies.store import shipped
from search.factory import open_engine
from search.port import Page
from tests.factories import facts

REGION = Region(country="dk", vocabularies=shipped(), language="da")
DAY = date(2026, 11, 25)
PLATFORMS, GRADES = ("ipados", "chromeos", "windows"), ("3", "4")
Shelf: TypeAlias = Sequence[tuple[Sequence[ClaimFact], str]]
"""For each resource its claims and its grade."""

fleets = st.lists(
    st.builds(Profile, platform=st.sampled_from(["", *PLATFORMS]), version=st.sampled_from(["", "15.8", "16", "17.5"])),
    max_size=5,
    unique=True,
).map(lambda found: [each for each in found if each.platform or not each.version])
claims = st.builds(
    ClaimFact,
    platform=st.sampled_from([*PLATFORMS, "web"]),
    min_version=st.sampled_from(["", "16", "16.10", "ny"]),
    browser=st.sampled_from(["", "Safari", "Edge"]),
    app=st.booleans(),
)
shelves = st.lists(st.tuples(st.lists(claims, max_size=3), st.sampled_from(GRADES)), min_size=1, max_size=6)


def page_of(shelf: Shelf, fleet: Sequence[Profile], codes: Sequence[str], grades: Sequence[str]) -> Page:
    async def run() -> Page:
        engine = open_engine("embedded:", LAYOUT)
        await engine.put(
            [build(_detail(number, *each), [], DAY, REGION, [], fleet).document for number, each in enumerate(shelf)]
        )
        chosen = {"device": tuple(codes), "grade": tuple(grades)}
        page = await engine.search(build_query(Asked(chosen=chosen), REGION, DAY, DAY))
        await engine.close()
        return page

    return asyncio.run(run())


def _detail(number: int, given_claims: Sequence[ClaimFact], grade: str) -> ResourceDetail:
    placed = [PlacementFact(subject="dansk", grade=grade)]
    return ResourceDetail(
        id=uuid.UUID(int=number),
        slug="x",
        status="listed",
        version=1,
        rank=number,
        updated_on=DAY,
        origin="",
        facts=facts(f"Bind {number}", claims=list(given_claims), placements=placed),
    )


def by_hand(
    shelf: Shelf, fleet: Sequence[Profile], codes: Sequence[str], grades: Sequence[str]
) -> tuple[int, Counter[str], Counter[str]]:
    """The total; for each device and for each grade the hits without a choice of its own kind."""
    chosen = [profile for profile in map(profile_of, codes) if profile]
    fits = [not codes or any(_runs(each, profile) for profile in chosen) for each, _ in shelf]
    placed = [not grades or grade in grades for _, grade in shelf]
    devices = Counter(
        profile.code
        for (given_claims, _), is_placed in zip(shelf, placed, strict=True)
        for profile in fleet
        if is_placed and _runs(given_claims, profile)
    )
    in_grades = Counter(grade for (_, grade), is_fit in zip(shelf, fits, strict=True) if is_fit)
    return sum(fit and at for fit, at in zip(fits, placed, strict=True)), devices, in_grades


def _runs(given_claims: Sequence[ClaimFact], profile: Profile) -> bool:
    return runs_on(given_claims, profile).runs is Runs.YES


def counted(page: Page, name: str) -> dict[str, int]:
    values = {**page.facets.get(name, {}), **page.counts.get(name, {})}
    return {code: number for code, number in values.items() if number}


@settings(deadline=None, max_examples=60)
@given(shelves, fleets, st.data())
def test_totals_and_counts_of_devices_equal_a_count_by_hand(
    shelf: Shelf, fleet: Sequence[Profile], data: st.DataObject
) -> None:
    codes = (
        data.draw(st.lists(st.sampled_from([each.code for each in fleet]), max_size=2, unique=True)) if fleet else []
    )
    grades = data.draw(st.lists(st.sampled_from(GRADES), max_size=1))
    page, (total, devices, in_grades) = page_of(shelf, fleet, codes, grades), by_hand(shelf, fleet, codes, grades)
    assert page.total == total
    assert counted(page, "device") == devices
    assert counted(page, "grade") == in_grades


def test_the_count_by_hand_notices_a_version_that_is_compared_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: as text, 16.10 comes before 16.9."""
    fleet = [Profile(platform="ipados", version="16.9")]
    shelf: Shelf = [([ClaimFact(platform="ipados", min_version="16.10", app=True)], "3")]

    def as_text(given_claims: Sequence[ClaimFact], profiles: Sequence[Profile]) -> list[str]:
        return [each.code for each in profiles if any(claim.min_version <= each.version for claim in given_claims)]

    code = fleet[0].code
    assert page_of(shelf, fleet, [code], []).total == by_hand(shelf, fleet, [code], [])[0] == 0
    monkeypatch.setattr(documents, "tokens_of", as_text)
    assert page_of(shelf, fleet, [code], []).total == 1
