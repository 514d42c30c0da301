"""Whether a resource runs on a device: from what is claimed of it, yes, no or not known, with the ground.

Pure. The rules, in words also in docs/devices.md:

- A claim for the device's own platform decides by its oldest version; versions are compared part by part as numbers.
  A claim without one holds for every version. Where either cannot be read, it is not known.
- A claim for the web holds on every platform with a browser. Exceptions: of an interactive whiteboard's browser nothing
  is known; a claim that names browsers holds only where one of them is to be had; on iPad and iPhone every browser is
  Safari inside, so that a claim for another says nothing there.
- The version of a claim that names a browser is the browser's, and browsers renew themselves: it is not compared,
  except Safari's on iPad and iPhone, which is as old as the system.
- An iPhone app runs on an iPad. An Android app may run on a Chromebook: not known.
- A pupil's own device is none that we know, only that it has a browser: never «no».
- Of several claims the best counts. A platform that no claim reaches is «no»; without any claim nothing is known.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from catalog.organisations.fleet.profiles import Profile, profile_of, read_version
from catalog.resources.schemas import ClaimFact

WEB = "web"
WEBKIT = frozenset({"ios", "ipados"})
"""Where every browser is Safari inside."""
UNKNOWN_BROWSER = frozenset({"smartboard"})
COMMON = frozenset({"windows", "macos", "linux", "android"})
BROWSERS: Mapping[str, frozenset[str]] = {
    "chrome": COMMON | {"chromeos"},
    "chromium": COMMON | {"chromeos"},
    "edge": COMMON,
    "firefox": COMMON,
    "safari": WEBKIT | {"macos"},
}
"""Where a browser is to be had, by the word that names it in a claim."""
EVERYWHERE = ("chrome", "chromium", "edge", "firefox")
"""Browsers that whoever brings a device can install, unless it is an iPad."""
ALSO_RUN = frozenset({("ios", "ipados")})
"""Platform of the claim, and platform of the device."""
MAY_RUN = frozenset({("android", "chromeos")})


class Runs(enum.StrEnum):
    YES = "yes"
    UNKNOWN = "unknown"
    NO = "no"


class Ground(enum.StrEnum):
    """Why."""

    APP = "app"
    BROWSER = "browser"
    TOO_OLD = "too-old"
    """The device's version is older than the claim's."""
    OTHER_PLATFORM = "other-platform"
    OTHER_BROWSER = "other-browser"
    VERSION_UNKNOWN = "version-unknown"
    """The device's is not known, or the claim's cannot be read."""
    RELATED = "related"
    """It is claimed of a platform whose apps may run here too."""
    BROWSER_UNKNOWN = "browser-unknown"
    """Of the device's browser, or of the one that the claim names, not enough is known."""
    OWN_DEVICE = "own-device"
    NOTHING_CLAIMED = "nothing-claimed"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    runs: Runs
    ground: Ground
    claim: ClaimFact | None = None
    """What decided it."""


ORDER = tuple(Runs)
"""The best first."""


def runs_on(claims: Sequence[ClaimFact], device: Profile) -> Running:
    """The best that the claims say of a device."""
    if not claims:
        return Running(runs=Runs.UNKNOWN, ground=Ground.NOTHING_CLAIMED)
    judge = _by_claim if device.platform else _by_claim_on_own
    found = [running for claim in claims if (running := judge(claim, device)) is not None]
    if not found:
        ground = Ground.OTHER_PLATFORM if device.platform else Ground.OWN_DEVICE
        return Running(runs=Runs.NO if device.platform else Runs.UNKNOWN, ground=ground)
    return min(found, key=lambda running: (ORDER.index(running.runs), running.ground is not Ground.APP))


def tokens_of(claims: Sequence[ClaimFact], profiles: Iterable[Profile]) -> list[str]:
    """The codes of the profiles on which it runs, for the search."""
    return sorted(profile.code for profile in profiles if runs_on(claims, profile).runs is Runs.YES)


def runs_on_code(claims: Sequence[ClaimFact], code: str) -> bool:
    """Whether it runs on the device that a code of a profile names."""
    profile = profile_of(code)
    return profile is not None and runs_on(claims, profile).runs is Runs.YES


def _by_claim(claim: ClaimFact, device: Profile) -> Running | None:
    """What one claim says of a device; None: nothing."""
    if claim.platform == WEB:
        return _in_browser(claim, device)
    ways = (claim.platform, device.platform)
    if ways in MAY_RUN:
        return Running(runs=Runs.UNKNOWN, ground=Ground.RELATED, claim=claim)
    if claim.platform != device.platform and ways not in ALSO_RUN:
        return None
    if claim.browser and not claim.app:
        return _in_browser(claim, device)
    return _by_version(claim, device, Ground.APP if claim.app else Ground.BROWSER)


def _by_version(claim: ClaimFact, device: Profile, ground: Ground) -> Running:
    if not claim.min_version:
        return Running(runs=Runs.YES, ground=ground, claim=claim)
    needed, there = read_version(claim.min_version), read_version(device.version)
    if needed is None or there is None:
        return Running(runs=Runs.UNKNOWN, ground=Ground.VERSION_UNKNOWN, claim=claim)
    if there < needed:
        return Running(runs=Runs.NO, ground=Ground.TOO_OLD, claim=claim)
    return Running(runs=Runs.YES, ground=ground, claim=claim)


def _in_browser(claim: ClaimFact, device: Profile) -> Running:
    if device.platform in UNKNOWN_BROWSER:
        return Running(runs=Runs.UNKNOWN, ground=Ground.BROWSER_UNKNOWN, claim=claim)
    named = _named(claim)
    if not claim.browser:
        return Running(runs=Runs.YES, ground=Ground.BROWSER, claim=claim)
    if "safari" in named and device.platform in WEBKIT:
        return _by_version(claim, device, Ground.BROWSER) if len(named) == 1 else _yes(claim)
    if any(device.platform in BROWSERS[name] for name in named):
        return _yes(claim)
    is_known = named and device.platform in COMMON | {"chromeos"}
    return Running(
        runs=Runs.NO if is_known else Runs.UNKNOWN,
        ground=Ground.OTHER_BROWSER if is_known else Ground.BROWSER_UNKNOWN,
        claim=claim,
    )


def _yes(claim: ClaimFact) -> Running:
    return Running(runs=Runs.YES, ground=Ground.BROWSER, claim=claim)


def _named(claim: ClaimFact) -> list[str]:
    text = claim.browser.lower()
    return [name for name in BROWSERS if name in text]


def _by_claim_on_own(claim: ClaimFact, _device: Profile) -> Running | None:
    if claim.platform != WEB:
        return None
    named = _named(claim)
    if claim.browser and not any(name in EVERYWHERE for name in named):
        return Running(runs=Runs.UNKNOWN, ground=Ground.BROWSER_UNKNOWN, claim=claim)
    return Running(runs=Runs.YES, ground=Ground.BROWSER, claim=claim)
