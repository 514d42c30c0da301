"""The demo's data files as Structs; a key that nobody knows is refused, naming the file and the entry it stands in.

The format: ``municipality.toml`` holds the municipality and its schools, each file in ``publishers/`` one publisher
with its services and resources. Grades are written as spans: «0-10», «4», «fs,0,1».
"""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from catalog.core.roles import Role

DATA = Path(__file__).parent / "data"
T = TypeVar("T")


class DataFileRefused(Exception):
    """A data file cannot be meant; the text says which, where in it and why."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a file: what is not named here may not stand in it."""


class SchoolEntry(_Entry, frozen=True, kw_only=True):
    key: str
    name: str
    institution_number: str
    kind: str
    grades: str
    sites: list[str] = []
    head_counts: dict[str, int] = {}


class RoleEntry(_Entry, frozen=True, kw_only=True):
    role: Role
    schools: list[str] = []
    """Keys; empty: the municipality."""
    ends_on: date | None = None


class PersonEntry(_Entry, frozen=True, kw_only=True):
    key: str
    name: str
    roles: list[RoleEntry]


class DeviceEntry(_Entry, frozen=True, kw_only=True):
    """What some grades of a school have to work on."""

    school: str
    grades: str
    """A span."""
    ownership: Literal["municipal", "byod", "none"]
    platform: str = ""
    os_version: str = ""
    replace_in: int | None = None
    pupils_per_device: int = 1


class MunicipalityEntry(_Entry, frozen=True, kw_only=True):
    key: str
    name: str
    country: str
    homepage: str
    demo: bool
    head_count_on: date


class DecisionEntry(_Entry, frozen=True, kw_only=True):
    outcome: str
    decided_on: date
    body: str
    evidence: str
    valid_from: date | None = None
    valid_until: date | None = None
    subjects: list[str] = []
    grades: str = ""
    """A span; empty: all grades."""
    conditions: list[str] = []
    reasons: list[str] = []
    note: str = ""
    use_instead: str = ""
    """The key of another resource."""


class PublisherEntry(_Entry, frozen=True, kw_only=True):
    name: str
    homepage: str
    country: str


class ServiceEntry(_Entry, frozen=True, kw_only=True):
    key: str
    name: str
    url: str
    decisions: list[DecisionEntry] = []


class PlacementEntry(_Entry, frozen=True, kw_only=True):
    subject: str
    grades: str


class PlatformEntry(_Entry, frozen=True, kw_only=True):
    platform: str
    min_version: str = ""
    app: bool = False
    offline: bool = False
    limits: str = ""
    tested_on: date | None = None
    """The day the municipality tried it; None: the supplier says so."""
    tested_by: str = ""


class TextEntry(_Entry, frozen=True, kw_only=True):
    title: str
    description: str


class ResourceEntry(_Entry, frozen=True, kw_only=True):
    key: str
    form: str
    kind: str
    placements: list[PlacementEntry]
    languages: list[str]
    logins: list[str]
    platforms: list[PlatformEntry]
    price: str
    end_users: list[str]
    url: str
    texts: dict[str, TextEntry]
    """By language; the first is the original's."""
    service: str = ""
    isbn: str = ""
    apple_track_id: str = ""
    apple_bundle_id: str = ""
    google_package: str = ""
    lix: int | None = None
    reading_support: bool | None = None
    accessibility: str = "unchecked"
    accessibility_url: str = ""
    data_categories: list[str] = []
    supplier_declared: list[str] = []
    decisions: list[DecisionEntry] = []


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """One publisher's file."""

    publisher: PublisherEntry
    services: Sequence[ServiceEntry]
    resources: Sequence[ResourceEntry]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the demo is to hold, in a fixed order."""

    municipality: MunicipalityEntry
    schools: Sequence[SchoolEntry]
    people: Sequence[PersonEntry]
    devices: Sequence[DeviceEntry]
    shelves: Sequence[Shelf]

    @property
    def resources(self) -> list[ResourceEntry]:
        return [resource for shelf in self.shelves for resource in shelf.resources]


def read_plan(folder: Path = DATA) -> Plan:
    """Read all files.

    Raises:
        DataFileRefused: a file is no TOML, an entry lacks a key or has one too many, or a key is used twice.
    """
    base = folder / "municipality.toml"
    tables = _read(base, {"municipality", "schools"})
    plan = Plan(
        municipality=_convert(base, "municipality", tables["municipality"], MunicipalityEntry),
        schools=_convert_all(base, "schools", tables.get("schools", []), SchoolEntry),
        people=_entries(folder / "people.toml", "people", PersonEntry),
        devices=_entries(folder / "devices.toml", "devices", DeviceEntry),
        shelves=[_shelf(path) for path in sorted(folder.glob("publishers/*.toml"))],
    )
    _refuse_unusable_keys(plan)
    return plan


def _entries(path: Path, name: str, kind: type[T]) -> list[T]:
    """A file that holds one list; a demo without the file has nothing of it."""
    tables = _read(path, {name}) if path.exists() else {}
    return _convert_all(path, name, tables.get(name, []), kind)


def _shelf(path: Path) -> Shelf:
    tables = _read(path, {"publisher", "services", "resources"})
    return Shelf(
        publisher=_convert(path, "publisher", tables.get("publisher", {}), PublisherEntry),
        services=_convert_all(path, "services", tables.get("services", []), ServiceEntry),
        resources=_convert_all(path, "resources", tables.get("resources", []), ResourceEntry),
    )


def _read(path: Path, known: set[str]) -> dict[str, Any]:
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataFileRefused(f"{path.name}: {error}") from error
    if unknown := sorted(tables.keys() - known):
        raise DataFileRefused(f"{path.name}: nobody knows the key {unknown[0]}")
    return tables


def _convert_all(path: Path, name: str, tables: list[dict[str, Any]], kind: type[T]) -> list[T]:
    return [_convert(path, f"{name} {table.get('key', table.get('school', '?'))}", table, kind) for table in tables]


def _convert(path: Path, name: str, table: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise DataFileRefused(f"{path.name}, {name}: {error}") from error


def _refuse_unusable_keys(plan: Plan) -> None:
    services = [service.key for shelf in plan.shelves for service in shelf.services]
    keys = [resource.key for resource in plan.resources]
    for kind, names in (("service", services), ("resource", keys)):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise DataFileRefused(f"the {kind} {twice[0]} stands in the files twice")
    for where, key, known in _references(plan, set(services), set(keys)):
        if key not in known:
            raise DataFileRefused(f"{where} names {key}, which stands in no file")


def _references(plan: Plan, services: set[str], resources: set[str]) -> Iterator[tuple[str, str, set[str]]]:
    """Who names whom."""
    for resource in plan.resources:
        if resource.service:
            yield resource.key, resource.service, services
        for decision in resource.decisions:
            if decision.use_instead:
                yield resource.key, decision.use_instead, resources


def grade_codes(span: str) -> list[str]:
    """The codes of a span such as «0-10», «4» or «fs,0,1», in order; nothing for an empty one.

    Raises:
        DataFileRefused: the span runs backwards.
    """
    codes: list[str] = []
    for part in filter(None, span.split(",")):
        first, dash, last = part.strip().partition("-")
        if not dash:
            codes.append(first)
            continue
        if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
            raise DataFileRefused(f"{part!r} is no span of grades")
        codes += map(str, range(int(first), int(last) + 1))
    return list(dict.fromkeys(codes))
