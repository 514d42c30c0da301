"""What can be chosen in a field; what is stored is always among it, so that saving a form loses nothing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

import msgspec

from catalog.resources.models import EVERY
from catalog.resources.spans import grade_short
from catalog.vocabularies.region import Region
from catalog.web.i18n import current_language, gettext
from catalog.web.shown import Option, ShownForm

MANY = 12
"""More options than twice as many are folded away, the first ones and the chosen ones left out."""
Choices: TypeAlias = Sequence[tuple[str, str]]
"""Codes with their labels."""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    choices: Choices
    others: Mapping[str, str] = {}
    """Labels of what is not offered here, but may be stored."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen in one field."""

    options: tuple[Option, ...]
    more: tuple[Option, ...] = ()
    """Behind «show more»."""


def offered(region: Region, scheme: str, on: date) -> Offered:
    """The concepts of a vocabulary that the country uses and that hold on a day; ended ones may still be stored."""
    language, concepts = current_language.get(), region.vocabularies.concepts(scheme)
    labels = {each.code: region.vocabularies.label(scheme, each.code, language) for each in concepts}
    holding = region.vocabularies.concepts(scheme, country=region.country, on=on)
    return Offered(choices=[(each.code, labels[each.code]) for each in holding], others=labels)


def offered_grades(region: Region, on: date, *, every: bool = True) -> Offered:
    """School years first: they are the tiles."""
    grades = offered(region, "grade", on)
    years = [each for each in grades.choices if each[0].isdecimal()]
    all_of_them = [(EVERY, gettext("All grades"))] if every else []
    rest = [each for each in grades.choices if each not in years]
    return Offered(choices=[*years, *all_of_them, *rest], others=grades.others)


def one_of(form: ShownForm, name: str, offer: Offered) -> Field:
    """A select or a row of radio buttons."""
    chosen = form.value(name)
    return Field(
        options=tuple(
            Option(value=value, label=label, chosen=value == chosen)
            for value, label in _with_stored(offer, [chosen] if chosen else [])
        )
    )


def several_of(form: ShownForm, name: str, offer: Offered, *, tiles: bool = False) -> Field:
    """A group of boxes; grades as tiles."""
    chosen = [value.strip() for value in form.typed.get(name, ()) if value.strip()]
    language = current_language.get()
    options = [
        Option(value=value, label=label, chosen=value in chosen, short=grade_short(value, language) if tiles else "")
        for value, label in _with_stored(offer, chosen)
    ]
    if tiles:
        shown = [option for option in options if option.short or option.chosen or option.value == EVERY]
    elif len(options) <= 2 * MANY:
        shown = options
    else:
        shown = [option for place, option in enumerate(options) if place < MANY or option.chosen]
    return Field(options=tuple(shown), more=tuple(option for option in options if option not in shown))


def _with_stored(offer: Offered, chosen: Sequence[str]) -> Choices:
    known = dict(offer.choices)
    return [
        *offer.choices,
        *((code, offer.others.get(code, code)) for code in dict.fromkeys(chosen) if code not in known),
    ]
