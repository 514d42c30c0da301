"""What stands beside a resource: approved ones for the same places, its service's other titles, what to use instead.

Questions to the index, never stored; where the index is away or still being filled, a page does without them.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.finding.asking import Asked, address
from catalog.finding.finding import Found
from catalog.finding.index import Index
from catalog.finding.questions import build_filters
from catalog.resources.lifecycle import follow
from catalog.resources.models import EVERY
from catalog.resources.reading import get_resources
from catalog.shelf import cards
from catalog.shelf.card_view import Shown, link_to, read_hit, state_sentence, subtitle_of, title_link
from catalog.shelf.reader import Pair, Reader
from catalog.web.i18n import gettext
from search.port import Filter, Is, Page, Query, SearchUnavailable

OUTCOMES = ("approved", "conditional")
SHOWN, SIBLINGS, LOOKED_AT = 3, 8, 60
REFUSED = ("rejected", "withdrawn", "expired")


class Neighbours:
    """Asks one process's index on behalf of one reader."""

    def __init__(self, index: Index, reader: Reader) -> None:
        self._index, self._reader = index, reader

    async def alternatives(self, own_id: str, form: str, placements: Sequence[Pair]) -> cards.Alternatives | None:
        """Approved resources of the same form whose places overlap; never said to be interchangeable."""
        pairs = self._focus(placements)
        if not pairs or not form:
            return None
        chosen = _sides(pairs, placements) | {"decision": OUTCOMES, "form": (form,)}
        asked = Asked(chosen=chosen, school=self._index.scoped(self._reader.choice.school))
        page = await self._search(Query(filters=self._filters(asked), hits_per_page=LOOKED_AT))
        others = [read_hit(hit, self._reader, asked) for hit in page.hits]
        near = {each.id: self._nearness(each, set(pairs)) for each in others if each.id != own_id}
        fitting = sorted((each for each in others if near.get(each.id)), key=lambda each: -near[each.id])
        if not fitting:
            return None
        itself = any(each.id == own_id for each in others)
        places = self._reader.words.places(pairs)
        shown = tuple(self._alternative(each) for each in fitting[:SHOWN])
        everything = cards.Text(text=gettext("See all %(num)d") % {"num": page.total}, url=address(asked))
        return cards.Alternatives(
            heading=gettext("Also approved for %(places)s") % {"places": places},
            shown=shown,
            all=everything if page.total - itself > len(shown) else None,
        )

    def _focus(self, placements: Sequence[Pair]) -> tuple[Pair, ...]:
        """The places at the reader's own grades, where there are any."""
        pairs = self._reader.pairs(placements)
        own = tuple(pair for pair in pairs if pair[1] in self._reader.choice.grades)
        return own or pairs

    def _nearness(self, other: Shown, own: set[Pair]) -> float:
        """The share of both their places at which the other may be used; the question asked for each side apart."""
        pairs = self._reader.pairs(other.data.placements)
        states = self._reader.states(other.data.rulings, pairs)
        usable = {pair for pair, state in states.items() if state.outcome in OUTCOMES}
        return len(usable & own) / len(usable | own)

    def _alternative(self, other: Shown) -> cards.Alternative:
        return cards.Alternative(
            title=title_link(other, self._reader),
            badge=self._reader.words.badge(other.state.outcome),
            subtitle=subtitle_of(other.data, self._reader),
            state=state_sentence(other, self._reader),
        )

    async def siblings(self, own_id: str, service_key: str) -> tuple[cards.Text, ...]:
        """Other titles of a service, the approved first."""
        if not service_key:
            return ()
        query = Query(filters={"service": Is("service", [service_key])}, hits_per_page=SIBLINGS + 1)
        page = await self._search(query)
        others = [read_hit(hit, self._reader, Asked()) for hit in page.hits if hit.document["id"] != own_id]
        return tuple(title_link(other, self._reader) for other in others[:SIBLINGS])

    async def rulings(self, session: AsyncSession, found: Found) -> tuple[cards.Ruling, ...]:
        """What the query names and may not be used, with the reason and what to use instead."""
        named = [read_hit(hit, self._reader, Asked()) for hit in found.named]
        return tuple([await self._ruling(session, each) for each in named if each.state.outcome in REFUSED][:SHOWN])

    async def _ruling(self, session: AsyncSession, named: Shown) -> cards.Ruling:
        words, ruling = self._reader.words, named.state.ruling
        because = [words.label("reason", code) for code in ruling.reasons] if ruling else []
        if named.state.until is not None:
            because.append(gettext("the approval ran until %(day)s") % {"day": words.day(named.state.until)})
        instead = await self.instead(session, ruling.use_instead) if ruling else ()
        if not instead:
            others = await self.alternatives(named.id, named.data.form, named.data.placements)
            instead = tuple(other.title for other in others.shown) if others else ()
        return cards.Ruling(
            title=title_link(named, self._reader),
            badge=words.badge(named.state.outcome),
            because=tuple(because),
            instead=instead,
        )

    async def instead(self, session: AsyncSession, resource_id: str) -> tuple[cards.Text, ...]:
        """The resource that a decision names, or what it was merged into; what has left is not recommended."""
        if not resource_id:
            return ()
        found = await get_resources(session, [await follow(session, uuid.UUID(resource_id))])
        return tuple(link_to(detail, self._reader.language) for detail in found if detail.status == "listed")

    def _filters(self, asked: Asked) -> dict[str, Filter]:
        return build_filters(asked, self._reader.today, self._index.as_of)

    async def _search(self, query: Query) -> Page:
        if not self._index.ready.is_set():
            return Page(hits=(), total=0)
        try:
            return await self._index.engine.search(query)
        except SearchUnavailable:
            return Page(hits=(), total=0)


def _sides(pairs: Sequence[Pair], placements: Sequence[Pair]) -> dict[str, tuple[str, ...]]:
    """The sides to ask for; «all» is no filter."""
    sides: dict[str, tuple[str, ...]] = {}
    if not any(subject == EVERY for subject, _ in placements):
        sides["subject"] = tuple(dict.fromkeys(subject for subject, _ in pairs))
    if not any(grade == EVERY for _, grade in placements):
        sides["grade"] = tuple(dict.fromkeys(grade for _, grade in pairs))
    return sides
