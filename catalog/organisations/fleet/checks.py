"""What makes a statement about devices impossible; the faults of every row at once."""

from collections.abc import Iterator, Sequence
from datetime import date

from catalog.organisations.fleet.profiles import Devices, Ownership, is_version
from catalog.vocabularies.store import Vocabularies

NO_DEVICES = frozenset({"web"})
"""Concepts of the vocabulary of platforms that are no device."""
MOST_PUPILS = 100
MOST_ROWS = 20
OLDEST_YEAR = 2000
YEARS_AHEAD = 30


def faults(devices: Sequence[Devices], vocabularies: Vocabularies, today: date) -> dict[tuple[int, str], str]:
    """By the number of the row and the name of the field the code of its first fault; empty: nothing is wrong."""
    found: dict[tuple[int, str], str] = {}
    for place, code in _all(devices, vocabularies, today):
        found.setdefault(place, code)
    return found


def _all(devices: Sequence[Devices], vocabularies: Vocabularies, today: date) -> Iterator[tuple[tuple[int, str], str]]:
    for number, each in enumerate(devices):
        for field, code in _one(each, vocabularies, today):
            yield (number, field), code
        if each.kind in [earlier.kind for earlier in devices[:number]]:
            yield (number, "ownership"), "said-twice"
        if each.ownership is Ownership.NONE and len(devices) > 1:
            yield (number, "ownership"), "not-with-others"
    if len(devices) > MOST_ROWS:
        yield (MOST_ROWS, "ownership"), "too-long"


def _one(each: Devices, vocabularies: Vocabularies, today: date) -> Iterator[tuple[str, str]]:
    if each.ownership is not Ownership.MUNICIPAL:
        plain = Devices(ownership=each.ownership)
        for field in ("platform", "os_version", "replace_in", "pupils_per_device"):
            if getattr(each, field) != getattr(plain, field):
                yield field, "only-municipal"
        return
    if not each.platform:
        yield "platform", "choose-one"
    elif each.platform not in platforms(vocabularies):
        yield "platform", "unknown-code"
    if each.os_version and not is_version(each.os_version):
        yield "os_version", "not-a-version"
    if each.replace_in is not None and not OLDEST_YEAR <= each.replace_in <= today.year + YEARS_AHEAD:
        yield "replace_in", "not-a-year"
    if not 1 <= each.pupils_per_device <= MOST_PUPILS:
        yield "pupils_per_device", "not-a-share"


def platforms(vocabularies: Vocabularies) -> tuple[str, ...]:
    """The codes of what can be somebody's device."""
    return tuple(each.code for each in vocabularies.concepts("platform") if each.code not in NO_DEVICES)
