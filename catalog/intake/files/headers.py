"""The columns a mapping wants, found in the header a file has, whatever the case of its letters."""

from collections.abc import Sequence

import msgspec

from catalog.intake.errors import FileRefused

MAX_SEARCHED = 30
"""Lines with something in them among which the header is searched: titles and notes often stand above it."""
_MAX_NAMED = 50


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    columns: tuple[str, ...] = ()
    """Every column a mapping mentions."""
    needed: tuple[tuple[str, ...], ...] = ()
    """Of each group at least one column must be there."""


def column_names(cells: Sequence[str], wanted: Wanted) -> list[str]:
    """Names of columns, each once: an empty one is numbered, a second ``title`` becomes ``title (2)``."""
    spellings = {column.casefold(): column for column in wanted.columns}
    taken: set[str] = set()
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        plain = " ".join(cell.replace("\ufeff", "").split()) or f"column {number}"
        plain = spellings.get(plain.casefold(), plain)
        name, copy = plain, 2
        while name in taken:
            name, copy = f"{plain} ({copy})", copy + 1
        taken.add(name)
        names.append(name)
    return names


def is_header(cells: Sequence[str], wanted: Wanted) -> bool:
    """Whether every needed column is here; without needs, whether there is anything at all."""
    names = set(column_names(cells, wanted))
    return any(map(str.strip, cells)) and all(names & set(group) for group in wanted.needed)


def check_header(header: Sequence[str], wanted: Wanted) -> None:
    """Raises: FileRefused, with the columns of every group of which none is there."""
    missing = [" | ".join(group) for group in wanted.needed if not set(group) & set(header)]
    if missing:
        raise FileRefused(reason="missing-columns", details={"columns": missing, "header": list(header[:_MAX_NAMED])})
