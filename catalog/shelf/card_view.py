"""One hit becomes a card: the state is computed from the rulings when it is shown, for whom it is shown to."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from catalog.decisions.state import MAY_USE, State, headline
from catalog.finding.asking import Asked
from catalog.finding.documents import CardData, CardText
from catalog.resources.models import EVERY
from catalog.resources.schemas import ResourceDetail
from catalog.resources.schemas import Text as TextFact
from catalog.shelf.cards import Card, Marked, Text
from catalog.shelf.marking import excerpt, mark_all
from catalog.shelf.reader import Pair, Reader
from catalog.shelf.wording import upper_first
from catalog.web.i18n import gettext
from search.port import Hit, Mark

T = TypeVar("T", CardText, TextFact)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A hit with what holds for the reader."""

    id: str
    data: CardData
    state: State
    holds_for: tuple[Pair, ...]
    """Empty: for all its places."""

    @property
    def url(self) -> str:
        return f"/resources/{self.id}-{self.data.slug}"


def read_hit(hit: Hit, reader: Reader, asked: Asked) -> Shown:
    """Which state to show: the best of those that were asked for."""
    data = msgspec.convert(hit.document["card"], CardData)
    states = reader.states(data.rulings, reader.pairs(data.placements))
    wanted = _asked_for(states, asked)
    state = headline(wanted)
    holds_for = tuple(pair for pair, each in states.items() if each == state)
    return Shown(
        id=hit.document["id"], data=data, state=state, holds_for=holds_for if len(holds_for) < len(states) else ()
    )


def _asked_for(states: Mapping[Pair, State], asked: Asked) -> Mapping[Pair, State]:
    subjects, grades, outcomes = (asked.values(name) for name in ("subject", "grade", "decision"))
    placed = {
        pair: state
        for pair, state in states.items()
        if (not subjects or pair[0] in subjects) and (not grades or pair[1] in grades)
    } or states
    return {pair: state for pair, state in placed.items() if state.outcome in outcomes} or placed


def card_of(hit: Hit, reader: Reader, asked: Asked) -> Card:
    shown = read_hit(hit, reader, asked)
    words, data = reader.words, shown.data
    place, text = text_for(data.texts, reader.language)
    lang = foreign(text.language, reader.language)
    return Card(
        id=shown.id,
        url=shown.url,
        title=mark_all(text.title, _marks(hit, "titles", place), lang),
        badge=words.badge(shown.state.outcome),
        subtitle=subtitle_of(data, reader),
        note=_note(hit, data.texts, place, lang),
        conditions=_conditions(shown, reader),
        state=state_sentence(shown, reader),
        facts=_facts(data, reader),
        platforms=tuple(words.label("platform", code) for code in data.platforms),
        service=Text(text=data.service) if data.service and data.service != text.title else None,
    )


def text_for(texts: Sequence[T], language: str) -> tuple[int, T]:
    """The text in the reader's language, else the original, with its place."""
    return next(((place, text) for place, text in enumerate(texts) if text.language == language), (0, texts[0]))


def link_to(detail: ResourceDetail, language: str) -> Text:
    _, text = text_for(detail.facts.texts, language)
    lang = foreign(text.language, language)
    return Text(text=text.title, lang=lang, url=f"/resources/{detail.id}-{detail.slug}")


def foreign(language: str, page: str) -> str:
    return "" if language == page else language


def title_link(shown: Shown, reader: Reader) -> Text:
    _, text = text_for(shown.data.texts, reader.language)
    return Text(text=text.title, lang=foreign(text.language, reader.language), url=shown.url)


def subtitle_of(data: CardData, reader: Reader) -> tuple[Text, ...]:
    """Form, publisher, grades and subjects."""
    words = reader.words
    grades = words.grades(dict.fromkeys(grade for _, grade in data.placements))
    subjects = dict.fromkeys(subject for subject, _ in data.placements)
    named = words.subjects([EVERY]) if EVERY in subjects else ", ".join(words.label("subject", s) for s in subjects)
    said = (words.label("form", data.form), data.publisher, grades, upper_first(named))
    return tuple(Text(text=part) for part in said if part)


def state_sentence(shown: Shown, reader: Reader) -> str:
    """What the badge leaves out: for which places, until when, why not."""
    words, state = reader.words, shown.state
    places = words.places(shown.holds_for)
    if state.outcome in {"rejected", "withdrawn"} and state.ruling:
        return upper_first("; ".join(words.in_text("reason", code) for code in state.ruling.reasons))
    if state.until is None:
        return gettext("For %(places)s") % {"places": places} if places else ""
    said = {"places": places, "day": words.day(state.until)}
    if state.outcome not in MAY_USE:
        return gettext("The approval ran until %(day)s") % said
    return (gettext("For %(places)s, until %(day)s") if places else gettext("Until %(day)s")) % said


def _conditions(shown: Shown, reader: Reader) -> Text | None:
    ruling = shown.state.ruling
    if ruling is None or shown.state.outcome not in MAY_USE or not ruling.conditions:
        return None
    return reader.words.own(" ".join(_sentence(condition) for condition in ruling.conditions))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _facts(data: CardData, reader: Reader) -> tuple[str, ...]:
    words = reader.words
    price = [words.label("price", data.price)] if data.price else []
    logins = [", ".join(words.label("login", code) for code in data.logins)] if data.logins else []
    return (*price, *logins)


def _note(hit: Hit, texts: Sequence[CardText], place: int, lang: str) -> Marked | None:
    """The document holds only the descriptions that there are, and holds them whole."""
    if not texts[place].described:
        return None
    index = sum(1 for text in texts[:place] if text.described)
    return excerpt(hit.document["descriptions"][index], _marks(hit, "descriptions", index), lang)


def _marks(hit: Hit, field: str, index: int) -> list[Mark]:
    return [mark for mark in hit.marks.get(field, ()) if mark.index == index]
