"""Texts from files and forms as they may be stored: no markup, no control or direction characters, NFC."""

import re
import unicodedata
from html import unescape

_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = "\u00ad\u200b\u2060\ufeff\ufffe\uffff"
_REMOVED = re.compile(
    f"[{_DIRECTION}{_INVISIBLE}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\\U000e0000-\\U000e007f]"
)
_NEWLINE = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_NEWLINE = re.compile(r" ?\n ?")
_MANY_NEWLINES = re.compile(r"\n{3,}")
_TAGS = """
a abbr address area article aside audio b base bdi bdo big blockquote body br button canvas caption center cite code col
colgroup dd del details dfn div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5
h6 head header hr html i iframe img input ins kbd label legend li link main map mark math meta nav noscript object ol
option p param picture pre q s samp script section select small source span strike strong style sub summary sup svg
table tbody td template textarea tfoot th thead time title tr tt u ul var video wbr
"""
_BLOCKS = """
address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li
main nav ol p pre section table tr ul
"""
_BLOCK_NAMES = frozenset(_BLOCKS.split())
_TAG = re.compile(rf"</?({'|'.join(_TAGS.split())})(?=[\s/>])", re.IGNORECASE)
_DECLARATION = re.compile(r"<!doctype\b|<\?", re.IGNORECASE)
_DROPPED = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "title", "head"})
_ROUNDS = 4
_QUOTED_ANGLES = 8
"""How many ">" an attribute may hold before it is taken for a forgotten quote."""


def clean_line(text: str) -> str:
    """One line: whitespace becomes single spaces, what cannot be seen or turns the direction of text goes."""
    return " ".join(_composed(_NEWLINE.sub(" ", text)).split())


def clean_text(text: str) -> str:
    """Paragraphs: at most one empty line between them; otherwise as ``clean_line``."""
    plain = _composed(_NEWLINE.sub("\n", text))
    return _MANY_NEWLINES.sub("\n\n", _AROUND_NEWLINE.sub("\n", _SPACES.sub(" ", plain))).strip()


def _composed(text: str) -> str:
    """Composed last: without what stood between them, a letter and its accent are one."""
    return unicodedata.normalize("NFC", _REMOVED.sub("", text))


def html_to_text(text: str) -> str:
    """What a reader of the markup would read; "3 < x" and "if x<y then" are no markup and stay.

    Entities may hide tags: what remains has none. Each round is one pass, whatever the markup; the standard library's
    parser needs minutes for 200 kB of hostile tags.
    """
    for _ in range(_ROUNDS):
        once = unescape(_without_markup(text)) if "<" in text else unescape(text)
        if once == text:
            return text
        text = once
    return text.replace("<", " ")  # nested on purpose: nothing of it is a text


def _without_markup(text: str) -> str:
    parts: list[str] = []
    done = 0
    position = text.find("<")
    while position != -1:
        end, between = _markup_end(text, position)
        if end > position:
            parts += (text[done:position], between)
            done = end
        position = text.find("<", max(end, position + 1))
    parts.append(text[done:])
    return "".join(parts)


def _markup_end(text: str, position: int) -> tuple[int, str]:
    """Where the markup that begins here ends, and what stands in its place; the position itself: no markup."""
    if text.startswith("<!--", position):
        closing = text.find("-->", position + 4)
        return (closing + 3 if closing != -1 else len(text)), ""
    tag = _TAG.match(text, position)
    if tag is None:
        return (_tag_end(text, position), "") if _DECLARATION.match(text, position) else (position, "")
    name = tag[1].lower()
    end = _tag_end(text, position)
    if name in _DROPPED and text[position + 1] != "/" and text[end - 2] != "/":
        return _element_end(text, end, name), " "
    return end, "\n" if name in _BLOCK_NAMES else ""


def _tag_end(text: str, position: int) -> int:
    """Behind the ">" of the tag; one inside double quotes does not count. A tag that never ends takes the rest."""
    end = first = text.find(">", position)
    for _ in range(_QUOTED_ANGLES):
        if end == -1 or text.count('"', position, end) % 2 == 0:
            break
        end = text.find(">", end + 1)
    else:
        end = first
    if end == -1:
        end = first
    return end + 1 if end != -1 else len(text)


def _element_end(text: str, position: int, name: str) -> int:
    closing = re.compile(rf"</{name}\b[^>]*>?", re.IGNORECASE).search(text, position)
    return closing.end() if closing else len(text)
