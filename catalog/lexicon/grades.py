"""School years as they are written in a search box: numbers, ranges, lists and stages in three languages.

A number alone is never a grade ("matematik 4" may be a title), nor is *year 4*: an English year is not a Nordic one.
"""

import tomllib
from collections.abc import Sequence
from functools import cache

import msgspec

from catalog.lexicon.lexicon import DATA
from catalog.lexicon.phrases import Token, loose, tokens_of

MIN_TYPED = 2
"""Letters of a word after a number from which its beginning counts while it is being typed."""
MAX_GRADE = 13
_DASHES = frozenset("-–—")
_LISTING = frozenset(",/&+")
_BESIDE = frozenset(" .:)")  # what may stand between a number and its word
_MAX_GAP = 5


class Grades(msgspec.Struct, frozen=True, kw_only=True):
    after: frozenset[str]
    before: frozenset[str]
    zero: frozenset[str]
    ordinal_endings: frozenset[str]
    ranges: frozenset[str]
    lists: frozenset[str]
    joiners: frozenset[str]
    ordinals: dict[str, int]
    stages: dict[tuple[str, ...], tuple[str, ...]]


class Reading(msgspec.Struct, frozen=True):
    """Grades read from tokens ``start`` to ``end``."""

    end: int
    codes: tuple[str, ...]


@cache
def grades() -> Grades:
    data = tomllib.loads((DATA / "expressions.toml").read_text(encoding="utf-8"))

    def loose_set(key: str) -> frozenset[str]:
        return frozenset(map(loose, data[key].split()))

    return Grades(
        after=loose_set("after"),
        before=loose_set("before"),
        zero=loose_set("zero"),
        ordinal_endings=loose_set("ordinal_endings"),
        ranges=loose_set("ranges"),
        lists=loose_set("lists"),
        joiners=loose_set("joiners"),
        ordinals={loose(word): int(number) for number, names in data["ordinals"].items() for word in names.split()},
        stages={
            tuple(token.word for token in tokens_of(name)): tuple(codes.split())
            for codes, names in data["stages"].items()
            for name in names.split(",")
        },
    )


def read_grades(query: str, tokens: Sequence[Token], start: int, known: frozenset[str]) -> Reading | None:
    """The grade expression that begins at a token, as far as it goes; grades that are not ``known`` make it text."""
    reader = _Reader(query, tokens, known)
    return reader.stage(start) or reader.word_first(start) or reader.number_first(start)


class _Reader:
    def __init__(self, query: str, tokens: Sequence[Token], known: frozenset[str]) -> None:
        self.query = query
        self.tokens = tokens
        self.known = known
        self.words = grades()

    def stage(self, start: int) -> Reading | None:
        for length in (2, 1):
            names = tuple(token.word for token in self.tokens[start : start + length])
            codes = tuple(code for code in self.words.stages.get(names, ()) if code in self.known)
            if codes and len(names) == length:
                return Reading(start + length, codes)
        return None

    def word_first(self, start: int) -> Reading | None:
        if self.tokens[start].word not in self.words.before or not self._beside(start + 1):
            return None
        end, numbers = self._numbers(start + 1)
        return self._reading(end, numbers)

    def number_first(self, start: int) -> Reading | None:
        """Numbers, and a word after the last of them."""
        end, numbers = self._numbers(start)
        if not numbers or not (self._is_after(end) and self._beside(end)):
            return None
        return self._reading(end + 1, numbers)

    def _reading(self, end: int, numbers: Sequence[int]) -> Reading | None:
        codes = tuple(dict.fromkeys(str(number) for number in numbers))
        return Reading(end, codes) if codes and all(code in self.known for code in codes) else None

    def _is_after(self, place: int) -> bool:
        """A word that follows numbers; the last of the query may still be short of its end."""
        if place >= len(self.tokens):
            return False
        token = self.tokens[place]
        if token.word in self.words.after:
            return True
        typed = token.end == len(self.query) and len(token.word) >= MIN_TYPED
        return typed and any(word.startswith(token.word) for word in self.words.after)

    def _numbers(self, start: int) -> tuple[int, list[int]]:
        """Numbers with ranges and lists between them, and the token after them."""
        place, first = self._number(start)
        if first is None:
            return start, []
        numbers = [first]
        while len(numbers) < MAX_GRADE:
            following, is_range = self._link(place)
            if following is None:
                break
            end, number = self._number(following)
            if number is None:
                break
            numbers.extend(_steps(numbers[-1], number) if is_range else [number])
            place = end
        return place, numbers

    def _link(self, place: int) -> tuple[int | None, bool]:
        """Where the next number begins, and whether it ends a range; a grade word may stand before the link."""
        for skip in (0, 1) if self._names_grade(place) else (0,):
            at = place + skip
            if at >= len(self.tokens):
                continue
            gap = set(self._gap(at))
            if gap & _DASHES or gap & _LISTING:
                return at, bool(gap & _DASHES)
            word = self.tokens[at].word
            if word in self.words.ranges | self.words.lists and at + 1 < len(self.tokens):
                return at + 1, word in self.words.ranges
        return None, False

    def _names_grade(self, place: int) -> bool:
        return place < len(self.tokens) and self.tokens[place].word in self.words.after and self._beside(place)

    def _number(self, place: int) -> tuple[int, int | None]:
        """One number at a token, and the token after it and its ordinal ending."""
        if place >= len(self.tokens):
            return place, None
        word = self.tokens[place].word
        if word in self.words.ordinals:
            return place + 1, self.words.ordinals[word]
        if word in self.words.zero and self._next_is_dash(place):
            return place + 1, 0
        if not word.isdecimal() or len(word) > len(str(MAX_GRADE)) or int(word) > MAX_GRADE:
            return place, None
        after = place + 1
        if after < len(self.tokens) and self._gap(after) in {"", ":"}:
            after += self.tokens[after].word in self.words.ordinal_endings
        return after, int(word)

    def _next_is_dash(self, place: int) -> bool:
        return place + 1 < len(self.tokens) and bool(set(self._gap(place + 1)) & _DASHES)

    def _beside(self, place: int) -> bool:
        gap = self._gap(place) if place < len(self.tokens) else None
        return gap is not None and len(gap) <= _MAX_GAP and all(letter in _BESIDE for letter in gap)

    def _gap(self, place: int) -> str:
        return self.query[self.tokens[place - 1].end : self.tokens[place].start]


def _steps(low: int, high: int) -> list[int]:
    """What a range adds after its first number; one that runs backwards is read as its two ends."""
    return list(range(low + 1, high + 1)) if low < high else [high]
