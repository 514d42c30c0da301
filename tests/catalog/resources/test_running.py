"""Whether a resource runs on a device: the rules one by one, and what holds for whatever is claimed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from catalog.organisations.fleet.profiles import Profile, read_version
from catalog.resources.running import ORDER, Ground, Runs, runs_on, runs_on_code, tokens_of
from catalog.resources.schemas import ClaimFact

PLATFORMS = ("web", "windows", "macos", "chromeos", "ipados", "ios", "android", "linux", "smartboard")
WRITTEN = ("", "9", "10", "15.4", "16", "16.0", "16.10", "iPadOS 16", "XP")
BROWSERS = ("", "Chrome", "Safari", "Chrome, Edge eller Safari", "Firefox", "Lynx")
claims = st.builds(
    ClaimFact,
    platform=st.sampled_from(PLATFORMS),
    browser=st.sampled_from(BROWSERS),
    min_version=st.sampled_from(WRITTEN),
    app=st.booleans(),
)
several = st.lists(claims, max_size=5)
profiles = st.builds(
    Profile,
    platform=st.sampled_from(["", *PLATFORMS[1:]]),
    version=st.sampled_from(["", "9", "15.4", "16", "16.9", "17"]),
)
IPAD, CHROMEBOOK, WINDOWS = "ipados", "chromeos", "windows"


def claim(platform: str, version: str = "", *, app: bool = True, browser: str = "") -> ClaimFact:
    return ClaimFact(platform=platform, min_version=version, app=app, browser=browser)


WEB = claim("web", app=False)


def said(given_claims: list[ClaimFact], platform: str, version: str = "") -> tuple[str, str]:
    found = runs_on(given_claims, Profile(platform=platform, version=version))
    return found.runs.value, found.ground.value


@pytest.mark.parametrize(
    ("given_claims", "platform", "version", "answer"),
    [
        ([claim(IPAD, "16")], IPAD, "16.4", ("yes", "app")),
        ([claim(IPAD, "16")], IPAD, "16", ("yes", "app")),
        ([claim(IPAD, "16.10")], IPAD, "16.9", ("no", "too-old")),
        ([claim(IPAD, "16")], IPAD, "15.8", ("no", "too-old")),
        ([claim(IPAD, "16")], IPAD, "", ("unknown", "version-unknown")),
        ([claim(WINDOWS, "XP")], WINDOWS, "11", ("unknown", "version-unknown")),
        ([claim(IPAD)], IPAD, "", ("yes", "app")),
        ([claim(IPAD, "16")], CHROMEBOOK, "128", ("no", "other-platform")),
        ([claim(IPAD, "16"), WEB], IPAD, "15", ("yes", "browser")),
        ([WEB, claim(IPAD, "16")], IPAD, "16", ("yes", "app")),
        ([WEB], CHROMEBOOK, "", ("yes", "browser")),
        ([WEB], "smartboard", "", ("unknown", "browser-unknown")),
        ([claim("smartboard")], "smartboard", "", ("yes", "app")),
        ([claim("ios", "15")], IPAD, "16", ("yes", "app")),
        ([claim(IPAD, "15")], "ios", "16", ("no", "other-platform")),
        ([claim("android")], CHROMEBOOK, "128", ("unknown", "related")),
        ([], IPAD, "17", ("unknown", "nothing-claimed")),
    ],
)
def test_a_claim_for_the_platform_decides_by_its_oldest_version_and_the_web_runs_wherever_there_is_a_browser(
    given_claims: list[ClaimFact], platform: str, version: str, answer: tuple[str, str]
) -> None:
    assert said(given_claims, platform, version) == answer


@pytest.mark.parametrize(
    ("browser", "version", "platform", "of_device", "answer"),
    [
        ("Chrome", "120", CHROMEBOOK, "", ("yes", "browser")),  # a browser renews itself
        ("Chrome", "120", IPAD, "17", ("unknown", "browser-unknown")),  # it is Safari inside
        ("Safari", "", CHROMEBOOK, "", ("no", "other-browser")),
        ("Safari", "16", IPAD, "15", ("no", "too-old")),  # it is as old as the system
        ("Safari", "16", IPAD, "16", ("yes", "browser")),
        ("Safari", "16", "macos", "13", ("yes", "browser")),
        ("Chrome, Edge eller Safari", "", IPAD, "12", ("yes", "browser")),
        ("Firefox", "", CHROMEBOOK, "", ("no", "other-browser")),
        ("Lynx", "", WINDOWS, "", ("unknown", "browser-unknown")),
    ],
)
def test_a_claim_that_names_browsers_holds_where_one_of_them_is_to_be_had(
    browser: str, version: str, platform: str, of_device: str, answer: tuple[str, str]
) -> None:
    assert said([claim("web", version, app=False, browser=browser)], platform, of_device) == answer
    for_the_platform = said([claim(platform, version, app=False, browser=browser)], platform, of_device)
    assert for_the_platform == answer


def test_of_own_devices_only_a_browser_is_known() -> None:
    own = Profile()
    assert runs_on([WEB], own).runs is Runs.YES
    assert runs_on([claim("web", app=False, browser="Edge")], own).runs is Runs.YES
    assert runs_on([claim("web", app=False, browser="Safari")], own).runs is Runs.UNKNOWN
    assert runs_on([claim(IPAD)], own) == runs_on([claim(WINDOWS)], own)
    assert runs_on([claim(IPAD)], own).ground is Ground.OWN_DEVICE


@given(several)
def test_an_own_device_is_never_no(given_claims: list[ClaimFact]) -> None:
    assert runs_on(given_claims, Profile()).runs is not Runs.NO


@given(several, profiles)
def test_an_unknown_version_is_never_too_old(given_claims: list[ClaimFact], profile: Profile) -> None:
    assert runs_on(given_claims, replace(profile, version="")).ground is not Ground.TOO_OLD


@given(several, profiles, st.sampled_from(["9", "15.4", "16", "16.9", "17", "100"]))
def test_a_newer_device_runs_no_less(given_claims: list[ClaimFact], profile: Profile, version: str) -> None:
    older, newer = profile, replace(profile, version=version)
    known = read_version(older.version), read_version(newer.version)
    if known[0] is not None and known[1] is not None and known[0] <= known[1]:
        assert ORDER.index(runs_on(given_claims, newer).runs) <= ORDER.index(runs_on(given_claims, older).runs)


@given(several, claims, profiles)
def test_another_claim_makes_nothing_worse(given_claims: list[ClaimFact], more: ClaimFact, profile: Profile) -> None:
    if given_claims:
        before, after = runs_on(given_claims, profile), runs_on([*given_claims, more], profile)
        assert ORDER.index(after.runs) <= ORDER.index(before.runs)


@given(several, profiles)
def test_the_order_of_claims_says_nothing(given_claims: list[ClaimFact], profile: Profile) -> None:
    assert runs_on(given_claims, profile).runs is runs_on(list(reversed(given_claims)), profile).runs


@given(several, st.lists(profiles, max_size=6))
def test_the_search_finds_it_under_a_profile_exactly_where_the_page_says_yes(
    given_claims: list[ClaimFact], fleet: list[Profile]
) -> None:
    tokens = tokens_of(given_claims, set(fleet))
    for profile in fleet:
        assert (profile.code in tokens) is (runs_on(given_claims, profile).runs is Runs.YES)
        assert runs_on_code(given_claims, profile.code) is (profile.code in tokens)
    assert not runs_on_code(given_claims, "no code")
