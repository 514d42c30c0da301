"""Between a form and a decision: what was typed becomes a command with every fault at once."""

from collections.abc import Collection, Mapping
from datetime import date
from urllib.parse import urlsplit

from catalog.decisions.checks import OUTCOMES, faults
from catalog.decisions.schemas import Decide
from catalog.vocabularies.store import Vocabularies
from catalog.vocabularies.texts import clean_line, clean_text
from catalog.web.forms import FormReader
from catalog.web.i18n import N_

LABELS: Mapping[str, str] = {
    "outcome": N_("Decision"),
    "decided_on": N_("Decided on"),
    "valid_from": N_("Holds from"),
    "valid_until": N_("Holds until"),
    "body": N_("Decided by"),
    "subjects": N_("Subjects"),
    "grades": N_("Grades"),
    "schools": N_("Schools"),
    "roles": N_("Roles"),
    "conditions": N_("Conditions"),
    "reasons": N_("Reasons"),
    "note": N_("Explanation for everybody"),
    "evidence": N_("Evidence"),
    "use_instead": N_("Use instead"),
    "use_instead_id": N_("Which one is meant?"),
}
NAMES: Mapping[str, str] = {"validUntil": "valid_until", "validFrom": "valid_from"}
"""Where the form shows what the rules of decisions find wrong."""
MAX_NOTE, MAX_EVIDENCE = 2000, 2000
UNSAFE = frozenset({"javascript", "data", "vbscript", "file", "blob"})


def read_decision(form: FormReader, vocabularies: Vocabularies, schools: Collection[str]) -> Decide:
    """The decision as typed, about nothing yet; what is wrong with it, all at once, is in ``form.errors``."""
    bodies = [concept.code for concept in vocabularies.concepts("body")]
    chosen = form.texts("schools")
    if not set(schools).issuperset(chosen):
        form.errors["schools"] = "unknown-code"
    command = Decide(
        outcome=form.choice("outcome", OUTCOMES, required=True),
        decided_on=form.day("decided_on", required=True) or date.min,
        valid_from=form.day("valid_from"),
        valid_until=form.day("valid_until"),
        body=form.choice("body", bodies, required=True),
        subjects=form.texts("subjects"),
        grades=form.texts("grades"),
        schools=chosen,
        roles=form.texts("roles"),
        conditions=[clean_line(line) for line in form.lines("conditions")],
        reasons=form.texts("reasons"),
        note=clean_text(form.text("note", longest=2 * MAX_NOTE)),  # browsers send two letters for a line end
        evidence=_evidence(form),
    )
    found = faults(command, vocabularies)
    form.refuse({field: code for field, code in found.items() if field != "resourceId"}, NAMES)
    return command


def _evidence(form: FormReader) -> str:
    """A link or the number of a case; never something that a browser would run."""
    text = clean_line(form.text("evidence", longest=MAX_EVIDENCE))
    try:
        scheme = urlsplit("".join(text.split())).scheme
    except ValueError:
        return text  # half an address in words is no link
    if scheme in UNSAFE:
        form.errors.setdefault("evidence", "not-a-web-address")
    return text
