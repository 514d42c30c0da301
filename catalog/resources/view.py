"""What the pages show on which an entry leaves the catalogue, comes back, or gives way to another."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import date

import msgspec
from babel.dates import format_date
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.resources import lifecycle
from catalog.resources.editing.words import scheme_name
from catalog.resources.lookup import Found, page_of
from catalog.resources.schemas import ResourceDetail
from catalog.resources.spans import grade_span
from catalog.vocabularies.region import Region
from catalog.web.i18n import N_, current_language, gettext
from catalog.web.shown import Link


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A resource in a few words, to see whether it is the right one."""

    id: str
    title: Link
    facts: tuple[tuple[str, str], ...]
    """Label and words, the filled-in ones only."""
    note: str
    """What tells it from another of the same title."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was found; its link chooses it."""

    link: Link
    note: str


class ChoosePage(msgspec.Struct, frozen=True, kw_only=True):
    """Looking for the other entry of a pair."""

    heading: str
    lead: str
    action: str
    entry: Entry
    asked: str
    found: tuple[Choice, ...] | None
    """None before anything was asked."""
    more: bool
    """Others fit too, and are not shown."""


class ConfirmPage(msgspec.Struct, frozen=True, kw_only=True):
    """What will happen, and the button that does it."""

    heading: str
    lead: tuple[str, ...]
    action: str
    button: str
    entries: tuple[Entry, ...]
    back: str
    hidden: tuple[tuple[str, str], ...] = ()
    keeps: bool = False
    """Ask which of the two entries stays."""
    danger: bool = False
    refusal: str = ""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An act on one entry, what is said of it, and what does it."""

    path: str
    heading: str
    lead: tuple[str, ...]
    button: str
    change: Callable[[AsyncSession, Actor, uuid.UUID, date], Awaitable[None]]
    danger: bool = False


RETIRE = Act(
    path="retire",
    heading=N_("Take it out of the catalogue"),
    lead=(
        N_("Nobody finds it by searching any more. Its page stays and says that it is gone."),
        N_("You can put it back later."),
    ),
    button=N_("Take it out"),
    change=lifecycle.retire_resource,
    danger=True,
)
RESTORE = Act(
    path="restore",
    heading=N_("Put it back into the catalogue"),
    lead=(N_("It is found again by searching, with the decisions that were made about it."),),
    button=N_("Put it back"),
    change=lifecycle.restore_resource,
)


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """An act between two entries, and what is said of it."""

    path: str
    heading: str
    lead: str
    confirm: tuple[str, ...]
    button: str


MERGE = Pairing(
    path="merge",
    heading=N_("Merge with another entry"),
    lead=N_("Two entries are the same thing. Find the other one by its title or address."),
    confirm=(
        N_("One entry stays. It takes over the identifiers, subjects and grades of the other."),
        N_("The other leaves the catalogue, and its address leads to the one that stays."),
        N_("What was decided about the other does not carry over; it stays to be read as history."),
    ),
    button=N_("Merge them"),
)
SUCCESSION = Pairing(
    path="succession",
    heading=N_("A later edition takes its place"),
    lead=N_("Find the later edition by its title or address."),
    confirm=(
        N_("The first entry leaves the catalogue, and its page points to the second."),
        N_("What was decided about the first does not carry over."),
    ),
    button=N_("Let it take its place"),
)


def edit_of(resource_id: uuid.UUID) -> str:
    return f"/admin/resources/{resource_id}/edit"


def entry_of(detail: ResourceDetail, region: Region) -> Entry:
    language = current_language.get()
    facts = detail.facts
    grades: dict[str, list[str]] = {}
    for each in facts.placements:
        grades.setdefault(each.subject, []).append(each.grade)
    placed = [
        f"{_subject(region, subject, language)} {grade_span(codes, language)}" for subject, codes in grades.items()
    ]
    known = (
        (gettext("Form"), region.vocabularies.label("form", facts.form, language)),
        (gettext("Publisher"), facts.publisher),
        (gettext("Service"), detail.service.name if detail.service else ""),
        (gettext("Subjects and grades"), ", ".join(placed)),
        (gettext("Address"), facts.url),
        (gettext("Identifiers"), ", ".join(f"{scheme_name(i.scheme)} {i.value}" for i in facts.identifiers)),
        (gettext("Last changed"), format_date(detail.updated_on, "long", locale=language)),
    )
    return Entry(
        id=str(detail.id),
        title=Link(text=facts.texts[0].title, url=page_of(detail)),
        facts=tuple(fact for fact in known if fact[1]),
        note=" · ".join(filter(None, [facts.publisher, facts.url])),
    )


def _subject(region: Region, code: str, language: str) -> str:
    return gettext("All subjects") if code == "*" else region.vocabularies.label("subject", code, language)


def confirm_one(region: Region, act: Act, detail: ResourceDetail, refusal: str = "") -> ConfirmPage:
    return ConfirmPage(
        heading=gettext(act.heading),
        lead=tuple(gettext(sentence) for sentence in act.lead),
        action=f"/admin/resources/{detail.id}/{act.path}",
        button=gettext(act.button),
        entries=(entry_of(detail, region),),
        back=edit_of(detail.id),
        danger=act.danger,
        refusal=refusal,
    )


def confirm_pair(region: Region, act: Pairing, pair: Sequence[ResourceDetail], refusal: str = "") -> ConfirmPage:
    first, second = pair
    return ConfirmPage(
        heading=gettext(act.heading),
        lead=tuple(gettext(sentence) for sentence in act.confirm),
        action=f"/admin/resources/{first.id}/{act.path}",
        button=gettext(act.button),
        entries=(entry_of(first, region), entry_of(second, region)),
        back=f"/admin/resources/{first.id}/{act.path}",
        hidden=(("other", str(second.id)),),
        keeps=act is MERGE,
        danger=True,
        refusal=refusal,
    )


def choice_of(action: str, found: Found) -> Choice:
    note = " · ".join(filter(None, [found.publisher, found.address]))
    return Choice(link=Link(text=found.title, url=f"{action}?other={found.id}"), note=note)
