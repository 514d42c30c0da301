"""Forms: what was typed becomes values, or the fault of every field at once, with what was typed kept.

A page never declares a Struct as its body: one bad field would answer 400 before the handler runs, and a Command
would refuse the form's own hidden fields. Structs as bodies are for JSON routes. A handler reads the form before it
uses its session: who sends slowly must not hold a transaction open.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.enums import RequestEncodingType

from catalog.core.errors import BadRequest

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,15}")
ROW_LIMIT = 200
MOST_FIELDS = 10_000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that a database refuses: NUL, and halves of a character."""


async def read_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """What a page's form sent; nothing for a body of another kind.

    Not ``request.form()``: Litestar keeps the last 1024 bodies, with what readers wrote and the one-time tokens in
    them, and decodes each part of a multipart form by whatever codec the sender names.

    Raises:
        BadRequest: it is not UTF-8, has too many fields, or is multipart: pages that take files use ``web.uploads``.
    """
    kind = request.content_type[0]
    if kind == RequestEncodingType.MULTI_PART:
        raise BadRequest
    if kind != RequestEncodingType.URL_ENCODED:
        return FormMultiDict()
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # UnicodeError is one
        raise BadRequest from error
    return FormMultiDict([(UNSTORABLE.sub("", name), UNSTORABLE.sub("", value)) for name, value in pairs])


class FormReader:
    """Reads the fields of one form, one after the other; collects the faults.

    Names are those in the HTML. Of a repeated field the last value counts, where one is asked for; blank is missing.
    """

    def __init__(self, sent: FormMultiDict) -> None:
        self._sent = sent
        self.errors: dict[str, str] = {}
        """By name of the field the code of its fault, as in ``web.sentences.FAULTS``."""

    @property
    def typed(self) -> dict[str, list[str]]:
        """Everything as it was sent, for showing the form again."""
        typed: dict[str, list[str]] = {}
        for name, value in self._sent.multi_items():
            if isinstance(value, str):
                typed.setdefault(name, []).append(value)
        return typed

    def text(self, name: str, *, required: bool = False, longest: int = 10_000) -> str:
        """The text, trimmed; "" and a fault where it is missing or too long."""
        value = next((each for each in reversed(self.texts_raw(name)) if each), "")
        if required and not value:
            self.errors.setdefault(name, "field-missing")
        if len(value) > longest:
            self.errors.setdefault(name, "too-long")
            return ""
        return value

    def texts_raw(self, name: str) -> list[str]:
        return [value.strip() for value in self._sent.getall(name, []) if isinstance(value, str)]

    def texts(self, name: str) -> list[str]:
        """All values of a repeated field, blank ones and repetitions left out."""
        return list(dict.fromkeys(value for value in self.texts_raw(name) if value))

    def lines(self, name: str) -> list[str]:
        """One value per line of a text area."""
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]

    def number(self, name: str) -> int | None:
        """A whole number as people write one: «1.000» is no thousand and no one, but a fault."""
        value = self.text(name)
        if not value:
            return None
        if not WHOLE_NUMBER.fullmatch(value):
            self.errors.setdefault(name, "not-a-number")
            return None
        return int(value)

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date in the form that a browser's date field sends."""
        value = self.text(name, required=required)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.errors.setdefault(name, "not-a-date")
            return None

    def choice(self, name: str, allowed: Iterable[str], *, required: bool = False) -> str:
        """One of the allowed codes."""
        value = self.text(name, required=required)
        if value and value not in set(allowed):
            self.errors.setdefault(name, "unknown-code")
            return ""
        return value

    def flag(self, name: str) -> bool:
        """A checkbox."""
        return bool(self.text(name))

    def yes_no(self, name: str) -> bool | None:
        """Yes, no, or nothing said."""
        return {"yes": True, "no": False}.get(self.text(name))

    def rows(self, *names: str) -> list[dict[str, str]]:
        """Rows of repeated fields, cut together by their order; wholly blank rows are left out."""
        columns = [self.texts_raw(name)[:ROW_LIMIT] for name in names]
        height = max(map(len, columns), default=0)
        padded = [column + [""] * (height - len(column)) for column in columns]
        return [dict(zip(names, row, strict=True)) for row in zip(*padded, strict=True) if any(row)]

    def refuse(self, errors: Mapping[str, str], names: Mapping[str, str] | None = None) -> None:
        """Take in what the service found wrong; ``names`` maps its fields to the form's."""
        for field, code in errors.items():
            self.errors.setdefault((names or {}).get(field, field), code)
