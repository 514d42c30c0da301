"""Tokens of one's own: made, told once on a page that nothing keeps, revoked."""

import uuid
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor
from catalog.core.errors import Conflict, Invalid
from catalog.core.settings import Settings
from catalog.identity.account import view
from catalog.identity.account.service import schools_to_choose
from catalog.identity.account.words import LABELS
from catalog.identity.tokens.schemas import MakeToken
from catalog.identity.tokens.service import LONGEST, USUAL, make_token
from catalog.identity.tokens.service import revoke_token as revoke
from catalog.lexicon.collation import collation_key
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import gettext, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import ShownForm, show_form

Sent: TypeAlias = Request[Any, Any, Any]
PERSON = needs(by_programs=False)
ADDRESS = "/account/tokens"
NOWHERE_KEPT = {"cache-control": "no-store"}


class MadePage(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    secret: str
    rights: tuple[str, ...]
    last_day: str


@get(f"{ADDRESS}/new", opt=PERSON, include_in_schema=False)
async def show_new_token(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
) -> Template:
    """The form of a token that holds for three months and may nothing yet."""
    typed = {"ends_on": [(today + USUAL).isoformat()]}
    return await _show(session, actor, region, today, show_form(typed, LABELS))


@post(ADDRESS, opt=PERSON, include_in_schema=False, status_code=200)
async def add_token(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
) -> Response[Any]:
    """Make a token and show it, this once; or show the form again."""
    form = FormReader(await read_form(request))
    wanted, refusal = _read(form, today), ""
    if not form.errors:
        try:
            async with session.begin_nested():
                made = await make_token(session, actor, wanted, now, today, settings.zone)
        except Invalid as error:
            form.refuse(error.errors, {"permissions": "permission"})
        except Conflict as error:
            refusal = say(PROBLEMS[error.code], error.members)
        else:
            page = MadePage(
                name=wanted.name,
                secret=made.secret,
                rights=tuple(view.right_words(wanted.permissions)),
                last_day=view.day(wanted.ends_on),
            )
            return Template("tokens/made.html", context={"page": page}, headers=NOWHERE_KEPT)
    shown = show_form(form.typed, LABELS, errors=form.errors, refusal=refusal)
    return await _show(session, actor, region, today, shown, status=422)


def _read(form: FormReader, today: date) -> MakeToken:
    school = form.text("school")
    school_id = None
    try:
        school_id = uuid.UUID(school) if school else None
    except ValueError:
        form.errors.setdefault("school", "unknown-code")
    return MakeToken(
        name=form.text("name", required=True),
        permissions=form.texts("permission"),
        school_id=school_id,
        ends_on=form.day("ends_on", required=True) or today,
    )


@post(f"{ADDRESS}/{{token_id:uuid}}/revoke", opt=PERSON, include_in_schema=False, status_code=303)
async def revoke_token(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    token_id: FromPath[uuid.UUID],
) -> Response[None]:
    """Take a token back: it opens nothing from the next request on."""
    await revoke(session, actor, token_id, now)
    return Redirect("/account?saved=token#tokens", status_code=303)


async def _show(
    session: AsyncSession, actor: Actor, region: Region, today: date, form: ShownForm, *, status: int = 200
) -> Template:
    schools = await schools_to_choose(session, actor, today)
    schools.sort(key=lambda school: (collation_key(school.name, region.country), school.code))
    page = view.TokenPage(
        form=form,
        rights=view.right_options(actor, form.typed.get("permission", ())),
        schools=view.school_options([(str(each.id), each.name) for each in schools], form.value("school")),
        for_all=gettext("Wherever I hold the rights"),
        last_day=view.day(today + LONGEST),
    )
    return Template("tokens/new.html", context={"page": page}, status_code=status)


handlers = [show_new_token, add_token, revoke_token]
