"""What the pupils of a grade work on, reduced to what decides whether something runs there.

Pure. A profile is one kind of device with the oldest version in use, for what runs on the oldest runs on all of them.
"""

import enum
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

OWN = "own"
"""The code of the profile of devices that pupils bring: which they are, nobody knows."""
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")
_WRITTEN = re.compile(r"(?:[a-z ]{0,20} )?v?([0-9]{1,6}(?:\.[0-9]{1,6}){0,3})(?: ?\+)?")
"""As people write a version: «16», «iPadOS 16.4», «16+»."""
_CODE = re.compile(r"([a-z][a-z0-9_]{0,31})(?:-([0-9]{1,6}(?:\.[0-9]{1,6}){0,3}))?")


class Ownership(enum.StrEnum):
    MUNICIPAL = "municipal"
    BYOD = "byod"
    """Brought by the pupils: what runs on them is not known, only that they have one."""
    NONE = "none"


class Devices(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of device that a grade has, as it was stated."""

    ownership: Ownership
    platform: str = ""
    """A code of the vocabulary ``platform``; "" unless they are the municipality's."""
    os_version: str = ""
    """«16.4»; "" where it is not known."""
    replace_in: int | None = None
    pupils_per_device: int = 1

    @property
    def kind(self) -> tuple[str, str, str, int]:
        """What may stand once in a grade, and how devices are sorted."""
        return self.ownership.value, self.platform, self.os_version, self.replace_in or 0


class Profile(msgspec.Struct, frozen=True, kw_only=True, order=True):
    platform: str = ""
    """ "" for what pupils bring."""
    version: str = ""
    """The oldest in use; "" where it is not known for all of them."""

    @property
    def code(self) -> str:
        """How an address and a search document name it: «ipados-16.4», «own»."""
        if not self.platform:
            return OWN
        return f"{self.platform}-{self.version}" if self.version else self.platform


Equipment = Mapping[str, tuple[Profile, ...]]
"""By grade the profiles of its devices; none: there is no device; no entry: nobody has said."""


def profile_of(code: str) -> Profile | None:
    """The profile that a code names; None: no code."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    return Profile() if code == OWN else Profile(platform=found[1], version=found[2] or "")


def is_version(text: str) -> bool:
    """Whether a text is a version as it is stored: numbers with points between them."""
    return _VERSION.fullmatch(text) is not None


def read_version(text: str) -> tuple[int, ...] | None:
    """The parts of a version, to be compared as numbers: 16.10 is later than 16.9, and 16.0 is 16.

    None where the text is none, or says more than one.
    """
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        return None
    parts = [int(part) for part in found[1].split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def profiles_of(devices: Iterable[Devices]) -> tuple[Profile, ...]:
    """The profiles of one grade, in order; several devices of a platform are one, as old as the oldest."""
    versions: dict[str, list[str]] = {}
    found: set[Profile] = set()
    for each in devices:
        if each.ownership is Ownership.MUNICIPAL:
            versions.setdefault(each.platform, []).append(each.os_version)
        elif each.ownership is Ownership.BYOD:
            found.add(Profile())
    found.update(Profile(platform=platform, version=_oldest(given)) for platform, given in versions.items())
    return tuple(sorted(found))


def _oldest(versions: Sequence[str]) -> str:
    read = {version: read_version(version) for version in versions}
    if any(parts is None for parts in read.values()):
        return ""
    return min(read, key=lambda version: (read[version] or (), version))


def equipment_of(stated: Iterable[tuple[str, Devices]]) -> Equipment:
    """The profiles of each grade of which something was said."""
    by_grade: dict[str, list[Devices]] = {}
    for grade, devices in stated:
        by_grade.setdefault(grade, []).append(devices)
    return {grade: profiles_of(devices) for grade, devices in by_grade.items()}


def all_profiles(fleet: Iterable[Equipment]) -> tuple[Profile, ...]:
    """Every profile that some grade of some school has."""
    return tuple(sorted({profile for school in fleet for profiles in school.values() for profile in profiles}))
