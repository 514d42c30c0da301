"""The words of the editing form: a label for every field, and the names of the schemes of identifiers."""

from collections.abc import Mapping

from catalog.vocabularies.identifiers import SCHEMES
from catalog.web.i18n import N_, gettext

LABELS: Mapping[str, str] = {
    "texts": N_("Title and description"),
    "texts-language": N_("Language of the text"),
    "texts-title": N_("Title"),
    "texts-description": N_("Description"),
    "form": N_("Form"),
    "kind": N_("Kind of material"),
    "publisher": N_("Publisher"),
    "service_key": N_("Part of the service"),
    "creator": N_("Author or creator"),
    "designation": N_("Designation"),
    "url": N_("Address of the resource"),
    "order_url": N_("Address for orders"),
    "price_model": N_("Price"),
    "placements": N_("Subjects and grades"),
    "placements-subject": N_("Subject"),
    "placements-grades": N_("Grades"),
    "languages": N_("Languages of the resource"),
    "end_users": N_("Made for"),
    "logins": N_("Sign-in"),
    "data_categories": N_("Personal data"),
    "lix": N_("Readability (LIX)"),
    "reading_support": N_("Works with reading and writing support"),
    "accessibility": N_("Accessibility"),
    "accessibility_url": N_("Address of the accessibility statement"),
    "supplier_declared": N_("Only the supplier says so"),
    "identifiers": N_("Identifiers"),
    "identifiers-scheme": N_("Kind of identifier"),
    "identifiers-value": N_("Identifier"),
    "claims": N_("Devices"),
    "claims-platform": N_("Device"),
    "claims-browser": N_("Browser"),
    "claims-min_version": N_("Oldest version"),
    "claims-app": N_("Installed as an app"),
    "claims-offline": N_("Works without a network"),
    "claims-limits": N_("What does not work there"),
    "claims-tested_on": N_("Tested on"),
    "claims-tested_by": N_("Tested by"),
    "claims-supplier_declared": N_("Only the supplier says so"),
}
_SCHEMES: Mapping[str, str] = {
    "isbn13": "ISBN",
    "ean": "EAN",
    "apple_track_id": N_("Number in Apple's App Store"),
    "apple_bundle_id": N_("Apple bundle id"),
    "google_package": N_("Google Play package"),
    "url": N_("Another web address"),
}


def schemes() -> Mapping[str, str]:
    """The schemes on offer, each with its name."""
    return {scheme: scheme_name(scheme) for scheme in SCHEMES}


def scheme_name(scheme: str) -> str:
    """A source's own number is called by its scheme."""
    return gettext(_SCHEMES[scheme]) if scheme in _SCHEMES else scheme
