"""Where a value comes from: text with ``{column}`` in it, or several such texts: the first that gives something."""

import re
from collections.abc import Mapping, Sequence

import msgspec

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class TemplateWrong(ValueError):
    """The text says what is wrong."""


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template for the rows in which every column of ``when`` holds the given text."""

    value: str
    when: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True):
    parts: tuple[tuple[str, str], ...]
    """Pairs of text and the column behind it; an empty column at the end."""
    when: tuple[tuple[str, str], ...] = ()

    def render(self, values: Mapping[str, str | None]) -> str:
        """Empty when one of its columns is: half an address is no address."""
        for column, text in self.when:
            if (values.get(column) or "").strip().casefold() != text:
                return ""
        rendered = []
        for text, column in self.parts:
            rendered.append(text)
            if column:
                value = values.get(column)
                if not value:
                    return ""
                rendered.append(value)
        return "".join(rendered)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for _, column in self.parts if column)

    @property
    def constant(self) -> str:
        """The text, when it is the same for every row; otherwise empty."""
        return "" if self.columns else "".join(text for text, _ in self.parts)


class Templates(msgspec.Struct, frozen=True):
    choices: tuple[Template, ...] = ()

    def render(self, values: Mapping[str, str | None]) -> str:
        for choice in self.choices:
            if text := choice.render(values):
                return text
        return ""

    @property
    def columns(self) -> tuple[str, ...]:
        tested = (column for choice in self.choices for column, _ in choice.when)
        return tuple(dict.fromkeys([*(column for choice in self.choices for column in choice.columns), *tested]))


def compile_templates(found: str | Sequence[str | Choice]) -> Templates:
    """Raises: TemplateWrong."""
    choices = [found] if isinstance(found, str) else found
    return Templates(tuple(_compile(Choice(value=each) if isinstance(each, str) else each) for each in choices))


def _compile(choice: Choice) -> Template:
    parts: list[tuple[str, str]] = []
    text, done = "", 0
    for found in _PART.finditer(choice.value):
        text += choice.value[done : found.start()]
        done = found.end()
        if found[0] in {"{{", "}}"}:
            text += found[0][0]
        elif not found[1] or not found[1].strip():
            raise TemplateWrong(f"a brace in {choice.value!r} does not name a column")
        else:
            parts.append((text, found[1].strip()))
            text = ""
    parts.append((text + choice.value[done:], ""))
    when = tuple((column, text.strip().casefold()) for column, text in choice.when.items())
    return Template(tuple(parts), when)
