"""What an installation decides: one Struct read from ``HYLDE_*``; what cannot be meant refuses to start.

Every field has a row in docs/settings.md, which a test enforces.
"""

import contextlib
import difflib
import os
import secrets
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from catalog.core.roles import Role

PREFIX = "HYLDE_"
FOR_TESTS = "HYLDE_TEST_"
MIN_SECRET, MIN_LETTERS = 32, 10
CLAIMS = {"name", "mail", "school", "roles"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsRefused(Exception):
    """One or more settings cannot be meant; the text says which, and the fix of each, one sentence a line."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    municipality: str = "Kommunen"
    country: Literal["dk", "se"] = "dk"
    language: Literal["da", "sv", "en", ""] = ""
    """Of who has not chosen one and whose browser asks for none of ours; empty: the country's own."""
    time_zone: str = ""
    """Where a day turns; empty: the country's own."""
    base_url: str = "http://127.0.0.1:8000"
    data_folder: Path = Path("data")
    database_url: str = ""
    """Empty: SQLite in the data folder."""
    search_url: str = "embedded:"
    worker: Literal["embedded", "apart"] = "embedded"
    secret: str = ""
    """Empty: made at the first start and kept in the data folder."""
    vocabularies: Path | None = None
    demo: bool = False
    trusted_proxies: str = ""
    """Addresses or networks whose ``X-Forwarded-For`` is believed, with commas between; empty: nobody's."""
    local_accounts: bool = True
    """Whether people may sign in by a password kept here; to be switched off once the provider works."""
    oidc_issuer: str = ""
    """The identity provider; empty: none."""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_scope: str = "openid profile email"
    oidc_name: str = ""
    """What the button at the sign-in page calls the provider."""
    oidc_claims: str = "name=name mail=email"
    """Which claim holds what: ``name=… mail=… school=… roles=…``; what is not named is not read."""
    oidc_roles: str = ""
    """What a value of the claim of roles means here: ``value=role``, with blanks between."""
    oidc_join: Literal["teacher", "nobody"] = "nobody"
    """What somebody new becomes: a teacher at the school that the claim names, or known and without a role."""
    smtp_url: str = ""
    """``smtp://host:25``, ``smtp+starttls://user:password@host:587`` or ``smtps://…``; empty: no mail is sent."""
    mail_from: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or {"dk": "Europe/Copenhagen", "se": "Europe/Stockholm"}[self.country])

    @property
    def default_language(self) -> str:
        return self.language or {"dk": "da", "se": "sv"}[self.country]

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_folder / 'hylde.sqlite'}"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Raises ValueError for what is no address."""
        return tuple(ip_network(each.strip()) for each in self.trusted_proxies.split(",") if each.strip())

    @property
    def claims(self) -> dict[str, str]:
        """By what we ask for, the name of the claim. Raises ValueError for what is no pair."""
        return dict(_pair(each) for each in self.oidc_claims.split())

    @property
    def roles_of_claims(self) -> dict[str, str]:
        """By a value of the claim of roles, the role here. Raises ValueError for what is no pair."""
        return dict(_pair(each) for each in self.oidc_roles.split())


def _pair(text: str) -> tuple[str, str]:
    """The two sides of the last «=»: what a provider calls a role may hold one."""
    left, sign, right = text.rpartition("=")
    if not sign or not left or not right:
        raise ValueError(text)
    return left, right


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check all settings.

    Raises:
        SettingsRefused: a name is unknown, or a value cannot be read, is weak or contradicts another.
    """
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    kinds = get_type_hints(Settings)
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, text in given.items():
        field = name.removeprefix(PREFIX).lower()
        if name.startswith(FOR_TESTS):
            continue
        if field not in kinds:
            wrong.append(_unknown(name, list(kinds)))
            continue
        try:
            values[field] = _convert(text.strip(), kinds[field])
        except ValueError as error:
            wrong.append(f"{name}={text!r} cannot be read: {error}.")
    if not wrong:
        wrong += _contradictions(Settings(**values))
    if wrong:
        raise SettingsRefused("\n".join(wrong))
    return Settings(**values)


def _unknown(name: str, fields: list[str]) -> str:
    near = difflib.get_close_matches(name.removeprefix(PREFIX), [field.upper() for field in fields], n=1)
    return f"{name} is no setting; " + (
        f"did you mean {PREFIX}{near[0]}?" if near else "see docs/settings.md, or unset it."
    )


def _convert(text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        allowed = get_args(kind)
        if text not in allowed:
            raise ValueError("write one of " + ", ".join(value or "(nothing)" for value in allowed))
        return text
    if kind is bool:
        if text not in {"0", "1"}:
            raise ValueError("write 1 or 0")
        return text == "1"
    if kind is Path and not text:
        raise ValueError("write a folder")
    return text if kind is str else Path(text) if text else None


def _contradictions(settings: Settings) -> list[str]:
    checks = (
        _wrong_address,
        _wrong_database,
        _wrong_zone,
        _weak_secret,
        _wrong_search,
        _wrong_folder,
        _wrong_names,
        _wrong_proxies,
        _wrong_issuer,
        _wrong_claims,
        _wrong_doors,
        _wrong_mail,
    )
    return [sentence for check in checks if (sentence := check(settings))]


def _wrong_address(settings: Settings) -> str:
    try:
        address = urlsplit(settings.base_url)
        _ = address.port
    except ValueError:
        address = urlsplit("")
    if address.scheme not in {"http", "https"} or not address.hostname or address.path.strip("/"):
        return f"HYLDE_BASE_URL={settings.base_url!r} is no address: write https:// and a host name, without a path."
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        return f"HYLDE_BASE_URL={settings.base_url!r} would send sessions in the clear: write https://."
    return ""


def _wrong_database(settings: Settings) -> str:
    try:
        backend = make_url(settings.database).get_backend_name()
    except (ArgumentError, ValueError):  # the second for a port that is no number
        backend = ""
    if backend not in {"sqlite", "postgresql"}:
        return "HYLDE_DATABASE_URL is no database we know: write sqlite:///path or postgresql://user@host/name."
    return ""


def _wrong_zone(settings: Settings) -> str:
    try:
        _ = settings.zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"HYLDE_TIME_ZONE={settings.time_zone!r} is no time zone: write one such as Europe/Copenhagen."
    return ""


def _weak_secret(settings: Settings) -> str:
    if settings.secret and (len(settings.secret) < MIN_SECRET or len(set(settings.secret)) < MIN_LETTERS):
        return "HYLDE_SECRET is weak: write at least 32 random characters, or unset it to have one made."
    return ""


def _wrong_search(settings: Settings) -> str:
    if settings.search_url != "embedded:":
        return f"HYLDE_SEARCH_URL={settings.search_url!r} is no engine of this version: write embedded:."
    return ""


def _wrong_folder(settings: Settings) -> str:
    if settings.data_folder.exists() and not settings.data_folder.is_dir():
        return f"HYLDE_DATA_FOLDER={str(settings.data_folder)!r} is a file: name a folder, it need not be there."
    if settings.vocabularies is not None and not settings.vocabularies.is_dir():
        return f"HYLDE_VOCABULARIES={str(settings.vocabularies)!r} is no folder: make it, or unset the setting."
    return ""


def _wrong_names(settings: Settings) -> str:
    if not settings.municipality.strip():
        return "HYLDE_MUNICIPALITY is empty: write the municipality's name."
    return ""


def _wrong_proxies(settings: Settings) -> str:
    try:
        _ = settings.proxies
    except ValueError:
        return (
            f"HYLDE_TRUSTED_PROXIES={settings.trusted_proxies!r} holds what is no address: write addresses or"
            " networks such as 10.0.0.5, 10.1.0.0/16 with commas between."
        )
    return ""


def _wrong_issuer(settings: Settings) -> str:
    if not settings.oidc_issuer:
        return ""
    try:
        address = urlsplit(settings.oidc_issuer)
        _ = address.port
    except ValueError:
        address = urlsplit("")
    is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)
    if not is_safe or not address.hostname or address.query or address.fragment:
        return f"HYLDE_OIDC_ISSUER={settings.oidc_issuer!r} is no issuer: write its https:// address as it gives it."
    if not settings.oidc_client_id:
        return "HYLDE_OIDC_CLIENT_ID is empty: write the name under which the provider knows Hylde."
    if "openid" not in settings.oidc_scope.split():
        return f"HYLDE_OIDC_SCOPE={settings.oidc_scope!r} lacks openid: write openid and what else is asked for."
    return ""


def _wrong_claims(settings: Settings) -> str:
    try:
        unknown = set(settings.claims) - CLAIMS
    except ValueError:
        unknown = {settings.oidc_claims}
    if unknown:
        return (
            f"HYLDE_OIDC_CLAIMS={settings.oidc_claims!r} cannot be read: write pairs such as"
            " name=name mail=email school=institution roles=groups."
        )
    try:
        meant = set(settings.roles_of_claims.values())
    except ValueError:
        meant = {""}
    if not meant <= set(Role):
        return (
            f"HYLDE_OIDC_ROLES={settings.oidc_roles!r} cannot be read: write pairs such as staff=teacher, with one of "
            + ", ".join(Role)
            + " after each sign."
        )
    return ""


def _wrong_doors(settings: Settings) -> str:
    if not settings.local_accounts and not settings.oidc_issuer:
        return "HYLDE_LOCAL_ACCOUNTS=0 would let nobody in: set HYLDE_OIDC_ISSUER first, or write 1."
    return ""


def _wrong_mail(settings: Settings) -> str:
    if not settings.smtp_url:
        return ""
    try:
        address = urlsplit(settings.smtp_url)
        _ = address.port
    except ValueError:
        address = urlsplit("")
    if address.scheme not in {"smtp", "smtps", "smtp+starttls"} or not address.hostname:
        return "HYLDE_SMTP_URL is no mail server: write smtp://host:25, smtp+starttls://user:password@host:587 or smtps://."
    if address.scheme == "smtp" and address.password and address.hostname not in LOOPBACK:
        return "HYLDE_SMTP_URL would send its password in the clear: write smtp+starttls:// or smtps://."
    if "@" not in settings.mail_from:
        return "HYLDE_MAIL_FROM is no mail address: write the one that mail is to come from."
    return ""


def installation_secret(settings: Settings) -> bytes:
    """The secret of this installation; made, and kept for the owner's eyes only, if none is given.

    Several processes may start at once: the file appears whole, and the first one's counts.

    Raises:
        SettingsRefused: the file was emptied or cut.
    """
    if settings.secret:
        return settings.secret.encode()
    place = settings.data_folder / "secret"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"secret-{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            place.hardlink_to(draft)
        draft.unlink()
    kept = place.read_bytes()
    if len(kept) < MIN_SECRET:
        raise SettingsRefused(f"The secret in {str(place)!r} is damaged: delete the file to have a new one made.")
    return kept
