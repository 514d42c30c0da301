"""What the pages about the service itself must tell truly: what is stored in a browser, and who watches over us."""

import msgspec

from catalog.core.settings import Settings
from catalog.shelf.cards import Report, Text
from catalog.shelf.choice import COOKIE as CHOICE
from catalog.web.i18n import COOKIE as LANGUAGE
from catalog.web.i18n import gettext
from catalog.web.security import session_cookie

AUTHORITIES = {
    "dk": Text(text="Digitaliseringsstyrelsen", url="https://digst.dk/", lang="da"),
    "se": Text(text="Myndigheten för digital förvaltning (Digg)", url="https://www.digg.se/tdosanmalan", lang="sv"),
}
"""By country, who takes complaints about the accessibility of public websites."""


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


def authority(settings: Settings, language: str) -> Text:
    found = AUTHORITIES[settings.country]
    return found if found.lang != language else msgspec.structs.replace(found, lang="")


def barrier_report(text: str = "", error: str = "", *, sent: bool = False) -> Report:
    return Report(action="/accessibility", text=text, errors={"text": error} if error else {}, sent=sent)
