"""The form in which the devices of some grades are stated: rows as typed become devices, and devices become rows."""

from collections.abc import Iterable, Mapping, Sequence

from catalog.organisations.fleet.checks import MOST_PUPILS, MOST_ROWS
from catalog.organisations.fleet.profiles import Devices, Ownership
from catalog.organisations.fleet.schemas import UNSTATED, SchoolFleet
from catalog.organisations.fleet.view import LABELS, DeviceForm, grade_tiles, line_of, row_of
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line
from catalog.web.forms import FormReader
from catalog.web.i18n import current_language
from catalog.web.shown import Option, Typed, row_field, row_numbers, show_form

PART = "devices"
COLUMNS = ("ownership", "platform", "os_version", "replace_in", "pupils_per_device")
MEMBERS = {"minimum": 1, "maximum": MOST_PUPILS}
LONGEST_VERSION = 32


def typed_from(devices: Iterable[Devices], grades: Iterable[str]) -> Typed:
    """The form that says what is stored, with a blank row to write in where nothing is."""
    typed: Typed = {"grades": list(grades)}
    for number, each in enumerate(devices):
        municipal = each.ownership is Ownership.MUNICIPAL
        values = (
            each.ownership.value,
            each.platform,
            each.os_version,
            str(each.replace_in or ""),
            str(each.pupils_per_device) if municipal else "",
        )
        typed |= {row_field(PART, number, column): [value] for column, value in zip(COLUMNS, values, strict=True)}
    if not row_numbers(typed, PART):
        add_row(typed)
    return typed


def add_row(typed: Typed) -> None:
    number = max(row_numbers(typed, PART), default=-1) + 1
    if number <= MOST_ROWS:
        typed |= {row_field(PART, number, column): [""] for column in COLUMNS}


def read_devices(form: FormReader, region: Region) -> tuple[list[int], list[Devices]]:
    """The rows that say something, with their numbers in the form; what cannot be read is in ``form.errors``."""
    numbers: list[int] = []
    found: list[Devices] = []
    known = [each.code for each in region.vocabularies.concepts("platform")]
    for number in row_numbers(form.typed, PART):
        names = {column: row_field(PART, number, column) for column in COLUMNS}
        if not any(form.texts(name) for name in names.values()):
            continue
        ownership = form.choice(names["ownership"], [each.value for each in Ownership])
        if not ownership:
            form.errors.setdefault(names["ownership"], "choose-one")
        share = form.number(names["pupils_per_device"])
        numbers.append(number)
        found.append(
            Devices(
                ownership=Ownership(ownership or Ownership.MUNICIPAL),
                platform=form.choice(names["platform"], known),
                os_version=clean_line(form.text(names["os_version"], longest=LONGEST_VERSION)),
                replace_in=form.number(names["replace_in"]),
                pupils_per_device=1 if share is None else share,
            )
        )
    return numbers, found


def read_seen(form: FormReader) -> dict[str, int | None]:
    """The ticked grades, each with the version that the form was made from."""
    return {grade: form.number(f"version-{grade}") or UNSTATED for grade in form.texts("grades")}


def renumbered(errors: Mapping[str, str], numbers: Sequence[int]) -> dict[str, str]:
    """Faults of the first, second … device at the rows in which they were typed."""
    told: dict[str, str] = {}
    for name, code in errors.items():
        part, _, rest = name.partition("-")
        place, _, column = rest.partition("-")
        if part == PART and place.isdecimal():
            told[row_field(PART, numbers[min(int(place), len(numbers) - 1)], column)] = code
        else:
            told[name] = code
    return told


def show_devices(
    typed: Typed,
    fleet: SchoolFleet,
    region: Region,
    *,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
    edited: bool = False,
    overtaken: Sequence[str] = (),
) -> DeviceForm:
    """The form as it is shown; of grades that somebody overtook it holds the new version: saving again is meant."""
    form = show_form(typed, LABELS, errors=errors, members=MEMBERS, refusal=refusal, edited=edited)
    versions = {
        each.grade: each.version if each.grade in overtaken else _seen(typed, each.grade, each.version)
        for each in fleet.grades
    }
    chosen = tuple(each.grade for each in fleet.grades if each.grade in typed.get("grades", ()))
    return DeviceForm(
        form=form,
        grades=grade_tiles(fleet, chosen, region),
        rows=tuple(row_of(form, number, region) for number in row_numbers(typed, PART)),
        versions=versions,
        editing=chosen,
        sources=tuple(
            Option(value=each.grade, label=region.vocabularies.label("grade", each.grade, current_language.get()))
            for each in fleet.grades
            if each.devices and each.grade not in chosen
        ),
        overtaken=tuple(line_of([fleet.of(grade)], region) for grade in overtaken),
    )


def _seen(typed: Typed, grade: str, stored: int) -> int:
    sent = (typed.get(f"version-{grade}") or [""])[-1]
    return int(sent) if sent.isdecimal() and sent.isascii() else stored
