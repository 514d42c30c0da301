"""Who tested a resource is a name of staff: told to who looks after the catalogue, and lost by nobody who lacks it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace

from catalog.resources.schemas import ClaimFact, ResourceDetail, ResourceFacts
from catalog.vocabularies.texts import clean_line


def name_key(name: str) -> str:
    """Two spellings of one name have the same key: capitals and blanks say nothing."""
    return clean_line(name).casefold()


def without_testers(detail: ResourceDetail) -> ResourceDetail:
    """The resource as everybody may know it."""
    claims = [replace(claim, tested_by="") for claim in detail.facts.claims]
    return replace(detail, facts=replace(detail.facts, claims=claims))


def with_testers(facts: ResourceFacts, stored: ResourceFacts) -> ResourceFacts:
    """A test that is told without a name keeps the stored one: it may have been read by who is not told names."""
    known = {_test_of(claim): claim.tested_by for claim in stored.claims}
    claims = [
        claim if claim.tested_by else replace(claim, tested_by=known.get(_test_of(claim), "")) for claim in facts.claims
    ]
    return replace(facts, claims=claims)


def _test_of(claim: ClaimFact) -> tuple[str, str, date | None]:
    return clean_line(claim.platform), clean_line(claim.browser), claim.tested_on


def plain_without_nobody(value: Any) -> Any:
    """A field as JSON holds it; a claim without a name says nothing of one, so that names are quickly found."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, list):
        return [_without_nobody(each) for each in plain]
    return plain


def _without_nobody(each: Any) -> Any:
    if isinstance(each, dict) and each.get(KEY) == "":
        return {name: value for name, value in each.items() if name != KEY}
    return each


KEY = "testedBy"


def is_named(claim: Any, key: str) -> bool:
    """Whether a claim, as JSON holds it, names somebody of that ``name_key``."""
    return isinstance(claim, dict) and bool(claim.get(KEY)) and name_key(str(claim[KEY])) == key


def unnamed(claims: Sequence[Any], key: str) -> list[Any]:
    """Claims as JSON holds them, without that name."""
    return [{**claim, KEY: ""} if is_named(claim, key) else claim for claim in claims]
