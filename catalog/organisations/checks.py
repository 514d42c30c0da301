"""What makes facts about a school impossible; all faults at once."""

from collections.abc import Mapping

from catalog.organisations.codes import CodeRefused, normalise_code, school_code
from catalog.organisations.schemas import SchoolFacts
from catalog.vocabularies.identifiers import is_web_address
from catalog.vocabularies.store import Vocabularies

LINES: Mapping[str, int] = {"name": 200, "web": 500}
"""Letters that are kept of each text."""
SITE_LINES: Mapping[str, int] = {"name": 200, "street": 200, "postcode": 16, "city": 100}
MOST_ROWS = 50


def faults(facts: SchoolFacts, vocabularies: Vocabularies) -> dict[str, str]:
    """By field (of a repeated part ``part-number-column``) the code of what is wrong; empty: nothing."""
    errors = _plain(facts, vocabularies)
    for number, code in enumerate(facts.codes):
        try:
            normalise_code(code.scheme, code.value)
        except CodeRefused as error:
            errors[f"codes-{number}-value"] = error.code
    for number, site in enumerate(facts.sites):
        for column, longest in SITE_LINES.items():
            if len(getattr(site, column)) > longest:
                errors[f"sites-{number}-{column}"] = "too-long"
    for part in ("codes", "sites"):
        if len(getattr(facts, part)) > MOST_ROWS:
            errors[part] = "too-long"
    return errors


def _plain(facts: SchoolFacts, vocabularies: Vocabularies) -> dict[str, str]:
    errors: dict[str, str] = {}
    try:
        school_code(facts.code)
    except CodeRefused as error:
        errors["code"] = error.code
    if not facts.name:
        errors["name"] = "field-missing"
    errors |= {name: "too-long" for name, longest in LINES.items() if len(getattr(facts, name)) > longest}
    if not vocabularies.knows("school_type", facts.kind):
        errors["kind"] = "unknown-code" if facts.kind else "choose-one"
    if not all(vocabularies.knows("grade", grade) for grade in facts.grades):
        errors["grades"] = "unknown-grade"
    if facts.web and not is_web_address(facts.web):
        errors.setdefault("web", "not-a-web-address")
    return errors
