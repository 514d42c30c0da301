"""Days and counts in the reader's language."""

from datetime import date

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from catalog.web.i18n import current_language


def long_day(day: date) -> str:
    return format_date(day, "long", locale=current_language.get())


def full_day(day: date) -> str:
    """With the weekday."""
    return format_date(day, "full", locale=current_language.get())


def short_day(day: date) -> str:
    return format_skeleton("MMMd", day, locale=current_language.get())


def number(value: int) -> str:
    return format_decimal(value, locale=current_language.get())


def signed(value: int) -> str:
    """A difference, with its sign; none of it is «0»."""
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return sign + number(abs(value))
