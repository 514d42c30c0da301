"""What an import says: why a row or a file was refused, in the reader's language; every code has a sentence."""

from collections.abc import Mapping
from typing import Any

from catalog.web.i18n import N_, say
from catalog.web.sentences import FAULTS, PROBLEMS

ROWS: Mapping[str, str] = {
    "bad-encoding": N_("The line holds bytes that are no text."),
    "cut": N_("The text was cut to {limit} characters."),
    "empty": N_("The identifier is empty."),
    "ends-before-it-begins": N_("It would end before it begins."),
    "grades-missing": N_("The list gives no grades; those that are stored stay."),
    "grades-unread": N_("“{value}” names no grades that we know; those that are stored stay."),
    "impossible-date": N_("“{value}” is no date."),
    "kept-edited": N_("Somebody wrote this here, so it stays: {fields}"),
    "line-too-long": N_("The line is longer than {limit} characters."),
    "missing": N_("This field is empty, and it is needed."),
    "not-an-object": N_("The line is JSON, but not an object."),
    "not-json": N_("The line is not JSON."),
    "not-storable": N_("The database refuses something in the row."),
    "number-twice": N_("Several rows say different things of “{value}”; nobody knows which of them holds."),
    "open-quote": N_("A quotation mark is opened and never closed."),
    "parent-missing": N_("The school that it is a department of is not in the list."),
    "school-gone": N_("“{name}” is not in the list any more; it was left as it is."),
    "too-narrow": N_("The row has {columns} columns instead of {expected}."),
    "too-wide": N_("The row has {columns} columns instead of {expected}."),
    "unknown-kind": N_("“{value}” is no kind of school that the mapping knows."),
    "unknown-language": N_("“{value}” is no language that we know."),
    "unknown-name": N_("“{name}” is not in the catalogue; it waits as a question."),
    "unknown-scheme": N_("Nobody knows this kind of identifier."),
    "vanished": N_("“{name}” stood in the list before and is gone; its decision was left as it is."),
    "wrong-check-digit": N_("The check digit does not fit: the number is mistyped."),
    "wrong-form": N_("The identifier does not have the form of its kind."),
}
"""By the code of what is wrong with a row or worth knowing about it; ``{members}`` are the outcome's."""

FILES: Mapping[str, str] = {
    "bomb": N_("The file unpacks to far more than a list ever holds."),
    "damaged": N_("The file is damaged."),
    "empty": N_("The file is empty."),
    "encrypted": N_("The file is encrypted; save it without a password."),
    "missing-columns": N_("The file lacks columns that the mapping reads: {columns}."),
    "no-header": N_("No line of the file looks like a header."),
    "no-such-sheet": N_("The workbook has no sheet “{sheet}”."),
    "not-text": N_("The file is no text that we can read."),
    "too-large": N_("The file is larger than {limit} bytes."),
    "too-many-columns": N_("The file has more than {limit} columns."),
    "unknown-type": N_("The file looks like {found}; send CSV, JSON Lines or XLSX."),
    "unreadable": N_("The file cannot be opened: {error}"),
    "workbook-too-large": N_("The workbook needs more memory than a list may; save it as CSV."),
}
"""By the reason for which a whole file was refused."""


def explain_row(code: str, members: Mapping[str, Any], language: str) -> str:
    """The sentence for a row's code; members that it needs and lacks are shown as «?»."""
    known = ROWS.get(code) or FAULTS.get(code) or PROBLEMS.get(code) or code
    return say(known, _Forgiving(members), language=language)


def explain_file(reason: str, details: Mapping[str, Any], language: str) -> str:
    readable = {name: ", ".join(value) if isinstance(value, list) else value for name, value in details.items()}
    return say(FILES.get(reason, reason), _Forgiving(readable), language=language)


class _Forgiving(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"
