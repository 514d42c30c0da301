"""Amounts that never lose an øre, and days that turn at the municipality's own midnight."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core.clock import local_day, utc_now
from catalog.core.money import CURRENCIES, CurrenciesDiffer, Money

amounts = st.integers(-(10**13), 10**13)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=40)
COPENHAGEN, STOCKHOLM = ZoneInfo("Europe/Copenhagen"), ZoneInfo("Europe/Stockholm")


@given(amounts, amounts, st.sampled_from(CURRENCIES))
def test_adding_and_taking_away_are_exact_and_undo_each_other(left: int, right: int, currency: str) -> None:
    first, second = Money(left, currency), Money(right, currency)
    assert first + second == Money(left + right, currency)
    assert first + second - second == first
    negative = -first
    assert -negative == first


def test_amounts_of_different_currencies_are_never_added() -> None:
    with pytest.raises(CurrenciesDiffer) as refused:
        Money(100, "DKK") + Money(100, "EUR")
    assert refused.value.members == {"left": "DKK", "right": "EUR"}


@given(amounts, weights)
def test_parts_add_up_to_the_whole_and_each_is_within_one_of_its_share(minor: int, shares: list[int]) -> None:
    parts = Money(minor, "DKK").spread(shares)

    assert sum(part.minor for part in parts) == minor
    assert {part.currency for part in parts} == {"DKK"}
    fair = shares if any(shares) else [1] * len(shares)
    for part, share in zip(parts, fair, strict=True):
        assert abs(Fraction(part.minor) - Fraction(minor * share, sum(fair))) < 1


@given(amounts, weights)
def test_who_weighs_more_never_gets_less_and_nothing_is_worth_nothing(minor: int, shares: list[int]) -> None:
    parts = [part.minor for part in Money(abs(minor), "SEK").spread(shares)]
    for part, share in zip(parts, shares, strict=True):
        assert part == 0 or share > 0 or not any(shares)
        assert all(part >= other for other, less in zip(parts, shares, strict=True) if less < share)


def test_ties_go_to_the_first_and_negative_weights_weigh_nothing() -> None:
    assert [part.minor for part in Money(100, "DKK").spread([1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in Money(-100, "DKK").spread([1, 1, 1])] == [-34, -33, -33]
    assert [part.minor for part in Money(100, "DKK").spread([-5, 1])] == [0, 100]
    assert Money(100, "DKK").spread([]) == []


def test_control_rounding_each_part_by_itself_loses_money() -> None:
    assert sum(round(100 / 3) for _ in range(3)) == 99


@pytest.mark.parametrize("zone", [COPENHAGEN, STOCKHOLM], ids=str)
@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 1, 14, 22, 59, 59, tzinfo=UTC), date(2026, 1, 14)),
        (datetime(2026, 1, 14, 23, tzinfo=UTC), date(2026, 1, 15)),  # winter: one hour before UTC
        (datetime(2026, 7, 14, 21, 59, 59, tzinfo=UTC), date(2026, 7, 14)),
        (datetime(2026, 7, 14, 22, tzinfo=UTC), date(2026, 7, 15)),  # summer: two
        (datetime(2026, 3, 28, 23, tzinfo=UTC), date(2026, 3, 29)),  # the night to summer time
        (datetime(2026, 3, 29, 22, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), date(2026, 10, 25)),  # the night to winter time
        (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_the_day_turns_at_the_municipalitys_midnight(zone: ZoneInfo, instant: datetime, day: date) -> None:
    assert local_day(instant, zone) == day


def test_control_the_day_of_utc_turns_late() -> None:
    instant = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
    assert instant.date() != local_day(instant, COPENHAGEN)


def test_the_days_with_a_change_of_clock_have_23_and_25_hours() -> None:
    def hours(day: date) -> int:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=12)
        return sum(local_day(start + timedelta(hours=hour), COPENHAGEN) == day for hour in range(48))

    assert [hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 6, 1))] == [23, 25, 24]


def test_now_is_an_instant_in_utc() -> None:
    assert utc_now().tzinfo is UTC
