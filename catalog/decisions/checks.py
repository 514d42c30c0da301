"""What makes a decision impossible; every field's fault at once."""

from collections.abc import Iterator

from catalog.decisions.schemas import Decide
from catalog.vocabularies.store import Vocabularies

OUTCOMES = ("approved", "conditional", "pilot", "rejected", "withdrawn")
MAX_TEXT = 2000


def faults(command: Decide, vocabularies: Vocabularies, *, imported: bool = False) -> dict[str, str]:
    """By field (camelCase) the code of its first fault.

    Our own decisions owe a reason for every «no» and an end for every pilot; an imported one is taken as published.
    """
    found: dict[str, str] = {}
    for field, code in _all(command, vocabularies, imported=imported):
        found.setdefault(field, code)
    return found


def _all(command: Decide, vocabularies: Vocabularies, *, imported: bool) -> Iterator[tuple[str, str]]:
    if command.outcome not in OUTCOMES:
        yield "outcome", "unknown-code"
    if (command.resource_id is None) == (command.service_id is None):
        yield "resourceId", "exactly-one"
    starts = command.valid_from or command.decided_on
    if command.valid_until is not None and command.valid_until < starts:
        yield "validUntil", "ends-before-it-starts"
    for field, scheme, values in (
        ("subjects", "subject", command.subjects),
        ("grades", "grade", command.grades),
        ("reasons", "reason", command.reasons),
        ("roles", "role", command.roles),
        ("body", "body", [command.body]),
    ):
        if any(not vocabularies.knows(scheme, value) for value in values):
            yield field, "unknown-code"
    for field, text in (("note", command.note), ("evidence", command.evidence)):
        if len(text) > MAX_TEXT:
            yield field, "too-long"
    if any(len(condition) > MAX_TEXT for condition in command.conditions):
        yield "conditions", "too-long"
    if not imported:
        yield from _owed(command)


def _owed(command: Decide) -> Iterator[tuple[str, str]]:
    if command.outcome in {"rejected", "withdrawn"} and not command.reasons:
        yield "reasons", "reason-missing"
    if command.outcome == "conditional" and not any(text.strip() for text in command.conditions):
        yield "conditions", "field-missing"
    if command.outcome == "pilot" and command.valid_until is None:
        yield "validUntil", "field-missing"
