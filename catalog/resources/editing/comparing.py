"""What is stored beside what was typed, when somebody else saved in between; nothing here decides whose words win."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from catalog.resources.editing.facts import CODES, PARTS, SEVERAL, TICKS
from catalog.resources.editing.words import LABELS, scheme_name
from catalog.resources.spans import grade_span
from catalog.vocabularies.store import Vocabularies
from catalog.web.i18n import current_language, gettext
from catalog.web.shown import Typed, label_of, row_field, row_numbers

_SCHEME_OF: Mapping[str, str] = {"form": "form", **CODES, **SEVERAL}
_IN_ORDER = ("texts", "claims")
FIELDS = tuple(name for name in LABELS if "-" not in name)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    label: str
    stored: tuple[str, ...]
    """In words, line by line."""
    typed: tuple[str, ...]


def compare(
    stored: Typed, typed: Typed, vocabularies: Vocabularies, names: Mapping[str, str]
) -> tuple[Difference, ...]:
    """Every field that says something else in one than in the other; ``names`` of the services, by key."""
    sides = [{name: _lines(side, name, vocabularies, names) for name in FIELDS} for side in (stored, typed)]
    return tuple(
        Difference(name=name, label=label_of(LABELS, name), stored=sides[0][name], typed=sides[1][name])
        for name in FIELDS
        if sides[0][name] != sides[1][name]
    )


def take_stored(stored: Typed, typed: Typed, name: str) -> Typed:
    """What was typed, with one field as it is stored."""
    kept = {key: values for key, values in typed.items() if not _belongs(key, name)}
    return kept | {key: values for key, values in stored.items() if _belongs(key, name)}


def _belongs(key: str, name: str) -> bool:
    return key == name or key.startswith(f"{name}-")


def _lines(side: Typed, name: str, vocabularies: Vocabularies, names: Mapping[str, str]) -> tuple[str, ...]:
    if name in PARTS:
        rows = (_ROWS[name](side, number, vocabularies) for number in row_numbers(side, name))
        lines = [" ".join(row.split()) for row in rows if row.strip()]
    else:
        lines = [line for value in side.get(name, ()) if (line := _said(name, value, vocabularies, names))]
    return tuple(lines if name in _IN_ORDER else sorted(lines))


def _said(name: str, value: str, vocabularies: Vocabularies, names: Mapping[str, str]) -> str:
    text = " ".join(value.split())
    if name in _SCHEME_OF:
        return vocabularies.label(_SCHEME_OF[name], text, current_language.get())
    if name == "supplier_declared":
        return label_of(LABELS, text)
    if name == "reading_support":
        return {"yes": gettext("Yes"), "no": gettext("No"), "unknown": ""}.get(text, text)
    return names.get(text, text) if name == "service_key" else text


def _values(side: Typed, part: str, number: int, columns: Sequence[str]) -> list[str]:
    given = (side.get(row_field(part, number, column), [""]) for column in columns)
    return [values[-1].strip() if values else "" for values in given]


def _text(side: Typed, number: int, vocabularies: Vocabularies) -> str:
    language, title, description = _values(side, "texts", number, PARTS["texts"])
    if not title and not description:
        return ""
    said = vocabularies.label("language", language, current_language.get())
    return f"{title} ({said}). {description}" if description else f"{title} ({said})"


def _placement(side: Typed, number: int, vocabularies: Vocabularies) -> str:
    (subject,) = _values(side, "placements", number, ("subject",))
    grades = side.get(row_field("placements", number, "grades"), [])
    if not subject and not grades:
        return ""
    language = current_language.get()
    said = gettext("All subjects") if subject == "*" else vocabularies.label("subject", subject, language)
    return f"{said}: {grade_span(grades, language)}"


def _identifier(side: Typed, number: int, _: Vocabularies) -> str:
    scheme, value = _values(side, "identifiers", number, PARTS["identifiers"])
    return f"{scheme_name(scheme)}: {value}" if value else ""


def _claim(side: Typed, number: int, vocabularies: Vocabularies) -> str:
    columns = [column for column in PARTS["claims"] if column not in TICKS]
    platform, *said = _values(side, "claims", number, columns)
    if not platform and not any(said):
        return ""
    ticked = [column for column in TICKS if any(_values(side, "claims", number, (column,)))]
    said += [label_of(LABELS, f"claims-{column}") for column in ticked]
    device = vocabularies.label("platform", platform, current_language.get())
    return ", ".join(filter(None, [device, *said]))


_ROWS: Mapping[str, Callable[[Typed, int, Vocabularies], str]] = {
    "texts": _text,
    "placements": _placement,
    "identifiers": _identifier,
    "claims": _claim,
}
