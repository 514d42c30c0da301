"""What holds on a day follows from rulings and their grounds alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.decisions.state import EXPIRED, NOT_REVIEWED, Ground, Ruling, headline, in_force, state_at, states_at
from catalog.decisions.state import turning_days as turns

DAY = date(2026, 11, 25)
PAIR = ("matematik", "4")


def ruling(
    outcome: str = "approved", starts: date = date(2026, 8, 1), ends: date | None = None, **more: object
) -> Ruling:
    grounds = (Ground(kind="decision", starts_on=starts, ends_on=ends),)
    given: dict[str, object] = {"grounds": grounds, **more}
    return Ruling(outcome=outcome, decided_on=starts, **given)  # type: ignore[arg-type]  # the Struct checks


def test_an_approval_holds_through_its_last_day_and_is_expired_on_the_next() -> None:
    rulings = [ruling(ends=DAY)]
    assert state_at(rulings, DAY, *PAIR).outcome == "approved"
    after = state_at(rulings, DAY + timedelta(days=1), *PAIR)
    assert (after.outcome, after.until, after.because) == (EXPIRED, DAY, "decision")


def test_the_ground_that_ends_first_ends_the_approval_and_says_so() -> None:
    agreement = Ground(kind="data_processing_agreement", ends_on=DAY)
    rulings = [ruling(grounds=(Ground(kind="decision", ends_on=date(2028, 7, 31)), agreement))]
    state = state_at(rulings, DAY + timedelta(days=1), *PAIR)
    assert (state.outcome, state.because) == (EXPIRED, "data_processing_agreement")


@pytest.mark.parametrize("outcome", ["rejected", "withdrawn"])
def test_a_no_never_lapses_into_anything_better(outcome: str) -> None:
    assert state_at([ruling(outcome, ends=date(2026, 9, 1))], DAY, *PAIR).outcome == outcome


def test_the_ruling_that_began_last_decides_and_one_of_the_future_waits() -> None:
    rulings = [
        ruling("rejected", date(2024, 1, 1)),
        ruling("approved", date(2025, 1, 1)),
        ruling("conditional", date(2027, 1, 1)),
    ]
    assert state_at(rulings, date(2024, 6, 1), *PAIR).outcome == "rejected"
    assert state_at(rulings, DAY, *PAIR).outcome == "approved"
    assert state_at(rulings, date(2027, 1, 1), *PAIR).outcome == "conditional"


def test_a_ruling_says_nothing_outside_its_scope() -> None:
    rulings = [ruling(subjects=("matematik",), grades=("4", "5"))]
    assert state_at(rulings, DAY, "matematik", "6").outcome == NOT_REVIEWED
    assert state_at(rulings, DAY, "dansk", "4").outcome == NOT_REVIEWED
    assert state_at(rulings, DAY, "matematik", "5").outcome == "approved"


def test_an_approval_for_one_school_is_none_for_another_nor_for_everybody() -> None:
    rulings = [ruling("rejected", date(2025, 1, 1)), ruling(schools=("999101",))]
    assert state_at(rulings, DAY, *PAIR, "999101").outcome == "approved"
    assert state_at(rulings, DAY, *PAIR, "999102").outcome == "rejected"
    assert state_at(rulings, DAY, *PAIR).outcome == "rejected"


def test_a_title_inherits_from_its_service_unless_it_has_its_own() -> None:
    own, inherited = [ruling("rejected")], [ruling("approved", inherited=True)]
    assert list(in_force(own, inherited)) == own
    assert list(in_force([], inherited)) == inherited


def test_the_best_state_anywhere_is_the_headline() -> None:
    rulings = [ruling("rejected", subjects=("dansk",)), ruling("conditional", grades=("4",), subjects=("matematik",))]
    states = states_at(rulings, DAY, [("dansk", "4"), ("matematik", "4"), ("matematik", "5")])
    assert headline(states).outcome == "conditional"
    assert headline(states_at([], DAY, [])).outcome == NOT_REVIEWED


days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
rulings_drawn = st.lists(
    st.builds(
        lambda outcome, start, length, grades: ruling(
            outcome, start, None if length is None else start + timedelta(days=length), grades=tuple(grades)
        ),
        st.sampled_from(["approved", "conditional", "pilot", "rejected", "withdrawn"]),
        days,
        st.one_of(st.none(), st.integers(0, 400)),
        st.lists(st.sampled_from(["3", "4", "5"]), max_size=2),
    ),
    max_size=5,
)


ends_of_time = st.one_of(st.sampled_from([date.min, date.max]), st.dates())


@given(ends_of_time, st.one_of(st.none(), ends_of_time), ends_of_time)
def test_no_day_is_too_early_or_too_late(starts: date, ends: date | None, day: date) -> None:
    rulings = [ruling(starts=starts, ends=ends)]
    assert all(turn > day for turn in turns(rulings, day))
    assert state_at(rulings, day, *PAIR).outcome in {"approved", EXPIRED, NOT_REVIEWED}


@given(rulings_drawn, days)
def test_between_two_turning_days_no_state_changes(rulings: list[Ruling], day: date) -> None:
    pairs = [("matematik", grade) for grade in "345"]
    upcoming = turns(rulings, day)
    following = upcoming[0] if upcoming else date(2030, 1, 1)
    for probe in {day, day + (following - day) // 2, following - timedelta(days=1)}:
        assert [s.outcome for s in states_at(rulings, probe, pairs).values()] == [
            s.outcome for s in states_at(rulings, day, pairs).values()
        ]


@given(rulings_drawn, days)
def test_every_state_is_known_and_an_expired_one_was_once_allowed(rulings: list[Ruling], day: date) -> None:
    state = state_at(rulings, day, *PAIR)
    if state.outcome == EXPIRED:
        assert state.ruling is not None
        assert state.ruling.outcome in {"approved", "conditional", "pilot"}
        assert state.until is not None
        assert state.until < day
    elif state.outcome == NOT_REVIEWED:
        assert state.ruling is None
    else:
        assert state.ruling is not None
        assert state.outcome == state.ruling.outcome
