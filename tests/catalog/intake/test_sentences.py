"""Whatever an import says, it says in words: every code of the readers has a sentence."""

import re
from pathlib import Path

import pytest

from catalog.intake import sentences
from catalog.intake.errors import REASONS
from catalog.intake.files.rows import ROW_PROBLEMS
from catalog.intake.sentences import FILES, ROWS, explain_file, explain_row
from catalog.web.sentences import FAULTS, PROBLEMS

CALLS = re.compile(r'\.(?:refuse|note)\([^,]+,\s*"([a-z-]+)"')


def codes_in(text: str) -> set[str]:
    return set(CALLS.findall(text))


def test_every_code_of_a_row_and_of_a_file_has_a_sentence() -> None:
    package = Path(sentences.__file__).parent
    used = set().union(*(codes_in(path.read_text()) for path in package.glob("*.py"))) | set(ROW_PROBLEMS)
    assert {"missing", "impossible-date", "cut"} <= used
    assert used - ROWS.keys() - FAULTS.keys() - PROBLEMS.keys() == set()
    assert set(REASONS) == FILES.keys()


def test_the_search_for_codes_finds_a_new_one() -> None:
    assert codes_in('cells.refuse("title", "too-purple", limit=3)') == {"too-purple"}


@pytest.mark.parametrize("language", ["da", "sv", "en"])
def test_a_sentence_never_fails_for_want_of_a_member(language: str) -> None:
    for code in (*ROWS, *FAULTS, "never-heard-of"):
        assert explain_row(code, {}, language)
    for reason in FILES:
        assert explain_file(reason, {}, language)
    assert "9" in explain_row("too-wide", {"columns": 9, "expected": 5}, language)
