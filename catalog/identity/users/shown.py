"""The pages of people as the reader's language says them: built from what the service tells, never from rows."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from babel.dates import format_date, format_time
from litestar import Request
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.registries import Ownership
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.identity.users.listing import ON_A_PAGE
from catalog.identity.users.schemas import HeldRole, State, When
from catalog.organisations.schemas import SchoolChoice
from catalog.organisations.service import list_schools
from catalog.vocabularies.region import Region
from catalog.web.i18n import N_, current_language, gettext, say
from catalog.web.shown import Link, Option, ShownForm

STATES: Mapping[State, str] = {
    State.ACTIVE: N_("Active"),
    State.INVITED: N_("Invited"),
    State.LEFT: N_("Has left"),
}
LABELS: Mapping[str, str] = {
    "name": N_("Name"),
    "mail": N_("Mail address"),
    "role": N_("Role"),
    "everywhere": N_("The whole municipality"),
    "schools": N_("Schools"),
    "starts_on": N_("From"),
    "ends_on": N_("Until"),
    "to": N_("Who takes over"),
}


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What every one of these pages works with."""

    session: AsyncSession
    actor: Actor
    settings: Settings
    region: Region
    now: datetime
    today: date
    secret: bytes
    ownerships: Sequence[Ownership]

    @property
    def may_change(self) -> bool:
        return self.actor.may(Permission.MANAGE_USERS)

    def role(self, role: Role) -> str:
        return self.region.vocabularies.label("role", role.value, current_language.get())

    def day(self, day: date) -> str:
        return format_date(day, "medium", locale=current_language.get())

    def moment(self, at: datetime | None) -> str:
        if at is None:
            return ""
        local, language = at.astimezone(self.settings.zone), current_language.get()
        return f"{format_date(local, 'medium', locale=language)} {format_time(local, 'short', locale=language)}"


def provide_desk(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    settings: NamedDependency[Settings],
    region: NamedDependency[Region],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
) -> Desk:
    state = request.app.state
    return Desk(
        session=session,
        actor=actor,
        settings=settings,
        region=region,
        now=now,
        today=today,
        secret=state.secret,
        ownerships=state.ownerships,
    )


class ShownRole(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    text: str
    where: str
    period: str
    when: str
    note: str = ""
    can_end: bool = False


class ShownLine(msgspec.Struct, frozen=True, kw_only=True):
    link: Link
    detail: str
    roles: tuple[str, ...]
    state: str
    seen: str


class PageLink(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    url: str
    current: bool


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    pages: tuple[PageLink | None, ...]
    """None is a gap."""
    previous: str = ""
    next: str = ""


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    lines: tuple[ShownLine, ...]
    count: int
    asked: str
    roles: tuple[Option, ...]
    schools: tuple[Option, ...]
    states: tuple[Option, ...]
    is_narrowed: bool
    may_change: bool
    paging: Paging | None


class NewPage(msgspec.Struct, frozen=True, kw_only=True):
    form: ShownForm
    id: str
    roles: tuple[Option, ...]
    schools: tuple[Option, ...]


class ShownBelongings(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    things: tuple[Link, ...]


class PersonPage(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    heading: str
    state: str
    has_left: bool
    facts: tuple[tuple[str, str], ...]
    """Label and value."""
    held: tuple[ShownRole, ...]
    version: int
    may_change: bool
    form: ShownForm
    """Of the person; what was typed wins over what is stored."""
    role_form: ShownForm
    leaving: ShownForm
    roles: tuple[Option, ...]
    schools: tuple[Option, ...]
    takers: tuple[Option, ...]
    belongings: tuple[ShownBelongings, ...]
    summary: Mapping[str, str]
    refusal: str
    link: str = ""
    """Just made, and shown this once."""
    link_until: str = ""
    invitation_id: str = ""
    can_mail: bool = False
    mailed: str = ""
    open_until: str = ""
    """An earlier link is still open; it cannot be shown again."""


def role_options(desk: Desk, chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value=role.value, label=desk.role(role), chosen=role.value == chosen) for role in Role)


async def school_options(desk: Desk, chosen: Sequence[str]) -> tuple[Option, ...]:
    schools: Sequence[SchoolChoice] = await list_schools(desk.session, desk.region.country, today=desk.today)
    return tuple(Option(value=str(each.id), label=each.name, chosen=str(each.id) in chosen) for each in schools)


def shown_role(desk: Desk, held: HeldRole) -> ShownRole:
    last = desk.day(held.ends_on) if held.ends_on else ""
    first = desk.day(held.starts_on)
    period = (
        say(N_("{first} to {last}"), {"first": first, "last": last})
        if last
        else say(N_("from {first}"), {"first": first})
    )
    note = {When.NOW: "", When.LATER: gettext("not yet"), When.OVER: gettext("ended")}[held.when]
    if held.by_provider and held.when is not When.OVER:
        note = gettext("given by the identity provider")
    return ShownRole(
        id=str(held.id),
        text=desk.role(held.role),
        where=held.school or gettext("The whole municipality"),
        period=period,
        when=held.when.value,
        note=note,
        can_end=desk.may_change and held.when is not When.OVER,
    )


def in_one_line(desk: Desk, held: HeldRole) -> str:
    text = f"{desk.role(held.role)}, {held.school}" if held.school else desk.role(held.role)
    return (
        say(N_("{role} (from {day})"), {"role": text, "day": desk.day(held.starts_on)})
        if held.when is When.LATER
        else text
    )


def paging(page: int, count: int, address: str) -> Paging | None:
    """Links to the other pages; ``address`` ends where the number is to stand."""
    last = max(1, -(-count // ON_A_PAGE))
    if last == 1:
        return None
    near = [number for number in range(1, last + 1) if number in {1, last} or abs(number - page) <= 1]
    pages: list[PageLink | None] = []
    for number in near:
        if pages and pages[-1] is not None and pages[-1].number < number - 1:
            pages.append(None)
        pages.append(PageLink(number=number, url=f"{address}{number}", current=number == page))
    return Paging(
        pages=tuple(pages),
        previous=f"{address}{page - 1}" if page > 1 else "",
        next=f"{address}{page + 1}" if page < last else "",
    )


def as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
