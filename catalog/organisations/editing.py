"""The form of a school: facts become fields and fields facts; what is stored stands beside what was typed."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from catalog.organisations.models import CodeScheme
from catalog.organisations.schemas import FIELDS, CodeFact, SchoolFacts, SiteFact
from catalog.vocabularies.region import Region
from catalog.web.forms import FormReader
from catalog.web.i18n import N_, current_language, gettext
from catalog.web.shown import Option, ShownForm, Typed, label_of, row_field, row_numbers

LABELS: Mapping[str, str] = {
    "code": N_("School code"),
    "name": N_("Name"),
    "kind": N_("Kind of school"),
    "grades": N_("Grades"),
    "opened_on": N_("Opened on"),
    "web": N_("Address of the web site"),
    "codes": N_("Other numbers"),
    "codes-scheme": N_("Kind of number"),
    "codes-value": N_("Number"),
    "sites": N_("Addresses"),
    "sites-name": N_("Name of the site"),
    "sites-street": N_("Street"),
    "sites-postcode": N_("Postcode"),
    "sites-city": N_("City"),
}
SCHEMES: Mapping[CodeScheme, str] = {
    CodeScheme.STIL: N_("Institution number (STIL)"),
    CodeScheme.CVR: "CVR",
    CodeScheme.P_NUMBER: N_("P-number"),
    CodeScheme.GLN: "GLN (EAN)",
    CodeScheme.SKOLENHETSKOD: N_("School unit code (Sweden)"),
    CodeScheme.ORGNR: N_("Organisation number"),
    CodeScheme.LOCAL: N_("Another number"),
}
PARTS: Mapping[str, tuple[str, ...]] = {"codes": ("scheme", "value"), "sites": ("name", "street", "postcode", "city")}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    options: tuple[Option, ...]
    more: tuple[Option, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    names: Mapping[str, str]
    """By column the name of its field."""
    fields: Mapping[str, Field] = {}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A field that says something else in what is stored than in the form."""

    name: str
    label: str
    stored: tuple[str, ...]
    typed: tuple[str, ...]


def scheme_name(scheme: CodeScheme) -> str:
    return gettext(SCHEMES[scheme])


def typed_from(facts: SchoolFacts) -> Typed:
    """The form of what is stored."""
    typed: Typed = {
        "code": [facts.code],
        "name": [facts.name],
        "kind": [facts.kind],
        "grades": list(facts.grades),
        "opened_on": [facts.opened_on.isoformat() if facts.opened_on else ""],
        "web": [facts.web],
    }
    for number, code in enumerate(facts.codes):
        typed |= {
            row_field("codes", number, "scheme"): [code.scheme],
            row_field("codes", number, "value"): [code.value],
        }
    for number, site in enumerate(facts.sites):
        typed |= {row_field("sites", number, column): [getattr(site, column)] for column in PARTS["sites"]}
    return typed


def with_blank_rows(typed: Typed) -> Typed:
    """Of every part at least one row to write in."""
    opened = dict(typed)
    for part in PARTS:
        if not row_numbers(opened, part):
            add_row(opened, part)
    return opened


def add_row(typed: Typed, part: str) -> None:
    number = max(row_numbers(typed, part), default=-1) + 1
    typed |= {row_field(part, number, column): [""] for column in PARTS[part]}


def read_facts(form: FormReader) -> SchoolFacts:
    """What the form says; faults stay with the form, blank rows are left out."""
    return SchoolFacts(
        code=form.text("code", required=True),
        name=form.text("name", required=True),
        kind=form.text("kind", required=True),
        grades=form.texts("grades"),
        opened_on=form.day("opened_on"),
        web=form.text("web"),
        codes=[_code(form, number) for number in _filled(form, "codes", ("value",))],
        sites=[
            SiteFact(**{column: form.text(row_field("sites", number, column)) for column in PARTS["sites"]})
            for number in _filled(form, "sites", PARTS["sites"])
        ],
    )


def _filled(form: FormReader, part: str, columns: Sequence[str]) -> list[int]:
    return [
        number
        for number in row_numbers(form.typed, part)
        if any(form.text(row_field(part, number, column)) for column in columns)
    ]


def _code(form: FormReader, number: int) -> CodeFact:
    scheme = form.choice(row_field("codes", number, "scheme"), list(CodeScheme), required=True)
    return CodeFact(scheme=CodeScheme(scheme or CodeScheme.LOCAL), value=form.text(row_field("codes", number, "value")))


def refuse(form: FormReader, errors: Mapping[str, str]) -> None:
    """Faults of the first, second … row at the rows in which they were typed."""
    filled = {"codes": _filled(form, "codes", ("value",)), "sites": _filled(form, "sites", PARTS["sites"])}
    for name, code in errors.items():
        part, _, rest = name.partition("-")
        place, _, column = rest.partition("-")
        at = row_field(part, filled[part][int(place)], column) if part in PARTS and place.isdecimal() else name
        form.errors.setdefault(at, code)


def fields_of(form: ShownForm, region: Region, today: date) -> dict[str, Field]:
    """The options of kind and grades; what is stored is always among them."""
    return {
        "kind": _field(region, "school_type", [form.value("kind")], today),
        "grades": _field(region, "grade", form.typed.get("grades", ()), today),
    }


def _field(region: Region, scheme: str, chosen: Sequence[str], today: date) -> Field:
    language, vocabularies = current_language.get(), region.vocabularies
    offered = [each.code for each in vocabularies.concepts(scheme, country=region.country, on=today)]
    codes = list(dict.fromkeys([*offered, *filter(None, chosen)]))
    return Field(
        options=tuple(
            Option(
                value=code,
                label=vocabularies.label(scheme, code, language),
                chosen=code in chosen,
                short=code if scheme == "grade" and code.isdecimal() else "",
            )
            for code in codes
        )
    )


def rows_of(form: ShownForm) -> dict[str, tuple[Row, ...]]:
    return {part: tuple(_row(form, part, number) for number in row_numbers(form.typed, part)) for part in PARTS}


def _row(form: ShownForm, part: str, number: int) -> Row:
    names = {column: row_field(part, number, column) for column in PARTS[part]}
    if part != "codes":
        return Row(names=names)
    chosen = form.value(names["scheme"])
    options = tuple(Option(value=scheme, label=scheme_name(scheme), chosen=scheme == chosen) for scheme in CodeScheme)
    return Row(names=names, fields={"scheme": Field(options=options)})


def compare(stored: Typed, typed: Typed, region: Region) -> tuple[Difference, ...]:
    """Every field that says something else in one than in the other, in words."""
    sides = [{name: _lines(side, name, region) for name in FIELDS} for side in (stored, typed)]
    return tuple(
        Difference(name=name, label=label_of(LABELS, name), stored=sides[0][name], typed=sides[1][name])
        for name in FIELDS
        if sides[0][name] != sides[1][name]
    )


def _lines(side: Typed, name: str, region: Region) -> tuple[str, ...]:
    language, label = current_language.get(), region.vocabularies.label
    if name in PARTS:
        rows = (_in_words(side, name, number) for number in row_numbers(side, name))
        return tuple(sorted(row for row in rows if row))
    values = [" ".join(value.split()) for value in side.get(name, ()) if value.strip()]
    if name == "grades":
        order = region.vocabularies.concepts("grade")
        return tuple(label("grade", each.code, language) for each in order if each.code in values)
    return tuple(label("school_type", value, language) if name == "kind" else value for value in values)


def _in_words(side: Typed, part: str, number: int) -> str:
    values = [(side.get(row_field(part, number, column)) or [""])[-1].strip() for column in PARTS[part]]
    if part == "sites":
        return ", ".join(filter(None, values))
    scheme, value = values
    return f"{scheme_name(CodeScheme(scheme))}: {value}" if value and scheme in list(CodeScheme) else value


def take_stored(stored: Typed, typed: Typed, name: str) -> Typed:
    """What was typed, with one field as it is stored."""
    kept = {key: values for key, values in typed.items() if key != name and not key.startswith(f"{name}-")}
    return kept | {key: values for key, values in stored.items() if key == name or key.startswith(f"{name}-")}
