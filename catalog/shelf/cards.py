"""What the pages of the catalogue take: views with finished words and addresses, for templates to lay out.

Words arrive in the page's language and are escaped by the template; what is only to be had in another language
carries its ``lang``. A template computes nothing and asks nobody.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Words, with a link if ``url`` is filled in."""

    text: str
    lang: str = ""
    """BCP 47, where it is not the page's language."""
    url: str = ""


class Segment(msgspec.Struct, frozen=True):
    text: str
    marked: bool = False
    """Matches what was searched for."""


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """One text cut into pieces, in order, so that the template can mark and still escape."""

    segments: tuple[Segment, ...]
    lang: str = ""


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome; the colour follows the code, the meaning is in the words."""

    code: str
    """Of the vocabulary ``outcome``."""
    label: str


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a select, or one tile of a row of checkboxes."""

    value: str
    label: str
    chosen: bool = False
    short: str = ""
    """For a tile: «4.» where the label says «4. klasse»."""


# Finding


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """A filter in force; its address is the same search without it."""

    label: str
    url: str


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the query that was taken as a filter, or that could be."""

    word: str
    """As typed."""
    label: str
    """What it was taken for."""
    url: str
    """In force: the search in which it is text again. On offer: the search in which it is a filter."""


class FacetValue(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    label: str
    count: int
    chosen: bool = False
    short: str = ""
    """Filled in for the first value of a group: those that have it are shown as tiles."""
    url: str = ""
    """Filled in where the group follows a word of the query: the search without the word, with the value turned."""


class FacetGroup(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """The key in the address: ``subject``."""
    label: str
    values: tuple[FacetValue, ...]
    """The chosen ones are always among them."""
    more: tuple[FacetValue, ...] = ()
    """Behind «show more»."""
    unfolded: bool = True
    follows: tuple[str, ...] = ()
    """Words of the query that stand for its values, as typed: its values are links, not boxes."""
    kept: tuple[str, ...] = ()
    """Values chosen before the word was typed: not in force, but back when it goes."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One hit."""

    id: str
    url: str
    title: Marked
    badge: Badge
    subtitle: tuple[Text, ...] = ()
    """Form, publisher, subjects, grades."""
    note: Marked | None = None
    """A stretch of the description."""
    conditions: Text | None = None
    """In one line, without the word «conditions»."""
    state: str = ""
    """«Until 31 July 2027», «for all grades»: what the badge does not say."""
    facts: tuple[str, ...] = ()
    """Price, login."""
    platforms: tuple[str, ...] = ()
    service: Text | None = None
    """The portal it is part of."""


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """The query names something that may not be used: the answer stands above the hits."""

    title: Text
    badge: Badge
    because: tuple[str, ...] = ()
    instead: tuple[Text, ...] = ()


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """No hit: what was asked, and what there is instead."""

    asked: str
    """«0 approved for iPad»."""
    ways: tuple[Text, ...] = ()
    """«3 for web», «2 expired»: each with the search that shows them."""


class PageLink(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    url: str
    current: bool = False


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    pages: tuple[PageLink | None, ...]
    """None is a gap."""
    previous: str = ""
    next: str = ""


class FindPage(msgspec.Struct, frozen=True, kw_only=True):
    """The search page; the fragment for htmx takes the same."""

    query: str
    count: int
    facets: tuple[FacetGroup, ...]
    cards: tuple[Card, ...] = ()
    sorts: tuple[Option, ...] = ()
    """The first is the default and has the value ""."""
    chips: tuple[Chip, ...] = ()
    clear_url: str = "/find"
    recognised: tuple[Recognised, ...] = ()
    """In force as filters."""
    offered: tuple[Recognised, ...] = ()
    """Not in force; one click makes a filter of it."""
    literal: tuple[str, ...] = ()
    """Words that stay text: kept in the form as hidden fields."""
    cut_words: tuple[str, ...] = ()
    """Beyond the first ten: not searched."""
    dropped_words: tuple[str, ...] = ()
    """Left out because nothing holds them all."""
    notices: tuple[str, ...] = ()
    """Other things to know: an unknown filter that was left out."""
    rulings: tuple[Ruling, ...] = ()
    nothing: Nothing | None = None
    paging: Paging | None = None
    kept: str = ""
    """The school and the grades chosen on the page ``/choose``: «Nordstrandskolen, 4. klasse»."""
    lagging: str = ""
    """How far the index is behind, when it is."""
    banner: str = ""
    """The engine is away and another answers."""


# One resource


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line with an icon whose meaning is also in the words."""

    icon: str
    """Yes, no, warn, unknown, none or info, in small letters."""
    text: str
    detail: str = ""
    declared: bool = False
    """Only the supplier says so."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """May we use it? The decision that holds today, or that there is none."""

    badge: Badge
    verdict: str
    """«Approved with conditions for dansk grade 4, until 31 July 2027»."""
    because: tuple[str, ...] = ()
    """Why until this date; which grades are not reviewed."""
    conditions: tuple[Text, ...] = ()
    reasons: tuple[str, ...] = ()
    """Of a refusal."""
    instead: tuple[Text, ...] = ()
    note: Text | None = None
    decided: str = ""
    """Who decided, and when."""
    evidence: Text | None = None
    service: Text | None = None
    """The decision was made for the whole of it."""
    as_published: Text | None = None
    """The source's own words of an imported decision."""
    may_object: bool = False
    """Show how to have it reconsidered."""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to use it."""

    checks: tuple[Check, ...] = ()
    open_url: str = ""
    order_url: str = ""


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    title: Text
    badge: Badge
    subtitle: tuple[Text, ...] = ()
    state: str = ""


class Alternatives(msgspec.Struct, frozen=True, kw_only=True):
    heading: str
    """«Also approved for dansk grade 3»."""
    shown: tuple[Alternative, ...]
    all: Text | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """That it runs on a platform, and who says so."""

    platform: str
    way: str
    """App or browser."""
    needs: str = ""
    """The oldest version that will do."""
    limits: Text | None = None
    offline: bool = False
    tested: str = ""
    """By whom, and when."""
    declared: bool = False


class DeviceLine(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it runs on what some grades have."""

    grades: str
    icon: str
    answer: str
    has: str = ""
    """The device; "" where schools are counted."""
    detail: str = ""
    """Why, where it is not simply yes."""


class DevicesPart(msgspec.Struct, frozen=True, kw_only=True):
    """Where it works among the devices of a school, or of all schools in numbers."""

    heading: str
    lines: tuple[DeviceLine, ...]
    is_counted: bool = False


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What one of the deciding bodies said."""

    name: str
    icon: str
    answer: str
    detail: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    on: str
    day: str
    """ISO 8601."""
    title: str
    text: Text | None = None
    current: bool = False


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    values: tuple[Text, ...]
    declared: bool = False


class SourceTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How the source itself placed it."""

    label: str
    terms: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The form «is something wrong here?», also on the page about accessibility."""

    action: str
    topics: tuple[Option, ...] = ()
    text: str = ""
    errors: Mapping[str, str] = {}
    """By the names ``about`` and ``text``: the sentence to show."""
    sent: bool = False


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """What another part of the service shows on the page; its template finds ``view`` under the name ``panel``."""

    template: str
    view: Any


class ResourcePage(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: Text
    answer: Answer
    use: Use
    report: Report
    subtitle: tuple[Text, ...] = ()
    description: Text | None = None
    standing: Text | None = None
    """Retired, merged or succeeded: said before everything else."""
    back: Text | None = None
    """To the search the reader came from."""
    edit_url: str = ""
    """Filled in for who may edit."""
    service: Text | None = None
    siblings: tuple[Text, ...] = ()
    """Other titles of the same service."""
    alternatives: Alternatives | None = None
    claims: tuple[Claim, ...] = ()
    devices: DevicesPart | None = None
    bodies: tuple[Body, ...] = ()
    history: tuple[Event, ...] = ()
    facts: tuple[Fact, ...] = ()
    source_terms: tuple[SourceTerms, ...] = ()
    answers: tuple[Panel, ...] = ()
    """Beside the decision, in place of ``use``: «can my school use it now?»."""
    panels: tuple[Panel, ...] = ()
    side_panels: tuple[Panel, ...] = ()


# Choosing once


class ChoosePage(msgspec.Struct, frozen=True, kw_only=True):
    schools: tuple[Option, ...]
    grades: tuple[Option, ...]
    next_url: str = "/find"
    kept: bool = False
    """Something is kept that can be forgotten."""
    errors: Mapping[str, str] = {}
