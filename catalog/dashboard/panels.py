"""The panels of the first page: each answers one question, and says so when the answer is «nothing»."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.admin.waiting import what_waits
from catalog.core.actor import Permission, Visitor
from catalog.core.audit import AuditEntry
from catalog.core.registries import Panel
from catalog.core.roles import Role
from catalog.dashboard.decided import LATELY, Told, decided_lately, ending_soon
from catalog.dashboard.schemas import Figure, Figures, Line, Lines, Table
from catalog.dashboard.schools import counted_pupils, due_devices
from catalog.dashboard.words import long_day, number, short_day, signed
from catalog.identity.models import RoleGrant, User
from catalog.resources.spans import grade_span
from catalog.vocabularies.region import Region
from catalog.web.i18n import N_, current_language, gettext, say

SHOWN = 6
ROLE_ENDS_SOON = timedelta(days=30)
AFTER = {
    "approved": N_("is approved"),
    "conditional": N_("may be used with conditions"),
    "pilot": N_("is being tried"),
    "rejected": N_("is not approved"),
    "withdrawn": N_("was withdrawn"),
}
ACTS = {
    "grant-role": N_("Roles given"),
    "end-role": N_("Roles ended"),
    "let-go": N_("People who left"),
    "make-token": N_("Keys made for programs"),
    "erase-person": N_("People erased"),
}


async def new_for_my_school(session: AsyncSession, visitor: Visitor, region: Region, today: date) -> Lines:
    """What changed for my school?"""
    told = await decided_lately(session, visitor.actor, today, SHOWN)
    lines = tuple(
        Line(
            text=each.name,
            url=_address(each),
            after=gettext(AFTER[each.outcome]),
            detail=_scope(each, region),
            day=short_day(each.decided_on),
            outcome=each.outcome,
        )
        for each in told
    )
    school = visitor.schools[0] if len(visitor.schools) == 1 else ""
    return Lines(
        title=say(N_("New for {school}"), {"school": school}) if school else gettext("Decided lately"),
        note=say(N_("The last {days} days"), {"days": LATELY.days}),
        lines=lines,
        empty=gettext("Nothing was decided in that time."),
    )


async def runs_out(session: AsyncSession, visitor: Visitor, _: Region, today: date) -> Lines:
    """What may I soon no longer use, or must be reviewed again?"""
    may_decide = visitor.actor.may(Permission.DECIDE)
    told = await ending_soon(session, visitor.actor, today, SHOWN)
    lines = tuple(
        Line(
            text=each.name,
            url=_address(each),
            detail=say(N_("The approval ends on {day}."), {"day": long_day(each.valid_until or today)}),
            do=gettext("Decide anew") if may_decide else "",
            do_url=f"/admin/{'resources' if each.slug else 'services'}/{each.about}/decisions/new",
        )
        for each in told
    )
    return Lines(
        title=gettext("Approvals that end within 90 days"),
        lines=lines,
        empty=gettext("No approval ends in that time, or another decision follows."),
    )


async def waits_for_reviewers(session: AsyncSession, visitor: Visitor, _: Region, today: date) -> Figures | None:
    """What waits for who looks after the catalogue?"""
    if not visitor.actor.may(Permission.MANAGE_CATALOGUE):
        return None
    waiting = await what_waits(session, visitor.actor, today)
    figures = (
        (gettext("Reports from readers"), waiting.reports, gettext("not yet dealt with"), "/admin/reports"),
        (gettext("Names without an entry"), waiting.names, gettext("from lists of decisions"), "/admin/names"),
        (
            gettext("Without a decision"),
            waiting.undecided,
            gettext("shown as “not reviewed”"),
            "/admin/waiting/decision",
        ),
        (
            gettext("Without subject and grade"),
            waiting.unplaced,
            gettext("found by words only"),
            "/admin/waiting/placement",
        ),
    )
    return Figures(
        title=gettext("What waits"),
        figures=tuple(
            Figure(label=label, number=number(count), note=note, url=url) for label, count, note, url in figures
        ),
    )


async def devices_to_replace(session: AsyncSession, visitor: Visitor, _: Region, today: date) -> Table | None:
    """Where must devices be replaced, this year and next?"""
    schools = visitor.actor.schools_with(Permission.READ_SCHOOLS)
    due = await due_devices(session, schools, today)
    wanted = (today.year - 1, today.year, today.year + 1)
    return Table(
        title=gettext("Devices to be replaced"),
        heads=(gettext("School"), gettext("overdue"), str(today.year), str(today.year + 1)),
        rows=tuple(
            (
                Line(text=each.name, url=f"/schools/{each.id}/devices"),
                tuple(number(len(each.grades.get(year, ()))) for year in wanted),
            )
            for each in due
        ),
        note=gettext("In how many grades."),
        empty=gettext("No school has stated devices that are due by next year."),
    )


async def pupils_counted(session: AsyncSession, visitor: Visitor, _: Region, today: date) -> Table | None:
    """How many pupils do the schools have, from when, and how many were they before?"""
    schools = visitor.actor.schools_with(Permission.READ_SCHOOLS)
    counted = await counted_pupils(session, schools, today)
    newest = max((each.days[0][0] for each in counted), default=None)
    rows = []
    for each in counted:
        (day, pupils), before = each.days[0], each.days[1][1] if len(each.days) > 1 else None
        older = "" if day == newest else f" ({short_day(day)} {day.year})"
        change = gettext("not known") if before is None else signed(pupils - before)
        rows.append((Line(text=each.name, url=f"/schools/{each.id}"), (number(pupils) + older, change)))
    return Table(
        title=gettext("Pupils at the schools"),
        heads=(gettext("School"), gettext("Pupils"), gettext("Against the count before")),
        rows=tuple(rows),
        note=say(N_("Counted on {day}."), {"day": long_day(newest)}) if newest else "",
        empty=gettext("Nobody has stated how many pupils the schools have."),
    )


async def people_who_wait(session: AsyncSession, visitor: Visitor, region: Region, today: date) -> Lines | None:
    """Who was invited and has not come, and whose role ends soon?"""
    if not visitor.actor.may(Permission.MANAGE_USERS):
        return None
    invited = select(User).where(User.seen_at.is_(None), User.left_at.is_(None), User.is_demo.is_(False))
    ending = (
        select(User, RoleGrant.role, RoleGrant.ends_on)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.ended_at.is_(None),
            RoleGrant.ends_on.between(today, today + ROLE_ENDS_SOON),
            User.left_at.is_(None),
        )
        .order_by(RoleGrant.ends_on)
    )
    lines = [
        Line(
            text=user.name or user.mail or gettext("Somebody without a name"),
            url=f"/admin/users/{user.id}",
            detail=say(
                N_("{role} until {day}"),
                {
                    "role": region.vocabularies.label("role", role.value, current_language.get()),
                    "day": long_day(ends_on or today),
                },
            ),
        )
        for user, role, ends_on in (await session.execute(ending.limit(SHOWN))).all()
    ]
    lines += [
        Line(
            text=user.name or user.mail or gettext("Somebody without a name"),
            url=f"/admin/users/{user.id}",
            detail=say(N_("Invited on {day}, not yet here"), {"day": long_day(user.created_at.date())}),
        )
        for user in await session.scalars(invited.order_by(User.created_at).limit(SHOWN))
    ]
    return Lines(
        title=gettext("People"),
        lines=tuple(lines[: 2 * SHOWN]),
        empty=gettext("Everybody who was invited has come, and no role ends within 30 days."),
        more=gettext("All people"),
        more_url="/admin/users",
    )


async def access_changed(session: AsyncSession, visitor: Visitor, _: Region, today: date) -> Figures | None:
    """How often were rights given, taken and used up lately?"""
    if not visitor.actor.may(Permission.READ_AUDIT):
        return None
    since = (today - LATELY).isoformat()
    query = (
        select(AuditEntry.action, func.count())
        .where(AuditEntry.action.in_(ACTS), AuditEntry.at >= since)
        .group_by(AuditEntry.action)
    )
    counts = {row.action: row[1] for row in await session.execute(query)}
    return Figures(
        title=say(N_("Access, the last {days} days"), {"days": LATELY.days}),
        figures=tuple(
            Figure(
                label=gettext(label),
                number=number(counts.get(action, 0)),
                url=f"/admin/audit?action={action}&since={since}",
            )
            for action, label in ACTS.items()
        ),
    )


def _address(told: Told) -> str:
    return f"/resources/{told.about}-{told.slug}" if told.slug else ""


def _scope(told: Told, region: Region) -> str:
    """For whom, and what is asked or why not, in one line."""
    language = current_language.get()
    subjects = [region.vocabularies.label("subject", code, language) for code in told.subjects]
    parts = [", ".join(subjects)] if 0 < len(subjects) <= 3 else []  # noqa: PLR2004 - more do not fit a line
    if told.grades:
        parts.append(grade_span(told.grades, language))
    if told.outcome == "conditional" and told.conditions:
        parts.append(told.conditions[0])
    parts += [region.vocabularies.label("reason", code, language) for code in told.reasons[:2]]
    return " · ".join(part for part in parts if part)


STAFF = frozenset({Role.TEACHER, Role.SCHOOL_LEADER, Role.REVIEWER, Role.DATA_PROTECTION, Role.ADMIN})
KEEPERS = frozenset({Role.REVIEWER, Role.ADMIN})
PANELS: Sequence[Panel] = (
    Panel(name="waits", template="dashboard/_figures.html", roles=KEEPERS, answer=waits_for_reviewers, is_wide=True),
    Panel(
        name="access",
        template="dashboard/_figures.html",
        roles=frozenset({Role.DATA_PROTECTION}),
        answer=access_changed,
        is_wide=True,
    ),
    Panel(name="new", template="dashboard/_lines.html", roles=STAFF, answer=new_for_my_school),
    Panel(name="ends", template="dashboard/_lines.html", roles=STAFF, answer=runs_out),
    Panel(
        name="pupils",
        template="dashboard/_table.html",
        roles=frozenset({Role.PURCHASING, Role.SCHOOL_LEADER}),
        answer=pupils_counted,
    ),
    Panel(
        name="devices",
        template="dashboard/_table.html",
        roles=frozenset({Role.IT, Role.SCHOOL_LEADER, Role.PURCHASING}),
        answer=devices_to_replace,
    ),
    Panel(name="people", template="dashboard/_lines.html", roles=frozenset({Role.ADMIN}), answer=people_who_wait),
)
"""In the order in which they stand on the page."""
