"""One way to compare texts: NFKC, without case, without characters that cannot be seen.

Folding keeps every letter (ø stays ø, å stays å): other spellings are ``spellings``' business. Every function is
idempotent and linear in the length of the text.
"""

import html
import re
import unicodedata
from functools import lru_cache

_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})  # controls, bidi and zero-width marks, halves of a surrogate pair
_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![^<>]*>|<\?[^<>]*>")
_UNSEEN = re.compile(r"<(script|style|template)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ROUNDS = 12


def fold(text: str) -> str:
    """The text to compare by: no case, one space between words, none around them."""
    if text.isascii():
        return " ".join(_visible(text).lower().split())
    for _ in range(_ROUNDS):  # removing a mark can bring two letters together that compose
        once = " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _visible(text)).casefold()).split())
        if once == text:
            break
        text = once
    return text


def words(text: str) -> list[str]:
    """The folded words in order: runs of letters and digits, whatever stands between them."""
    return _WORD.findall(fold(text))


def clean(text: str) -> str:
    """Plain text to store, from text that may hold HTML: case kept, tags, comments, scripts and entities resolved.

    Entities may hide tags, once or several times: what remains has neither. Line breaks become spaces.
    """
    for _ in range(_ROUNDS):
        once = _plain(text)
        if once == text:
            return text
        text = once
    return _collapse(text.replace("&", " ").replace("<", " "))  # nested on purpose: nothing of it is a text


def _plain(text: str) -> str:
    if "<" in text:
        text = _TAG.sub(" ", _without_comments(_without_unseen(text)))
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return _collapse(unicodedata.normalize("NFC", _visible(text)))


def _without_comments(text: str) -> str:
    kept: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept.append(text[position:start])
        position = end + 3
    return " ".join([*kept, text[position:]])


def _without_unseen(text: str) -> str:
    """Leave out scripts and styles; one that never ends loses its tag only, so that no text is lost."""
    kept: list[str] = []
    position = 0
    for found in _UNSEEN.finditer(text):
        if found.start() < position:
            continue
        end = _closing(found[1]).search(text, found.end())
        if end is None:
            break
        kept.append(text[position : found.start()])
        position = end.end()
    return " ".join([*kept, text[position:]])


@lru_cache(maxsize=16)
def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}[^<>]*>", re.IGNORECASE)


def _visible(text: str) -> str:
    """White space as spaces, other controls and invisible marks left out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_SHOWN[letter] for letter in text)


class _Shown(dict[str, str]):
    def __missing__(self, letter: str) -> str:
        hidden = unicodedata.category(letter) in _INVISIBLE
        self[letter] = shown = " " if letter.isspace() else "" if hidden else letter
        return shown


_SHOWN = _Shown()  # at most one entry for each of the characters there are


def _collapse(text: str) -> str:
    return " ".join(text.split())
