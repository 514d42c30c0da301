"""Words of our vocabularies in a query: those of grades, platforms and logins filter, others offer a chip.

**Only complete words.** A word is complete when anything follows it. The last word, still without a space, counts too
where typing on will hardly take the chip away again: if it has at least four letters and no other name goes on from
it, or if it is the word of a grade after its number ("4. kl" stays a grade all the way to "4. klassetrin"). *mac*
waits for its space, because *machine* begins like it; who submits a query rather than typing it adds a space.
The answer depends on the text alone: a shared address shows what was seen.

**Not where a title or a publisher starts**, neither with the whole query ("Book Creator iPad") nor with a word of the
vocabularies and a free word beside it ("google classroom 4. klasse" is about grade 4, not about Google's login).
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from catalog.lexicon.fold import fold
from catalog.lexicon.grades import grades, read_grades
from catalog.lexicon.phrases import PhraseBook, Token, loose, tokens_of

MAX_TOKENS = 32
"""Words of a query that are looked at; the rest is text."""
MIN_TYPED = 4
"""Letters of a last word that counts without a space after it."""
MAX_TITLE_WORDS = 5
"""How many words from its beginning a title is looked for in the query."""
_MARKS = " \t\r\n,.;:/&+–—-"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Characters ``start`` to ``end`` of the query as it was typed, and what they mean."""

    start: int
    end: int
    text: str
    facet: str
    codes: tuple[str, ...]
    filters: bool


class Recognition(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    """What is left to search for; ends in a space where its last word is complete."""
    filters: Mapping[str, Sequence[str]] = {}
    """By facet: the codes that replace its kept value for this search."""
    offers: Mapping[str, Sequence[str]] = {}
    """By facet: the codes of words that stay text and may become a chip."""
    spans: Sequence[Span] = ()


class _Found(msgspec.Struct, frozen=True):
    """Tokens ``start`` to ``end`` and their meanings."""

    start: int
    end: int
    meanings: tuple[tuple[str, tuple[str, ...]], ...]
    filters: bool


def recognise(
    query: str,
    phrases: PhraseBook,
    *,
    literal: Collection[str] = (),
    starts_title: Callable[[str], bool] = lambda _: False,
) -> Recognition:
    """Part a query into filters, offers and the text that is left.

    ``literal`` are words or phrases that the address says are text. ``starts_title`` is asked with folded text,
    ending in a space where its last word is complete: whether a folded title or publisher followed by a space
    starts with it. Places are those of the query in NFC, as browsers send it.
    """
    query = unicodedata.normalize("NFC", query)
    tokens = tokens_of(query)[:MAX_TOKENS]
    literals = {token.word for text in literal for token in tokens_of(text)}
    found = [
        item
        for item in _find(query, tokens, phrases)
        if not all(token.word in literals for token in tokens[item.start : item.end])
    ]
    filtering = [item for item in found if item.filters]
    if filtering and starts_title(_asked(query, 0, len(query))):
        filtering = []
    named = {place for item in found for place in range(item.start, item.end)}
    filtering = [item for item in filtering if not _in_title(query, tokens, item, named, starts_title)]
    offering = [item for item in found if not item.filters]
    spans = [span for item in (*filtering, *offering) for span in _spans(query, tokens, item)]
    return Recognition(
        text=_rest(query, [(tokens[item.start].start, tokens[item.end - 1].end) for item in filtering]),
        filters=_by_facet(filtering),
        offers=_by_facet(offering),
        spans=sorted(spans, key=lambda span: span.start),
    )


def _find(query: str, tokens: Sequence[Token], phrases: PhraseBook) -> Iterable[_Found]:
    """The longest expressions from left to right, none overlapping."""
    place = 0
    while place < len(tokens):
        reading = read_grades(query, tokens, place, phrases.grades)
        names = phrases.at(tokens, place)
        length = len(names[0].words) if names else 0
        if reading is not None and reading.end - place >= length:
            yield _Found(place, reading.end, (("grade", reading.codes),), filters=True)
            place = reading.end
        elif names and _is_complete(query, tokens, place + length, names[0].words, phrases):
            facets = dict.fromkeys(name.facet for name in names)
            meanings = tuple((facet, tuple(n.code for n in names if n.facet == facet)) for facet in facets)
            yield _Found(place, place + length, meanings, filters=names[0].filters)
            place += length
        else:
            place += 1


def _is_complete(query: str, tokens: Sequence[Token], end: int, words: tuple[str, ...], phrases: PhraseBook) -> bool:
    if tokens[end - 1].end < len(query):
        return _ends_word(query, tokens[end - 1].end)
    return len(words[-1]) >= MIN_TYPED and words not in phrases.growing


def _ends_word(query: str, end: int) -> bool:
    """A run of letters that digits go on from ("mac2") is no word."""
    return not query[end].isalnum()


def _in_title(
    query: str, tokens: Sequence[Token], item: _Found, named: set[int], starts_title: Callable[[str], bool]
) -> bool:
    """Whether a title starts with words of the query that hold the item and a word of no vocabulary."""
    for start in range(max(0, item.start - MAX_TITLE_WORDS + 1), item.start + 1):
        for end in range(item.end, min(len(tokens), start + MAX_TITLE_WORDS) + 1):
            if all(place in named for place in range(start, end)):
                continue
            if starts_title(_asked(query, tokens[start].start, tokens[end - 1].end)):
                return True
    return False


def _asked(query: str, start: int, end: int) -> str:
    text = query[start:end]
    complete = end < len(query) or text != text.rstrip()
    return fold(text) + " " * complete


def _spans(query: str, tokens: Sequence[Token], item: _Found) -> Iterable[Span]:
    start, end = tokens[item.start].start, tokens[item.end - 1].end
    for facet, codes in item.meanings:
        yield Span(start=start, end=end, text=query[start:end], facet=facet, codes=codes, filters=item.filters)


def _by_facet(found: Iterable[_Found]) -> dict[str, list[str]]:
    by_facet: dict[str, dict[str, None]] = {}
    for item in found:
        for facet, codes in item.meanings:
            by_facet.setdefault(facet, {}).update(dict.fromkeys(codes))
    return {facet: list(codes) for facet, codes in by_facet.items()}


def _rest(query: str, taken: Sequence[tuple[int, int]]) -> str:
    """The query without what was taken, without the marks and small words that led to it."""
    pieces: list[str] = []
    position = 0
    followed = False
    for start, end in (*taken, (len(query), len(query))):
        is_last = start == len(query)
        piece = query[position:start]
        kept = _trimmed(piece, after_chip=position > 0, before_chip=not is_last)
        if kept:
            pieces.append(kept)
            followed = not is_last or piece != piece.rstrip()
        position = end
    return " ".join(pieces) + " " * (followed and bool(pieces))


def _trimmed(piece: str, *, after_chip: bool, before_chip: bool) -> str:
    joiners = grades().joiners
    kept = piece.split()
    if after_chip:
        kept = piece.lstrip(_MARKS).split()
        while kept and loose(kept[0]) in joiners:
            kept = kept[1:]
    if before_chip:
        kept = " ".join(kept).rstrip(_MARKS).split()
        while kept and loose(kept[-1]) in joiners:
            kept = kept[:-1]
    return " ".join(kept)
