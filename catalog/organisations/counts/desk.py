"""The page on which a school states its pupils: one form for all grades of a day, beside what was stated before."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, Invalid
from catalog.organisations.counts.schemas import Count, StateCounts
from catalog.organisations.counts.service import MOST_PUPILS, counting_day, counts_of, said_on, state_counts
from catalog.organisations.errors import HeadCountsChanged
from catalog.organisations.reading import get_school
from catalog.organisations.schemas import SchoolDetail
from catalog.organisations.view import in_words, url_of
from catalog.vocabularies.region import Region
from catalog.vocabularies.texts import clean_line
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import N_, current_language, say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Link, ShownForm, Typed, show_form

Sent: TypeAlias = Request[Any, Any, Any]
BY_HAND = N_("the school")
"""The source of figures that somebody types, unless they say another."""
SHOWN = 6
"""Earlier counts that are shown."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    source: str
    total: int
    pupils: Mapping[str, int]


class GradeField(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    hint: str
    """The latest figure of another day or another source."""


class CountsPage(msgspec.Struct, frozen=True, kw_only=True):
    school: Link
    url: str
    grades: tuple[str, ...]
    labels: Mapping[str, str]
    earlier: tuple[Earlier, ...]
    more: int
    form: ShownForm | None = None
    fields: tuple[GradeField, ...] = ()
    hidden: Mapping[str, str] = {}
    overtaken: tuple[tuple[str, str], ...] = ()
    """Grades that somebody else stated meanwhile, with what is stored."""


@get(
    "/schools/{school_id:uuid}/pupils",
    opt=needs(Permission.READ_SCHOOLS),
    include_in_schema=False,
)
async def show_counts(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Template:
    """What is stated of a school's pupils and, for who may state it, the form for the official day."""
    counts = await counts_of(session, actor, school_id)
    detail = await get_school(session, school_id)
    day = counting_day(region.country, today)
    source = say(BY_HAND, language=region.language)  # one source, whatever language somebody reads
    stored = said_on(counts, day, source)
    typed: Typed = {"counted_on": [day.isoformat()], "source": [source]}
    typed |= {f"pupils-{grade}": [str(pupils)] for grade, pupils in stored.pupils.items()}
    return _page(detail, counts, actor, region, typed, stored)


@post(
    "/schools/{school_id:uuid}/pupils",
    opt=needs(Permission.MANAGE_HEAD_COUNTS),
    include_in_schema=False,
    status_code=303,
)
async def change_counts(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """Store the figures of a day, or show the form again; whoever was overtaken sees both figures of a grade."""
    form = FormReader(await read_form(request))
    actor.require(Permission.MANAGE_HEAD_COUNTS, school_id)
    detail = await get_school(session, school_id)
    day, source = form.day("counted_on", required=True), clean_line(form.text("source", required=True))
    grades = _grades(detail, await counts_of(session, actor, school_id), region)
    pupils = {grade: form.number(f"pupils-{grade}") for grade in grades}
    refusal, overtaken = "", list[str]()
    if day is not None and not form.errors:
        same = form.text("seen_on") == day.isoformat() and clean_line(form.text("seen_source")) == source
        seen = {grade: form.number(f"seen-{grade}") if same else None for grade in grades}
        command = StateCounts(school_id=school_id, counted_on=day, source=source, pupils=pupils, seen=seen)
        try:
            async with session.begin_nested():
                await state_counts(session, actor, region, command, today)
        except Invalid as error:
            form.refuse(error.errors)
        except Conflict as error:
            refusal = say(PROBLEMS[error.code])
            overtaken = error.grades if isinstance(error, HeadCountsChanged) else []
        else:
            return Redirect(f"{url_of(school_id)}/pupils", status_code=303)
    counts = await counts_of(session, actor, school_id)
    stored = said_on(counts, day or today, source)
    return _page(
        detail, counts, actor, region, form.typed, stored, errors=form.errors, refusal=refusal, overtaken=overtaken
    )


def _page(
    detail: SchoolDetail,
    counts: Sequence[Count],
    actor: Actor,
    region: Region,
    typed: Typed,
    stored: Count,
    *,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
    overtaken: Sequence[str] = (),
) -> Template:
    """Once somebody was told what is stored meanwhile, saving again means to replace it."""
    grades = _grades(detail, counts, region)
    labels = {grade: region.vocabularies.label("grade", grade, current_language.get()) for grade in grades}
    may_change = actor.may(Permission.MANAGE_HEAD_COUNTS, detail.id) and detail.merged_into is None
    names = {"counted_on": N_("Day of the count"), "source": N_("Who says so")}
    names |= {f"pupils-{grade}": label for grade, label in labels.items()}
    form = show_form(typed, names, errors=errors, members={"minimum": 0, "maximum": MOST_PUPILS}, refusal=refusal)
    hidden = {"seen_on": stored.counted_on.isoformat(), "seen_source": stored.source}
    hidden |= {f"seen-{grade}": str(stored.pupils.get(grade, "")) for grade in grades}
    own = (stored.counted_on, stored.source)
    before = next((each for each in counts if (each.counted_on, each.source) != own), None)
    page = CountsPage(
        school=Link(text=detail.facts.name, url=url_of(detail.id)),
        url=f"{url_of(detail.id)}/pupils",
        grades=grades,
        labels=labels,
        earlier=tuple(
            Earlier(day=in_words(each.counted_on), source=each.source, total=each.total, pupils=each.pupils)
            for each in counts[:SHOWN]
        ),
        more=max(0, len(counts) - SHOWN),
        form=form if may_change else None,
        fields=tuple(GradeField(name=f"pupils-{grade}", hint=_hint(grade, before)) for grade in grades),
        hidden=hidden if not errors or refusal else _as_sent(typed, hidden),
        overtaken=tuple((labels[grade], str(stored.pupils.get(grade, "–"))) for grade in overtaken),
    )
    status = 422 if errors or refusal else 200
    return Template("organisations/pupils.html", context={"page": page}, status_code=status)


def _as_sent(typed: Typed, hidden: Mapping[str, str]) -> dict[str, str]:
    """A form that was only mistyped still holds what it was made from."""
    return {name: (typed.get(name) or [""])[-1] for name in hidden}


def _hint(grade: str, before: Count | None) -> str:
    if before is None or grade not in before.pupils:
        return ""
    members = {"pupils": before.pupils[grade], "day": in_words(before.counted_on), "source": before.source}
    return say(N_("{pupils} on {day} ({source})"), members)


def _grades(detail: SchoolDetail, counts: Sequence[Count], region: Region) -> tuple[str, ...]:
    """Those it teaches, and those of which something is stated."""
    named = {*detail.facts.grades, *(grade for each in counts for grade in each.pupils)}
    return tuple(each.code for each in region.vocabularies.concepts("grade") if each.code in named)


handlers = [show_counts, change_counts]
