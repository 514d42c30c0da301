"""Reads the files of a vocabulary folder; a later folder changes single keys and adds concepts, never removes."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from catalog.vocabularies.faults import Fault


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A concept as it is written in a file; checks.py says what else must hold."""

    da: str = ""
    sv: str = ""
    en: str = ""
    countries: tuple[str, ...] = ("dk", "se")
    broader: str = ""
    notations: dict[str, str] = {}
    unconfirmed: tuple[str, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = {}
    grades: dict[str, tuple[str, str]] = {}
    valid_from: date | None = None
    valid_until: date | None = None


class Located(msgspec.Struct, kw_only=True):
    """What all folders so far say of one concept, and the last file that said something."""

    file: str
    raw: dict[str, Any]
    entry: Entry | None = None
    """None when the file does not have the shape of a concept; the fault is on the list then."""


def read_folder(folder: Path, schemes: dict[str, dict[str, Located]], faults: list[Fault]) -> None:
    if not folder.is_dir():
        faults.append(
            Fault(file=str(folder), place="", problem="this is not a folder", fix="Name a folder with .toml files")
        )
        return
    for path in sorted(folder.glob("*.toml")):
        concepts = schemes.setdefault(path.stem, {})
        for code, raw in _read_file(path, faults).items():
            if not isinstance(raw, dict):
                faults.append(_not_a_table(path, code))
                continue
            before = concepts.get(code)
            merged = _merge(before.raw, raw) if before else raw
            concepts[code] = Located(file=str(path), raw=merged, entry=_entry(path, code, merged, faults))


def _read_file(path: Path, faults: list[Fault]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        fix = "Write every concept once, as [code] with its keys below"
        faults.append(Fault(file=str(path), place="", problem=f"not valid TOML: {error}", fix=fix))
    except (UnicodeDecodeError, OSError) as error:
        faults.append(Fault(file=str(path), place="", problem=f"cannot be read: {error}", fix="Save it as UTF-8"))
    return {}


def _merge(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """``change`` over ``before``; tables are merged key by key, everything else replaced."""
    merged = dict(before)
    for key, value in change.items():
        old = merged.get(key)
        merged[key] = old | value if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _entry(path: Path, code: str, raw: dict[str, Any], faults: list[Fault]) -> Entry | None:
    try:
        return msgspec.convert(raw, Entry)
    except msgspec.ValidationError as error:
        keys = ", ".join(Entry.__struct_fields__)
        faults.append(Fault(file=str(path), place=code, problem=str(error), fix=f"Use the keys {keys}"))
        return None


def _not_a_table(path: Path, code: str) -> Fault:
    fix = f"Write [{code}] on a line of its own and its labels below"
    return Fault(file=str(path), place=code, problem="a concept is a table", fix=fix)
