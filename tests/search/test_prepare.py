"""What is made of a document ahead of time: the same every time, and never taken for what another version made."""

import hashlib
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from search import prepare
from search.port import Layout
from search.prepare import Preparing, made_by, words_of
from tests.search.shelf import LAYOUT, item

PLAIN = replace(LAYOUT, texts=(*LAYOUT.texts, "terms"), plain=("terms",), hidden=("terms", "pairs"))
SAMPLE = item(
    "a",
    "Læs, bold! ÅÆØ",
    "4. klasse",
    makers=["Straße & Söhne"],
    notes=["Læs op, læs ned", "kugle"],
    terms=["laes laesning"],
    colours=["red", "a b", ""],
    pairs=["*|*"],
    price=3,
    turns=2**53,
)
MADE = {1: "bdff5baa"}
"""What each version makes of the sample, as the beginning of a digest."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def test_what_is_made_changes_only_with_its_version() -> None:
    """Texts that lie in a database would be taken for what they are not: raise VERSION, and add the new digest."""
    assert MADE[prepare.VERSION] == digest(Preparing(PLAIN).prepare(SAMPLE).text)


def test_control_a_change_of_what_is_made_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "typed_words", lambda _: [])
    assert MADE[prepare.VERSION] != digest(Preparing(PLAIN).prepare(SAMPLE).text)


def test_another_process_makes_the_same() -> None:
    """Sets of words would come in another order in every process."""
    code = "from tests.search.test_prepare import *; print(digest(Preparing(PLAIN).prepare(SAMPLE).text))"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == digest(Preparing(PLAIN).prepare(SAMPLE).text)


@pytest.mark.parametrize(
    "other",
    [
        replace(LAYOUT, texts=("makers", "names", "notes")),
        replace(LAYOUT, keywords=("colours", "sizes")),
        replace(LAYOUT, hidden=("notes",)),
        replace(LAYOUT, ties=("place",)),
        PLAIN,
    ],
)
def test_another_layout_makes_something_else(other: Layout) -> None:
    assert made_by(other) != made_by(LAYOUT) == made_by(replace(LAYOUT))


def test_another_version_or_engine_makes_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = made_by(LAYOUT)
    monkeypatch.setattr(prepare, "VERSION", prepare.VERSION + 1)
    newer = made_by(LAYOUT)
    monkeypatch.setattr(prepare, "version", lambda _: "0.0.0")
    assert len({ours, newer, made_by(LAYOUT)}) == 3


def test_the_words_of_the_last_field_are_held_once_and_all_words_find_the_document() -> None:
    made = Preparing(PLAIN).prepare(SAMPLE)
    assert words_of(made) >= {"laes", "bold", "aaeo", "strasse", "sohne", "kugle", "laesning"}
    assert made.text.count("laesning") == 1


@given(st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=4), max_size=3))
def test_a_text_is_one_line_of_json_whatever_the_document_holds(names: list[str], colours: list[str]) -> None:
    text = Preparing(LAYOUT).prepare(item("a", *names, colours=colours)).text
    assert "\n" not in text
    assert json.loads(text)["id"] == "a"
