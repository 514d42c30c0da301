"""What the port promises, worked out slowly: every document is read for every query, by rules written a second time."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from search.port import AllOf, AnyOf, Document, Facet, Filter, Is, Lacks, Layout, Query, Within

_PLAIN = str.maketrans({"å": "a", "ä": "a", "ö": "o", "ø": "o", "é": "e", "ü": "u", "æ": "ae", "œ": "oe", "ß": "ss"})
_LAST = 2**60


def fold(text: str) -> str:
    return text.lower().translate(_PLAIN)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def distance(one: str, other: str) -> int:
    """Letters wrong, missing, too many or swapped; a wrong first letter costs two."""
    rows: list[list[int]] = [list(range(len(other) + 1))]
    for i, left in enumerate(one, start=1):
        row = [i]
        for j, right in enumerate(other, start=1):
            cost = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (left != right))
            if i > 1 and j > 1 and (left, one[i - 2]) == (other[j - 2], right):
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1] + (one[:1] != other[:1])


def forgiven(word: str) -> int:
    return 0 if re.search(r"\d", word) else (len(word) > 4) + (len(word) > 8)


def passes(document: Document, one: Filter) -> bool:
    match one:
        case Is(field, values):
            return any(value in (document.get(field) or ()) for value in values)
        case Lacks(field, values):
            return not any(value in (document.get(field) or ()) for value in values)
        case Within(field, low, high):
            number = document.get(field)
            return number is not None and (low is None or number >= low) and (high is None or number <= high)
        case AllOf(filters):
            return all(passes(document, part) for part in filters)
        case AnyOf(filters):
            return any(passes(document, part) for part in filters)


Key = tuple[Any, ...]


def reading(document: Document, word: str, layout: Layout, *, prefix: bool) -> Key | None:
    """(typos, field, exactness, letters) of the best way to read one word in the document."""
    folded, most, best = fold(word), forgiven(fold(word)), []
    for place, field in enumerate(layout.texts):
        for written in (one for text in document.get(field) or () for one in words(text)):
            other = fold(written)
            special = folded != word.lower()
            if other == folded:
                best.append((0, place, 1, int(special and written.lower() != word.lower())))
            elif prefix and other.startswith(folded):
                best.append((0, place, 2, int(special and not written.lower().startswith(word.lower()))))
            elif most and not re.search(r"\d", other):
                if (typos := distance(folded, other)) <= most:
                    best.append((typos, place, 1, 0))
                if prefix:
                    ends = range(max(len(folded) - most, 1), min(len(folded) + most, len(other)) + 1)
                    typos = min((distance(folded, other[:end]) for end in ends), default=99)
                    if typos <= most:
                        best.append((typos, place, 2, 0))
    return min(best, default=None)


def relevance(document: Document, text: str, layout: Layout) -> Key | None:
    """The sum of the best readings of all words, or of a whole text; None where a word is missing."""
    typed = words(text)
    asked = [word for place, word in enumerate(typed) if fold(word) not in map(fold, typed[:place])]
    unfinished = not re.search(r"\s[\W_]*$", text) and fold(typed[-1]) not in map(fold, typed[:-1]) if typed else False
    readings = [
        reading(document, word, layout, prefix=unfinished and place == len(asked))
        for place, word in enumerate(asked, start=1)
    ]
    if any(one is None for one in readings):
        return None
    best = [tuple(map(sum, zip(*readings, strict=True)))] if asked else [(0, 0, 0, 0)]
    special = [word.lower() for word in asked if fold(word) != word.lower()]
    for place, field in enumerate(layout.texts):
        texts = document.get(field) or ()
        if asked and fold(" ".join(words(text))) in (fold(" ".join(words(one))) for one in texts):
            held = {one.lower() for one in texts for one in words(one)}
            best.append((0, place * len(asked), 0, 0 if held.issuperset(special) else len(special)))
    return min(best)


def ties(document: Document, layout: Layout) -> Key:
    return (*(document.get(tie, _LAST) for tie in layout.ties), document["id"])


def in_order(documents: Sequence[Document], query: Query, layout: Layout) -> list[str]:
    """The ids of everything that the query finds, the first first."""
    found = []
    for document in documents:
        if all(passes(document, one) for one in query.filters.values()):
            key = relevance(document, query.text, layout)
            if key is not None:
                weights = [_weight(document, one) for one in query.sort]
                found.append((*(weights or key), *ties(document, layout)))
    return [key[-1] for key in sorted(found)]


def _weight(document: Document, sort: str) -> Key:
    number = document.get(sort.removeprefix("-"))
    return (1, 0) if number is None else (0, -number if sort.startswith("-") else number)


def matching(documents: Sequence[Document], text: str, filters: Mapping[str, Filter], layout: Layout) -> list[Document]:
    wanted = set(in_order(documents, Query(text=text, filters=filters), layout))
    return [document for document in documents if document["id"] in wanted]


def without(filters: Mapping[str, Filter], name: str | None) -> dict[str, Filter]:
    return {key: one for key, one in filters.items() if key != name}


def facet(documents: Sequence[Document], query: Query, one: Facet, layout: Layout) -> dict[str, int]:
    rest = matching(documents, query.text, without(query.filters, one.free_of), layout)
    return dict(Counter(value for document in rest for value in set(document.get(one.field) or ())))


def counts(documents: Sequence[Document], query: Query, layout: Layout) -> dict[str, dict[str, int]]:
    counted = {}
    for name, computed in query.counts.items():
        filters = without(query.filters, computed.instead_of)
        counted[name] = {
            value: len(matching(documents, query.text, {**filters, "\0": one}, layout))
            for value, one in computed.values.items()
        }
    return counted
