"""Highlights: whatever the marks, the text is the text, and what is marked is what they cover."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.shelf.marking import SHOWN, excerpt, mark_all
from search.port import Mark

TEXTS = st.text(alphabet="abc å<&\u202e", max_size=600)
MARKS = st.lists(st.tuples(st.integers(0, 650), st.integers(0, 40)), max_size=8)


def marks(given_marks: list[tuple[int, int]]) -> list[Mark]:
    return [Mark(0, start, start + length) for start, length in sorted(given_marks)]


@given(TEXTS, MARKS)
def test_marking_changes_no_letter(text: str, pairs: list[tuple[int, int]]) -> None:
    marked = mark_all(text, marks(pairs))
    assert "".join(piece.text for piece in marked.segments) == text
    assert all(piece.text for piece in marked.segments)
    covered = {place for start, length in pairs for place in range(start, min(start + length, len(text)))}
    assert sum(len(piece.text) for piece in marked.segments if piece.marked) == len(covered)


@given(TEXTS, MARKS)
def test_an_excerpt_is_a_stretch_of_the_text_and_holds_the_first_match(text: str, pairs: list[tuple[int, int]]) -> None:
    found = marks([pair for pair in pairs if pair[0] + pair[1] <= len(text) and pair[1] > 0])
    shown = excerpt(text, found)
    if shown is None:
        assert not text
        return
    words = "".join(piece.text for piece in shown.segments if piece.text not in {"… ", " …"})
    assert words in text
    assert len(words) <= SHOWN
    if found and " " in text[: found[0].start + 1]:
        assert any(piece.marked for piece in shown.segments)


def test_an_excerpt_begins_and_ends_with_whole_words() -> None:
    text = "Ord " * 200 + "målet " + "mere " * 100
    place = text.index("målet")
    shown = excerpt(text, [Mark(0, place, place + 5)])
    assert shown is not None
    pieces = [piece.text for piece in shown.segments]
    assert (pieces[0], pieces[-1]) == ("… ", " …")
    assert "målet" in pieces
    assert pieces[1].startswith("Ord")
    assert pieces[-2].endswith("mere")
