"""What panels hand to their templates: finished words and addresses."""

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a list."""

    text: str
    url: str = ""
    after: str = ""
    """What is said of it, in the same sentence: «is approved»."""
    detail: str = ""
    day: str = ""
    outcome: str = ""
    """Code of the vocabulary ``outcome``, for the sign."""
    do: str = ""
    """Words of a button that leads to ``do_url``."""
    do_url: str = ""


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """A list that answers one question."""

    title: str
    lines: tuple[Line, ...]
    empty: str
    """The answer where nothing is to be told."""
    note: str = ""
    more: str = ""
    more_url: str = ""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    number: str
    note: str = ""
    url: str = ""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    figures: tuple[Figure, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table; the first cell of each names it, the others are numbers."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Line, tuple[str, ...]], ...]
    empty: str
    note: str = ""
    total: tuple[str, ...] = ()
