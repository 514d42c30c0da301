"""What a start needs of each document, kept beside it: so that nothing is folded, cut or decoded again.

It stands for its document only while ``MADE_BY`` is what made it; else it is made anew from the document.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from catalog.finding.beginnings import folded_names
from catalog.finding.layout import FORMAT, LAYOUT
from search.port import Prepared
from search.prepare import Preparing, made_by

MADE_BY = f"{FORMAT}-{made_by(LAYOUT)}"
OURS = f'{{"made_by":"{MADE_BY}",'
"""How every text begins that this version wrote."""
_END = "\n"
_prepare = Preparing(LAYOUT).prepare


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """One document, ready to be taken in."""

    names: tuple[str, ...]
    """Folded: the titles and publishers that a query may begin with."""
    publishers: Mapping[str, str]
    """Names by code."""
    schools: tuple[str, ...]
    """To which the document says something of its own."""
    prepared: Prepared


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a text; the rest is the engine's, and never read here."""

    made_by: str
    id: str
    names: tuple[str, ...]
    publishers: Mapping[str, str]
    schools: tuple[str, ...]


_said = msgspec.json.Decoder(_Said).decode


def names_of(document: Mapping[str, Any]) -> list[str]:
    return [*document["titles"], *document["publisher_names"]]


def publishers_of(document: Mapping[str, Any]) -> dict[str, str]:
    return dict.fromkeys(document["publisher"], document["card"]["publisher"])


def schools_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Documents of an earlier version, which wait to be written anew, say nothing of schools."""
    return tuple(document.get("scoped_schools", ()))


def start_of(document: Mapping[str, Any]) -> Start:
    """Raise ValueError where the document does not fit the layout."""
    return Start(
        names=folded_names(names_of(document)),
        publishers=publishers_of(document),
        schools=schools_of(document),
        prepared=_prepare(document),
    )


def write_start(start: Start) -> str:
    said = _Said(
        made_by=MADE_BY,
        id=start.prepared.id,
        names=start.names,
        publishers=start.publishers,
        schools=start.schools,
    )
    return msgspec.json.encode(said).decode() + _END + start.prepared.text


def read_start(written: str) -> Start:
    """Read what ``write_start`` of this version wrote; raise ``msgspec.DecodeError`` where nobody's did."""
    first, _, text = written.partition(_END)
    said = _said(first)
    prepared = Prepared(id=said.id, text=text)
    return Start(names=said.names, publishers=said.publishers, schools=said.schools, prepared=prepared)
