"""Whose catalogue it is: the country decides which concepts are offered and how titles are sorted."""

import msgspec

from catalog.vocabularies.store import Vocabularies


class Region(msgspec.Struct, frozen=True, kw_only=True):
    country: str
    """``dk`` or ``se``."""
    vocabularies: Vocabularies
    language: str
    """In which labels are given where nobody reads: exports, search terms come in all languages."""

    def codes(self, scheme: str) -> tuple[str, ...]:
        """The codes of a scheme that this country uses, in order."""
        return tuple(concept.code for concept in self.vocabularies.concepts(scheme, country=self.country))
