"""To the identity provider, and back.

Both addresses are opened by a link or a redirect, never by a form, and no transaction is open while the provider is
asked. The way out writes nothing (``state`` says why that is so). The way back writes although it is a GET, for the
standard has it so: what it does is proved by the sealed state of this very browser, not by a form, and it opens its
own transaction once the provider's word has been checked.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response, get
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.exc import IntegrityError

from catalog.core.actor import Visitor
from catalog.core.db import Database, transaction
from catalog.core.errors import DomainError, NotFound
from catalog.core.settings import Settings
from catalog.identity import invitations
from catalog.identity.entering import enter
from catalog.identity.oidc import state as sealed
from catalog.identity.oidc.errors import ProviderMistaken, ProviderUnavailable, SignInOutdated, SignInRefused
from catalog.identity.oidc.joining import is_spent, join
from catalog.identity.oidc.leaving import WAY
from catalog.identity.oidc.provider import AWAY, RETURN, Provider, SignedIn
from catalog.identity.secrets import new_secret
from catalog.identity.visiting import grants_of
from catalog.web.access import PUBLIC, SIGNED_IN
from catalog.web.problems import answer_error
from catalog.web.security import is_secure, local_path

OURS = re.compile(r"[A-Za-z0-9_-]{43}")
NO_ROLE = "/sign-in/provider/no-role"
NOT_KEPT = {"cache-control": "no-store"}
Next = Annotated[str, QueryParameter(name="next", max_length=4000)]
Secret = Annotated[str, QueryParameter(name="invitation", max_length=200)]
Sealed = Annotated[str, QueryParameter(name="state", max_length=4000)]
Code = Annotated[str, QueryParameter(name="code", max_length=8000)]
Reason = Annotated[str, QueryParameter(name="error", max_length=200)]
Issuer = Annotated[str, QueryParameter(name="iss", max_length=1000)]


def answer_refused(request: Request[Any, Any, Any], error: DomainError) -> Response[Any]:
    """As any error, on a page that leads back to the sign-in and knows nothing of the code in its own address."""
    answer = answer_error(request, error)
    if isinstance(answer, Template):
        context = {**answer.context, "request_path": "/sign-in"}
        status = answer.status_code or error.status
        answer = Template("oidc/refused.html", context=context, status_code=status, headers=answer.headers)
    answer.headers.update(NOT_KEPT)
    return answer


def browser_cookie(request: Request[Any, Any, Any]) -> str:
    """The name of the cookie that ties a sign-in to the browser in which it began."""
    return "__Host-hylde-provider" if is_secure(request) else "hylde-provider"


def _provider(state: State) -> Provider:
    provider: Provider | None = state["provider"]
    if provider is None:
        raise NotFound
    return provider


def _is_of_our_page(request: Request[Any, Any, Any]) -> bool:
    """Whether the link was on a page of ours: one in a mail, or typed, is not, and a browser says neither of it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("referer", "")).netloc == request.headers.get("host")


def _browser(request: Request[Any, Any, Any]) -> str:
    """The secret that this browser has, "" for none; several sign-ins at once share it."""
    sent = request.cookies.get(browser_cookie(request), "")
    return sent if OURS.fullmatch(sent) else ""


@get(
    "/sign-in/provider",
    opt=PUBLIC,
    include_in_schema=False,
    status_code=303,
    exception_handlers={DomainError: answer_refused},
)
async def set_out(
    request: Request[Any, Any, Any],
    state: State,
    now: NamedDependency[datetime],
    next_page: Next = "/",
    invitation: Secret = "",
) -> Response[None]:
    """To the provider, with the promise of the way back in a cookie."""
    provider, database, invitation_id = _provider(state), state["database"], None
    if invitation and not _is_of_our_page(request):  # our own page says first whose invitation it is
        return Redirect(f"/invitation?{urlencode({'key': invitation})}", status_code=303, headers=NOT_KEPT)
    if invitation:
        async with transaction(database.readers) as reading:
            found, _ = await invitations.find_invited(reading, invitation, now)
            invitation_id = found.id
    browser = _browser(request) or new_secret()
    begun = sealed.begin(now, local_path(next_page), invitation_id)
    address = await provider.address_to_sign_in(
        sealed.seal(state["secret"], browser, begun), sealed.one_time(state["secret"], browser, begun)
    )
    cookie = Cookie(
        key=browser_cookie(request),
        value=browser,
        path="/",
        max_age=int(sealed.LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return Redirect(address, status_code=303, cookies=[cookie], headers=NOT_KEPT)


@get(RETURN, opt=PUBLIC, include_in_schema=False, status_code=303, exception_handlers={DomainError: answer_refused})
async def come_back(
    request: Request[Any, Any, Any],
    state: State,
    now: NamedDependency[datetime],
    today: NamedDependency[date],
    sent: Sealed = "",
    code: Code = "",
    reason: Reason = "",
    issuer: Issuer = "",
) -> Response[None]:
    """From the provider: the code becomes a person, and the person's browser gets a session."""
    provider, database, browser = _provider(state), state["database"], _browser(request)
    begun = sealed.unseal(state["secret"], browser, sent, now)
    async with transaction(database.readers) as reading:
        if await is_spent(reading, begun):
            raise SignInOutdated
    metadata = await provider.discover()
    if issuer != metadata.issuer and (issuer or metadata.says_issuer):
        raise ProviderMistaken
    if reason:
        raise ProviderUnavailable if reason in AWAY else SignInRefused
    if not code:
        raise SignInOutdated
    signed_in = await provider.redeem(code, sealed.one_time(state["secret"], browser, begun))
    hint = signed_in.id_token if metadata.end_session_endpoint else ""
    try:
        answer = await _let_in(request, signed_in, begun, now, today, hint)
    except IntegrityError:  # the same person came in twice at once; now they are known
        answer = await _let_in(request, signed_in, begun, now, today, hint)
    state["work"].set()
    return answer


async def _let_in(
    request: Request[Any, Any, Any], signed_in: SignedIn, begun: sealed.Begun, now: datetime, today: date, hint: str
) -> Redirect:
    database: Database = request.app.state.database
    async with transaction(database.writers) as session:
        user = await join(session, signed_in.told, begun, request.app.state.settings, now, today)
        cookie = await enter(request, session, user, now, way=WAY, id_token=hint)
        grants, _ = await grants_of(session, user.id, today)
    return Redirect(local_path(begun.next) if grants else NO_ROLE, status_code=303, cookies=[cookie], headers=NOT_KEPT)


@get(NO_ROLE, opt=SIGNED_IN, include_in_schema=False)
async def no_role(settings: NamedDependency[Settings], visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Somebody is known and may do nothing yet: whom to ask."""
    if visitor.roles:
        return Redirect("/", status_code=303)
    return Template("oidc/no_role.html", context={"provider": settings.oidc_name})


handlers = [set_out, come_back, no_role]
