"""Texts cut at the places that match: segments for the template to mark, never HTML."""

from collections.abc import Sequence

from catalog.shelf.cards import Marked, Segment
from search.port import Mark

SHOWN = 220
"""Letters of a description that a card shows."""
BEFORE = 60
"""Letters before the first match, where the match comes late."""
GAP = "…"


def mark_all(text: str, marks: Sequence[Mark], lang: str = "") -> Marked:
    return Marked(segments=_cut(text, marks, 0, len(text)), lang=lang)


def excerpt(text: str, marks: Sequence[Mark], lang: str = "") -> Marked | None:
    """The stretch of a text that holds its first match, whole words only; None for no text."""
    if not text:
        return None
    first = marks[0] if marks else None
    start = 0
    if first is not None and first.end > SHOWN - BEFORE:
        start = text.rfind(" ", 0, max(first.start - BEFORE, 0)) + 1
    end = len(text)
    if end - start > SHOWN:
        end = text.rfind(" ", start, start + SHOWN)
        end = end if end > start else start + SHOWN
    before = (Segment(f"{GAP} "),) if start else ()
    after = (Segment(f" {GAP}"),) if end < len(text) else ()
    return Marked(segments=(*before, *_cut(text, marks, start, end), *after), lang=lang)


def _cut(text: str, marks: Sequence[Mark], start: int, end: int) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    place = start
    for mark in marks:
        first, last = max(mark.start, place), min(mark.end, end)
        if first >= last:
            continue
        segments += [Segment(text[place:first]), Segment(text[first:last], marked=True)]
        place = last
    segments.append(Segment(text[place:end]))
    return tuple(segment for segment in segments if segment.text)
