"""What the pages about decisions show: what was decided in words, and the form for the next one."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from babel.dates import format_date

from catalog.decisions.checks import OUTCOMES
from catalog.decisions.schemas import DecisionRecord
from catalog.organisations.schemas import SchoolChoice
from catalog.resources.editing.choices import Field, Offered, offered, offered_grades, one_of, several_of
from catalog.resources.lookup import Found
from catalog.resources.spans import grade_span
from catalog.vocabularies.region import Region
from catalog.web.i18n import N_, current_language, gettext, say
from catalog.web.shown import Link, ShownForm


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision is about."""

    title: Link
    """With its page, or the page on which it is edited."""
    path: str
    """Of its pages about decisions."""
    is_service: bool = False
    service: Link | None = None
    """The resource is part of it, and inherits its decisions unless it has its own."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it was recorded."""

    code: str
    label: str
    holds: str
    scope: tuple[str, ...]
    decided: str
    conditions: tuple[str, ...]
    reasons: tuple[str, ...]
    note: str
    as_published: str
    evidence: Link | None
    undone: bool
    inherited: bool
    undo_url: str
    """Empty where it cannot be taken back here."""


class DecisionPage(msgspec.Struct, frozen=True, kw_only=True):
    subject: Subject
    form: ShownForm
    fields: Mapping[str, Field]
    earlier: tuple[Earlier, ...]


class UndoPage(msgspec.Struct, frozen=True, kw_only=True):
    subject: Subject
    decision: Earlier
    action: str
    refusal: str = ""


def fields_of(
    form: ShownForm, region: Region, today: date, schools: Sequence[SchoolChoice], candidates: Sequence[Found]
) -> dict[str, Field]:
    """The options of every field; ``candidates`` all bear the title that was typed under «use instead»."""
    outcomes = offered(region, "outcome", today)
    storable = Offered(choices=[each for each in outcomes.choices if each[0] in OUTCOMES])
    named = [
        (str(each.id), " · ".join(filter(None, [each.title, each.publisher, each.address]))) for each in candidates
    ]
    return {
        "outcome": one_of(form, "outcome", storable),
        "body": one_of(form, "body", offered(region, "body", today)),
        "subjects": several_of(form, "subjects", offered(region, "subject", today), tiles=False),
        "grades": several_of(form, "grades", offered_grades(region, today, every=False), tiles=True),
        "schools": several_of(form, "schools", Offered(choices=[(each.code, each.name) for each in schools])),
        "roles": several_of(form, "roles", offered(region, "role", today)),
        "reasons": several_of(form, "reasons", offered(region, "reason", today)),
        "use_instead_id": one_of(form, "use_instead_id", Offered(choices=named)),
    }


def earlier_of(
    records: Sequence[DecisionRecord], subject: Subject, region: Region, schools: Sequence[SchoolChoice]
) -> tuple[Earlier, ...]:
    """All decisions about a subject in words; those of its service cannot be taken back from here."""
    return tuple(_earlier(record, subject, region, {each.code: each.name for each in schools}) for record in records)


def _earlier(record: DecisionRecord, subject: Subject, region: Region, schools: Mapping[str, str]) -> Earlier:
    language = current_language.get()
    inherited = record.service_id is not None and not subject.is_service
    label = region.vocabularies.label
    body = label("body", record.body, language)
    web = record.evidence.startswith(("https://", "http://"))
    return Earlier(
        code=record.outcome,
        label=label("outcome", record.outcome, language),
        holds=_holds(record, language),
        scope=_scope(record, region, schools, language),
        decided=gettext("Decided on %(day)s by: %(body)s") % {"day": _day(record.decided_on, language), "body": body},
        conditions=tuple(record.conditions),
        reasons=tuple(label("reason", code, language) for code in record.reasons),
        note=record.note,
        as_published=record.as_published,
        evidence=Link(text=record.evidence, url=record.evidence if web else "") if record.evidence else None,
        undone=record.is_undone,
        inherited=inherited,
        undo_url="" if record.is_undone or inherited else f"{subject.path}/{record.id}/undo",
    )


def _holds(record: DecisionRecord, language: str) -> str:
    first = _day(record.valid_from, language)
    if record.valid_until is None:
        return say(N_("From {first} until further notice"), {"first": first})
    return say(N_("From {first} until {last}"), {"first": first, "last": _day(record.valid_until, language)})


def _scope(record: DecisionRecord, region: Region, schools: Mapping[str, str], language: str) -> tuple[str, ...]:
    """Empty where it holds for everything everywhere."""
    subjects = [region.vocabularies.label("subject", code, language) for code in record.scope_subjects]
    parts = (
        ", ".join(subjects),
        grade_span(record.scope_grades, language) if record.scope_grades else "",
        ", ".join(schools.get(code, code) for code in record.scope_schools),
        ", ".join(region.vocabularies.label("role", code, language) for code in record.scope_roles),
    )
    return tuple(filter(None, parts))


def _day(day: date, language: str) -> str:
    return format_date(day, format="long", locale=language)
