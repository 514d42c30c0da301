"""Words for what is stored about a person: its kinds, its fields and its values, in the reader's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from catalog.vocabularies.region import Region
from catalog.web.i18n import N_, current_language, gettext

KINDS: Mapping[str, str] = {
    "person": N_("The person"),
    "role": N_("Roles"),
    "sign-in by a provider": N_("Known to identity providers as"),
    "session": N_("Browsers signed in"),
    "invitation": N_("One-time links"),
    "program's key": N_("Programs"),
    "act": N_("Acts in the audit log"),
    "test": N_("Resources tested"),
    "import": N_("Files taken in"),
}
FIELDS: Mapping[str, str] = {
    "action": N_("Act"),
    "at": N_("When"),
    "beginning": N_("Begins with"),
    "browser": N_("Browser"),
    "by": N_("By whom"),
    "created_at": N_("Made"),
    "ended_at": N_("Ended"),
    "ends_on": N_("Last day"),
    "erased_at": N_("Erased"),
    "expires_at": N_("Runs out"),
    "fields": N_("Fields"),
    "file_name": N_("File"),
    "granted_at": N_("Given"),
    "is_demo": N_("Invented for the demo"),
    "issuer": N_("Provider"),
    "kind": N_("Kind"),
    "language": N_("Language"),
    "last_seen_at": N_("Last used"),
    "last_used_at": N_("Last used"),
    "left_at": N_("Left"),
    "mail": N_("Mail"),
    "mailed_at": N_("Mailed"),
    "name": N_("Name"),
    "object_id": N_("Id"),
    "object_type": N_("About"),
    "origin": N_("Comes from"),
    "password": N_("Password"),
    "permissions": N_("Rights"),
    "platform": N_("Platform"),
    "renewed_at": N_("Renewed"),
    "revoked_at": N_("Revoked"),
    "role": N_("Role"),
    "school": N_("School"),
    "seen_at": N_("Last sign-in"),
    "starts_on": N_("First day"),
    "subject": N_("Known there as"),
    "used_at": N_("Used"),
    "username": N_("User name"),
    "way": N_("Signed in by"),
}
SAID: Mapping[tuple[str, str], str] = {
    ("password", "a hash is stored"): N_("a hash is stored"),
    ("by", "the person"): N_("the person"),
    ("by", "somebody else"): N_("somebody else"),
    ("origin", "person"): N_("given here"),
    ("origin", "provider"): N_("the identity provider"),
    ("way", "local"): N_("a password kept here"),
    ("way", "oidc"): N_("the identity provider"),
    ("way", "link"): N_("a one-time link"),
    ("way", "demo"): N_("the demo"),
}
"""By field and value."""


def kind_in_words(kind: str) -> str:
    """A kind that a slice of later names itself is shown as it calls it."""
    return gettext(KINDS.get(kind, kind))


def field_in_words(name: str) -> str:
    return gettext(FIELDS.get(name, name.replace("_", " ")))


def value_in_words(name: str, value: Any, zone: ZoneInfo, region: Region) -> str:
    """A value as it is read: instants in the municipality's time, codes in words."""
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    if name == "role":
        return region.vocabularies.label("role", text, current_language.get())
    at = _instant(text)
    if at is not None:
        return format_datetime(at.astimezone(zone), "medium", locale=current_language.get())
    return gettext(SAID.get((name, text), "")) or text


def _instant(text: str) -> datetime | None:
    """An instant in ISO 8601; None for a day and for everything else."""
    if text[10:11] != "T":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
