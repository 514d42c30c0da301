"""My account: who I am here, my language and school, where I am signed in, my password."""

import uuid
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Visitor
from catalog.core.errors import Invalid, TooManyRequests
from catalog.core.settings import Settings
from catalog.identity import sessions
from catalog.identity.account import view
from catalog.identity.account.service import choose_for_me, get_account
from catalog.identity.account.token_pages import handlers as token_handlers
from catalog.identity.account.words import LABELS, SAVED
from catalog.identity.errors import WrongPassword
from catalog.identity.local.service import change_password, prepare_change
from catalog.identity.tokens.service import list_tokens
from catalog.organisations.service import list_schools
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import COOKIE, LANGUAGES, gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import ShownForm, show_form

Sent: TypeAlias = Request[Any, Any, Any]
ACCOUNT = "/account"
PERSON = needs(by_programs=False)


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is made from."""

    visitor: Visitor
    region: Region
    settings: Settings
    now: datetime
    today: date


def provide_around(
    visitor: NamedDependency[Visitor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
) -> Around:
    return Around(visitor=visitor, region=region, settings=settings, now=now, today=today)


AROUND = {"around": Provide(provide_around, sync_to_thread=False)}


@get(ACCOUNT, opt=PERSON, include_in_schema=False, dependencies=AROUND)
async def show_account(
    session: NamedDependency[AsyncSession], around: NamedDependency[Around], saved: FromQuery[str] = ""
) -> Template:
    """Everything about one's own account."""
    return await _show(session, around, saved=saved)


@post(ACCOUNT, opt=PERSON, include_in_schema=False, status_code=303, dependencies=AROUND)
async def keep_choices(
    request: Sent, session: NamedDependency[AsyncSession], around: NamedDependency[Around]
) -> Response[Any]:
    """Keep language and school; a language chosen in this browser before gives way."""
    form = FormReader(await read_form(request))
    language, school = form.choice("language", LANGUAGES), form.text("school")
    school_id = _id_of(school)
    if school and school_id is None:
        form.errors.setdefault("school", "unknown-code")
    if not form.errors:
        try:
            async with session.begin_nested():
                await choose_for_me(
                    session, around.visitor.actor, language=language, school_id=school_id, languages=LANGUAGES
                )
        except Invalid as error:
            form.refuse(error.errors)
    if form.errors:
        return await _show(session, around, choices=show_form(form.typed, LABELS, errors=form.errors), status=422)
    return Redirect(f"{ACCOUNT}?saved=choices", status_code=303, cookies=[Cookie(key=COOKIE, value="", max_age=0)])


def _id_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@post(f"{ACCOUNT}/sessions/{{session_id:uuid}}/end", opt=PERSON, include_in_schema=False, status_code=303)
async def end_session(
    session: NamedDependency[AsyncSession], visitor: NamedDependency[Visitor], session_id: FromPath[uuid.UUID]
) -> Response[None]:
    """Sign one browser out."""
    await sessions.end_session(session, visitor.actor, session_id)
    return Redirect(f"{ACCOUNT}?saved=session#sessions", status_code=303)


@post(f"{ACCOUNT}/sessions/end-others", opt=PERSON, include_in_schema=False, status_code=303)
async def end_other_sessions(
    session: NamedDependency[AsyncSession], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Sign all browsers out but this one."""
    await sessions.end_all_sessions(session, visitor.actor, visitor.actor.id, but=visitor.session_id)
    return Redirect(f"{ACCOUNT}?saved=others#sessions", status_code=303)


@post(f"{ACCOUNT}/password", opt=PERSON, include_in_schema=False, status_code=303, dependencies=AROUND)
async def keep_password(
    request: Sent, session: NamedDependency[AsyncSession], around: NamedDependency[Around], state: State
) -> Response[Any]:
    """Change the password, which signs all other browsers out."""
    form = FormReader(await read_form(request))
    old, new = form.text("old", required=True), form.text("new", required=True)
    if form.text("again") != new:
        form.errors.setdefault("again", "not-the-same")
    refusal, status, actor = "", 422, around.visitor.actor
    if not form.errors:
        try:
            change = await prepare_change(
                state["database"], state["secret"], around.settings, actor.user_id, old, new, around.now
            )
            async with session.begin_nested():
                await change_password(session, actor, change, keep=around.visitor.session_id)
        except Invalid as error:
            form.refuse(error.errors)
        except WrongPassword:  # another browser was faster
            form.refuse({"old": "password-wrong"})
        except TooManyRequests as error:
            refusal, status = say(PROBLEMS[error.code], error.members), error.status
    if form.errors or refusal:
        shown = show_form({}, LABELS, errors=form.errors, refusal=refusal)
        return await _show(session, around, password=shown, status=status)
    return Redirect(f"{ACCOUNT}?saved=password#password", status_code=303)


async def _show(
    session: AsyncSession,
    around: Around,
    *,
    choices: ShownForm | None = None,
    password: ShownForm | None = None,
    saved: str = "",
    status: int = 200,
) -> Template:
    visitor, zone = around.visitor, around.settings.zone
    account = await get_account(session, visitor.actor, around.today)
    if choices is None:
        school = str(account.school_id) if account.school_id else ""
        choices = show_form({"language": [account.language], "school": [school]}, LABELS)
    open_schools = await list_schools(session, around.region.country, today=around.today)
    schools = [(str(each.id), each.name) for each in open_schools]
    is_local = account.has_password and around.settings.local_accounts
    page = view.AccountPage(
        name=account.name,
        mail=account.mail,
        username=account.username,
        roles=view.role_lines(account, around.region),
        languages=view.language_options(choices.value("language")),
        schools=view.school_options(schools, choices.value("school")),
        choices=choices,
        sessions=view.session_lines(
            await sessions.list_sessions(session, visitor.actor.id, around.now, visitor.session_id), zone
        ),
        password=(password or show_form({}, LABELS)) if is_local else None,
        tokens=view.token_lines(await list_tokens(session, visitor.actor, around.now), zone),
        may_make_tokens=bool(visitor.actor.everywhere or visitor.actor.at_schools),
        saved=gettext(SAVED[saved]) if saved in SAVED else "",
    )
    return Template("account/account.html", context={"page": page}, status_code=status)


handlers = [show_account, keep_choices, end_session, end_other_sessions, keep_password, *token_handlers]
