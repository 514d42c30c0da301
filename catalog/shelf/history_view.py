"""What was decided and what happened, the latest first; what is decided to come stands on top with its day."""

from collections.abc import Sequence
from datetime import date, timedelta

from catalog.decisions.schemas import DecisionRecord
from catalog.decisions.state import EXPIRED, MAY_USE
from catalog.resources import schemas
from catalog.shelf.answer_view import Judged
from catalog.shelf.cards import Event, Text
from catalog.shelf.wording import listed, upper_first
from catalog.web.i18n import N_, gettext

WHAT = {
    "created": N_("Added to the catalogue"),
    "retired": N_("Taken out of the catalogue"),
    "restored": N_("Back in the catalogue"),
    "merged": N_("Merged into another entry"),
    "absorbed": N_("Another entry was merged into this one"),
    "succeeded": N_("Followed by a later edition"),
    "follows": N_("Follows an earlier edition"),
}


def history(
    judged: Judged, decisions: Sequence[DecisionRecord], happened: Sequence[schemas.Event]
) -> tuple[Event, ...]:
    """Decisions, the days on which approvals ran out, and what happened to the entry itself.

    What was decided about entries that were merged into this one does not count, but is not forgotten.
    """
    counting = _counting(judged, decisions)
    absorbed = [each for each in decisions if _is_absorbed(judged, each) and not each.is_undone]
    dated = [(each.valid_from, 2, _decision(judged, each)) for each in (*counting, *absorbed)]
    dated += [(each, 1, _expiry(judged, each)) for each in _expiries(judged, counting)]
    dated += [(each.happened_on, 0, _happening(judged, each)) for each in happened]
    return tuple(event for _, _, event in sorted(dated, key=lambda item: item[:2], reverse=True))


def _counting(judged: Judged, decisions: Sequence[DecisionRecord]) -> list[DecisionRecord]:
    """A title's own decisions take the place of its service's; what was recorded in error is no history."""
    valid = [each for each in decisions if not each.is_undone and not _is_absorbed(judged, each)]
    own = [each for each in valid if each.resource_id is not None]
    return own or valid


def _is_absorbed(judged: Judged, record: DecisionRecord) -> bool:
    return record.resource_id not in {None, judged.detail.id}


def _decision(judged: Judged, record: DecisionRecord) -> Event:
    words, today = judged.reader.words, judged.reader.today
    day = words.day(record.valid_from)
    state = judged.state
    current = state.ruling is not None and (
        (record.outcome, record.decided_on, record.valid_from, list(state.ruling.conditions), record.body)
        == (state.ruling.outcome, state.ruling.decided_on, state.ruling.starts_on, record.conditions, state.ruling.body)
    )
    return Event(
        on=gettext("from %(day)s") % {"day": day} if record.valid_from > today else day,
        day=record.valid_from.isoformat(),
        title=words.label("outcome", record.outcome),
        text=_grounds(judged, record),
        current=current and state.outcome != EXPIRED and not _is_absorbed(judged, record),
    )


def _grounds(judged: Judged, record: DecisionRecord) -> Text | None:
    """Scope and reasons in our words; else the municipality's note."""
    words = judged.reader.words
    parts: list[str] = []
    if record.scope_subjects or record.scope_grades:
        subjects = words.subjects(record.scope_subjects) if record.scope_subjects else ""
        grades = words.grades(record.scope_grades) if record.scope_grades else ""
        parts.append(" ".join(part for part in (subjects, grades) if part))
    if record.scope_roles:
        roles = listed([words.in_text("role", code) for code in record.scope_roles])
        parts.append(gettext("only for: %(roles)s") % {"roles": roles})
    parts += [words.in_text("reason", code) for code in record.reasons]
    if record.service_id is not None:
        service = judged.detail.service.name if judged.detail.service else ""
        parts.append(gettext("for the whole of %(service)s") % {"service": service})
    if _is_absorbed(judged, record):
        parts.append(gettext("about an entry that was merged into this one"))
    if parts:
        return Text(text=upper_first("; ".join(parts)) + ".")
    return words.own(record.note) if record.note else None


def _expiries(judged: Judged, counting: Sequence[DecisionRecord]) -> list[date]:
    """The first days without an approval that had been there until then."""
    ended = {
        each.valid_until + timedelta(days=1)
        for each in counting
        if each.valid_until and each.outcome in MAY_USE and each.valid_until < judged.reader.today
    }
    pairs = judged.reader.pairs(judged.placements)
    return [day for day in ended if _ran_out(judged, day, pairs)]


def _ran_out(judged: Judged, day: date, pairs: Sequence[tuple[str, str]]) -> bool:
    states = judged.reader.states_on(day, judged.rulings, pairs)
    return any(state.outcome == EXPIRED and state.until == day - timedelta(days=1) for state in states.values())


def _expiry(judged: Judged, day: date) -> Event:
    words = judged.reader.words
    return Event(on=words.day(day), day=day.isoformat(), title=gettext("The approval expired"))


def _happening(judged: Judged, event: schemas.Event) -> Event:
    text = None
    if event.other is not None:
        text = Text(text=event.other.name, url=f"/resources/{event.other.id}-{event.other.code}")
    return Event(
        on=judged.reader.words.day(event.happened_on),
        day=event.happened_on.isoformat(),
        title=gettext(WHAT[event.what]) if event.what in WHAT else event.what,
        text=text,
    )
