"""Devices reduced to profiles: versions compared as numbers, the oldest stands for all, and codes that name them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.organisations.fleet.profiles import (
    Devices,
    Ownership,
    Profile,
    all_profiles,
    equipment_of,
    is_version,
    profile_of,
    profiles_of,
    read_version,
)

parts = st.lists(st.integers(0, 999_999), min_size=1, max_size=4)
versions = parts.map(lambda given: ".".join(map(str, given)))
platforms = st.sampled_from(["ipados", "chromeos", "windows"])
municipal = st.builds(
    Devices, ownership=st.just(Ownership.MUNICIPAL), platform=platforms, os_version=st.one_of(st.just(""), versions)
)
others = st.sampled_from([Devices(ownership=Ownership.BYOD), Devices(ownership=Ownership.NONE)])
devices = st.lists(st.one_of(municipal, others), max_size=6)


def ipad(version: str = "") -> Devices:
    return Devices(ownership=Ownership.MUNICIPAL, platform="ipados", os_version=version)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("16", (16,)),
        ("16.0", (16,)),
        ("16.10", (16, 10)),
        ("iPadOS 16.4", (16, 4)),
        ("Windows 10", (10,)),
        ("16+", (16,)),
        (" v2.0.1 ", (2, 0, 1)),
        ("0", ()),
        ("", None),
        ("XP", None),
        ("10 22H2", None),
        ("16 eller 17", None),
        ("1.2.3.4.5", None),
        ("1..2", None),
        ("١٦", None),
    ],
)
def test_a_version_is_read_as_people_write_it_and_never_guessed(text: str, read: tuple[int, ...] | None) -> None:
    assert read_version(text) == read


@given(parts, parts)
def test_versions_compare_as_their_numbers_do(left: list[int], right: list[int]) -> None:
    long_left, long_right = ([*each, 0, 0, 0, 0][:4] for each in (left, right))
    read = [read_version(".".join(map(str, each))) for each in (left, right)]
    assert read[0] is not None
    assert read[1] is not None
    assert (read[0] < read[1]) is (long_left < long_right)


def test_the_control_comparing_texts_would_put_16_10_before_16_9() -> None:
    assert (read_version("16.10") or ()) > (read_version("16.9") or ())
    as_texts = sorted(["16.9", "16.10"])
    assert as_texts == ["16.10", "16.9"]


@given(devices)
def test_a_profile_is_as_old_as_the_oldest_and_unknown_where_one_is(given_devices: list[Devices]) -> None:
    profiles = profiles_of(given_devices)
    stated = {each.platform for each in given_devices if each.ownership is Ownership.MUNICIPAL}
    assert [profile.platform for profile in profiles if profile.platform] == sorted(stated)
    assert (Profile() in profiles) is any(each.ownership is Ownership.BYOD for each in given_devices)
    for profile in profiles:
        of_it = [each.os_version for each in given_devices if each.platform == profile.platform and profile.platform]
        if "" in of_it:
            assert profile.version == ""
        for version in of_it if profile.version else []:
            assert (read_version(profile.version) or ()) <= (read_version(version) or ())


@given(devices)
def test_the_order_in_which_devices_are_stated_says_nothing(given_devices: list[Devices]) -> None:
    assert profiles_of(given_devices) == profiles_of(list(reversed(given_devices)))


@given(st.builds(Profile, platform=platforms, version=st.one_of(st.just(""), versions)))
def test_a_code_names_its_profile_and_no_other(profile: Profile) -> None:
    assert profile_of(profile.code) == profile
    assert profile_of(Profile().code) == Profile()


@pytest.mark.parametrize("code", ["", "-16", "ipados-", "ipados-16.", "iPad", "ipados 16", "ipados-16-17", "a" * 40])
def test_what_is_no_code_names_nothing(code: str) -> None:
    assert profile_of(code) is None


def test_no_device_is_told_from_nothing_stated() -> None:
    equipment = equipment_of([("0", Devices(ownership=Ownership.NONE)), ("4", ipad("16.4")), ("4", ipad("15"))])
    assert equipment == {"0": (), "4": (Profile(platform="ipados", version="15"),)}
    assert "5" not in equipment
    assert all_profiles([equipment, {"8": (Profile(),)}]) == (Profile(), Profile(platform="ipados", version="15"))


def test_a_stored_version_is_numbers_with_points() -> None:
    assert [
        text for text in ("16", "16.4", "10.0.19045.1", "16+", "", "iPadOS 16", "1.2.3.4.5") if is_version(text)
    ] == [
        "16",
        "16.4",
        "10.0.19045.1",
    ]
