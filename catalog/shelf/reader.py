"""Who reads a page: their language, their day, and the school and grades they chose once."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from catalog.decisions.state import Ruling, State, states_at
from catalog.finding.documents import pairs_of
from catalog.resources.schemas import PlacementFact
from catalog.shelf.choice import Choice
from catalog.shelf.wording import Wording
from catalog.vocabularies.region import Region

Pair = tuple[str, str]


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    region: Region
    language: str
    today: date
    choice: Choice = Choice()
    school_name: str = ""
    devices: Mapping[str, tuple[str, ...]] | None = None
    """The devices of the reader's class by their profile's code, with the grades of the school that have them; None: it
    is not known, or not theirs to know."""

    @property
    def words(self) -> Wording:
        return Wording(self.region, self.language)

    def pairs(self, placements: Sequence[Pair]) -> tuple[Pair, ...]:
        """The places of a resource with «all» written out."""
        facts = (PlacementFact(subject=subject, grade=grade) for subject, grade in placements)
        return pairs_of(facts, self.region)

    def states(self, rulings: Sequence[Ruling], pairs: Sequence[Pair]) -> Mapping[Pair, State]:
        """What holds today for each pair, at the reader's school."""
        return self.states_on(self.today, rulings, pairs)

    def states_on(self, day: date, rulings: Sequence[Ruling], pairs: Sequence[Pair]) -> Mapping[Pair, State]:
        if pairs and not any(each.subjects or each.grades for each in rulings):
            (state,) = states_at(rulings, day, pairs[:1], self.choice.school).values()
            return dict.fromkeys(pairs, state)
        return states_at(rulings, day, pairs, self.choice.school)
