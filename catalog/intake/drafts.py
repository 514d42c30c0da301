"""From rows to resources as the source describes them; all problems of a row are told at once, nothing is guessed."""

import contextlib
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table
from datetime import date

import msgspec

from catalog.intake.cells import MAX_ITEMS, MAX_TITLE, Cells, Note, RowProblem
from catalog.intake.crosswalk import codes_of
from catalog.intake.files.rows import Row
from catalog.intake.grouping import grouped
from catalog.intake.mapping import Mapping
from catalog.intake.templates import Templates
from catalog.vocabularies.identifiers import SOURCE_PREFIX, IdentifierRefused, normalise_identifier
from catalog.vocabularies.store import Vocabularies
from catalog.vocabularies.texts import clean_line

MAX_KEY = 200
_LISTS = ("identifiers", "languages", "logins", "platforms", "end_users", "placements", "source_terms")
_SINGLE = ("url", "publisher", "creator", "service", "form", "kind", "price", "content_licence", "published_on")
_Words = tuple[str, ...]


class DraftText(msgspec.Struct, frozen=True):
    language: str
    title: str
    description: str = ""


class ResourceDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of the source, from one row or from all rows of one item."""

    key: str
    """The same for the same resource each time the source is read; empty: only its identifiers tell."""
    url: str
    texts: tuple[DraftText, ...]
    """At least one; the first is the original."""
    identifiers: tuple[tuple[str, str], ...]
    """Scheme and normalised value; the address and the source's own key are among them."""
    publisher: str
    creator: str
    service: str
    form: str
    kind: str
    price: str
    content_licence: str
    published_on: date | None
    languages: tuple[str, ...]
    logins: tuple[str, ...]
    platforms: tuple[str, ...]
    end_users: tuple[str, ...]
    placements: tuple[tuple[str, str], ...]
    """Subject and grade."""
    source_terms: tuple[tuple[str, str], ...]
    """``subject`` or ``grade``, and the source's own word for it."""
    lines: tuple[int, ...]
    notes: tuple[Note, ...] = ()

    @property
    def names_place(self) -> bool:
        """Whether the source names both a subject and a grade, in its own words."""
        return {"subject", "grade"} <= {kind for kind, _ in self.source_terms}


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    problems: tuple[RowProblem, ...]
    names: tuple[str, ...] = ()
    """What a row of a decision list is about, where that could be read."""


def resource_drafts(
    rows: Iterable[Row], mapping: Mapping, vocabularies: Vocabularies
) -> Iterator[ResourceDraft | RefusedRow]:
    """Every row is in the ``lines`` of one draft or is refused; rows of one item are joined, wherever they stand.

    With an item key, drafts come after the last row was read, in the order of their first lines; refused rows at once.
    """
    found = (draft_of(row, mapping, vocabularies) for row in rows)
    if not mapping.item.choices:
        yield from found
        return
    yield from grouped(found, ResourceDraft, lambda draft: draft.key, join_drafts)


def draft_of(row: Row, mapping: Mapping, vocabularies: Vocabularies) -> ResourceDraft | RefusedRow:
    if row.problem:
        problem = RowProblem(line=row.line, field="", code=row.problem, members=row.members, row=row.values)
        return RefusedRow(line=row.line, problems=(problem,))
    cells = Cells(row, mapping, vocabularies)
    key = clean_line(mapping.item.render(row.values))
    if mapping.item.choices and not key:
        cells.refuse("item", "missing")
    if len(key) > MAX_KEY:
        cells.refuse("item", "too-long", limit=MAX_KEY, length=len(key))
    url = cells.link("url")
    subject_terms, subjects = _place(cells, row, mapping.subjects, mapping.crosswalk.subjects)
    grade_terms, grades = _place(cells, row, mapping.grades, mapping.crosswalk.grades)
    draft = ResourceDraft(
        key=key,
        url=url,
        texts=_texts(cells, row, mapping),
        identifiers=_identifiers(cells, row, mapping, key, url),
        publisher=cells.line("publisher", cells.raw("publisher")),
        creator=cells.line("creator", cells.raw("creator")),
        service=cells.line("service", cells.raw("service")),
        form=cells.code("form"),
        kind=cells.code("kind"),
        price=cells.code("price"),
        content_licence=cells.line("content_licence", cells.raw("content_licence")),
        published_on=cells.day("published_on"),
        languages=cells.codes("languages"),
        logins=cells.codes("logins"),
        platforms=cells.codes("platforms"),
        end_users=cells.codes("end_users"),
        placements=tuple((subject, grade) for subject in subjects for grade in grades),
        source_terms=(*(("subject", term) for term in subject_terms), *(("grade", term) for term in grade_terms)),
        lines=(row.line,),
        notes=tuple(cells.notes),
    )
    if not draft.form and not any(problem.field == "form" for problem in cells.problems):
        cells.refuse("form", "missing")
    return RefusedRow(line=row.line, problems=tuple(cells.problems)) if cells.problems else draft


def join_drafts(drafts: Iterator[ResourceDraft]) -> ResourceDraft:
    """What the first row says stands; lists grow, and what it leaves empty comes from the next that has it."""
    first = next(drafts)
    texts = {text.language: text for text in first.texts}
    joined = {name: dict.fromkeys(getattr(first, name)) for name in _LISTS}
    lines, notes = list(first.lines), list(first.notes)
    for draft in drafts:
        lines += draft.lines
        notes += draft.notes[: MAX_ITEMS - len(notes)]
        for name, items in joined.items():
            items.update(dict.fromkeys(getattr(draft, name)))
        for text in draft.texts:
            known = texts.setdefault(text.language, text)
            if not known.description and text.description:
                texts[text.language] = msgspec.structs.replace(known, description=text.description)
        gaps = {name: value for name in _SINGLE if not getattr(first, name) and (value := getattr(draft, name))}
        first = msgspec.structs.replace(first, **gaps) if gaps else first
    lists = {name: tuple(items)[:MAX_ITEMS] for name, items in joined.items()}
    return msgspec.structs.replace(first, texts=tuple(texts.values()), lines=tuple(lines), notes=tuple(notes), **lists)


def _place(cells: Cells, row: Row, templates: Templates, table: Table[str, tuple[str, ...]]) -> tuple[_Words, _Words]:
    """The source's terms and their codes: of several templates the first that has an entry in the crosswalk counts."""
    terms: list[str] = []
    for choice in templates.choices:
        found = cells.terms(choice.render(row.values))
        terms += found
        codes = codes_of(table, found)
        if codes:
            return tuple(dict.fromkeys(terms)), codes
    return tuple(dict.fromkeys(terms)), ()


def _texts(cells: Cells, row: Row, mapping: Mapping) -> tuple[DraftText, ...]:
    texts: dict[str, DraftText] = {}
    for number, each in enumerate(mapping.texts):
        title = cells.line("title", each.title.render(row.values), MAX_TITLE)
        if not title and number == 0:
            cells.refuse("title", "missing")
        written = next(iter(mapping.split(each.language.render(row.values))), "")  # the first is the title's
        language = cells.language("texts.language", written)
        if not written and title:
            cells.refuse("texts.language", "missing")
        description = cells.paragraphs("description", each.description.render(row.values))
        if title:
            texts.setdefault(language, DraftText(language, title, description))
    return tuple(texts.values())


def _identifiers(cells: Cells, row: Row, mapping: Mapping, key: str, url: str) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    written = [
        (scheme, value)
        for scheme, each in mapping.identifiers.items()
        for value in cells.terms(each.render(row.values))
    ]
    for scheme, value in written:
        try:
            found[scheme, normalise_identifier(scheme, value)] = None
        except IdentifierRefused as error:
            cells.refuse(f"identifiers.{scheme}", error.code, value=value)
    if url:
        with contextlib.suppress(IdentifierRefused):  # the field itself has told it
            found["url", normalise_identifier("url", url)] = None
    if key:
        found[f"{SOURCE_PREFIX}{mapping.source}", key] = None
    return tuple(found)
