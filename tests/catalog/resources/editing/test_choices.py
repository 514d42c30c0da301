"""What a form offers on a day, with a municipality's own vocabulary."""

from datetime import date
from pathlib import Path

import pytest

from catalog.decisions.view import fields_of as decision_fields
from catalog.organisations.schemas import SchoolChoice
from catalog.resources.editing.choices import Field
from catalog.resources.editing.view import fields_of, rows_of
from catalog.vocabularies.region import Region
from catalog.vocabularies.store import load_vocabularies
from catalog.web.shown import Typed, show_form

OWN = {
    "subject": "[madkundskab]\nvalid_until = 2026-07-31\n",
    "price": "[free]\nvalid_until = 2026-07-31\n",
    "reason": "[quality]\nvalid_from = 2026-08-01\n",
}
LAST, NEXT = date(2026, 7, 31), date(2026, 8, 1)
SCHOOLS: list[SchoolChoice] = []


@pytest.fixture
def own(tmp_path: Path) -> Region:
    for scheme, text in OWN.items():
        (tmp_path / f"{scheme}.toml").write_text(text)
    return Region(country="dk", vocabularies=load_vocabularies(tmp_path), language="da")


def codes(field: Field) -> set[str]:
    return {option.value for option in (*field.options, *field.more)}


def offered_on(region: Region, day: date, typed: Typed) -> tuple[set[str], set[str], set[str]]:
    """Subjects and prices of an entry, and the reasons of a decision."""
    form = show_form({"placements-0-subject": [""], "placements-0-grades": [], **typed}, {}, errors={})
    prices = fields_of(form, region, day, [])["price_model"]
    subjects = rows_of(form, region, day)["placements"][0].fields["subject"]
    reasons = decision_fields(form, region, day, SCHOOLS, [])["reasons"]
    return codes(subjects), codes(prices), codes(reasons)


def test_only_what_holds_on_the_day_is_offered(own: Region) -> None:
    before, after = offered_on(own, LAST, {}), offered_on(own, NEXT, {})
    assert ["madkundskab" in before[0], "free" in before[1], "quality" in before[2]] == [True, True, False]
    assert ["madkundskab" in after[0], "free" in after[1], "quality" in after[2]] == [False, False, True]


def test_what_is_stored_stays_though_it_has_ended(own: Region) -> None:
    stored = {"placements-0-subject": ["madkundskab"], "price_model": ["free"]}
    subjects, prices, _ = offered_on(own, NEXT, stored)
    assert "madkundskab" in subjects
    assert "free" in prices
