"""What makes facts about a resource impossible; every field's fault at once."""

import re
from collections.abc import Iterable, Iterator

from catalog.resources.models import EVERY
from catalog.resources.schemas import ResourceFacts
from catalog.vocabularies.identifiers import byte_length, is_web_address
from catalog.vocabularies.store import Vocabularies

MAX_TITLE, MAX_DESCRIPTION, MAX_URL = 300, 10_000, 2_000
MAX_LIX = 100
MAX_LANGUAGE, MAX_TERM = 16, 300
LINES = {"publisher": 200, "creator": 300, "designation": 120}
CLAIM_LINES = {"browser": 64, "min_version": 32, "limits": 500, "tested_by": 120}
"""Fields of one line with the most letters that are kept."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
SINGLE = (
    ("form", "form"),
    ("kind", "kind"),
    ("price_model", "price"),
    ("accessibility", "accessibility"),
)
SEVERAL = (
    ("logins", "login"),
    ("end_users", "end_user"),
    ("data_categories", "data_category"),
)


def faults(facts: ResourceFacts, vocabularies: Vocabularies) -> dict[str, str]:
    """By field (camelCase, as on the wire) the code of its first fault; empty: nothing is wrong."""
    found: dict[str, str] = {}
    for field, code in _all(facts, vocabularies):
        found.setdefault(field, code)
    return found


def _all(facts: ResourceFacts, vocabularies: Vocabularies) -> Iterator[tuple[str, str]]:
    yield from _texts(facts)
    for field, scheme in SINGLE:
        value = getattr(facts, field)
        if value and not vocabularies.knows(scheme, value):
            yield _camel(field), "unknown-code"
    if not facts.form:
        yield "form", "field-missing"
    for field, scheme in SEVERAL:
        if any(not vocabularies.knows(scheme, value) for value in getattr(facts, field)):
            yield _camel(field), "unknown-code"
    if any(not LANGUAGE.fullmatch(code) for code in facts.languages):
        yield "languages", "unknown-code"
    yield from ((field, "too-long") for field, longest in LINES.items() if len(getattr(facts, field)) > longest)
    yield from _links(facts)
    if facts.lix is not None and not 0 <= facts.lix <= MAX_LIX:
        yield "lix", "field-out-of-range"
    yield from _pairs(facts, vocabularies)


def _links(facts: ResourceFacts) -> Iterator[tuple[str, str]]:
    for field in ("url", "order_url", "accessibility_url"):
        value = getattr(facts, field)
        if byte_length(value) > MAX_URL:
            yield _camel(field), "too-long"
        elif value and not is_web_address(value):
            yield _camel(field), "not-a-web-address"


def _texts(facts: ResourceFacts) -> Iterator[tuple[str, str]]:
    if not facts.texts or not facts.texts[0].title.strip():
        yield "title", "field-missing"
    if any(len(text.title) > MAX_TITLE for text in facts.texts):
        yield "title", "too-long"
    if any(len(text.description) > MAX_DESCRIPTION for text in facts.texts):
        yield "description", "too-long"
    if any(len(text.language) > MAX_LANGUAGE for text in facts.texts):
        yield "texts", "unknown-code"
    if len({text.language for text in facts.texts}) < len(facts.texts):
        yield "texts", "said-twice"


def _pairs(facts: ResourceFacts, vocabularies: Vocabularies) -> Iterator[tuple[str, str]]:
    if any(not _known(vocabularies, "subject", each.subject) for each in facts.placements):
        yield "placements", "unknown-code"
    if any(not _known(vocabularies, "grade", each.grade) for each in facts.placements):
        yield "placements", "unknown-code"
    if any(not vocabularies.knows("platform", claim.platform) for claim in facts.claims):
        yield "claims", "unknown-code"
    if any(len(getattr(each, field)) > longest for each in facts.claims for field, longest in CLAIM_LINES.items()):
        yield "claims", "too-long"
    if any(len(each.term) > MAX_TERM for each in facts.source_terms):
        yield "sourceTerms", "too-long"
    if _repeats((claim.platform, claim.browser) for claim in facts.claims):
        yield "claims", "said-twice"
    if _repeats((each.scheme, each.value) for each in facts.identifiers):
        yield "identifiers", "said-twice"


def _known(vocabularies: Vocabularies, scheme: str, code: str) -> bool:
    return code == EVERY or vocabularies.knows(scheme, code)


def _repeats(items: Iterable[object]) -> bool:
    listed = list(items)
    return len(set(listed)) < len(listed)


def _camel(field: str) -> str:
    return re.sub("_(.)", lambda part: part[1].upper(), field)
