"""Whose address a request has: never what the outside says of itself."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.web.client import home_of, trace

OURS = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.9"], "192.0.2.7"),  # who is no proxy of ours is not believed
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.5", ["1.2.3.4, 198.51.100.9"], "198.51.100.9"),  # the left one anybody may have written
        ("10.0.0.5", ["1.2.3.4", "198.51.100.9, 10.1.1.1"], "198.51.100.9"),
        ("10.0.0.5", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ("10.0.0.5", ["198.51.100.9:51000"], "198.51.100.9"),
        ("10.0.0.5", ["[2001:db9::1]:51000"], "2001:db9::1"),
        ("10.0.0.5", ["2001:db9::1"], "2001:db9::1"),
        ("10.0.0.5", ["198.51.100.9, unknown"], "10.0.0.5"),
        ("10.0.0.5", ["", ","], "10.0.0.5"),
        ("::ffff:10.0.0.5", ["::ffff:198.51.100.9"], "198.51.100.9"),
        ("2001:db8::5", ["198.51.100.9"], "198.51.100.9"),
        ("", ["198.51.100.9"], ""),
        ("testclient", ["198.51.100.9"], "testclient"),
    ],
)
def test_the_rightmost_hop_that_is_no_proxy_of_ours_counts(peer: str, forwarded: list[str], found: str) -> None:
    assert trace(peer, forwarded, OURS) == found


@given(st.lists(st.text(max_size=60), max_size=5))
def test_without_trusted_proxies_no_header_counts(forwarded: list[str]) -> None:
    assert trace("192.0.2.7", forwarded, ()) == "192.0.2.7"
    assert trace("192.0.2.7", forwarded, OURS) == "192.0.2.7"


@given(st.lists(st.text(max_size=60), max_size=3))
def test_whatever_stands_left_of_the_readers_own_address_changes_nothing(forged: list[str]) -> None:
    assert trace("10.0.0.5", [*forged, "198.51.100.9"], OURS) == "198.51.100.9"


def test_a_household_has_one_name() -> None:
    assert home_of("2001:db9::1") == home_of("2001:db9::2:3") == "2001:db9::/64"
    assert [home_of(each) for each in ("192.0.2.7", "", "x")] == ["192.0.2.7", "", "x"]
