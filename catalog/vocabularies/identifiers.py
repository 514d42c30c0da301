"""Identifiers in the one spelling by which duplicates are found; a wrong check digit is refused, never corrected."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from stdnum import ean, isbn
from stdnum.exceptions import InvalidChecksum, ValidationError

from catalog.vocabularies.texts import clean_line

MAX_VALUE = 2_000
"""Bytes in UTF-8."""
SCHEMES = ("isbn13", "ean", "apple_track_id", "apple_bundle_id", "google_package", "url")
SOURCE_PREFIX = "source:"
_BUNDLE = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,40}")
_TRACKING = re.compile(r"utm_.+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ISBN10_LENGTH = 10


class IdentifierRefused(Exception):
    """``code``: unknown-scheme, empty, too-long, wrong-form, wrong-check-digit or not-a-web-address."""

    def __init__(self, code: str, scheme: str, value: str) -> None:
        super().__init__(f"{code}: {scheme} {value[:80]!r}")
        self.code = code
        self.members: dict[str, Any] = {"scheme": scheme, "value": value[:200]}


def normalise_identifier(scheme: str, value: str) -> str:
    """The value as it is stored and compared. Raises: IdentifierRefused."""
    text = clean_line(value)
    rule = _RULES.get(scheme)
    if rule is None and not _is_source(scheme):
        raise IdentifierRefused("unknown-scheme", scheme, text)
    if not text:
        raise IdentifierRefused("empty", scheme, text)
    stored = rule(text) if rule and byte_length(text) <= MAX_VALUE else text
    if byte_length(stored) > MAX_VALUE:
        raise IdentifierRefused("too-long", scheme, text)
    return stored


def is_web_address(text: str) -> bool:
    """Whether a link may be kept and shown: http or https with a host, no spaces, at most ``MAX_VALUE`` bytes."""
    return _split_web_address(text) is not None


def byte_length(text: str) -> int:
    """As databases measure what they look up by; half of a surrogate pair counts as a character."""
    return len(text.encode(errors="replace"))


def _is_source(scheme: str) -> bool:
    return scheme.startswith(SOURCE_PREFIX) and bool(SOURCE_NAME.fullmatch(scheme, len(SOURCE_PREFIX)))


def _isbn13(text: str) -> str:
    compact = isbn.compact(text)
    _refuse_invalid("isbn13", text, isbn.validate)
    return str(isbn.to_isbn13(compact) if len(compact) == _ISBN10_LENGTH else compact)


def _ean(text: str) -> str:
    _refuse_invalid("ean", text, ean.validate)
    return str(ean.compact(text))


def _refuse_invalid(scheme: str, text: str, validate: Callable[[str], Any]) -> None:
    try:
        validate(text)
    except InvalidChecksum as error:
        raise IdentifierRefused("wrong-check-digit", scheme, text) from error
    except ValidationError as error:
        raise IdentifierRefused("wrong-form", scheme, text) from error


def _apple_track_id(text: str) -> str:
    number = text.removeprefix("id")
    if not (number.isascii() and number.isdigit() and 1 <= len(number) <= 15):  # noqa: PLR2004 - Apple gives 9 or 10 today
        raise IdentifierRefused("wrong-form", "apple_track_id", text)
    return number.lstrip("0") or "0"


def _dotted(scheme: str, pattern: re.Pattern[str]) -> Callable[[str], str]:
    def normalise(text: str) -> str:
        if not pattern.fullmatch(text):
            raise IdentifierRefused("wrong-form", scheme, text)
        return text

    return normalise


def _url(text: str) -> str:
    """Scheme and host in lower case; without default port, fragment, tracking parameters and closing slash.

    ``www.`` stays: it may be another site. Case stays in the path: it may be another page.
    """
    parts = _split_web_address(text)
    if parts is None:
        raise IdentifierRefused("not-a-web-address", "url", text)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    kept = [part for part in parts.query.split("&") if part and not _TRACKING.fullmatch(part.partition("=")[0])]
    query = f"?{'&'.join(kept)}" if kept else ""
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}{query}"


def _split_web_address(text: str) -> SplitResult | None:
    if byte_length(text) > MAX_VALUE or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme in _DEFAULT_PORTS and bool((parts.hostname or "").strip(".")) and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        return None
    return parts if usable else None


_RULES: dict[str, Callable[[str], str]] = {
    "isbn13": _isbn13,
    "ean": _ean,
    "apple_track_id": _apple_track_id,
    "apple_bundle_id": _dotted("apple_bundle_id", _BUNDLE),
    "google_package": _dotted("google_package", _PACKAGE),
    "url": _url,
}
