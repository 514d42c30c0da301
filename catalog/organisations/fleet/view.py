"""What the pages of devices say, in the reader's language, for the templates to lay out."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from catalog.organisations.fleet.checks import platforms
from catalog.organisations.fleet.overview import Replacement, alike
from catalog.organisations.fleet.profiles import Devices, Ownership
from catalog.organisations.fleet.schemas import Grade, SchoolFleet
from catalog.vocabularies.region import Region
from catalog.web.i18n import N_, current_language, gettext, ngettext
from catalog.web.shown import Option, ShownForm, row_field

LABELS = {
    "grades": N_("Grades"),
    "devices-ownership": N_("Whose"),
    "devices-platform": N_("Device"),
    "devices-os_version": N_("Oldest version in use"),
    "devices-replace_in": N_("To be replaced in"),
    "devices-pupils_per_device": N_("Pupils per device"),
}
OWNERSHIP = {
    Ownership.MUNICIPAL: N_("The municipality's"),
    Ownership.BYOD: N_("The pupils bring their own"),
    Ownership.NONE: N_("There is no device"),
}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of device in words."""

    name: str
    details: tuple[str, ...] = ()
    """Its version, how many share one, and when it is to be replaced, as far as that is known."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Neighbouring grades of which the same is stated."""

    grades: tuple[str, ...]
    kinds: tuple[Kind, ...]
    """Empty: nothing is stated."""
    change_url: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    options: tuple[Option, ...]
    more: tuple[Option, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    names: Mapping[str, str]
    """By column the name of its field."""
    fields: Mapping[str, Field]


class DeviceForm(msgspec.Struct, frozen=True, kw_only=True):
    form: ShownForm
    grades: Field
    rows: tuple[Row, ...]
    versions: Mapping[str, int]
    """By grade what is stored, as it was read."""
    editing: tuple[str, ...]
    """The grades with which it was opened."""
    sources: tuple[Option, ...] = ()
    """Grades whose devices can be copied."""
    overtaken: tuple[Line, ...] = ()
    """What somebody else stated meanwhile."""


class DevicesPage(msgspec.Struct, frozen=True, kw_only=True):
    school: str
    url: str
    lines: tuple[Line, ...]
    may_change: bool
    form: DeviceForm | None = None


class SchoolLine(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    url: str
    lines: tuple[Line, ...]
    unstated: tuple[str, ...]


class ReplacementLine(msgspec.Struct, frozen=True, kw_only=True):
    school: str
    url: str
    grades: tuple[str, ...]
    kind: Kind
    count: int | None


class Year(msgspec.Struct, frozen=True, kw_only=True):
    year: int | None
    count: int | None
    """None where it is not known for all."""
    lines: tuple[ReplacementLine, ...]
    is_due: bool = False


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    schools: tuple[SchoolLine, ...]
    years: tuple[Year, ...]
    unstated: int
    """Schools that have said nothing of any grade."""


def kind_of(devices: Devices, region: Region, *, with_year: bool = True) -> Kind:
    if devices.ownership is Ownership.BYOD:
        return Kind(name=gettext("the pupils' own"))
    if devices.ownership is Ownership.NONE:
        return Kind(name=gettext("no device"))
    share, year = devices.pupils_per_device, devices.replace_in
    details = (
        gettext("version %(version)s") % {"version": devices.os_version} if devices.os_version else "",
        ngettext("one each", "one for %(num)d pupils", share) % {"num": share},
        gettext("to be replaced in %(year)s") % {"year": year} if year and with_year else "",
    )
    return Kind(
        name=region.vocabularies.label("platform", devices.platform, current_language.get()),
        details=tuple(filter(None, details)),
    )


def line_of(grades: Sequence[Grade], region: Region, url: str = "") -> Line:
    codes = tuple(grade.grade for grade in grades)
    wanted = "&".join(f"grade={code}" for code in codes)
    return Line(
        grades=codes,
        kinds=tuple(kind_of(devices, region) for devices in grades[0].devices),
        change_url=f"{url}?{wanted}#state" if url else "",
    )


def devices_page(fleet: SchoolFleet, region: Region, form: DeviceForm | None, *, may_change: bool) -> DevicesPage:
    url, changing = url_of(fleet.id), may_change and not fleet.is_closed
    return DevicesPage(
        school=fleet.name,
        url=url,
        lines=tuple(line_of(grades, region, url if changing else "") for grades in alike(fleet.grades)),
        may_change=changing,
        form=form if changing else None,
    )


def url_of(school_id: uuid.UUID) -> str:
    return f"/schools/{school_id}/devices"


def row_of(form: ShownForm, number: int, region: Region) -> Row:
    columns = [name.removeprefix("devices-") for name in LABELS if name.startswith("devices-")]
    names = {column: row_field("devices", number, column) for column in columns}
    return Row(
        names=names,
        fields={
            "ownership": _one_of(
                form.value(names["ownership"]), [(each.value, gettext(OWNERSHIP[each])) for each in Ownership]
            ),
            "platform": _one_of(form.value(names["platform"]), _platforms(region)),
        },
    )


def _platforms(region: Region) -> list[tuple[str, str]]:
    label, language = region.vocabularies.label, current_language.get()
    return [(code, label("platform", code, language)) for code in platforms(region.vocabularies)]


def _one_of(chosen: str, choices: Iterable[tuple[str, str]]) -> Field:
    return Field(options=tuple(Option(value=value, label=label, chosen=value == chosen) for value, label in choices))


def grade_tiles(fleet: SchoolFleet, chosen: Iterable[str], region: Region) -> Field:
    """The grades of a school; years as tiles."""
    label, language, ticked = region.vocabularies.label, current_language.get(), set(chosen)
    return Field(
        options=tuple(
            Option(
                value=each.grade,
                label=label("grade", each.grade, language),
                chosen=each.grade in ticked,
                short=each.grade if each.grade.isdecimal() else "",
            )
            for each in fleet.grades
        )
    )


def overview(fleets: Sequence[SchoolFleet], due: Sequence[Replacement], region: Region, this_year: int) -> Overview:
    years: dict[int | None, list[Replacement]] = {}
    for each in due:
        years.setdefault(each.year, []).append(each)
    return Overview(
        schools=tuple(_school_line(fleet, region) for fleet in fleets),
        years=tuple(_year(year, found, region, this_year) for year, found in years.items()),
        unstated=sum(not any(grade.devices for grade in fleet.grades) for fleet in fleets),
    )


def _school_line(fleet: SchoolFleet, region: Region) -> SchoolLine:
    groups = alike(fleet.grades)
    return SchoolLine(
        name=fleet.name,
        url=url_of(fleet.id),
        lines=tuple(line_of(grades, region) for grades in groups if grades[0].devices),
        unstated=tuple(grade.grade for grade in fleet.grades if not grade.devices),
    )


def _year(year: int | None, found: Sequence[Replacement], region: Region, this_year: int) -> Year:
    counts = [each.count for each in found]
    return Year(
        year=year,
        count=sum(count for count in counts if count is not None) if None not in counts else None,
        lines=tuple(
            ReplacementLine(
                school=each.school.name,
                url=url_of(each.school.id),
                grades=each.grades,
                kind=kind_of(each.devices, region, with_year=False),
                count=each.count,
            )
            for each in found
        ),
        is_due=year is not None and year <= this_year,
    )
