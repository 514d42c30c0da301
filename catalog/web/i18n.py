"""Languages: gettext catalogues per language, and the language of the request that runs.

English is the language of the source; ``da`` and ``sv`` have catalogues. A ContextVar holds the current language,
set for each request before anything is said, so that concurrent requests never speak each other's.
"""

import gettext as standard
import io
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"da": "Dansk", "sv": "Svenska", "en": "English"}
"""Each with its own name."""
LOCALE = Path(__file__).parent / "locale"
NEAREST: Mapping[str, str] = {"nb": "da", "nn": "da", "no": "da"}
"""Whom we answer in a language that they read."""
COOKIE = "hylde-language"

current_language: ContextVar[str] = ContextVar("language", default="da")


def N_(message: str) -> str:  # noqa: N802 - gettext's own name, which the extraction looks for
    """Mark a sentence for translation where it is only stored."""
    return message


@cache
def translations(language: str) -> standard.NullTranslations:
    """The catalogue of a language, read once; a ``.po`` newer than its ``.mo`` is compiled in memory."""
    source = LOCALE / language / "LC_MESSAGES" / "messages.po"
    compiled = source.with_suffix(".mo")
    if compiled.exists() and (not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime):
        with compiled.open("rb") as file:
            return standard.GNUTranslations(file)
    if not source.exists():
        return standard.NullTranslations()
    buffer = io.BytesIO()
    with source.open("rb") as file:
        write_mo(buffer, read_po(file))
    buffer.seek(0)
    return standard.GNUTranslations(buffer)


def gettext(message: str) -> str:
    return translations(current_language.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, number: int) -> str:
    return translations(current_language.get()).ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    return translations(current_language.get()).pgettext(context, message)


def say(message: str, members: Mapping[str, Any] | None = None, *, language: str | None = None) -> str:
    """A marked sentence in a language, with its ``{members}`` filled in."""
    found = translations(language or current_language.get()).gettext(message)
    return found.format_map({} if members is None else members)


def choose_language(chosen: str, accepted: str, default: str) -> str:
    """The reader's own choice, else the first of the browser's languages that we speak, else the installation's."""
    if chosen in LANGUAGES:
        return chosen
    wished = (NEAREST.get(tag, tag) for tag in re.findall(r"([a-z]{2,3})[^,]*", accepted.lower()))
    return next((language for language in wished if language in LANGUAGES), default)
