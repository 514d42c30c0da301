"""What narrows a search, in words: groups of facets, chips, and words of the query taken for filters.

A facet that follows words of the query is not the form's to change while they stand there: its values are links that
take the words out and put the choice in their place. So no click is without effect, and no word leaves a box ticked.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence

import msgspec

from catalog.finding.asking import DEVICE, FACETS, Asked, FacetKind, address, with_values
from catalog.finding.finding import Found
from catalog.lexicon.collation import collation_key
from catalog.lexicon.phrases import tokens_of
from catalog.lexicon.recognise import Span
from catalog.organisations.fleet.profiles import profile_of
from catalog.resources.spans import grade_short
from catalog.shelf.cards import Chip, FacetGroup, FacetValue, Recognised
from catalog.shelf.devices_view import named
from catalog.shelf.reader import Reader
from catalog.shelf.wording import upper_first
from catalog.web.i18n import N_, gettext

LABELS = {
    "decision": N_("Decision"),
    "subject": N_("Subject"),
    "grade": N_("Grade"),
    "platform": N_("Device"),
    DEVICE: N_("Runs on our devices"),
    "login": N_("Login"),
    "price": N_("Price"),
    "form": N_("Form"),
    "language": N_("Language"),
    "publisher": N_("Publisher"),
}
AT_ONCE = 8
"""Values of a facet that are shown before «more»."""
IN_ORDER = {"decision", "grade"}
"""Facets whose values keep their own order; the others go by their counts."""
FOLDED = {"language", "publisher"}


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """One answer and the ways to change its question; ``publishers`` names them by their codes."""

    found: Found
    reader: Reader
    publishers: Mapping[str, str]

    @property
    def asked(self) -> Asked:
        return self.found.asked

    def label(self, name: str, code: str) -> str:
        if name == DEVICE:
            return self._device(code)
        scheme = next(facet.scheme for facet in FACETS if facet.name == name)
        return upper_first(self.reader.words.label(scheme, code)) if scheme else self.publishers.get(code, code)

    def _device(self, code: str) -> str:
        """A profile by its device and version; at the reader's own school also the grades that have it."""
        profile, words = profile_of(code), self.reader.words
        said = upper_first(named(profile, words)) if profile else code
        grades = (self.reader.devices or {}).get(code)
        return f"{said} ({words.grades(grades)})" if grades else said

    def spans(self, name: str = "") -> list[Span]:
        """Words of the query that are filters of this search, of one facet or of all."""
        found = self.found.recognition
        in_force = [span for span in found.spans if span.filters and span.facet in found.filters]
        return [span for span in in_force if name in {"", span.facet}]

    def facets(self) -> tuple[FacetGroup, ...]:
        return tuple(self._group(facet) for facet in FACETS)

    def _group(self, facet: FacetKind) -> FacetGroup:
        spans = self.spans(facet.name)
        chosen = self.found.answered.values(facet.name)
        counts = self._offered(facet.name, chosen)
        values = [
            FacetValue(
                code=code,
                label=self.label(facet.name, code),
                count=counts[code],
                chosen=code in chosen,
                short=grade_short(code, self.reader.language) if facet.name == "grade" else "",
                url=self._instead_of_words(facet.name, spans, chosen, code) if spans else "",
            )
            for code in self._ordered(facet, counts)
        ]
        shown, more = self._parted(facet, values)
        return FacetGroup(
            name=facet.name,
            label=gettext(LABELS[facet.name]),
            values=shown,
            more=more,
            unfolded=facet.name not in FOLDED or bool(chosen),
            follows=tuple(dict.fromkeys(span.text for span in spans)),
            kept=self.asked.values(facet.name) if spans else (),
        )

    def _offered(self, name: str, chosen: Sequence[str]) -> Mapping[str, int]:
        """The values with their counts; of devices only those of the reader's class, where that is known."""
        counts, devices = self.found.counts[name], self.reader.devices
        if name != DEVICE or devices is None:
            return counts
        return {code: count for code, count in counts.items() if code in devices or code in chosen}

    def _ordered(self, facet: FacetKind, counts: Mapping[str, int]) -> list[str]:
        if facet.name in IN_ORDER:
            codes = [concept.code for concept in self.reader.region.vocabularies.concepts(facet.scheme)]
            return sorted(counts, key=lambda code: (facet.name == "grade" and not code.isdecimal(), codes.index(code)))

        if facet.name == DEVICE and self.reader.devices:
            own = list(self.reader.devices)
            return sorted(counts, key=lambda code: own.index(code) if code in own else len(own))

        def by_count(code: str) -> tuple[int, str]:
            return -counts[code], collation_key(self.label(facet.name, code), self.reader.region.country)

        return sorted(counts, key=by_count)

    def _parted(
        self, facet: FacetKind, values: Sequence[FacetValue]
    ) -> tuple[tuple[FacetValue, ...], tuple[FacetValue, ...]]:
        """The first values and every chosen one, then the rest; two or fewer are not worth folding away."""
        shown = [value for place, value in enumerate(values) if place < AT_ONCE or value.chosen]
        more = [value for value in values if value not in shown]
        if facet.name in IN_ORDER or len(more) <= 2:  # noqa: PLR2004 - see above
            return tuple(values), ()
        return tuple(shown), tuple(more)

    def _instead_of_words(self, name: str, spans: Sequence[Span], chosen: Sequence[str], code: str) -> str:
        turned = [each for each in chosen if each != code] if code in chosen else [*chosen, code]
        text = without(self.asked.text, spans)
        return address(self.asked, text=text, chosen=with_values(self.asked, name, turned), page=1)

    def chips(self) -> tuple[Chip, ...]:
        """A chip for each chosen filter that is in force; a facet that follows words has theirs."""
        followed = {span.facet for span in self.spans()}
        return tuple(
            Chip(label=self.label(facet.name, code), url=self._without(facet.name, code))
            for facet in FACETS
            if facet.name not in followed
            for code in self.asked.values(facet.name)
        )

    def _without(self, name: str, code: str) -> str:
        rest = [each for each in self.asked.values(name) if each != code]
        return whole(address(self.asked, chosen=with_values(self.asked, name, rest), page=1))

    def recognised(self) -> tuple[Recognised, ...]:
        return tuple(self._as_chip(span, self._as_text) for span in self.spans())

    def offered(self) -> tuple[Recognised, ...]:
        """Words that stay text and could be a filter that finds something."""
        counts = self.found.counts
        offers = [
            span
            for span in self.found.recognition.spans
            if not span.filters and any(code in counts[span.facet] for code in span.codes)
            if not set(span.codes) <= set(self.asked.values(span.facet))
        ]
        return tuple(self._as_chip(span, self._as_filter, named=len(offers) > 1) for span in offers)

    def _as_chip(self, span: Span, to: Callable[[Span], str], *, named: bool = False) -> Recognised:
        """``named``: with the name of its facet, for «dansk» is a subject and a language."""
        words = self.reader.words
        label = (
            words.grades(span.codes)
            if span.facet == "grade"
            else ", ".join(self.label(span.facet, code) for code in span.codes)
        )
        told = f"{gettext(LABELS[span.facet])}: {label}" if named else label
        return Recognised(word=span.text, label=told, url=to(span))

    def _as_text(self, span: Span) -> str:
        return address(self.asked, literal=(*still_there(self.asked), span.text), page=1)

    def _as_filter(self, span: Span) -> str:
        values = dict.fromkeys((*self.asked.values(span.facet), *span.codes))
        return address(self.asked, chosen=with_values(self.asked, span.facet, values), page=1)

    def clear_url(self) -> str:
        """The words that are left when every chip is gone."""
        text = without(self.asked.text, self.spans())
        return whole(address(Asked(text=text, sort=self.asked.sort)))


def without(text: str, spans: Sequence[Span]) -> str:
    """A query without some of its words."""
    text = unicodedata.normalize("NFC", text)  # as the places of the spans are counted
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = f"{text[: span.start]} {text[span.end :]}"
    return " ".join(text.split())


def whole(url: str) -> str:
    """An address that asks for exactly this: a bare ``/find`` may begin with the grades that the reader keeps."""
    return url if "?" in url else f"{url}?q="


def still_there(asked: Asked) -> tuple[str, ...]:
    """The literal words that the query still holds."""
    words = {token.word for token in tokens_of(asked.text)}
    return tuple(text for text in asked.literal if all(token.word in words for token in tokens_of(text)))
