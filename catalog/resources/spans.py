"""Spans of grades in words, and which stretches of a line never break, like a date.

Nothing here asks a vocabulary or a clock: how a language writes a span is grammar, not data.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

import msgspec
from markupsafe import Markup

EVERY = "*"
LAST_YEAR = 10
DASH = "\N{EN DASH}"
_YEARS_OF_UPPER = ("gy1", "gy2", "gy3")


class _Grammar(msgspec.Struct, frozen=True, kw_only=True):
    every: str
    preschool: str
    adults: str
    upper: str
    upper_one: str
    upper_many: str
    """With the years in place of {}."""
    zero: str
    """Grade 0 when it stands alone."""
    zero_short: str
    one: str
    many: str
    number: str
    join: str


_GRAMMAR = {
    "da": _Grammar(
        every="alle klasser",
        preschool="dagtilbud",
        adults="voksenuddannelse",
        upper="ungdomsuddannelse",
        upper_one="ungdomsuddannelse, {} år",
        upper_many="ungdomsuddannelse, {} år",
        zero="0. klasse",
        zero_short="0.",
        one="{} klasse",
        many="{} klasse",
        number="{}.",
        join="og",
    ),
    "sv": _Grammar(
        every="alla årskurser",
        preschool="förskola",
        adults="vuxenutbildning",
        upper="gymnasiet",
        upper_one="gymnasiet, år {}",
        upper_many="gymnasiet, år {}",
        zero="förskoleklass",
        zero_short="F",
        one="årskurs {}",
        many="årskurs {}",
        number="{}",
        join="och",
    ),
    "en": _Grammar(
        every="all grades",
        preschool="preschool",
        adults="adult education",
        upper="upper secondary",
        upper_one="upper secondary, year {}",
        upper_many="upper secondary, years {}",
        zero="grade 0",
        zero_short="0",
        one="grade {}",
        many="grades {}",
        number="{}",
        join="and",
    ),
}

_MONTHS = (
    "januari|januar|january|jan|februari|februar|february|feb|marts|mars|march|mar|april|apr|maj|may|juni|june|jun|"
    "juli|july|jul|augusti|august|aug|september|sept|sep|oktober|october|okt|oct|november|nov|december|dec"
)
_TOGETHER = re.compile(
    rf"""
      (?:\d{{1,2}}\.{DASH})?\d{{1,2}}\.\ (?:klasse|år)\b  # 2. klasse, with a first grade before it
    | \b(?:årskurs|åk|år|grades?|years?)\ (?:F|\d{{1,2}})(?:{DASH}\d{{1,2}})?\b  # grades 2, and a last one after it
    | \b\d{{1,2}}\.?\ (?:{_MONTHS})\b\.?(?:\ \d{{4}}\b)?  # 31. juli 2027
    | \b(?:{_MONTHS})\ \d{{1,2}}(?:,\ \d{{4}})?\b  # July 31, 2027
    """,
    re.VERBOSE | re.IGNORECASE,
)


def grade_span(codes: Iterable[str], language: str) -> str:
    """Say a set of grades in as few words as the language allows; "" for no grades, "*" for all of them.

    A code that is no grade is said as it is. Danish where the language is unknown.
    """
    grammar = _GRAMMAR.get(language, _GRAMMAR["da"])
    wanted = dict.fromkeys(codes)
    if EVERY in wanted:
        return grammar.every
    years = sorted(int(code) for code in wanted if _is_year(code))
    upper = [code for code in _YEARS_OF_UPPER if code in wanted]
    said = [grammar.preschool] if "fs" in wanted else []
    said += [_compulsory(years, grammar)] if years else []
    said += [_upper(upper, grammar)] if upper else []
    said += [grammar.adults] if "vux" in wanted else []
    known = {"fs", "vux", *upper}
    said += [code for code in wanted if code not in known and not _is_year(code)]
    return _listed(said, grammar)


def grade_short(code: str, language: str) -> str:
    """The grade as it stands on a tile: «4.», «F»; "" for what has no number."""
    grammar = _GRAMMAR.get(language, _GRAMMAR["da"])
    return _number(int(code), grammar) if _is_year(code) else ""


def pieces(text: str) -> list[tuple[str, bool]]:
    """Cut a text into stretches, each with whether it must stay on one line; joined they are the text again."""
    bounds = [0, *(end for found in _TOGETHER.finditer(text) for end in found.span()), len(text)]
    cut = [(text[start:end], place % 2 == 1) for place, (start, end) in enumerate(pairwise(bounds))]
    return [(piece, together) for piece, together in cut if piece]


def nobreak(text: str) -> Markup:
    """Escape a text for a page and keep its spans of grades and its dates on one line each."""
    kept, plain = Markup('<span class="nb">{}</span>'), Markup("{}")
    return Markup("").join((kept if together else plain).format(piece) for piece, together in pieces(text))


def _is_year(code: str) -> bool:
    return code.isdecimal() and code.isascii() and str(int(code)) == code and int(code) <= LAST_YEAR


def _number(year: int, grammar: _Grammar) -> str:
    return grammar.number.format(year) if year else grammar.zero_short


def _compulsory(years: list[int], grammar: _Grammar) -> str:
    if years == [0]:
        return grammar.zero
    pattern = grammar.many if len(years) > 1 else grammar.one
    return pattern.format(_runs(years, grammar))


def _upper(codes: list[str], grammar: _Grammar) -> str:
    if len(codes) == len(_YEARS_OF_UPPER):
        return grammar.upper
    pattern = grammar.upper_many if len(codes) > 1 else grammar.upper_one
    return pattern.format(_runs([int(code[-1]) for code in codes], grammar))


def _runs(years: list[int], grammar: _Grammar) -> str:
    """Sorted years, neighbours as a span: 1, 2, 3 and 5 are two runs."""
    spans: list[tuple[int, int]] = []
    for year in years:
        if spans and year == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], year)
        else:
            spans.append((year, year))
    return _listed(
        [DASH.join(_number(year, grammar) for year in dict.fromkeys(span)) for span in spans],
        grammar,
    )


def _listed(parts: list[str], grammar: _Grammar) -> str:
    if len(parts) < 2:  # noqa: PLR2004 (one part needs no «and»)
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {grammar.join} {parts[-1]}"
