"""Finding: a question is understood, asked of the engine, and asked again with less where nothing was found.

No SQL: the document holds what a card shows. Order of retreat (with no hit): words that a vocabulary knows become
text again; then words that nothing holds are written in another way (``retreat``); only then words are left out, from
the last on. The answer says which.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from catalog.finding.asking import FACETS, Asked
from catalog.finding.index import Index
from catalog.finding.questions import build_filters, build_query
from catalog.finding.retreat import Retreat, retreat
from catalog.lexicon.fold import fold
from catalog.lexicon.phrases import PhraseBook, phrase_book
from catalog.lexicon.recognise import Recognition, recognise
from catalog.vocabularies.region import Region
from search.port import MAX_WORDS, Hit, Page, Query

NAMED = 3
"""Letters from which a query may name a resource."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a question."""

    asked: Asked
    """As read from the address."""
    answered: Asked
    """As put to the engine: recognised words are filters, dropped ones are gone."""
    recognition: Recognition
    """What was taken for a filter, or could be; empty filters where the words went back to being text."""
    page: Page
    counts: Mapping[str, Mapping[str, int]]
    """By facet: the number of hits for each value that has any, and for each chosen one."""
    named: Sequence[Hit] = ()
    """What the query names by its title, whatever the filters: the page says so where it may not be used."""
    cut: tuple[str, ...] = ()
    """Words beyond the tenth, which nobody reads."""
    dropped: tuple[str, ...] = ()
    """Words left out because nothing holds them all."""
    respelled: tuple[str, ...] = ()
    """Words searched in the place of some that nothing holds."""


class Finder:
    """Answers questions about one municipality's catalogue from this process's index."""

    def __init__(self, region: Region, index: Index) -> None:
        self._region, self._index, self._book = region, index, _book(region)

    async def find(self, asked: Asked, today: date) -> Found:
        """Answer a question, as of a day.

        Raises:
            SearchUnavailable: the engine is away.
        """
        words = asked.text.split()
        text = asked.text if len(words) <= MAX_WORDS else f"{' '.join(words[:MAX_WORDS])} "
        heard = replace(asked, text=text, school=self._index.scoped(asked.school))
        recognition = recognise(text, self._book, literal=asked.literal, starts_title=self._index.beginnings.any_with)
        recognised = {name: tuple(codes) for name, codes in recognition.filters.items()}
        answered = replace(heard, text=recognition.text, chosen={**asked.chosen, **recognised})
        page, retreated = await self._ask(answered, today), None
        if page.total == 0 and recognition.filters:
            literal = await self._ask(heard, today)
            if literal.total:
                page, answered, recognition = literal, heard, replace(recognition, text=text, filters={})
        if page.total == 0 and (retreated := await self._retreat(answered, today)):
            answered = replace(answered, text=retreated.text)
            page = await self._ask(answered, today)
        return Found(
            asked=asked,
            answered=answered,
            recognition=recognition,
            page=page,
            counts=_counts(page, answered),
            named=await self._named(asked.text),
            cut=tuple(words[MAX_WORDS:]),
            dropped=retreated.dropped if retreated else (),
            respelled=retreated.respelled if retreated else (),
        )

    async def _ask(self, asked: Asked, today: date) -> Page:
        return await self._index.engine.search(build_query(asked, self._region, today, self._index.as_of))

    async def _retreat(self, asked: Asked, today: date) -> Retreat | None:
        filters = build_filters(asked, today, self._index.as_of)

        async def count(text: str) -> int:
            return (await self._index.engine.search(Query(text=text, filters=filters, hits_per_page=0))).total

        async def count_anywhere(text: str) -> int:
            return (await self._index.engine.search(Query(text=text, hits_per_page=0))).total if filters else 0

        return await retreat(asked.text, count, count_anywhere) if asked.text.strip() else None

    async def _named(self, text: str) -> Sequence[Hit]:
        """Resources whose title is what was typed, or begins with it and goes on with another word."""
        name = fold(text)
        if len(name) < NAMED:
            return ()
        page = await self._index.engine.search(Query(text=text, hits_per_page=5))
        return [
            hit
            for hit in page.hits
            if any(f"{fold(title)} ".startswith(f"{name} ") for title in hit.document["titles"])
        ]

    async def ids(self, text: str, today: date) -> list[str]:
        """The first page of a query, as ids: for judging the search."""
        found = await self.find(Asked(text=text), today)
        return [hit.document["id"] for hit in found.page.hits]


def _counts(page: Page, answered: Asked) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for facet in FACETS:
        counted = {**page.facets.get(facet.name, {}), **page.counts.get(facet.name, {})}
        chosen = dict.fromkeys(answered.values(facet.name), 0)
        counts[facet.name] = {
            code: number for code, number in {**chosen, **counted}.items() if number or code in chosen
        }
    return counts


def _book(region: Region) -> PhraseBook:
    """The words of the vocabularies that this country uses, in every language."""
    return phrase_book(_names(region))


def _names(region: Region) -> Iterator[tuple[str, str, list[str]]]:
    for facet in FACETS:
        if facet.scheme:
            for concept in region.vocabularies.concepts(facet.scheme, country=region.country):
                synonyms = [word for words in concept.synonyms.values() for word in words]
                yield facet.name, concept.code, [*concept.labels.values(), *synonyms]
