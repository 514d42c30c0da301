"""A form as a browser sends it back: what the page shows in its fields, with what a person changes."""

from html.parser import HTMLParser
from typing import TypeAlias

from typing_extensions import override

Sent: TypeAlias = dict[str, list[str]]


class _Forms(HTMLParser):
    """Reads the successful controls of every POST form of a page; buttons are pressed by the test."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: dict[str, Sent] = {}
        self._form: Sent | None = None
        self._area = self._select = ""
        self._text: list[str] = []
        self._options: list[tuple[str, bool]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = {} if given.get("method") == "post" else None
            if self._form is not None:
                self.forms[given.get("action", "")] = self._form
        elif self._form is None:
            return
        elif tag == "input" and "name" in given:
            ticks = given.get("type") in {"checkbox", "radio"}
            if not ticks or "checked" in given:
                self._form.setdefault(given["name"], []).append(given.get("value", ""))
        elif tag == "textarea":
            self._area, self._text = given["name"], []
        elif tag == "select":
            self._select, self._options = given["name"], []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))

    @override
    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)

    @override
    def handle_endtag(self, tag: str) -> None:
        if self._form is None:
            return
        if tag == "textarea" and self._area:
            self._form.setdefault(self._area, []).append("".join(self._text).removeprefix("\n"))
            self._area = ""
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            self._form.setdefault(self._select, []).append((chosen or [self._options[0][0]])[-1])
            self._select = ""
        elif tag == "form":
            self._form = None


def form_in(page: str, action: str) -> Sent:
    """The fields of the form that goes to an address. Raise KeyError where the page has none."""
    reader = _Forms()
    reader.feed(page)
    return reader.forms[action]
