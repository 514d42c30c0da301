"""People and their roles, for who manages them; who answers for personal data may look, and changes nothing."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError

from catalog.core.actor import Permission
from catalog.core.errors import Conflict, Invalid, NotFound
from catalog.core.roles import Role
from catalog.identity import people
from catalog.identity.invitations import Invited
from catalog.identity.secrets import new_person_id
from catalog.identity.users import service
from catalog.identity.users.listing import find_person, list_people
from catalog.identity.users.person import Attempted, show_person
from catalog.identity.users.schemas import NewRole, Search, State
from catalog.identity.users.shown import (
    LABELS,
    STATES,
    Desk,
    ListPage,
    NewPage,
    ShownLine,
    as_id,
    in_one_line,
    paging,
    provide_desk,
    role_options,
    school_options,
)
from catalog.organisations.service import list_schools
from catalog.vocabularies.texts import clean_line
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link, Option, ShownForm, show_form

Sent: TypeAlias = Request[Any, Any, Any]
Act: TypeAlias = Callable[[], Awaitable[None]]
Asked = Annotated[str, QueryParameter(name="q", max_length=200)]
Standing = Annotated[str, QueryParameter(name="state")]
DESK = {"desk": Provide(provide_desk, sync_to_thread=False)}
READ: Mapping[str, Any] = needs(Permission.MANAGE_USERS, Permission.MANAGE_PERSONAL_DATA)
CHANGE: Mapping[str, Any] = needs(Permission.MANAGE_USERS)


@get("/admin/users", opt=READ, include_in_schema=False, dependencies=DESK)
async def show_people(
    desk: NamedDependency[Desk],
    asked: Asked = "",
    role: FromQuery[str] = "",
    school: FromQuery[str] = "",
    standing: Standing = "",
    page: FromQuery[str] = "",
) -> Template:
    """The people who are here, or those that a filter leaves; what is no filter is passed over."""
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1  # noqa: PLR2004 - more pages than people
    search = Search(
        text=asked,
        role=Role(role) if role in set(Role) else None,
        school_id=as_id(school),
        state=State(standing) if standing in set(State) else None,
        page=max(number, 1),
    )
    found, count = await list_people(desk.session, desk.actor, search, desk.today, desk.region.country)
    asked_for = {"q": asked.strip(), "role": role, "school": school, "state": standing}
    kept = {name: value for name, value in asked_for.items() if value}
    lines = tuple(
        ShownLine(
            link=Link(
                text=each.name or each.username or each.mail or gettext("Without a name"), url=f"/admin/users/{each.id}"
            ),
            detail=each.mail or each.username,
            roles=tuple(in_one_line(desk, held) for held in each.roles),
            state=gettext(STATES[each.state]),
            seen=desk.moment(each.seen_at),
        )
        for each in found
    )
    shown = ListPage(
        lines=lines,
        count=count,
        asked=asked.strip(),
        roles=role_options(desk, role),
        schools=await school_options(desk, [school]),
        states=tuple(
            Option(value=each.value, label=gettext(text), chosen=each.value == standing)
            for each, text in STATES.items()
        ),
        is_narrowed=bool(kept),
        may_change=desk.may_change,
        paging=paging(search.page, count, "/admin/users?" + urlencode({**kept, "page": ""})),
    )
    return Template("users/list.html", context={"page": shown})


@get("/admin/users/new", opt=CHANGE, include_in_schema=False, dependencies=DESK)
async def show_new_person(desk: NamedDependency[Desk]) -> Template:
    """An empty form."""
    typed = {"starts_on": [desk.today.isoformat()]}
    return await _show_new(desk, show_form(typed, LABELS), str(uuid.uuid4()))


@post("/admin/users/new", opt=CHANGE, include_in_schema=False, status_code=200, dependencies=DESK)
async def add_person(request: Sent, desk: NamedDependency[Desk]) -> Response[Any]:
    """Invite somebody, and show the link; the form sent twice leads to the one person it made."""
    form = FormReader(await read_form(request))
    key, name, mail = form.text("id", longest=100), clean_line(form.text("name")), form.text("mail")
    user_id = new_person_id(desk.secret, desk.actor.id, key)
    role = await _read_role(desk, form, is_optional=True)
    refusal = ""
    if not form.errors:
        try:
            async with desk.session.begin_nested():
                invited = await service.invite_person(
                    desk.session, desk.actor, desk.secret, user_id, name=name, mail=mail, role=role, now=desk.now
                )
        except Invalid as error:
            form.refuse(error.errors)
        except Conflict as error:
            refusal = say(PROBLEMS[error.code], error.members)
        except IntegrityError:
            if not await people.is_known(desk.session, user_id):
                raise
            return Redirect(f"/admin/users/{user_id}", status_code=303)
        else:
            return await show_person(desk, user_id, invited=invited)
    shown = show_form(form.typed, LABELS, errors=form.errors, refusal=refusal)
    return await _show_new(desk, shown, key, status=422)


@get("/admin/users/{user_id:uuid}", opt=READ, include_in_schema=False, dependencies=DESK)
async def show_one(desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID]) -> Template:
    """One person: who they are, what they may do where, and what they own."""
    return await show_person(desk, user_id)


@post("/admin/users/{user_id:uuid}/edit", opt=CHANGE, include_in_schema=False, status_code=303, dependencies=DESK)
async def edit_person(request: Sent, desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID]) -> Response[Any]:
    """Another name or address."""
    form = FormReader(await read_form(request))
    version, name, mail = form.number("version") or 0, clean_line(form.text("name")), form.text("mail")

    async def act() -> None:
        await service.change_person(desk.session, desk.actor, user_id, version, name=name, mail=mail)

    return await _done_or_shown(desk, user_id, form, Attempted.FACTS, act)


@post("/admin/users/{user_id:uuid}/roles", opt=CHANGE, include_in_schema=False, status_code=303, dependencies=DESK)
async def add_role(request: Sent, desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID]) -> Response[Any]:
    """Give a role, for the municipality or for each of some schools."""
    form = FormReader(await read_form(request))
    version, role = form.number("version") or 0, await _read_role(desk, form)

    async def act() -> None:
        if role is not None:
            await service.give_roles(desk.session, desk.actor, user_id, role, now=desk.now, version=version)

    return await _done_or_shown(desk, user_id, form, Attempted.ROLE, act)


@post(
    "/admin/users/{user_id:uuid}/roles/{grant_id:uuid}/end",
    opt=CHANGE,
    include_in_schema=False,
    status_code=303,
    dependencies=DESK,
)
async def end_role(
    request: Sent, desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID], grant_id: FromPath[uuid.UUID]
) -> Response[Any]:
    """Take a role away, at once."""
    form = FormReader(await read_form(request))
    version = form.number("version") or 0

    async def act() -> None:
        await service.end_roles(
            desk.session, desk.actor, user_id, grant_id, now=desk.now, today=desk.today, version=version
        )

    return await _done_or_shown(desk, user_id, form, Attempted.NOTHING, act)


@post("/admin/users/{user_id:uuid}/link", opt=CHANGE, include_in_schema=False, status_code=200, dependencies=DESK)
async def make_link(request: Sent, desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID]) -> Template:
    """A new way in, shown once; sent again it is another one."""
    await read_form(request)
    invited: Invited = await service.new_link(desk.session, desk.actor, desk.secret, user_id, desk.now)
    return await show_person(desk, user_id, invited=invited)


@post("/admin/users/{user_id:uuid}/mail", opt=CHANGE, include_in_schema=False, status_code=303, dependencies=DESK)
async def mail_link(request: Sent, desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID]) -> Response[Any]:
    """Mail the link that is open."""
    invitation = as_id(FormReader(await read_form(request)).text("invitation")) or uuid.UUID(int=0)
    await service.mail_link(desk.session, desk.actor, desk.settings, user_id, invitation, desk.now)
    return Redirect(f"/admin/users/{user_id}", status_code=303)


@post("/admin/users/{user_id:uuid}/transfer", opt=CHANGE, include_in_schema=False, status_code=303, dependencies=DESK)
async def transfer(request: Sent, desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID]) -> Response[Any]:
    """Give everything they own to somebody else."""
    form = FormReader(await read_form(request))
    taker = await _read_taker(desk, form, required=True)

    async def act() -> None:
        if taker is not None:
            await service.transfer(desk.session, desk.actor, desk.ownerships, user_id, taker)

    return await _done_or_shown(desk, user_id, form, Attempted.LEAVING, act)


@post("/admin/users/{user_id:uuid}/leave", opt=CHANGE, include_in_schema=False, status_code=303, dependencies=DESK)
async def leave(request: Sent, desk: NamedDependency[Desk], user_id: FromPath[uuid.UUID]) -> Response[Any]:
    """The person leaves: nothing lets them in any more, and somebody has what they owned."""
    form = FormReader(await read_form(request))
    version, taker = form.number("version") or 0, await _read_taker(desk, form)

    async def act() -> None:
        await service.let_go(
            desk.session,
            desk.actor,
            desk.ownerships,
            user_id,
            taker,
            now=desk.now,
            today=desk.today,
            version=version,
        )

    return await _done_or_shown(desk, user_id, form, Attempted.LEAVING, act)


async def _done_or_shown(
    desk: Desk, user_id: uuid.UUID, form: FormReader, attempted: Attempted, act: Act
) -> Response[Any]:
    """Do it and go back to the person, or show the page again with what was typed and why not."""
    refusal = ""
    if not form.errors:
        try:
            async with desk.session.begin_nested():
                await act()
        except Invalid as error:
            form.refuse(error.errors)
        except Conflict as error:
            refusal = say(PROBLEMS[error.code], error.members)
        else:
            return Redirect(f"/admin/users/{user_id}", status_code=303)
    shown = show_form(form.typed, LABELS, errors=form.errors, refusal=refusal)
    return await show_person(desk, user_id, attempted=attempted, form=shown)


async def _read_role(desk: Desk, form: FormReader, *, is_optional: bool = False) -> NewRole | None:
    """A role with its schools and days; None where the form says none, or cannot be meant."""
    role = form.choice("role", list(Role), required=not is_optional)
    starts_on, ends_on = form.day("starts_on") or desk.today, form.day("ends_on")
    if not role:
        return None
    known = {str(school.id): school.id for school in await list_schools(desk.session, today=desk.today)}
    chosen = form.texts("schools")
    if set(chosen) - set(known):
        form.errors.setdefault("schools", "unknown-code")
    elif not chosen and not form.flag("everywhere"):
        form.errors.setdefault("schools", "school-missing")
    elif chosen and form.flag("everywhere"):
        form.errors.setdefault("schools", "said-twice")
    if form.errors:
        return None
    schools = tuple(known[each] for each in chosen)
    return NewRole(role=Role(role), schools=schools, starts_on=starts_on, ends_on=ends_on)


async def _read_taker(desk: Desk, form: FormReader, *, required: bool = False) -> uuid.UUID | None:
    word = form.text("to", required=required)
    if not word:
        return None
    try:
        return (await find_person(desk.session, desk.actor, word)).id
    except NotFound:
        form.errors.setdefault("to", "nobody-known")
        return None


async def _show_new(desk: Desk, form: ShownForm, key: str, status: int = 200) -> Template:
    page = NewPage(
        form=form,
        id=key,
        roles=role_options(desk, form.value("role")),
        schools=await school_options(desk, form.typed.get("schools", ())),
    )
    return Template("users/new.html", context={"page": page}, status_code=status)


handlers = [
    show_people,
    show_new_person,
    add_person,
    show_one,
    edit_person,
    add_role,
    end_role,
    make_link,
    mail_link,
    transfer,
    leave,
]
