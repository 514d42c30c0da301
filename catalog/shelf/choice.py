"""The school and grades that a reader chose once: one cookie, believed only as far as it is known here."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

import msgspec
from litestar.datastructures import Cookie

from catalog.vocabularies.region import Region

COOKIE = "hylde-choice"
A_YEAR = 365 * 24 * 3600
LONGEST = 500
"""Letters of a cookie that are read."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    school: str = ""
    """By its code."""
    grades: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.school or self.grades)


def read_choice(cookies: Mapping[str, str], region: Region) -> Choice:
    """What the cookie says; grades that this country does not have are forgotten. The school is yet unproven."""
    school, dot, grades = cookies.get(COOKIE, "")[:LONGEST].rpartition(".")
    if not dot:
        return Choice()
    known = region.codes("grade")
    code = unquote(school)
    return Choice(
        school=code if code.isprintable() else "", grades=tuple(code for code in known if code in grades.split("-"))
    )


def with_school(choice: Choice, code: str) -> Choice:
    """The choice with the code that its school has today; "" where it means none."""
    return msgspec.structs.replace(choice, school=code)


def choice_cookie(choice: Choice, *, https: bool) -> Cookie:
    """The cookie that keeps a choice, or that ends an earlier one where nothing is chosen."""
    value = f"{quote(choice.school, safe='')}.{'-'.join(choice.grades)}" if choice else ""
    return Cookie(
        key=COOKIE,
        value=value,
        path="/",
        max_age=A_YEAR if choice else 0,
        httponly=True,
        samesite="lax",
        secure=https,
    )
