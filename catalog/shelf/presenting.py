"""An answer becomes the search page: everything said and every address written, for the template to lay out."""

import math
from collections.abc import Mapping, Sequence

import msgspec

from catalog.finding.asking import FACETS, MAX_TEXT, SORTS, Asked, address, with_values
from catalog.finding.finding import Found
from catalog.finding.questions import HITS
from catalog.shelf.card_view import card_of
from catalog.shelf.cards import FindPage, Nothing, Option, PageLink, Paging, Ruling, Text
from catalog.shelf.facet_view import Narrowing, still_there, whole, without
from catalog.shelf.reader import Reader
from catalog.shelf.wording import listed
from catalog.web.i18n import N_, gettext, ngettext
from search.port import MAX_PAGE

SORT_LABELS = {"": N_("Best match"), "title": N_("Title"), "newest": N_("Changed last")}
AROUND = 2
"""Pages linked on either side of the current one."""
WAYS, WAYS_OF_FACET = 6, 3
LATE = 5.0
"""Seconds behind from which the page says so."""
A_MINUTE = 60


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What the page tells besides the answer itself."""

    publishers: Mapping[str, str]
    rulings: tuple[Ruling, ...] = ()
    without_filters: int = 0
    """Hits when no filter is chosen; asked for only where there is no hit."""
    without_words: int = 0
    """Hits of the chosen filters alone; asked for only where there is no hit."""
    lag: float = 0.0
    too_long: bool = False
    """The query was longer than is read."""
    waiting: int = 0
    """Changes that no document holds yet; asked for only where there is no hit."""


def last_page(total: int) -> int:
    return min(max(math.ceil(total / HITS), 1), MAX_PAGE)


def find_page(found: Found, reader: Reader, around: Circumstances) -> FindPage:
    narrowing = Narrowing(found=found, reader=reader, publishers=around.publishers)
    total = found.page.total
    return FindPage(
        query=found.asked.text,
        count=total,
        facets=narrowing.facets(),
        cards=tuple(card_of(hit, reader, found.answered) for hit in found.page.hits),
        sorts=tuple(
            Option(value=code, label=gettext(SORT_LABELS[code]), chosen=code == found.asked.sort) for code in SORTS
        ),
        chips=narrowing.chips(),
        clear_url=narrowing.clear_url(),
        recognised=narrowing.recognised(),
        offered=narrowing.offered(),
        literal=still_there(found.asked),
        cut_words=found.cut,
        dropped_words=found.dropped,
        notices=_notices(found, around),
        rulings=around.rulings,
        nothing=None if total else _nothing(narrowing, around),
        paging=paging(found.asked, total),
        kept=_kept(reader),
        lagging=_lagging(around),
    )


def _kept(reader: Reader) -> str:
    grades = reader.words.grades(reader.choice.grades)
    return ", ".join(part for part in (reader.school_name, grades) if part)


def _notices(found: Found, around: Circumstances) -> tuple[str, ...]:
    said: list[str] = []
    if found.asked.ignored:
        names = ", ".join(found.asked.ignored)
        said.append(gettext("Left out, because it is not known here: %(filters)s") % {"filters": names})
    if found.respelled:
        words = ", ".join(found.respelled)
        said.append(gettext("Nothing holds the words as you wrote them; searched for: %(words)s") % {"words": words})
    if around.too_long:
        said.append(gettext("Only the first %(num)d letters were searched for.") % {"num": MAX_TEXT})
    return tuple(said)


def _lagging(around: Circumstances) -> str:
    if around.waiting:
        return ngettext(
            "%(num)d change is waiting to be taken into the search. Try again in a moment.",
            "%(num)d changes are waiting to be taken into the search. Try again in a moment.",
            around.waiting,
        ) % {"num": around.waiting}
    lag = around.lag
    if lag <= LATE:
        return ""
    if lag < A_MINUTE:
        seconds = round(lag)
        return ngettext(
            "The search is %(num)d second behind: what was changed since then is not found yet.",
            "The search is %(num)d seconds behind: what was changed since then is not found yet.",
            seconds,
        ) % {"num": seconds}
    minutes = round(lag / A_MINUTE)
    return ngettext(
        "The search is %(num)d minute behind: what was changed since then is not found yet.",
        "The search is %(num)d minutes behind: what was changed since then is not found yet.",
        minutes,
    ) % {"num": minutes}


def paging(asked: Asked, total: int) -> Paging | None:
    """The first, the last and those around the current page; None for one page."""
    last = last_page(total)
    if last == 1:
        return None
    current = min(asked.page, last)
    numbers = sorted({1, last, *range(max(current - AROUND, 1), min(current + AROUND, last) + 1)})
    pages: list[PageLink | None] = []
    for before, number in zip([0, *numbers], numbers, strict=False):
        if number - before > 1:
            pages.append(None)
        pages.append(PageLink(number=number, url=_page(asked, number), current=number == current))
    return Paging(
        pages=tuple(pages),
        previous=_page(asked, current - 1) if current > 1 else "",
        next=_page(asked, current + 1) if current < last else "",
    )


def _page(asked: Asked, number: int) -> str:
    return whole(address(asked, page=number))


def _nothing(narrowing: Narrowing, around: Circumstances) -> Nothing:
    """What was asked for in vain, and what each chosen facet would find with another value."""
    ways = [way for facet in FACETS for way in _ways(narrowing, facet.name)][:WAYS]
    if around.without_filters:
        text = ngettext("%(num)d without filters", "%(num)d without filters", around.without_filters)
        ways.append(Text(text=text % {"num": around.without_filters}, url=narrowing.clear_url()))
    if around.without_words:
        text = ngettext("%(num)d without the words", "%(num)d without the words", around.without_words)
        url = address(narrowing.asked, text="", literal=(), page=1)
        ways.append(Text(text=text % {"num": around.without_words}, url=url))
    return Nothing(asked=_asked(narrowing), ways=tuple(ways))


def _asked(narrowing: Narrowing) -> str:
    answered, words = narrowing.found.answered, narrowing.reader.words
    outcomes = answered.values("decision")
    number = [words.counted(code, 0) for code in outcomes] or [gettext("0 resources")]
    wanted = [_wanted(narrowing, facet.name, answered.values(facet.name)) for facet in FACETS]
    filters = listed([part for part in wanted if part])
    said = {"number": ", ".join(number), "filters": filters, "query": answered.text.strip()[:80]}
    if filters and said["query"]:
        return gettext("%(number)s for %(filters)s with “%(query)s”") % said
    if filters:
        return gettext("%(number)s for %(filters)s") % said
    return gettext("%(number)s with “%(query)s”") % said if said["query"] else said["number"]


def _wanted(narrowing: Narrowing, name: str, codes: Sequence[str]) -> str:
    if name == "decision" or not codes:
        return ""
    if name == "grade":
        return narrowing.reader.words.grades(codes)
    return ", ".join(_in_text(narrowing, name, code) for code in codes)


def _in_text(narrowing: Narrowing, name: str, code: str) -> str:
    scheme = next(facet.scheme for facet in FACETS if facet.name == name)
    return narrowing.reader.words.in_text(scheme, code) if scheme else narrowing.label(name, code)


def _ways(narrowing: Narrowing, name: str) -> list[Text]:
    """The fullest other values of a facet that narrows the search to nothing."""
    found, words = narrowing.found, narrowing.reader.words
    chosen = found.answered.values(name)
    others = {code: count for code, count in found.counts[name].items() if count and code not in chosen}
    if not chosen:
        return []
    fullest = sorted(others, key=lambda code: -others[code])[:WAYS_OF_FACET]
    ways: list[Text] = []
    for code in fullest:
        count = others[code]
        what = words.grades([code]) if name == "grade" else _in_text(narrowing, name, code)
        text = ngettext("%(num)d for %(what)s", "%(num)d for %(what)s", count) % {"num": count, "what": what}
        text = words.counted(code, count) if name == "decision" else text
        ways.append(Text(text=text, url=_way(narrowing, name, code)))
    return ways


def _way(narrowing: Narrowing, name: str, code: str) -> str:
    spans = narrowing.spans(name)
    asked = narrowing.asked
    text = asked.text if not spans else without(asked.text, spans)
    return address(asked, text=text, chosen=with_values(asked, name, [code]), page=1)
