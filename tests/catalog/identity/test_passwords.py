"""What a password may be, and how long whoever guesses has to wait: rules without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # it carries no types

from catalog.core.errors import Unavailable
from catalog.identity.local.hashing import HASHER, NOBODYS, Turns, fits, hash_password, is_outdated
from catalog.identity.local.passwords import fold_username, is_username, normalise, password_fault
from catalog.identity.local.throttle import BY_ACCOUNT, BY_ADDRESS, LONGEST_WAIT, Pace, wait

KNOWN = ("inge", "Inge Bregnvig", "Sundby Kommune", "hylde")
NOW = datetime(2026, 11, 25, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("fjorten blå ugler synger", ""),
        ("correct horse battery staple", ""),
        ("bøger står på hylden i stuen", ""),  # the word is in it, and enough beside it
        ("14 tegn er lidt", ""),
        ("14 tegn er kort"[:14], "password-short"),
        ("å" * 14, "password-short"),
        ("x" * 201, "too-long"),
        ("Inge-Bregnvig-2026", "password-of-names"),
        ("hyldehyldehylde!", "password-of-names"),
        ("SUNDBY kommune 12345", "password-of-names"),
        ("passwordpassword", "password-common"),
        ("qwertyuiopasdfgh", "password-common"),
        ("123456789012345678", "password-common"),
        ("abcabcabcabcabcabc", "password-common"),
        ("                    ", "password-common"),
        ("a" * 200, "password-common"),
    ],
)
def test_a_password_is_long_and_nothing_that_others_would_try(password: str, fault: str) -> None:
    assert password_fault(password, KNOWN) == fault


def test_no_password_of_the_list_is_taken_and_what_is_longer_is_rated_in_time() -> None:
    long_enough = [each for each in FREQUENCY_LISTS["passwords"] if len(each) >= 15]
    assert long_enough, "control: there are some"
    assert {password_fault(each, ()) for each in long_enough} == {"password-common"}
    assert {password_fault((each * 15)[:60], ()) for each in FREQUENCY_LISTS["passwords"][:50]} == {"password-common"}


@given(st.text(max_size=250), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_is_typed_gets_an_answer(password: str, known: list[str]) -> None:
    fault = password_fault(normalise(password), known)
    assert fault in {"", "too-long", "password-short", "password-of-names", "password-common"}
    assert not fault or len(normalise(password)) > 200 or fault != "too-long"


@pytest.mark.parametrize(
    ("typed", "folded", "is_one"),
    [
        (" Inge ", "inge", True),
        ("A\u030aSE", "åse", True),
        ("inge@post.example", "inge@post.example", True),
        ("i", "i", False),
        ("i n g e", "i n g e", False),
        (".inge", ".inge", False),
        ("x" * 101, "x" * 101, False),
        ("<b>", "<b>", False),
        ("", "", False),
    ],
)
def test_user_names_are_folded_and_hold_nothing_odd(typed: str, folded: str, is_one: bool) -> None:
    assert (fold_username(typed), is_username(fold_username(typed))) == (folded, is_one)


async def test_a_hash_fits_its_password_alone_and_nothing_fits_nobodys() -> None:
    stored = await hash_password("fjorten blå ugler synger")
    assert stored.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert await fits(stored, "fjorten blå ugler synger")
    assert not await fits(stored, "fjorten blå ugler synge")
    assert not await fits("", "")
    assert not await fits("nonsense", "x")
    assert not is_outdated(NOBODYS), "it must cost what a real one costs"
    assert HASHER.type.name == "ID"


async def test_who_would_wait_too_long_is_told_to_come_back() -> None:
    turns = Turns(1, most=0)
    with pytest.raises(Unavailable):
        await turns.take(lambda: None)
    assert await Turns(1, most=1).take(lambda: 7) == 7


def test_the_wait_doubles_with_each_failure_and_ends() -> None:
    failures: list[datetime] = []
    moment, waits = NOW, []
    for _ in range(12):
        pause = wait(BY_ACCOUNT, failures, moment)
        waits.append(pause.total_seconds())
        moment += pause
        failures.append(moment)
    assert waits == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]
    assert wait(BY_ADDRESS, failures, moment) == timedelta()
    assert wait(BY_ACCOUNT, failures, moment + timedelta(days=1)) == timedelta()


@given(
    st.lists(st.integers(-100_000, 100_000).map(lambda seconds: NOW + timedelta(seconds=seconds))),
    st.integers(1, 40),
    st.integers(1, 48),
)
def test_nobody_waits_longer_than_a_quarter_of_an_hour_and_then_is_looked_at(
    failures: list[datetime], free: int, hours: int
) -> None:
    pace = Pace(free, timedelta(hours=hours))
    pause = wait(pace, failures, NOW)
    assert timedelta() <= pause <= LONGEST_WAIT
    past = [at for at in failures if at <= NOW]
    assert wait(pace, past, NOW + wait(pace, past, NOW)) == timedelta()
