"""The tables of docs/permissions.md as the tests read them: written by hand, never made from the code."""

import re
from dataclasses import dataclass
from functools import cache

from tests.catalog.web.routes import Door
from tests.conftest import ROOT

COLUMNS = (
    "everybody",
    "signed in",
    "teacher",
    "reviewer",
    "it",
    "school_leader",
    "purchasing",
    "data_protection",
    "admin",
    "program",
)
ANSWERS = frozenset({"yes", "all", "own", "mine", "–"})
_ROW = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `([^`]+)` \|(.+)\| (\S.*) \|$", re.MULTILINE)
_FIELD = re.compile(r"^\| \*\*([^*|]+)\*\* \|(.+)\|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    door: Door
    who: dict[str, str]
    """By column, one of ANSWERS."""
    what: str


def _cells(text: str) -> list[str]:
    return [cell.strip() for cell in text.split("|")]


@cache
def rows() -> tuple[Row, ...]:
    """Every row of the table of addresses."""
    found = []
    for method, path, cells, what in _ROW.findall(_document()):
        answers = _cells(cells)
        assert len(answers) == len(COLUMNS), (method, path, answers)
        assert set(answers) <= ANSWERS, (method, path, answers)
        found.append(Row(Door(method, path), dict(zip(COLUMNS, answers, strict=True)), what))
    return tuple(found)


@cache
def fields() -> dict[str, dict[str, str]]:
    """By the name of a field, by column, whether it is seen: yes, all, own, mine or –."""
    found = {}
    for name, cells in _FIELD.findall(_document()):
        answers = _cells(cells)
        assert len(answers) == len(COLUMNS), (name, answers)
        assert set(answers) <= ANSWERS, (name, answers)
        found[name] = dict(zip(COLUMNS, answers, strict=True))
    return found


def _document() -> str:
    return (ROOT / "docs/permissions.md").read_text()
