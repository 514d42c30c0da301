"""The settings in force: every one, where it comes from, and of what may be secret only whether it is set."""

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from catalog.core.settings import PREFIX, Settings

SHOWN = frozenset(
    {
        *("municipality", "country", "language", "time_zone", "data_folder"),
        *("worker", "vocabularies", "demo", "trusted_proxies", "local_accounts"),
        *("oidc_client_id", "oidc_scope", "oidc_name", "oidc_claims", "oidc_roles"),
        *("oidc_join", "mail_from", "log_level", "log_format"),
    }
)
"""Shown as they are. A setting that stands in neither list is hidden, so that a new one is until somebody looked."""
ADDRESSES = frozenset({"database_url", "search_url", "smtp_url", "oidc_issuer", "base_url"})
"""Shown without the password, the name and whatever else an address may hold."""
EMBEDDED = "embedded:"
ODD = "…"
_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_NAME = re.compile(r"[A-Za-z0-9_.-]*")


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
        "database_url": database_without_secrets(settings.database),
    }
    rows = []
    for field in msgspec.structs.fields(settings):
        value, name = getattr(settings, field.name), f"{PREFIX}{field.name.upper()}"
        row = SettingRow(
            name=name,
            value=_shown(field.name, value),
            is_hidden=field.name not in SHOWN | ADDRESSES and bool(value),
            is_set=name in environment or value != field.default,
            meant="" if value else meant.get(field.name, ""),
        )
        rows.append(row)
    return tuple(rows)


def _shown(field: str, value: Any) -> str:
    if field == "database_url":
        return database_without_secrets(value)
    if field in ADDRESSES:
        return without_secrets(value)
    if field not in SHOWN or value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def database_without_secrets(address: str) -> str:
    """Of a server its name and the database's, of a file its place; read by the same rules as when it is opened."""
    if not address:
        return ""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return ODD
    named = url.database or ""
    if url.host is None:
        is_file = url.drivername.startswith("sqlite") and "@" not in address
        return f"{url.drivername}:///{named}" if is_file else ODD
    if address.count("@") > 1 or not _HOST.fullmatch(url.host) or not _NAME.fullmatch(named):
        return ODD
    return f"{url.drivername}://{_at(url.host, url.port)}/{named}"


def without_secrets(address: str) -> str:
    """How an address is reached, and where; a password that was not written as it must be makes it odd."""
    if address in {"", EMBEDDED}:
        return address
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ODD
    rest = address.partition("://")[2].removeprefix(parts.netloc)
    if "@" in rest or parts.netloc.count("@") > 1 or not _HOST.fullmatch(host) or not _SCHEME.fullmatch(parts.scheme):
        return ODD
    return f"{parts.scheme}://{_at(host, port)}"


def _at(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port is not None else shown
