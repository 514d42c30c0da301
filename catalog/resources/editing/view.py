"""The editing form as its template takes it: fields with options; what is stored is always among the options."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from catalog.resources.editing.choices import Field, Offered, offered, offered_grades, one_of, several_of
from catalog.resources.editing.comparing import Difference
from catalog.resources.editing.facts import CODES, DECLARABLE, PARTS, SEVERAL, add_rows
from catalog.resources.editing.words import LABELS, schemes
from catalog.resources.models import EVERY
from catalog.resources.schemas import ServiceDetail
from catalog.vocabularies.region import Region
from catalog.web.i18n import gettext
from catalog.web.shown import Link, Option, ShownForm, Typed, label_of, row_field, row_numbers

BLANK = 2


class Row(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    names: Mapping[str, str]
    """The name of each field of the row, by column."""
    fields: Mapping[str, Field] = {}


class ResourceForm(msgspec.Struct, frozen=True, kw_only=True):
    """A page for writing down what is known of a resource."""

    heading: str
    action: str
    form: ShownForm
    fields: Mapping[str, Field]
    rows: Mapping[str, tuple[Row, ...]]
    publishers: tuple[str, ...]
    version: int = 0
    page: Link | None = None
    """The resource's page; none while it is new."""
    is_retired: bool = False
    links: tuple[Link, ...] = ()
    """What else can be done with it."""
    differences: tuple[Difference, ...] | None = None
    """Filled in when somebody else saved meanwhile."""
    taken_by: Link | None = None
    """The other resource that has the identifier."""
    source_terms: tuple[str, ...] = ()


def open_rows(typed: Typed, language: str) -> Typed:
    """A form with blank rows to write in; a new resource's first text is in the municipality's language."""
    opened = dict(typed)
    for part in PARTS:
        add_rows(opened, part, BLANK)
    first = row_field("texts", 0, "language")
    opened[first] = [next(filter(None, opened[first]), "") or language]
    return opened


def fields_of(form: ShownForm, region: Region, today: date, services: Iterable[ServiceDetail]) -> dict[str, Field]:
    """The options of every field that stands once."""
    one = {"form": "form", **CODES}
    fields = {name: one_of(form, name, offered(region, scheme, today)) for name, scheme in one.items()}
    fields |= {name: several_of(form, name, offered(region, scheme, today)) for name, scheme in SEVERAL.items()}
    fields["service_key"] = one_of(
        form, "service_key", Offered(choices=[(each.facts.key, each.facts.name) for each in services])
    )
    declarable = [(name, label_of(LABELS, name)) for name in DECLARABLE]
    fields["supplier_declared"] = several_of(form, "supplier_declared", Offered(choices=declarable))
    said = form.value("reading_support") or "unknown"
    answers = (("yes", gettext("Yes")), ("no", gettext("No")), ("unknown", gettext("Not known")))
    fields["reading_support"] = Field(
        options=tuple(Option(value=value, label=label, chosen=value == said) for value, label in answers)
    )
    return fields


def rows_of(form: ShownForm, region: Region, today: date) -> dict[str, tuple[Row, ...]]:
    """The rows of every repeated part."""
    subjects = offered(region, "subject", today)
    choices: Mapping[str, Mapping[str, Offered]] = {
        "texts": {"language": offered(region, "language", today)},
        "placements": {
            "subject": Offered(choices=[(EVERY, gettext("All subjects")), *subjects.choices], others=subjects.others),
            "grades": offered_grades(region, today),
        },
        "identifiers": {"scheme": Offered(choices=list(schemes().items()))},
        "claims": {"platform": offered(region, "platform", today)},
    }
    return {
        part: tuple(_row(form, part, number, choices[part]) for number in row_numbers(form.typed, part))
        for part in PARTS
    }


def _row(form: ShownForm, part: str, number: int, choices: Mapping[str, Offered]) -> Row:
    names = {column: row_field(part, number, column) for column in PARTS[part]}
    fields = {
        column: several_of(form, names[column], answers, tiles=True)
        if column == "grades"
        else one_of(form, names[column], answers)
        for column, answers in choices.items()
    }
    return Row(number=number, names=names, fields=fields)
