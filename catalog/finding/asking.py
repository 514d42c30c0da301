"""A search address becomes a question: known codes only, and what was not understood is told, never an error."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from catalog.organisations.fleet.profiles import profile_of
from catalog.vocabularies.region import Region

SLUG = re.compile("[a-z0-9-]{1,120}")
MAX_TEXT = 400
"""Letters of a query that are read."""
MAX_VALUES = 60
"""Chosen values of one facet that are read."""


class FacetKind(msgspec.Struct, frozen=True, kw_only=True):
    """A facet of the search page: its name in the address, its field in the index, its vocabulary."""

    name: str
    field: str
    scheme: str


DEVICE = "device"
"""The facet of profiles: what a resource runs on."""
SIDES = (
    FacetKind(name="decision", field="", scheme="outcome"),
    FacetKind(name="subject", field="subjects", scheme="subject"),
    FacetKind(name="grade", field="grades", scheme="grade"),
)
"""The sides of a placement, asked for together: see ``documents.tokens``."""
PLAIN = (
    FacetKind(name="platform", field="platforms", scheme="platform"),
    FacetKind(name=DEVICE, field="runs_on", scheme=""),
    FacetKind(name="login", field="logins", scheme="login"),
    FacetKind(name="price", field="price", scheme="price"),
    FacetKind(name="form", field="form", scheme="form"),
    FacetKind(name="language", field="languages", scheme="language"),
    FacetKind(name="publisher", field="publisher", scheme=""),
)
FACETS = (*SIDES, *PLAIN)
SORTS: Mapping[str, Sequence[str]] = {"": (), "title": ("rank",), "newest": ("-changed",)}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader asks; ``chosen`` holds the values of each facet by its name."""

    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = {}
    sort: str = ""
    page: int = 1
    literal: tuple[str, ...] = ()
    """Words of the text that are words, although a vocabulary knows them."""
    ignored: tuple[str, ...] = ()
    """Filters of the address that nobody knows, as «name=value»."""
    school: str = ""
    """The code of the school for which it is asked; the reader keeps it, no address holds it."""

    def values(self, name: str) -> tuple[str, ...]:
        return self.chosen.get(name, ())


def read_question(parameters: Mapping[str, Sequence[str]], region: Region) -> Asked:
    """Read the parameters of ``/find``; repeated keys are alternatives."""
    chosen: dict[str, tuple[str, ...]] = {}
    ignored: list[str] = []
    for facet in FACETS:
        given = list(dict.fromkeys(value for value in parameters.get(facet.name, ()) if value))[:MAX_VALUES]
        known = [value for value in given if _known(facet, value, region)]
        ignored += [f"{facet.name}={value[:40]}" for value in given if value not in known]
        if known:
            chosen[facet.name] = tuple(known)
    sort = _last(parameters.get("sort", ()))
    if sort not in SORTS:
        ignored.append(f"sort={sort[:40]}")
        sort = ""
    return Asked(
        text=_text(_last(parameters.get("q", ()))),
        chosen=chosen,
        sort=sort,
        page=_page(_last(parameters.get("page", ()))),
        literal=tuple(dict.fromkeys(word[:80] for word in parameters.get("literal", ()) if word))[:MAX_VALUES],
        ignored=tuple(ignored),
    )


def _known(facet: FacetKind, value: str, region: Region) -> bool:
    if facet.scheme:
        return region.vocabularies.knows(facet.scheme, value)
    if facet.name == DEVICE:
        profile = profile_of(value)
        return profile is not None and (not profile.platform or region.vocabularies.knows("platform", profile.platform))
    return SLUG.fullmatch(value) is not None


def _last(values: Sequence[str]) -> str:
    return values[-1] if values else ""


def _text(typed: str) -> str:
    """The query as typed, without what cannot be seen; white space at its end means that the last word is whole."""
    visible = "".join(letter if letter.isprintable() else " " for letter in typed[:MAX_TEXT])
    words = " ".join(visible.split())
    return f"{words} " if words and visible[-1:].isspace() else words


def _page(typed: str) -> int:
    """Page numbers are forgiven: what is none is the first, what is too large is the engine's last."""
    if not (typed.isdecimal() and typed.isascii()):
        return 1
    return int(typed[:10])  # longer ones are beyond every last page as well


def address(asked: Asked, **changes: object) -> str:
    """The address of a question, with some parts changed; empty parts are left out, so that it can be shared."""
    new = msgspec.structs.replace(asked, **changes)
    pairs: list[tuple[str, str]] = [("q", new.text)] if new.text else []
    pairs += [(facet.name, value) for facet in FACETS for value in new.values(facet.name)]
    pairs += [("literal", word) for word in new.literal]
    pairs += [("sort", new.sort)] if new.sort else []
    pairs += [("page", str(new.page))] if new.page > 1 else []
    return "/find" + (f"?{urlencode(pairs)}" if pairs else "")


def with_values(asked: Asked, name: str, values: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The chosen values with those of one facet replaced."""
    return {**asked.chosen, name: tuple(values)}
