"""``hylde user …`` and ``hylde admin-link``: the way in for who lost theirs, on the machine itself.

A link is the last line that a command prints, alone, so that it can be piped into a mail.
"""

import uuid
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import TypeVar

import click
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import wiring
from catalog.cli_base import settings, with_database
from catalog.core.actor import SYSTEM
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database, transaction
from catalog.core.errors import NotFound
from catalog.core.roles import Role
from catalog.core.settings import Settings, installation_secret
from catalog.identity.invitations import LASTS_ON_THE_MACHINE
from catalog.identity.mailing import invitation_link
from catalog.identity.models import RoleGrant, User
from catalog.identity.people import is_anybody_admin
from catalog.identity.users import service
from catalog.identity.users.listing import find_person, list_people, shown_name
from catalog.identity.users.schemas import NewRole, PersonLine, Search, State
from catalog.organisations.reading import follow_codes

T = TypeVar("T")
ROLE = click.Choice([role.value for role in Role])
DAY = click.DateTime(["%Y-%m-%d"])


@click.group("user")
def user() -> None:
    """People: who they are, what they may do, and how they come in.

    WHO is a user name, a mail address, a name or an id.
    """


@user.command("list")
@click.option("--left", is_flag=True, help="Those who have left.")
def list_command(left: bool) -> None:  # noqa: FBT001 - click's way of giving a flag
    """One line for each person."""
    ours = settings()
    state = State.LEFT if left else None

    async def job(session: AsyncSession, _: datetime, today: date) -> list[PersonLine]:
        found: list[PersonLine] = []
        while True:
            search = Search(state=state, page=len(found) // 50 + 1)
            lines, count = await list_people(session, SYSTEM, search, today, ours.country)
            found += lines
            if len(found) >= count or not lines:
                return found

    for line in _in_transaction(ours, job):
        roles = ", ".join(f"{held.role.value}{f' at {held.school}' if held.school else ''}" for held in line.roles)
        known = line.username or line.mail or str(line.id)
        print(f"{line.name or '(no name)'}\t{known}\t{line.state.value}\t{roles or '(no role)'}")


@user.command("invite")
@click.option("--name", default="")
@click.option("--mail", default="")
@click.option("--role", type=ROLE)
@click.option("--school", "schools", multiple=True, help="A school's number; without one: the whole municipality.")
@click.option("--from", "starts_on", type=DAY)
@click.option("--until", "ends_on", type=DAY)
def invite_command(
    name: str,
    mail: str,
    role: str | None,
    schools: tuple[str, ...],
    starts_on: datetime | None,
    ends_on: datetime | None,
) -> None:
    """Somebody new, and the link that lets them in once, within a week."""
    ours = settings()
    if schools and not role:
        raise click.UsageError("A school needs a --role to be held there.")

    async def job(session: AsyncSession, now: datetime, today: date) -> str:
        given = await _role(session, role, schools, starts_on, ends_on, today) if role else None
        invited = await service.invite_person(
            session, SYSTEM, installation_secret(ours), uuid.uuid4(), name=name, mail=mail, role=given, now=now
        )
        return invitation_link(ours, invited.secret)

    print(_in_transaction(ours, job))


@user.command("link")
@click.argument("who")
def link_command(who: str) -> None:
    """A new way in, for an hour: its user chooses a new password, and their sessions end."""
    ours = settings()

    async def job(session: AsyncSession, now: datetime, _: date) -> str:
        found = await _find(session, who)
        secret = installation_secret(ours)
        invited = await service.new_link(session, SYSTEM, secret, found.id, now, LASTS_ON_THE_MACHINE)
        return invitation_link(ours, invited.secret)

    print(_in_transaction(ours, job))


@user.command("role")
@click.argument("who")
@click.argument("role", type=ROLE)
@click.option("--school", "schools", multiple=True, help="A school's number; without one: the whole municipality.")
@click.option("--from", "starts_on", type=DAY)
@click.option("--until", "ends_on", type=DAY)
@click.option("--end", "ends", is_flag=True, help="Take the role away, at once.")
def role_command(
    who: str,
    role: str,
    schools: tuple[str, ...],
    starts_on: datetime | None,
    ends_on: datetime | None,
    ends: bool,  # noqa: FBT001 - click's way of giving a flag
) -> None:
    """Give a role, or take it away with --end."""

    async def job(session: AsyncSession, now: datetime, today: date) -> str:
        found = await _find(session, who)
        given = await _role(session, role, schools, starts_on, ends_on, today)
        if not ends:
            await service.give_roles(session, SYSTEM, found.id, given, now=now)
            return f"{shown_name(found)} is {role} from {given.starts_on}."
        number = await _end(session, found, given, now, today)
        return f"{shown_name(found)} is {role} no longer ({number} ended)."

    print(_in_transaction(settings(), job))


@user.command("end")
@click.argument("who")
@click.option("--to", "taker", default="", help="Who takes over what they own.")
def end_command(who: str, taker: str) -> None:
    """Somebody has left: their roles, sessions, keys and links end at once."""

    async def job(session: AsyncSession, now: datetime, today: date) -> str:
        found = await _find(session, who)
        name, heir = shown_name(found), (await _find(session, taker)).id if taker else None
        await service.let_go(session, SYSTEM, wiring.OWNERSHIPS, found.id, heir, now=now, today=today)
        return f"{name} has left."

    print(_in_transaction(settings(), job))


@click.command("admin-link")
def admin_link() -> None:
    """Make a link that lets a new administrator in once, within an hour."""
    print(make_admin_link(settings()))


def make_admin_link(ours: Settings, *, if_nobody: bool = False) -> str:
    """The link; "" where one is wanted only ``if_nobody`` administers, and somebody does."""

    async def job(session: AsyncSession, now: datetime, today: date) -> str:
        if if_nobody and await is_anybody_admin(session, today):
            return ""
        invited = await service.first_admin(session, SYSTEM, installation_secret(ours), now, today)
        return invitation_link(ours, invited.secret)

    return _in_transaction(ours, job)


def _in_transaction(ours: Settings, job: Callable[[AsyncSession, datetime, date], Awaitable[T]]) -> T:
    async def run(database: Database) -> T:
        now = utc_now()
        async with transaction(database.writers) as session:
            return await job(session, now, local_day(now, ours.zone))

    return with_database(ours, run)


async def _find(session: AsyncSession, who: str) -> User:
    try:
        return await find_person(session, SYSTEM, who)
    except NotFound:
        raise click.ClickException(f"Nobody here is {who!r}, or several are: see «hylde user list».") from None


async def _role(
    session: AsyncSession,
    role: str,
    codes: tuple[str, ...],
    starts_on: datetime | None,
    ends_on: datetime | None,
    today: date,
) -> NewRole:
    found = await follow_codes(session, codes, today)
    for code in codes:
        if code not in found:
            raise click.ClickException(f"No school has the number {code!r}.")
    return NewRole(
        role=Role(role),
        schools=tuple(dict.fromkeys(found[code].id for code in codes)),
        starts_on=starts_on.date() if starts_on else today,
        ends_on=ends_on.date() if ends_on else None,
    )


async def _end(session: AsyncSession, found: User, given: NewRole, now: datetime, today: date) -> int:
    held = select(RoleGrant.id).where(
        RoleGrant.user_id == found.id, RoleGrant.role == given.role, RoleGrant.ended_at.is_(None)
    )
    where = RoleGrant.school_id.in_(given.schools) if given.schools else RoleGrant.school_id.is_(None)
    ids = (await session.scalars(held.where(where))).all()
    if not ids:
        raise click.ClickException(f"{shown_name(found)} does not hold the role {given.role.value} there.")
    for grant_id in ids:
        await service.end_roles(session, SYSTEM, found.id, grant_id, now=now, today=today)
    return len(ids)
