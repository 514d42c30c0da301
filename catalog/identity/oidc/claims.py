"""What the provider says of a person, read by the names in the settings; nothing else is read, all may be missing."""

from collections.abc import Mapping
from typing import Any

import msgspec

from catalog.core.mail import is_address
from catalog.core.roles import Role
from catalog.core.settings import Settings

LONGEST_NAME, LONGEST_MAIL, LONGEST_CODE = 200, 254, 32
MOST = 200
"""Values of one claim that are looked at."""
_NOTHING = object()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A person in the provider's words: some tell no more than a pseudonym and the number of a school."""

    issuer: str
    subject: str
    name: str = ""
    mail: str = ""
    schools: tuple[str, ...] = ()
    """Numbers, as the register writes them."""
    roles: frozenset[Role] = frozenset()
    """That the settings make of the claim."""


def is_complete(claims: Mapping[str, Any], settings: Settings) -> bool:
    """Whether every claim that is read is there."""
    return all(_find(claims, name) is not _NOTHING for name in settings.claims.values())


def read_claims(claims: Mapping[str, Any], settings: Settings) -> Told:
    values = {what: _values(_find(claims, name)) for what, name in settings.claims.items()}
    meant = settings.roles_of_claims
    mail = _first(values.get("mail", []), LONGEST_MAIL)
    return Told(
        issuer=claims["iss"],
        subject=claims["sub"],
        name=_first(values.get("name", []), LONGEST_NAME),
        mail=mail if is_address(mail) else "",
        schools=tuple(dict.fromkeys(each for each in values.get("school", []) if len(each) <= LONGEST_CODE)),
        roles=frozenset(Role(meant[each]) for each in values.get("roles", []) if each in meant),
    )


def _find(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name; «a.b» also finds ``b`` inside ``a``, as some providers nest roles."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _NOTHING
        found = found[part]
    return found


def _values(found: Any) -> list[str]:
    """One value or several as text, without what cannot be stored or shown."""
    entries = found if isinstance(found, list) else [found]
    texts = [str(each) for each in entries[:MOST] if isinstance(each, str | int) and not isinstance(each, bool)]
    clean = ("".join(letter for letter in text if letter.isprintable()).strip() for text in texts)
    return [text for text in clean if text]


def _first(values: list[str], longest: int) -> str:
    return values[0] if values and len(values[0]) <= longest else ""
