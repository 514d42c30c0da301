"""What stands on the account pages, said in the reader's language."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date, format_datetime

from catalog.core.actor import Actor, Permission
from catalog.identity.account.schemas import Account, RoleHeld
from catalog.identity.account.words import RIGHTS, WAYS
from catalog.identity.sessions import ShownSession
from catalog.identity.tokens.schemas import ShownToken
from catalog.vocabularies.region import Region
from catalog.web.i18n import LANGUAGES, current_language, gettext
from catalog.web.shown import Option, ShownForm

LOCALES = {"en": "en_GB"}


class RoleLine(msgspec.Struct, frozen=True, kw_only=True):
    role: str
    where: str
    from_until: str
    is_ahead: bool


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    browser: str
    way: str
    since: str
    last_used: str
    is_this: bool


class TokenLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    beginning: str
    rights: tuple[str, ...]
    lost: tuple[str, ...]
    where: str
    last_day: str
    is_over: bool
    last_used: str


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    mail: str
    roles: tuple[RoleLine, ...]
    languages: tuple[Option, ...]
    schools: tuple[Option, ...]
    choices: ShownForm
    sessions: tuple[SessionLine, ...]
    password: ShownForm | None
    """None: there is none to change."""
    username: str
    tokens: tuple[TokenLine, ...]
    may_make_tokens: bool
    saved: str
    """What was done, as a sentence; "": nothing yet."""


class TokenPage(msgspec.Struct, frozen=True, kw_only=True):
    form: ShownForm
    rights: tuple[Option, ...]
    schools: tuple[Option, ...]
    for_all: str
    """What no particular school means for who asks."""
    last_day: str


def day(value: date) -> str:
    return str(format_date(value, "long", locale=_locale()))


def moment(value: datetime, zone: ZoneInfo) -> str:
    return str(format_datetime(value.astimezone(zone), "d MMM y HH:mm", locale=_locale()))


def _locale() -> str:
    language = current_language.get()
    return LOCALES.get(language, language)


def role_lines(account: Account, region: Region) -> tuple[RoleLine, ...]:
    language = current_language.get()
    return tuple(
        RoleLine(
            role=region.vocabularies.label("role", each.role, language),
            where=each.school or gettext("the whole municipality"),
            from_until=_from_until(each),
            is_ahead=each.is_ahead,
        )
        for each in account.roles
    )


def _from_until(role: RoleHeld) -> str:
    if role.ends_on is None:
        return gettext("from {day}").format(day=day(role.starts_on))
    return gettext("from {first} until {last}").format(first=day(role.starts_on), last=day(role.ends_on))


def session_lines(sessions: Iterable[ShownSession], zone: ZoneInfo) -> tuple[SessionLine, ...]:
    return tuple(
        SessionLine(
            id=str(each.id),
            browser=each.browser or gettext("A browser"),
            way=gettext(WAYS.get(each.way, each.way)),
            since=moment(each.created_at, zone),
            last_used=moment(each.last_seen_at, zone),
            is_this=each.is_this,
        )
        for each in sessions
    )


def token_lines(tokens: Iterable[ShownToken], zone: ZoneInfo) -> tuple[TokenLine, ...]:
    return tuple(
        TokenLine(
            id=str(each.id),
            name=each.name,
            beginning=each.beginning,
            rights=tuple(right_words(each.permissions)),
            lost=tuple(right_words(each.lost)),
            where=each.school or gettext("wherever you hold the rights"),
            last_day=day((each.expires_at - timedelta(seconds=1)).astimezone(zone).date()),
            is_over=each.is_over,
            last_used=moment(each.last_used_at, zone) if each.last_used_at else "",
        )
        for each in tokens
    )


def right_words(codes: Iterable[str]) -> list[str]:
    return [gettext(RIGHTS[Permission(code)]) for code in codes]


def language_options(chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value=code, label=name, chosen=code == chosen) for code, name in LANGUAGES.items())


def school_options(schools: Iterable[tuple[str, str]], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value=key, label=name, chosen=key == chosen) for key, name in schools)


def right_options(actor: Actor, chosen: Sequence[str]) -> tuple[Option, ...]:
    """The rights of who asks, in words; where they hold only at some schools, that is said."""
    return tuple(
        Option(
            value=each.value,
            label=gettext(words)
            if each in actor.everywhere
            else gettext("{right} (at your schools)").format(right=gettext(words)),
            chosen=each.value in chosen,
        )
        for each, words in RIGHTS.items()
        if actor.may_somewhere(each)
    )
