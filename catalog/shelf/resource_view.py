"""One resource becomes its page: the answer first, then what it takes, what else there is, and where it comes from."""

from collections.abc import Mapping, Sequence

import msgspec

from catalog.decisions.schemas import DecisionRecord
from catalog.resources.schemas import Event
from catalog.shelf import devices_view, facts_view
from catalog.shelf.answer_view import Judged, answer, bodies
from catalog.shelf.card_view import foreign, text_for
from catalog.shelf.cards import Alternatives, Option, Report, ResourcePage, Text
from catalog.shelf.devices_view import NO_FLEET, Fleet
from catalog.shelf.history_view import history
from catalog.shelf.wording import upper_first
from catalog.web.i18n import N_, gettext

TOPICS = {
    "placement": N_("Grades or subjects"),
    "text": N_("Title or description"),
    "platform": N_("Where it works"),
    "decision": N_("The decision"),
    "link": N_("A link that leads nowhere"),
    "other": N_("Something else"),
}


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page of one resource says, as it was read."""

    judged: Judged
    decisions: Sequence[DecisionRecord]
    happened: Sequence[Event]
    instead: tuple[Text, ...] = ()
    alternatives: Alternatives | None = None
    siblings: tuple[Text, ...] = ()


def resource_page(
    known: Gathered, report: Report, *, back: Text | None, edit_url: str, fleet: Fleet = NO_FLEET
) -> ResourcePage:
    judged = known.judged
    detail, language = judged.detail, judged.reader.language
    _, text = text_for(detail.facts.texts, language)
    lang = foreign(text.language, language)
    described = next((each for each in (text, *detail.facts.texts) if each.description), None)
    return ResourcePage(
        id=str(detail.id),
        title=Text(text=text.title, lang=lang),
        answer=answer(judged, known.instead),
        use=facts_view.use(judged, devices_view.check(judged, fleet)),
        report=report,
        subtitle=_subtitle(judged),
        description=Text(text=described.description, lang=foreign(described.language, language)) if described else None,
        standing=_standing(judged, known.happened),
        back=back,
        edit_url=edit_url,
        service=Text(text=detail.service.name) if detail.service else None,
        siblings=known.siblings,
        alternatives=known.alternatives,
        claims=facts_view.claims(judged),
        devices=devices_view.devices(judged, fleet),
        bodies=bodies(judged),
        history=history(judged, known.decisions, known.happened),
        facts=facts_view.facts(judged),
        source_terms=facts_view.source_terms(judged),
    )


def _subtitle(judged: Judged) -> tuple[Text, ...]:
    """Publisher, form, places, and the service that it is part of."""
    detail, words = judged.detail, judged.reader.words
    title = detail.facts.texts[0].title
    service = detail.service.name if detail.service else ""
    part_of = gettext("part of %(service)s") % {"service": service} if service and service != title else ""
    said = (
        detail.publisher.name if detail.publisher else "",
        words.label("form", detail.facts.form),
        upper_first(words.places(judged.placements)),
        part_of,
    )
    return tuple(Text(text=part) for part in said if part)


def _standing(judged: Judged, happened: Sequence[Event]) -> Text | None:
    """An entry that has left the catalogue says so, and what took its place."""
    detail = judged.detail
    if detail.status == "listed":
        return None
    if detail.succeeded_by is not None:
        url = f"/resources/{detail.succeeded_by.id}-{detail.succeeded_by.code}"
        return Text(
            text=gettext("A later edition took its place: %(title)s") % {"title": detail.succeeded_by.name}, url=url
        )
    day = next((event.happened_on for event in happened if event.what == "retired"), None)
    if day is None:
        return Text(text=gettext("It is no longer in the catalogue."))
    return Text(text=gettext("It left the catalogue on %(day)s.") % {"day": judged.reader.words.day(day)})


def report_form(
    resource_path: str,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    sent: bool = False,
) -> Report:
    """The form below a resource, empty or as it was typed."""
    about = (typed or {}).get("about", "")
    return Report(
        action=f"{resource_path}/report",
        topics=tuple(Option(value=code, label=gettext(label), chosen=code == about) for code, label in TOPICS.items()),
        text=(typed or {}).get("text", ""),
        errors=errors or {},
        sent=sent,
    )
