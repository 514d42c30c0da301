"""A form as it is shown: what was typed stays, and every fault is said at its field and again at the top.

The names of fields are also their ids. A field of a repeated part is called ``part-number-column``.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import msgspec

from catalog.web.i18n import gettext, say
from catalog.web.sentences import FAULTS

Typed: TypeAlias = dict[str, list[str]]
"""By the name of a field, what was typed or ticked."""
_ROW = re.compile(r"([a-z_]+)-([0-9]{1,4})-([a-z_]+)")


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a select or of a group."""

    value: str
    label: str
    chosen: bool = False
    short: str = ""
    """For a tile: «4.» where the label says «4. klasse»."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    url: str = ""
    lang: str = ""


def row_field(part: str, number: int, column: str) -> str:
    return f"{part}-{number}-{column}"


def split_row_field(name: str) -> tuple[str, int, str] | None:
    """The part, the number and the column that make a name; None for a field that is in no repeated part."""
    found = _ROW.fullmatch(name)
    return (found[1], int(found[2]), found[3]) if found else None


def row_numbers(typed: Mapping[str, Sequence[str]], part: str) -> list[int]:
    """The rows of a part that a form has, blank ones too, in order."""
    found = (split_row_field(name) for name in typed)
    return sorted({row[1] for row in found if row and row[0] == part})


class ShownForm(msgspec.Struct, frozen=True, kw_only=True):
    typed: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]
    """Marked sentences by field; of a repeated part by ``part-column``."""
    faults: Mapping[str, str] = {}
    """By the name of the field, its sentence."""
    summary: Mapping[str, str] = {}
    """The same, each with the label of its field before it."""
    refusal: str = ""
    edited: bool = False
    """It holds something that is not saved: leaving the page asks first."""

    def value(self, name: str) -> str:
        given = self.typed.get(name, ())
        return next((value for value in reversed(given) if value.strip()), "")

    def ticked(self, name: str) -> bool:
        return bool(self.value(name))

    def fault(self, name: str) -> str:
        return self.faults.get(name, "")

    def label(self, name: str) -> str:
        return label_of(self.labels, name)

    def day_type(self, name: str) -> str:
        """Of the field: a browser's own field for dates would drop what is no date."""
        try:
            date.fromisoformat(self.value(name) or "2000-01-01")
        except ValueError:
            return "text"
        return "date"


def label_of(labels: Mapping[str, str], name: str) -> str:
    """The words before a field; the name itself where none are known."""
    row = split_row_field(name)
    return gettext(labels.get(f"{row[0]}-{row[2]}" if row else name, name))


def show_form(
    typed: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    sentences: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
    refusal: str = "",
    edited: bool = False,
) -> ShownForm:
    """Put codes of faults into the reader's language; ``sentences`` are finished ones, by field."""
    faults = {name: say(FAULTS[code], members) for name, code in (errors or {}).items()} | dict(sentences or {})
    return ShownForm(
        typed=typed,
        labels=labels,
        faults=faults,
        summary={name: f"{_numbered(labels, name)}: {sentence}" for name, sentence in faults.items()},
        refusal=refusal,
        edited=edited or bool(faults) or bool(refusal),
    )


def _numbered(labels: Mapping[str, str], name: str) -> str:
    row = split_row_field(name)
    label = label_of(labels, name)
    return f"{label} ({row[1] + 1})" if row else label
