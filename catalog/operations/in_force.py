"""The settings in force: every one, where it comes from, and of what must stay secret only whether it is set."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from catalog.core.settings import PREFIX, Settings

SECRET = frozenset({"secret", "oidc_client_secret"})
"""Never shown."""
ADDRESSES = frozenset({"database_url", "search_url", "smtp_url", "oidc_issuer", "base_url"})
"""Shown without the password, the name and the options that an address may hold."""


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: str
    """Empty: nothing."""
    is_hidden: bool
    """The value is a secret: whether there is one is all that is told."""
    is_set: bool
    """By the environment; else it is the default."""
    meant: str = ""
    """What an empty value comes to here."""


def settings_in_force(settings: Settings, environment: Mapping[str, str] = os.environ) -> tuple[SettingRow, ...]:
    """A row for every field, in the order of the documentation."""
    meant = {
        "language": settings.default_language,
        "time_zone": settings.zone.key,
        "database_url": without_secrets(settings.database),
    }
    rows = []
    for field in msgspec.structs.fields(Settings):
        value, name = getattr(settings, field.name), f"{PREFIX}{field.name.upper()}"
        row = SettingRow(
            name=name,
            value=_shown(field.name, value),
            is_hidden=field.name in SECRET and bool(value),
            is_set=name in environment or value != field.default,
            meant="" if value else meant.get(field.name, ""),
        )
        rows.append(row)
    return tuple(rows)


def _shown(field: str, value: Any) -> str:
    if field in SECRET or value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return without_secrets(str(value)) if field in ADDRESSES else str(value)


def without_secrets(address: str) -> str:
    """An address as anybody may read it: who signs in, with what, and every option left out."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "…"
    if not parts.scheme:
        return address
    named, _, host = parts.netloc.rpartition("@")
    hidden = "…@" if named else ""
    options = "?…" if parts.query or parts.fragment else ""
    return f"{parts.scheme}:{'//' if '//' in address else ''}{hidden}{host}{parts.path}{options}"
