"""What the pages of schools say, in the reader's language, for the templates to lay out."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from babel.dates import format_date

from catalog.core.actor import Actor, Permission
from catalog.organisations.editing import LABELS, Difference, Field, Row, scheme_name
from catalog.organisations.lifecycle import Moved
from catalog.organisations.schemas import Happened, SchoolChoice, SchoolDetail, SchoolLine
from catalog.vocabularies.region import Region
from catalog.web.i18n import N_, current_language, gettext, ngettext, say
from catalog.web.shown import Link, ShownForm, label_of


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One school of the list."""

    link: Link
    code: str
    kind: str
    grades: tuple[str, ...]
    note: str = ""
    """Closed, part of another, or the old number by which it was found."""
    is_own: bool = False


class SchoolList(msgspec.Struct, frozen=True, kw_only=True):
    own: tuple[Line, ...]
    others: tuple[Line, ...]
    asked: str
    shows_closed: bool
    may_manage: bool


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the history."""

    day: str
    sentence: str
    detail: str = ""
    other: Link | None = None


class Pupils(msgspec.Struct, frozen=True, kw_only=True):
    """The latest head counts, for who may see them."""

    url: str
    total: int | None
    day: str = ""


class SchoolPage(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    code: str
    kind: str
    grades: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    web: str
    sites: tuple[str, ...]
    history: tuple[Told, ...]
    state: str = ""
    """A sentence where it is not simply open."""
    merged_into: Link | None = None
    pupils: Pupils | None = None
    devices_url: str = ""
    links: tuple[Link, ...] = ()
    """What the reader may do with it."""


class SchoolForm(msgspec.Struct, frozen=True, kw_only=True):
    heading: str
    action: str
    back: Link
    form: ShownForm
    fields: Mapping[str, Field]
    rows: Mapping[str, tuple[Row, ...]]
    version: int = 0
    differences: tuple[Difference, ...] | None = None
    """Filled in when somebody else saved meanwhile."""


class ActForm(msgspec.Struct, frozen=True, kw_only=True):
    """Closing or opening a school, or what a merger of two asks."""

    heading: str
    lead: tuple[str, ...]
    action: str
    back: Link
    form: ShownForm
    button: str
    hidden: Mapping[str, str]
    fields: Mapping[str, Field] = {}
    day: str = ""
    """The name of the field for the day; "": there is none."""
    asks_reason: bool = False
    moves: tuple[str, ...] | None = None
    """What a merger would move, in words."""
    gained: tuple[str, ...] = ()
    """Grades that the school which takes over did not teach before."""
    is_dangerous: bool = True


def url_of(school_id: uuid.UUID | str) -> str:
    return f"/schools/{school_id}"


def link_of(school: SchoolChoice) -> Link:
    return Link(text=school.name, url=url_of(school.id))


def in_words(day: date) -> str:
    return format_date(day, "long", locale=current_language.get())


def school_list(
    lines: Sequence[SchoolLine], actor: Actor, own: frozenset[uuid.UUID], region: Region, asked: str, *, closed: bool
) -> SchoolList:
    """Own schools first."""
    shown = [_line(each, own, region) for each in lines]
    return SchoolList(
        own=tuple(line for line in shown if line.is_own),
        others=tuple(line for line in shown if not line.is_own),
        asked=asked,
        shows_closed=closed,
        may_manage=actor.may(Permission.MANAGE_SCHOOLS),
    )


def _line(line: SchoolLine, own: frozenset[uuid.UUID], region: Region) -> Line:
    notes = []
    if line.merged_into:
        notes.append(say(N_("part of {school} now"), {"school": line.merged_into}))
    elif line.closed_on:
        notes.append(say(N_("closed since {day}"), {"day": in_words(line.closed_on)}))
    if line.found_by:
        notes.append(say(N_("{number} leads here"), {"number": line.found_by}))
    return Line(
        link=Link(text=line.name, url=url_of(line.id)),
        code=line.code,
        kind=region.vocabularies.label("school_type", line.kind, current_language.get()),
        grades=tuple(line.grades),
        note=", ".join(notes),
        is_own=line.id in own,
    )


def school_page(detail: SchoolDetail, actor: Actor, region: Region, today: date, pupils: Pupils | None) -> SchoolPage:
    facts = detail.facts
    numbers = [(scheme_name(each.scheme), each.value) for each in facts.codes]
    return SchoolPage(
        id=str(detail.id),
        name=facts.name,
        code=facts.code,
        kind=region.vocabularies.label("school_type", facts.kind, current_language.get()),
        grades=tuple(facts.grades),
        facts=(*numbers, *_old(detail), *_opened(detail)),
        web=facts.web,
        sites=tuple(_address(each.name, each.street, each.postcode, each.city) for each in facts.sites),
        history=tuple(_told(each) for each in detail.history),
        state=_state(detail, today),
        merged_into=link_of(detail.merged_into) if detail.merged_into else None,
        pupils=pupils,
        devices_url=f"{url_of(detail.id)}/devices" if actor.may(Permission.READ_SCHOOLS, detail.id) else "",
        links=_links(detail) if actor.may(Permission.MANAGE_SCHOOLS) else (),
    )


def _address(name: str, street: str, postcode: str, city: str) -> str:
    return ", ".join(filter(None, [name, street, " ".join(filter(None, [postcode, city]))]))


def _old(detail: SchoolDetail) -> list[tuple[str, str]]:
    """Old numbers, which lead here."""
    told = []
    for each in detail.old_codes:
        until = say(N_("until {day}"), {"day": in_words(each.valid_until)}) if each.valid_until else ""
        told.append((gettext("Earlier number"), " · ".join(filter(None, [each.value, each.school, until]))))
    return told


def _opened(detail: SchoolDetail) -> list[tuple[str, str]]:
    opened = detail.facts.opened_on
    return [(gettext("Opened on"), in_words(opened))] if opened else []


def _state(detail: SchoolDetail, today: date) -> str:
    if detail.closed_on is None:
        return ""
    day = {"day": in_words(detail.closed_on)}
    if detail.merged_into is not None:
        return say(N_("The school became part of another on {day}."), day)
    if detail.is_open(today):
        return say(N_("The school closes on {day}."), day)
    return say(N_("The school is closed since {day}."), day)


HAPPENED: Mapping[str, str] = {
    "opened": N_("Opened"),
    "renamed": N_("Renamed"),
    "changed": N_("Facts changed"),
    "closed": N_("Closed"),
    "reopened": N_("Opened again"),
    "merged": N_("Became part of"),
    "joined": N_("Took over"),
}


def _told(event: Happened) -> Told:
    detail = event.detail
    if event.kind == "renamed":
        detail = say(N_("called {name} before"), {"name": event.detail})
    elif event.kind == "changed":
        detail = ", ".join(label_of(LABELS, name) for name in event.detail.split(","))
    return Told(
        day=in_words(event.happened_on),
        sentence=gettext(HAPPENED.get(event.kind, event.kind)),
        detail=detail,
        other=link_of(event.other) if event.other else None,
    )


def _links(detail: SchoolDetail) -> tuple[Link, ...]:
    url = url_of(detail.id)
    if detail.merged_into is not None:
        return ()
    edit = Link(text=gettext("Change what is stored"), url=f"{url}/edit")
    if detail.closed_on is not None:
        return edit, Link(text=gettext("Open the school again"), url=f"{url}/reopen")
    return (
        edit,
        Link(text=gettext("It became part of another school"), url=f"{url}/merge"),
        Link(text=gettext("Close the school"), url=f"{url}/close"),
    )


def moves_in_words(moved: Moved) -> tuple[str, ...]:
    """What a merger takes along, but for the grades."""
    told = [_counted(name, number) % {"num": number} for name, number in moved.rows.items() if number]
    if moved.summed:
        sentence = ngettext(
            "%(num)d of the head counts is added to one of the same grade, day and source.",
            "%(num)d of the head counts are added to those of the same grade, day and source.",
            moved.summed,
        )
        told.append(sentence % {"num": moved.summed})
    return tuple(told)


def _counted(name: str, number: int) -> str:
    match name:
        case "head-counts":
            return ngettext("%(num)d head count", "%(num)d head counts", number)
        case "sites":
            return ngettext("%(num)d address", "%(num)d addresses", number)
        case "devices":
            return ngettext("%(num)d kind of device in a grade", "%(num)d kinds of devices in grades", number)
        case "roles":
            return ngettext("%(num)d role that somebody holds", "%(num)d roles that people hold", number)
        case "decisions":
            return ngettext("%(num)d decision for the school", "%(num)d decisions for the school", number)
        case _:
            return ngettext("%(num)d other thing", "%(num)d other things", number)
