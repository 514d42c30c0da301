"""The pages that bring a list in: send it, see what it would do row by row, confirm once, read what it did."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid
from catalog.core.settings import Settings
from catalog.intake.batches import RowOutcome
from catalog.intake.errors import FileRefused
from catalog.intake.sentences import explain_file, explain_row
from catalog.organisations.editing import LABELS as FIELDS_OF_SCHOOLS
from catalog.organisations.editing import Field
from catalog.organisations.lists import uploads
from catalog.organisations.lists.counting import KIND as COUNTS
from catalog.organisations.lists.counting import Figure, plan_counts, take_in_counts
from catalog.organisations.lists.drafts import Problem
from catalog.organisations.lists.mapping import load_mapping, shipped_names
from catalog.organisations.lists.planning import Planned, plan_schools
from catalog.organisations.lists.service import TakenIn, take_in_schools
from catalog.organisations.reading import names_of
from catalog.organisations.view import in_words, url_of
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader
from catalog.web.i18n import N_, current_language, gettext
from catalog.web.shown import Link, Option, ShownForm, label_of, show_form
from catalog.web.uploads import TAKES_FILES, read_upload

Sent: TypeAlias = Request[Any, Any, Any]
MANAGE: Mapping[str, Any] = needs(Permission.MANAGE_SCHOOLS)
MAX_FILE = 5_000_000
"""Bytes; all schools of a country as UTF-16 are smaller."""
SHOWN = 300
"""Rows of a preview."""
LABELS: Mapping[str, str] = {
    "mapping": N_("What kind of list it is"),
    "own": N_("Number or name of the municipality"),
    "file": N_("File"),
}
OUTCOMES: Mapping[str, str] = {
    "new": N_("new"),
    "changed": N_("changed"),
    "same": N_("unchanged"),
    "refused": N_("refused"),
    "gone": N_("not in the list any more"),
}


class SendPage(msgspec.Struct, frozen=True, kw_only=True):
    form: ShownForm
    mappings: Field
    most_megabytes: int = MAX_FILE // 1_000_000


class RowShown(msgspec.Struct, frozen=True, kw_only=True):
    line: int | None
    what: Link
    outcome: str
    state: str
    """Its code, for the sign."""
    details: tuple[str, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of each outcome."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    gone: int = 0
    skipped: int = 0


class PreviewPage(msgspec.Struct, frozen=True, kw_only=True):
    file_name: str
    action: str
    summary: Summary
    rows: tuple[RowShown, ...]
    more: int
    changes_something: bool


class DonePage(msgspec.Struct, frozen=True, kw_only=True):
    file_name: str
    accepted: int
    unchanged: int
    refused: int
    skipped: int
    gone: tuple[str, ...]
    refusals: tuple[RowShown, ...]
    more: int
    record: Link


@get("/schools/import", opt=MANAGE, include_in_schema=False)
async def show_sending(region: NamedDependency[Region], settings: NamedDependency[Settings]) -> Template:
    """Send a list."""
    return _sending(show_form({"own": [settings.municipality]}, LABELS), region)


@post(
    "/schools/import",
    opt={**MANAGE, TAKES_FILES: True},
    include_in_schema=False,
    status_code=303,
    request_max_body_size=MAX_FILE,
)
async def send(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Read a list and let it wait for its confirmation; the session is used only when all of it has come."""
    upload = await read_upload(request)
    form = FormReader(upload.form)
    sent = uploads.Sent(
        name=upload.name, content=upload.content, mapping=form.text("mapping"), own=form.text("own", longest=100)
    )
    sentences: dict[str, str] = {}
    if not form.errors:
        try:
            found = await uploads.understand(sent, region)
        except Invalid as error:
            form.refuse(error.errors)
        except FileRefused as error:
            sentences["file"] = explain_file(error.reason, error.details, current_language.get())
        else:
            upload_id = await uploads.keep(session, actor, found, now)
            return Redirect(f"/schools/import/{upload_id}", status_code=303)
    shown = show_form(form.typed, LABELS, errors=form.errors, sentences=sentences)
    return _sending(shown, region, status=422)


def _sending(form: ShownForm, region: Region, *, status: int = 200) -> Template:
    chosen = form.value("mapping")
    titles = {name: load_mapping(name, region.vocabularies).title for name in shipped_names()}
    options = [(name, gettext("Schools: %(list)s") % {"list": title}) for name, title in titles.items()]
    options.append((COUNTS, gettext("Head counts: school, grade, pupils, date")))
    mappings = Field(options=tuple(Option(value=name, label=text, chosen=name == chosen) for name, text in options))
    page = SendPage(form=form, mappings=mappings)
    return Template("organisations/import.html", context={"page": page}, status_code=status)


@get("/schools/import/{upload_id:uuid}", opt=MANAGE, include_in_schema=False)
async def show_preview(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
    upload_id: FromPath[uuid.UUID],
) -> Template:
    """What taking the list in would do now; nothing is done yet."""
    found = await uploads.look(session, actor, upload_id, now)
    if found.schools is not None:
        plan = await plan_schools(session, region, found.schools, today)
        rows = [_school_row(each) for each in plan.rows]
        rows += [
            RowShown(
                line=None,
                what=Link(text=f"{each.name} ({each.code})", url=url_of(each.school_id)),
                outcome=gettext(OUTCOMES["gone"]),
                state="gone",
                details=(gettext("It stays as it is. Close it here if it is closed."),),
            )
            for each in plan.gone
        ]
        skipped = plan.skipped
    else:
        figures, skipped = await plan_counts(session, found.counts, today), 0
        names = await names_of(session, [each.school_id for each in figures if each.school_id])
        rows = [_count_row(each, names, region) for each in figures]
    counted = {state: sum(row.state == state for row in rows) for state in OUTCOMES}
    order = ("refused", "gone", "changed", "new", "same")
    rows.sort(key=lambda row: order.index(row.state))
    page = PreviewPage(
        file_name=found.source.file_name,
        action=f"/schools/import/{upload_id}",
        summary=Summary(**counted, skipped=skipped),
        rows=tuple(rows[:SHOWN]),
        more=max(0, len(rows) - SHOWN),
        changes_something=bool(counted["new"] or counted["changed"]),
    )
    return Template("organisations/import_preview.html", context={"page": page})


def _school_row(row: Planned) -> RowShown:
    told: list[str] = []
    if row.outcome == "changed":
        told.append(", ".join(label_of(FIELDS_OF_SCHOOLS, name) for name in row.changed))
    told += [_why(each) for each in row.problems]
    if row.outcome != "refused":
        told += [_why(note) for draft in (row.draft, *row.departments) for note in draft.notes]
    if row.kept:
        names = ", ".join(label_of(FIELDS_OF_SCHOOLS, name) for name in row.kept)
        told.append(gettext("Somebody wrote this here, so it stays: %(fields)s") % {"fields": names})
    if row.departments:
        names = ", ".join(each.name for each in row.departments)
        told.append(gettext("With its departments: %(names)s") % {"names": names})
    name = " ".join(filter(None, [row.draft.name, f"({row.draft.code})" if row.draft.code else ""]))
    return RowShown(
        line=row.draft.line,
        what=Link(text=name or "–", url=url_of(row.school_id) if row.school_id else ""),
        outcome=gettext(OUTCOMES[row.outcome]),
        state=row.outcome,
        details=tuple(told),
    )


def _count_row(figure: Figure, names: Mapping[uuid.UUID, str], region: Region) -> RowShown:
    draft = figure.draft
    school = names.get(figure.school_id, draft.school) if figure.school_id else draft.school
    grade = region.vocabularies.label("grade", draft.grade, current_language.get()) if draft.grade else ""
    said = [grade, str(draft.pupils) if draft.pupils is not None else "", in_words(draft.day) if draft.day else ""]
    return RowShown(
        line=draft.line,
        what=Link(text=", ".join(filter(None, [school, *said])) or "–"),
        outcome=gettext(OUTCOMES[figure.outcome]),
        state=figure.outcome,
        details=(_why(figure.problem),) if figure.problem else (),
    )


def _why(problem: Problem) -> str:
    sentence = explain_row(problem.code, problem.members, current_language.get())
    label = label_of(FIELDS_OF_SCHOOLS, problem.field) if problem.field in FIELDS_OF_SCHOOLS else problem.field
    return f"{label}: {sentence}" if label else sentence


@post("/schools/import/{upload_id:uuid}", opt=MANAGE, include_in_schema=False, status_code=200)
async def confirm(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
    upload_id: FromPath[uuid.UUID],
) -> Template:
    """Take the list in, once, and tell what became of it; the record of the import stays."""
    found = await uploads.spend(session, actor, upload_id, now)
    if found.schools is not None:
        done = await take_in_schools(session, actor, region, found.source, found.schools, today, now)
        return _done(found.source.file_name, done)
    batch_id, counts, outcomes = await take_in_counts(session, actor, region, found.source, found.counts, today, now)
    taken = TakenIn(batch_id=batch_id, counts=counts, skipped=0, gone=(), outcomes=outcomes)
    return _done(found.source.file_name, taken)


def _done(file_name: str, done: TakenIn) -> Template:
    refusals = _refusals(done.outcomes)
    page = DonePage(
        file_name=file_name,
        accepted=done.counts.accepted,
        unchanged=done.counts.unchanged,
        refused=done.counts.refused,
        skipped=done.skipped,
        gone=done.gone,
        refusals=refusals[:SHOWN],
        more=max(0, len(refusals) - SHOWN),
        record=Link(text=gettext("The record of this import"), url=f"/admin/imports/{done.batch_id}"),
    )
    return Template("organisations/import_done.html", context={"page": page})


def _refusals(outcomes: Sequence[RowOutcome]) -> tuple[RowShown, ...]:
    return tuple(
        RowShown(
            line=each.line,
            what=Link(text=" ".join(filter(None, each.row.values())) or "–"),
            outcome=gettext(OUTCOMES["refused"]),
            state="refused",
            details=(_why(Problem(field=each.field, code=each.code, members=each.members)),),
        )
        for each in outcomes
        if each.outcome == "refused"
    )


handlers = [show_sending, send, show_preview, confirm]
