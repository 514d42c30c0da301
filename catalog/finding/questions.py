"""A question becomes the engine's query: placements as tokens, states that are right on the day, counts of facets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import product

from catalog.finding.asking import PLAIN, SIDES, SORTS, Asked
from catalog.finding.documents import ALL, as_number, token
from catalog.resources.models import EVERY
from catalog.vocabularies.region import Region
from search.port import AllOf, AnyOf, Computed, Facet, Filter, Is, Lacks, Query, Within

PLACED = "placed"
HITS = 20
Sides = Mapping[str, Sequence[str]]


def placed(sides: Sides, today: date, as_of: date | None, school: str = "") -> Filter:
    """The filter for a cross product of chosen sides; a side that is not chosen is left open.

    Where no outcome is asked for, or every document is known to be as of today, «now» is right; else the filter asks
    each document which of its states holds today. For a school, it asks what holds there: what holds for everybody,
    but not of a document that says something of its own to that school.
    """
    subjects = [*sides["subject"], ALL] if sides.get("subject") else [EVERY]
    grades, outcomes = sides.get("grade") or [EVERY], sides.get("decision") or [EVERY]
    asked = list(product(outcomes, subjects, grades))
    everywhere = [token(*values) for values in asked]
    if not sides.get("decision"):
        return _undated(sides, everywhere)
    if not school:
        return _dated(everywhere, today, as_of)
    unscoped = AllOf([Lacks("scoped_schools", [school]), _dated(everywhere, today, as_of)])
    return AnyOf([unscoped, _dated([token(*values, school) for values in asked], today, as_of)])


def _dated(wanted: Sequence[str], today: date, as_of: date | None) -> Filter:
    now = Is("placed_now", wanted)
    if as_of == today:
        return now
    day, tomorrow = as_number(today), as_number(today + timedelta(days=1))
    turned: list[Filter] = [
        Within("turns_on", high=day),
        Within("turns_again", low=tomorrow),
        Is("placed_next", wanted),
    ]
    return AnyOf([AllOf([Within("turns_on", low=tomorrow), now]), AllOf(turned)])


def _undated(sides: Sides, wanted: Sequence[str]) -> Filter:
    """Where no outcome is asked for, no day matters; a single side has a field of its own."""
    if sides.get("subject") and sides.get("grade"):
        return Is("pairs", wanted)
    side = SIDES[1] if sides.get("subject") else SIDES[2]
    return Is(side.field, sides[side.name])


def build_query(asked: Asked, region: Region, today: date, as_of: date | None, *, hits: int = HITS) -> Query:
    """One page of hits with the counts of all facets, each without its own filter."""
    sides = {side.name: asked.values(side.name) for side in SIDES if asked.values(side.name)}
    facets = {facet.name: Facet(field=facet.field, free_of=facet.name) for facet in PLAIN}
    counts: dict[str, Computed] = {}
    for side in SIDES:
        others = {name: values for name, values in sides.items() if name != side.name}
        if side.field and not others:
            facets[side.name] = Facet(field=side.field, free_of=PLACED)
        else:
            offered = _offered(region, side.scheme, asked.values(side.name), today)
            values = {code: placed({**others, side.name: [code]}, today, as_of, asked.school) for code in offered}
            counts[side.name] = Computed(instead_of=PLACED, values=values)
    return Query(
        text=asked.text,
        filters=build_filters(asked, today, as_of),
        facets=facets,
        counts=counts,
        sort=SORTS[asked.sort],
        page=asked.page,
        hits_per_page=hits,
    )


def build_filters(asked: Asked, today: date, as_of: date | None) -> dict[str, Filter]:
    sides = {side.name: asked.values(side.name) for side in SIDES if asked.values(side.name)}
    filters: dict[str, Filter] = {
        facet.name: Is(facet.field, asked.values(facet.name)) for facet in PLAIN if asked.values(facet.name)
    }
    if sides:
        filters[PLACED] = placed(sides, today, as_of, asked.school)
    return filters


def _offered(region: Region, scheme: str, chosen: Iterable[str], today: date) -> tuple[str, ...]:
    """The values that the country uses today, and those that were chosen."""
    offered = region.vocabularies.concepts(scheme, country=region.country, on=today)
    return tuple(dict.fromkeys((*(concept.code for concept in offered), *chosen)))
