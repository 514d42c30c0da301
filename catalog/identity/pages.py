"""Sign in, sign out, and the page of a one-time link.

The way to the identity provider is a link: a form whose answer leads there would be stopped by our own policy.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Visitor
from catalog.core.errors import Invalid
from catalog.core.settings import Settings
from catalog.identity import sessions
from catalog.identity.entering import enter
from catalog.identity.errors import UsernameTaken, WrongPassword
from catalog.identity.invitations import find_invited
from catalog.identity.local.demo import demo_people, demo_person
from catalog.identity.local.service import admit, prepare_account, prove, take_account
from catalog.identity.oidc.leaving import find_way_out
from catalog.vocabularies.region import Region
from catalog.web.access import PUBLIC
from catalog.web.client import client_address, home_of
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import N_, current_language, gettext, say
from catalog.web.security import cookie_of_session, local_path
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import ShownForm, Typed, show_form

Sent: TypeAlias = Request[Any, Any, Any]
Next = Annotated[str, QueryParameter(name="next")]
LABELS: Mapping[str, str] = {
    "username": N_("User name"),
    "password": N_("Password"),
    "again": N_("The password once more"),
}
UNSTORED = {"cache-control": "no-store"}
SECRET_ADDRESS = UNSTORED | {"referrer-policy": "strict-origin"}
"""Of a page whose address lets somebody in: no page is told it. Not ``no-referrer``: browsers would then hide the
origin of its form, by which those without Sec-Fetch-Site prove that it is ours."""


class ShownPerson(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    detail: str


class SignInPage(msgspec.Struct, frozen=True, kw_only=True):
    next_url: str
    form: ShownForm
    is_local: bool
    provider_url: str = ""
    """Empty: there is no provider."""
    provider: str = ""
    people: tuple[ShownPerson, ...] = ()
    """The demo's."""


class InvitationPage(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    name: str
    form: ShownForm
    is_local: bool
    had_account: bool
    """A new password takes the place of the one there is."""
    provider_url: str = ""
    provider: str = ""


@get("/sign-in", opt=PUBLIC, include_in_schema=False)
async def show_sign_in(
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    next_page: Next = "/",
) -> Template:
    """All the ways in that this installation has."""
    return await _show(session, settings, region, today, local_path(next_page), show_form({}, LABELS))


@post("/sign-in", opt=PUBLIC, include_in_schema=False, status_code=303)
async def sign_in(
    request: Sent,
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    region: NamedDependency[Region],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
) -> Response[Any]:
    """By user name and password; the session is not used before both are proved."""
    form = FormReader(await read_form(request))
    username, password = form.text("username", required=True), form.text("password", required=True)
    following, refusal, state = local_path(form.text("next") or "/"), "", request.app.state
    if not form.errors:
        address = home_of(client_address(request))
        try:
            proof = await prove(state.database, settings, state.secret, username, password, address, now)
            user = await admit(session, proof)
        except WrongPassword as error:
            refusal = say(PROBLEMS[error.code])
        else:
            cookie = await enter(request, session, user, now, way="local")
            return Redirect(following, status_code=303, cookies=[cookie])
    shown = show_form({"username": [username]}, LABELS, errors=form.errors, refusal=refusal)
    return await _show(session, settings, region, today, following, shown, status=422)


@post("/sign-in/demo", opt=PUBLIC, include_in_schema=False, status_code=303)
async def sign_in_to_demo(
    request: Sent,
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[None]:
    """As one of the demo's people, in the demo."""
    form = FormReader(await read_form(request))
    user = await demo_person(session, settings, form.text("person"))
    cookie = await enter(request, session, user, now, way="demo")
    return Redirect(local_path(form.text("next") or "/"), status_code=303, cookies=[cookie])


@post("/sign-out", opt=PUBLIC, include_in_schema=False, status_code=303)
async def sign_out(
    request: Sent, session: NamedDependency[AsyncSession], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """End this session, and the provider's own where it began there."""
    way_out, following = await find_way_out(request), ""  # before the session is used: the provider may be slow
    if visitor.session_id is not None:
        ended = await sessions.end_session(session, visitor.actor, visitor.session_id)
        following = way_out.address_for(ended)
    cookie = cookie_of_session(request, "", max_age=0)
    return Redirect(following or "/", status_code=303, cookies=[cookie])


@get("/invitation", opt=PUBLIC, include_in_schema=False)
async def show_invitation(
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    key: FromQuery[str] = "",
) -> Template:
    """What a one-time link leads to; looking does not spend it, for mail programs look at every link."""
    return await _show_invitation(session, settings, key, now)


@post("/invitation", opt=PUBLIC, include_in_schema=False, status_code=303)
async def accept_invitation(
    request: Sent,
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Take the account with the chosen name and password, or show the form again and keep the link."""
    form, state = FormReader(await read_form(request)), request.app.state
    key, username = form.text("key"), form.text("username", required=True)
    password = form.text("password", required=True)
    if password and form.text("again") != password:
        form.errors.setdefault("again", "not-the-same")
    refusal = ""
    if not form.errors:
        try:
            chosen = await prepare_account(state.database, settings, key, username, password, now)
            async with session.begin_nested():
                user = await take_account(session, state.secret, key, username, chosen, now)
        except Invalid as error:
            form.refuse(error.errors)
        except (UsernameTaken, IntegrityError):  # the second where two chose it in the same moment
            refusal = say(PROBLEMS[UsernameTaken.code])
        else:
            cookie = await enter(request, session, user, now, way="link")
            return Redirect("/", status_code=303, cookies=[cookie])
    shown = show_form({"username": [username]}, LABELS, errors=form.errors, refusal=refusal)
    return await _show_invitation(session, settings, key, now, shown)


async def _show(
    session: AsyncSession,
    settings: Settings,
    region: Region,
    today: date,
    following: str,
    form: ShownForm,
    status: int = 200,
) -> Template:
    people = []
    for person in await demo_people(session, settings, today):
        roles = [region.vocabularies.label("role", role, current_language.get()) for role in person.roles]
        people.append(
            ShownPerson(
                id=str(person.id),
                name=person.name,
                detail=", ".join([*roles, *person.schools]) or gettext("Without a role"),
            )
        )
    page = SignInPage(
        next_url=following,
        form=form,
        is_local=settings.local_accounts,
        provider_url=_provider_url(settings, next=following),
        provider=settings.oidc_name,
        people=tuple(people),
    )
    here = f"/sign-in?{urlencode({'next': following}, quote_via=quote)}"
    context = {"page": page, "request_path": here}
    return Template("identity/sign_in.html", context=context, status_code=status, headers=UNSTORED)


async def _show_invitation(
    session: AsyncSession, settings: Settings, key: str, now: datetime, form: ShownForm | None = None
) -> Template:
    _, user = await find_invited(session, key, now)
    typed: Typed = {"username": [user.username or user.mail]}
    page = InvitationPage(
        key=key,
        name=user.name,
        form=form or show_form(typed, LABELS),
        is_local=settings.local_accounts,
        had_account=bool(user.password_hash),
        provider_url=_provider_url(settings, invitation=key),
        provider=settings.oidc_name,
    )
    status = 422 if form else 200
    context = {"page": page, "request_path": f"/invitation?{urlencode({'key': key})}"}
    return Template("identity/invitation.html", context=context, status_code=status, headers=SECRET_ADDRESS)


def _provider_url(settings: Settings, **more: str) -> str:
    return f"/sign-in/provider?{urlencode(more, quote_via=quote)}" if settings.oidc_issuer else ""


handlers = [show_sign_in, sign_in, sign_in_to_demo, sign_out, show_invitation, accept_invitation]
