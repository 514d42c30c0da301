"""May we use it? The decision that holds today, said first and whole: for which places, until when, on what terms."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from catalog.decisions.state import EXPIRED, MAY_USE, NOT_REVIEWED, Ruling, State, headline
from catalog.resources.schemas import ResourceDetail
from catalog.shelf.cards import Answer, Body, Text
from catalog.shelf.reader import Pair, Reader
from catalog.shelf.wording import listed, upper_first
from catalog.vocabularies.identifiers import is_web_address
from catalog.web.i18n import N_, gettext

UNTIL_BECAUSE = {"decision": N_("The date was set with the decision.")}
"""By the kind of ground that ends first."""
NO = ("rejected", "withdrawn")
BODY_ICONS = {"rejected": "no", "withdrawn": "no", "conditional": "warn", EXPIRED: "none"}


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about a resource, as it concerns one reader today."""

    reader: Reader
    detail: ResourceDetail
    rulings: Sequence[Ruling]
    school_names: Mapping[str, str]

    @property
    def placements(self) -> list[Pair]:
        return [(each.subject, each.grade) for each in self.detail.facts.placements]

    @property
    def states(self) -> Mapping[Pair, State]:
        return self.reader.states(self.rulings, self.reader.pairs(self.placements))

    @property
    def state(self) -> State:
        return headline(self.states)

    def places(self, pairs: Sequence[Pair]) -> str:
        """All of its places are said as they were given: «all grades», not each of them."""
        whole = len(pairs) == len(self.states)
        return self.reader.words.places(self.placements if whole else pairs)


def answer(judged: Judged, instead: tuple[Text, ...]) -> Answer:
    state, words = judged.state, judged.reader.words
    ruling = state.ruling
    badge = words.badge(state.outcome)
    if ruling is None:
        return Answer(badge=badge, verdict=badge.label, because=_because(judged))
    refused = state.outcome in NO
    return Answer(
        badge=badge,
        verdict=_verdict(judged),
        because=_because(judged),
        conditions=() if refused else tuple(words.own(text) for text in ruling.conditions),
        reasons=tuple(words.label("reason", code) for code in ruling.reasons) if refused else (),
        instead=instead,
        note=words.own(ruling.note) if ruling.note else None,
        decided=_decided(ruling, judged.reader),
        evidence=_evidence(ruling),
        service=_service(judged) if ruling.inherited else None,
        as_published=words.own(ruling.as_published) if ruling.as_published else None,
        may_object=refused,
    )


def _verdict(judged: Judged) -> str:
    """«Approved with conditions for dansk grades 2–4, until 31 July 2027»."""
    state, words = judged.state, judged.reader.words
    places = judged.places([pair for pair, each in judged.states.items() if each == state])
    said = {"outcome": words.label("outcome", state.outcome), "places": places}
    if state.until is None:
        return gettext("%(outcome)s for %(places)s") % said if places else said["outcome"]
    said["day"] = words.day(state.until)
    if state.outcome not in MAY_USE:
        sentence = gettext("The approval for %(places)s ran until %(day)s") if places else ""
        return (sentence or gettext("The approval ran until %(day)s")) % said
    return (
        gettext("%(outcome)s for %(places)s, until %(day)s") if places else gettext("%(outcome)s until %(day)s")
    ) % said


def _because(judged: Judged) -> tuple[str, ...]:
    state = judged.state
    said: list[str] = []
    if state.outcome == NOT_REVIEWED:
        said.append(gettext("Nobody here has reviewed it yet. That does not mean that it is forbidden."))
    elif state.until is not None and state.outcome in MAY_USE and state.because in UNTIL_BECAUSE:
        said.append(gettext(UNTIL_BECAUSE[state.because]))
    if state.ruling is not None and state.ruling.roles:
        roles = [judged.reader.words.in_text("role", code) for code in state.ruling.roles]
        said.append(gettext("Only for: %(roles)s.") % {"roles": listed(roles)})
    return (*said, *_elsewhere(judged), *_at_schools(judged), *_to_come(judged))


def _elsewhere(judged: Judged) -> list[str]:
    """What holds for the places that the verdict leaves out; unreviewed grades are named."""
    words = judged.reader.words
    others: dict[tuple[str, date | None], list[Pair]] = {}
    for pair, state in judged.states.items():
        if state != judged.state and all(pair):
            others.setdefault((state.outcome, state.until), []).append(pair)
    said: list[str] = []
    for (outcome, until), pairs in others.items():
        parts = {
            "outcome": words.label("outcome", outcome),
            "places": words.places(pairs),
            "day": words.day(until) if until else "",
        }
        if outcome == NOT_REVIEWED:
            said.append(upper_first(gettext("%(places)s: not reviewed.") % parts))
        elif until is None:
            said.append(gettext("%(outcome)s for %(places)s.") % parts)
        elif outcome in MAY_USE:
            said.append(gettext("%(outcome)s for %(places)s, until %(day)s.") % parts)
        else:
            said.append(gettext("The approval for %(places)s ran until %(day)s.") % parts)
    return said


def _at_schools(judged: Judged) -> list[str]:
    """Decisions for some schools only, which say nothing to a reader elsewhere."""
    words, here = judged.reader.words, judged.reader.choice.school
    said: list[str] = []
    for ruling in judged.rulings:
        ends = ruling.last_ground.ends_on if ruling.last_ground else None
        running = ruling.starts_on <= judged.reader.today and (ends is None or judged.reader.today <= ends)
        if ruling.schools and here not in ruling.schools and running:
            names = listed([judged.school_names.get(code, code) for code in ruling.schools])
            parts = {"outcome": words.label("outcome", ruling.outcome), "schools": names}
            said.append(gettext("At %(schools)s: %(outcome)s.") % parts)
    return said


def _to_come(judged: Judged) -> list[str]:
    words, today = judged.reader.words, judged.reader.today
    ahead = sorted((each for each in judged.rulings if each.starts_on > today), key=lambda each: each.starts_on)
    return [
        gettext("From %(day)s: %(outcome)s.")
        % {"day": words.day(each.starts_on), "outcome": words.label("outcome", each.outcome)}
        for each in ahead
        if not each.schools or judged.reader.choice.school in each.schools
    ]


def _decided(ruling: Ruling, reader: Reader) -> str:
    words = reader.words
    said = {"body": words.in_text("body", ruling.body), "day": words.day(ruling.decided_on)}
    return gettext("Decided on %(day)s (%(body)s).") % said


def _evidence(ruling: Ruling) -> Text | None:
    return Text(text=gettext("The grounds"), url=ruling.evidence) if is_web_address(ruling.evidence) else None


def _service(judged: Judged) -> Text | None:
    service = judged.detail.service
    if service is None:
        return None
    return Text(text=service.name, url=service.url if is_web_address(service.url) else "")


def bodies(judged: Judged) -> tuple[Body, ...]:
    """The latest word of each body that has begun to count; one alone stands in the answer already."""
    today = judged.reader.today
    latest: dict[str, Ruling] = {}
    for ruling in sorted(judged.rulings, key=lambda each: (each.starts_on, each.decided_on)):
        if ruling.starts_on <= today and not ruling.schools:
            latest[ruling.body] = ruling
    if len(latest) < 2:  # noqa: PLR2004 - see above
        return ()
    order = [code for code in judged.reader.region.codes("body") if code in latest]
    return tuple(_body(judged, code, latest[code]) for code in order)


def _body(judged: Judged, code: str, ruling: Ruling) -> Body:
    words = judged.reader.words
    ends = ruling.last_ground.ends_on if ruling.last_ground else None
    expired = ruling.outcome in MAY_USE and ends is not None and ends < judged.reader.today
    outcome = EXPIRED if expired else ruling.outcome
    return Body(
        name=words.label("body", code),
        icon=BODY_ICONS.get(outcome, "yes"),
        answer=words.label("outcome", outcome),
        detail=words.day(ruling.decided_on),
    )
