"""From rows of a published list to decisions as published; an unknown status refuses its row, it is never guessed."""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from catalog.intake.cells import MAX_ITEMS, MAX_TITLE, Cells, Note, RowProblem
from catalog.intake.crosswalk import key_of
from catalog.intake.decision_cells import group_in, names_in, sentences_in
from catalog.intake.drafts import RefusedRow
from catalog.intake.files.rows import Row
from catalog.intake.mapping import Mapping
from catalog.vocabularies.store import Vocabularies
from catalog.vocabularies.texts import clean_line

NEEDS_GROUND = frozenset({"rejected", "withdrawn"})


class DecisionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One decision on every resource that a row names."""

    names: tuple[str, ...]
    """At least one."""
    group: str
    """The portal or house the names belong to, where the row says so."""
    written: str
    """The cell as it stands in the list; a row of next year's list is found again by it."""
    outcome: str
    status_term: str
    """The source's own word for the outcome."""
    form: str
    url: str
    conditions: tuple[str, ...]
    grounds: str
    """Why, in the source's words."""
    reasons: tuple[str, ...]
    """Codes recognised in the grounds, only where the outcome needs a reason."""
    body: str
    decided_on: date | None
    valid_from: date | None
    valid_until: date | None
    lines: tuple[int, ...]
    notes: tuple[Note, ...] = ()


def decision_drafts(
    rows: Iterable[Row], mapping: Mapping, vocabularies: Vocabularies
) -> Iterator[DecisionDraft | RefusedRow]:
    """One for each row, in their order."""
    for row in rows:
        yield decision_of(row, mapping, vocabularies)


def decision_of(row: Row, mapping: Mapping, vocabularies: Vocabularies) -> DecisionDraft | RefusedRow:
    if row.problem:
        problem = RowProblem(line=row.line, field="", code=row.problem, members=row.members, row=row.values)
        return RefusedRow(line=row.line, problems=(problem,))
    cells = Cells(row, mapping, vocabularies)
    written = cells.paragraphs("names", cells.raw("names"))
    names = _names(cells, written)
    outcome = cells.code("outcome")
    if not outcome and not any(problem.field == "outcome" for problem in cells.problems):
        cells.refuse("outcome", "missing")
    grounds = cells.paragraphs("grounds", cells.raw("grounds"))
    valid_from, valid_until = cells.day("valid_from"), cells.day("valid_until")
    if valid_from and valid_until and valid_until < valid_from:
        cells.refuse("valid_until", "ends-before-it-begins", value=valid_until.isoformat())
    conditions = sentences_in(cells.paragraphs("conditions", cells.raw("conditions")))
    draft = DecisionDraft(
        names=names,
        group=group_in(written),
        written=clean_line(written),
        outcome=outcome,
        status_term=clean_line(cells.raw("outcome"))[:MAX_TITLE],
        form=cells.code("form"),
        url=cells.link("url"),
        conditions=tuple(conditions[:MAX_ITEMS]),
        grounds=grounds,
        reasons=_reasons(cells.raw("reasons") or grounds, mapping, vocabularies) if outcome in NEEDS_GROUND else (),
        body=cells.code("body"),
        decided_on=cells.day("decided_on"),
        valid_from=valid_from,
        valid_until=valid_until,
        lines=(row.line,),
        notes=tuple(cells.notes),
    )
    if cells.problems:
        return RefusedRow(line=row.line, problems=tuple(cells.problems), names=names)
    return draft


def _names(cells: Cells, written: str) -> tuple[str, ...]:
    names = names_in(written)
    if not names:
        cells.refuse("names", "missing")
    for name in names:
        if len(name) > MAX_TITLE:
            cells.refuse("names", "too-long", limit=MAX_TITLE, length=len(name))
    return tuple(names[:MAX_ITEMS])


def _reasons(text: str, mapping: Mapping, vocabularies: Vocabularies) -> tuple[str, ...]:
    """Reasons whose sentence, in any language, or whose phrase in the mapping occurs in the text.

    The text itself is kept whether one is found or not.
    """
    said = key_of(text)
    concepts = vocabularies.concepts("reason")
    by_sentence = (each.code for each in concepts if any(key_of(label) in said for label in each.labels.values()))
    phrases = mapping.values.get("reasons", {}).items()
    by_phrase = (code for phrase, codes in phrases if phrase in said for code in codes)
    return tuple(dict.fromkeys([*by_sentence, *by_phrase]))
