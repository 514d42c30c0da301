"""What the pages about the service itself must tell truly: what is stored in a browser, and who watches over us."""

from datetime import timedelta

import msgspec

from catalog.core.settings import Settings
from catalog.identity import invitations, retention, sessions
from catalog.shelf.cards import Report, Text
from catalog.shelf.choice import COOKIE as CHOICE
from catalog.web.i18n import COOKIE as LANGUAGE
from catalog.web.i18n import N_, gettext, say
from catalog.web.security import session_cookie

HOUR = timedelta(hours=1)
AUTHORITIES = {
    "dk": Text(text="Digitaliseringsstyrelsen", url="https://digst.dk/", lang="da"),
    "se": Text(text="Myndigheten för digital förvaltning (Digg)", url="https://www.digg.se/tdosanmalan", lang="sv"),
}
"""By country, who takes complaints about the accessibility of public websites.

Denmark: act no. 692 of 2018; https://digst.dk/digital-inklusion/webtilgaengelighed/tilsyn/.
Sweden: act 2018:1937, § 6 of ordinance 2018:1938; statements must link to the address above (MDFFS 2019:2, § 6). The
government decided in December 2025 to merge Digg with Post- och telestyrelsen; in September 2026 guidance still named
Digg. Look again at https://www.digg.se/tdosanmalan when they are one.
"""


class CookieRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    purpose: str
    lasts: str


def cookie_rows(settings: Settings) -> tuple[CookieRow, ...]:
    """Every cookie that any answer of ours sets."""
    return (
        CookieRow(name=LANGUAGE, purpose=gettext("The language that you chose."), lasts=gettext("a year")),
        CookieRow(name=CHOICE, purpose=gettext("The school and grades that you chose once."), lasts=gettext("a year")),
        CookieRow(
            name=session_cookie(https=settings.is_https),
            purpose=gettext("Only for those who work with the catalogue: that you have signed in."),
            lasts=gettext("until you sign out or close the browser"),
        ),
    )


def staff_lines() -> tuple[str, ...]:
    """What is stored about those who sign in, and for how long; docs/personal-data.md says it column by column."""
    hours = {"hours": sessions.LASTS // HOUR, "idle": sessions.IDLE_ENDS // HOUR}
    days = {"days": invitations.LASTS.days, "tokens": retention.TOKENS.days}
    return (
        gettext(
            "Name, mail address and user name, as far as they are known, and which roles they have at which schools."
        ),
        say(
            N_("That you are signed in, and by which browser: for {hours} hours, and for {idle} without use."),
            hours,
        ),
        say(
            N_("One-time links for {days} days, and keys of programs until {tokens} days after they have ended."), days
        ),
        gettext("That a sign-in failed: for a day, in a form that names neither you nor your device."),
        gettext(
            "Who changed what, for good: by a number that leads to nobody any more once you have left and are erased."
        ),
    )


def authority(settings: Settings, language: str) -> Text:
    found = AUTHORITIES[settings.country]
    return found if found.lang != language else msgspec.structs.replace(found, lang="")


def barrier_report(text: str = "", error: str = "", *, sent: bool = False) -> Report:
    return Report(action="/accessibility", text=text, errors={"text": error} if error else {}, sent=sent)
