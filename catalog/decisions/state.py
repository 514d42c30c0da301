"""What holds on a day: computed when it is read, from rulings and their dated grounds; no job keeps it right.

Rules (domain.md §3): a resource's own rulings, if it has any, take the place of its service's. For a subject at a
grade the ruling that began last and covers the pair decides. It holds from the latest beginning to the earliest end
of its grounds (its own validity is the first; agreements on data and assessments of platforms join). An approval
whose grounds have run out is expired; a rejection or a withdrawal does not lapse into anything better.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

NOT_REVIEWED, EXPIRED = "not_reviewed", "expired"
MAY_USE = ("approved", "conditional", "pilot")
STANDING = ("approved", "conditional", "pilot", "not_reviewed", "expired", "rejected", "withdrawn")
"""The order in which equally relevant resources are shown."""
HEADLINE = ("approved", "conditional", "pilot", "expired", "rejected", "withdrawn", "not_reviewed")
"""Which of several states of one resource is said first."""


class Ground(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something the ruling rests on, with the days on which it carries; both ends included, None is open."""

    kind: str
    """``decision``, and later ``data_processing_agreement`` or ``platform``."""
    starts_on: date | None = None
    ends_on: date | None = None


class Ruling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one decision says."""

    outcome: str
    decided_on: date
    grounds: Sequence[Ground]
    subjects: Sequence[str] = ()
    """Empty: every subject."""
    grades: Sequence[str] = ()
    schools: Sequence[str] = ()
    """Codes; empty: every school. Otherwise it says nothing to anybody elsewhere."""
    roles: Sequence[str] = ()
    """Codes; empty: everybody. We do not know a reader's role: it is said, and nothing is computed from it."""
    conditions: Sequence[str] = ()
    reasons: Sequence[str] = ()
    note: str = ""
    body: str = ""
    evidence: str = ""
    origin: str = ""
    as_published: str = ""
    use_instead: str = ""
    """The id of the approved resource to use."""
    inherited: bool = False
    """It is the service's decision."""

    @property
    def starts_on(self) -> date:
        return max((ground.starts_on for ground in self.grounds if ground.starts_on), default=self.decided_on)

    @property
    def last_ground(self) -> Ground | None:
        """The ground that ends first, None while none ends."""
        ending = [ground for ground in self.grounds if ground.ends_on]
        return min(ending, key=lambda ground: ground.ends_on or date.max, default=None)

    def covers(self, subject: str, grade: str, school: str = "") -> bool:
        asked = ((self.subjects, subject), (self.grades, grade), (self.schools, school))
        return all(not scope or value in scope for scope, value in asked)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a pair on a day."""

    outcome: str
    ruling: Ruling | None = None
    until: date | None = None
    """The last day on which it holds, as far as is known."""
    because: str = ""
    """The kind of ground that ends it on that day."""


def in_force(own: Sequence[Ruling], inherited: Sequence[Ruling]) -> Sequence[Ruling]:
    """A title inherits the decisions of its service unless it has any of its own."""
    return own or inherited


def state_at(rulings: Iterable[Ruling], day: date, subject: str, grade: str, school: str = "") -> State:
    """The state of one pair on a day, for a reader at a school (by code) or, without one, for everybody."""
    begun = [each for each in rulings if each.covers(subject, grade, school) and each.starts_on <= day]
    if not begun:
        return State(outcome=NOT_REVIEWED)
    ruling = max(enumerate(begun), key=lambda item: (item[1].starts_on, item[1].decided_on, item[0]))[1]
    ground = ruling.last_ground
    if ground is None or ground.ends_on is None or ruling.outcome not in MAY_USE:
        return State(outcome=ruling.outcome, ruling=ruling)
    if day > ground.ends_on:
        return State(outcome=EXPIRED, ruling=ruling, until=ground.ends_on, because=ground.kind)
    return State(outcome=ruling.outcome, ruling=ruling, until=ground.ends_on, because=ground.kind)


def states_at(
    rulings: Sequence[Ruling], day: date, pairs: Iterable[tuple[str, str]], school: str = ""
) -> Mapping[tuple[str, str], State]:
    """The state of every pair; a resource without any place is asked for as ``("", "")``."""
    return {pair: state_at(rulings, day, *pair, school) for pair in (list(pairs) or [("", "")])}


def headline(states: Mapping[tuple[str, str], State]) -> State:
    """The one state that is said for all: the best that holds anywhere, expired before rejected before unknown."""
    return min(states.values(), key=lambda state: HEADLINE.index(state.outcome))


def turning_days(rulings: Sequence[Ruling], after: date) -> list[date]:
    """The days after a day on which a state may change, in order."""
    days = {ruling.starts_on for ruling in rulings}
    ends = {ground.ends_on for each in rulings for ground in each.grounds if ground.ends_on}
    days |= {
        day + timedelta(days=1) for day in ends if day < date.max
    }  # «unlimited» is written as the last day there is
    return sorted(day for day in days if day > after)
