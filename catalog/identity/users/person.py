"""The page of one person, as it is and as it comes back from a form that was refused."""

import enum
import uuid
from collections.abc import Iterator

from litestar.response import Template

from catalog.core.roles import Role
from catalog.identity.invitations import Invited
from catalog.identity.mailing import invitation_link
from catalog.identity.users.listing import get_person, list_people
from catalog.identity.users.schemas import PersonDetail, Search, State
from catalog.identity.users.service import belongings
from catalog.identity.users.shown import (
    LABELS,
    STATES,
    Desk,
    PersonPage,
    ShownBelongings,
    role_options,
    school_options,
    shown_role,
)
from catalog.web.i18n import gettext
from catalog.web.shown import Link, Option, ShownForm, show_form

SHOWN_THINGS = 100


class Attempted(enum.Enum):
    """Which of the page's forms was sent: what was typed goes back into it."""

    NOTHING = enum.auto()
    FACTS = enum.auto()
    ROLE = enum.auto()
    LEAVING = enum.auto()


async def show_person(
    desk: Desk,
    user_id: uuid.UUID,
    *,
    invited: Invited | None = None,
    attempted: Attempted = Attempted.NOTHING,
    form: ShownForm | None = None,
) -> Template:
    """Raises NotFound."""
    person = await get_person(desk.session, desk.actor, user_id, desk.now, desk.today)
    facts = {"name": [person.name], "mail": [person.mail]}
    own, role = show_form(facts, LABELS), show_form({"starts_on": [desk.today.isoformat()]}, LABELS)
    if form is not None and attempted is Attempted.FACTS:
        own = form
    if form is not None and attempted is Attempted.ROLE:
        role = form
    leaving = form if form is not None and attempted is Attempted.LEAVING else show_form({}, LABELS)
    page = PersonPage(
        id=str(person.id),
        heading=person.name or person.username or person.mail or gettext("Without a name"),
        state=gettext(STATES[person.state]),
        has_left=person.state is State.LEFT,
        facts=tuple(_facts(desk, person)),
        held=tuple(shown_role(desk, held) for held in person.roles),
        version=person.version,
        may_change=desk.may_change,
        form=own,
        role_form=role,
        leaving=leaving,
        roles=role_options(desk, role.value("role")),
        schools=await school_options(desk, role.typed.get("schools", ())) if desk.may_change else (),
        takers=await _takers(desk, person, leaving.value("to")) if desk.may_change else (),
        belongings=await _belongings(desk, user_id) if desk.may_change else (),
        summary=form.summary if form else {},
        refusal=form.refusal if form else "",
        link=invitation_link(desk.settings, invited.secret) if invited else "",
        link_until=desk.moment(invited.expires_at) if invited else "",
        invitation_id=str(person.invitation_id or ""),
        can_mail=bool(desk.settings.smtp_url and person.mail and person.invitation_id and person.mailed_at is None),
        mailed=desk.moment(person.mailed_at),
        open_until=desk.moment(person.invited_until) if invited is None else "",
    )
    return Template("users/person.html", context={"page": page}, status_code=422 if form else 200)


def _facts(desk: Desk, person: PersonDetail) -> Iterator[tuple[str, str]]:
    yield gettext("Mail address"), person.mail or "–"
    yield gettext("User name"), person.username or "–"
    if person.providers:
        yield gettext("Known to the identity provider"), ", ".join(person.providers)
    yield gettext("Last sign-in"), desk.moment(person.seen_at) or gettext("never")
    yield gettext("Known since"), desk.moment(person.created_at)
    if person.left_at is not None:
        yield gettext("Left"), desk.moment(person.left_at)


async def _belongings(desk: Desk, user_id: uuid.UUID) -> tuple[ShownBelongings, ...]:
    owned = await belongings(desk.session, desk.actor, desk.ownerships, user_id)
    return tuple(
        ShownBelongings(
            label=gettext(each.ownership.label),
            things=tuple(Link(text=thing.text, url=thing.url) for thing in each.things[:SHOWN_THINGS]),
        )
        for each in owned
    )


async def _takers(desk: Desk, person: PersonDetail, typed: str) -> tuple[Option, ...]:
    """Whom the form proposes; any other can be written by name."""
    found: dict[str, str] = {}
    for role in (Role.ADMIN, Role.PURCHASING, Role.REVIEWER, Role.SCHOOL_LEADER):
        lines, _ = await list_people(desk.session, desk.actor, Search(role=role), desk.today, desk.region.country)
        found |= {each.username or each.mail or str(each.id): each.name for each in lines if each.id != person.id}
    return tuple(Option(value=value, label=name or value, chosen=value == typed) for value, name in found.items())
