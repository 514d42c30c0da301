"""What the embedded index takes in of a document, as one text: what is slow is done once, when the document is written.

A text made today and one made earlier are the same while ``made_by`` is: it names everything that a text follows from,
so that nobody takes in one of another version.
"""

import hashlib
import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from importlib.metadata import version
from typing import Any, cast

import msgspec

from search.codes import spell_all
from search.filters import KEYWORD, LARGEST, NUMBER
from search.port import Document, Layout, Prepared
from search.words import clean_all, fold, fold_fields, typed_words

ANYWHERE, HEADS, ID, KEPT, ORDER = "anywhere", ("head1", "head2"), "id", "kept", "order"
WORDS, TYPED, WHOLE = "w_", "t_", "x_"
VERSION = 1
"""Raised with every change of what is made of a document; a test holds it to that."""
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


class _Words(msgspec.Struct):
    anywhere: str


_words = msgspec.json.Decoder(_Words).decode


def made_by(layout: Layout) -> str:
    """What prepared texts of this layout follow from besides the document, in twelve letters."""
    said = (VERSION, layout, version("tantivy"), unicodedata.unidata_version)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def words_of(prepared: Prepared) -> AbstractSet[str]:
    """The folded words by which the document can be found."""
    return set(_words(prepared.text).anywhere.split())


def kept_of(stored: bytes) -> Document:
    """The document as a hit gives it back."""
    return cast("Document", _unpack(stored))


def words_field(layout_fields: int, place: int) -> str:
    """Where the words of a text field are: those of the last one only among all words.

    A reading in the last field is the dearest of its kind, and whoever holds the word in a better field has a cheaper
    one: so the words of all fields serve, and the longest list of words is not kept twice.
    """
    return ANYWHERE if place == layout_fields - 1 else f"{WORDS}{place}"


class Preparing:
    """Prepares documents of one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._hidden = frozenset(layout.hidden)
        self._plain = [place for place, field in enumerate(layout.texts) if field in layout.plain]

    def prepare(self, document: Document) -> Prepared:
        """Turn a document into what the index takes in, before anything is written.

        Raises:
            ValueError: the document does not fit the layout; the message names it and the field.
        """
        one = document.get("id")
        if not isinstance(one, str) or not one:
            raise ValueError(f"The document {one!r} has no text as its id.")
        try:
            kept = {name: value for name, value in document.items() if name not in self._hidden}
            fields: dict[str, str | int] = {ID: one, KEPT: b64encode(_pack(kept)).decode()}
            fields |= self._texts(document) | self._keywords(document) | self._numbers(document)
            return Prepared(id=one, text=msgspec.json.encode(fields).decode())
        except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
            raise ValueError(f"The document {one!r} does not fit the index: {error}") from error

    def _texts(self, document: Document) -> dict[str, str]:
        written = [(place, _list(document, field)) for place, field in enumerate(self._layout.texts)]
        cleaned = [(place, clean_all(texts)) for place, texts in written if place not in self._plain]
        found = {f"{WORDS}{place}": _plain_words(" ".join(written[place][1])) for place in self._plain}
        for (place, field), (words, whole) in zip(cleaned, fold_fields([text for _, text in cleaned]), strict=True):
            typed = " ".join(typed_words(field))
            found |= {f"{WORDS}{place}": words, f"{WHOLE}{place}": whole, f"{TYPED}{place}": typed}
        everywhere = dict.fromkeys(word for place, _ in written for word in found[f"{WORDS}{place}"].split())
        heads = dict.fromkeys(word[:2] for word in everywhere)
        found |= {
            ANYWHERE: " ".join(everywhere),
            HEADS[0]: " ".join(dict.fromkeys(head[0] for head in heads)),
            HEADS[1]: " ".join(heads),
        }
        found.pop(f"{WORDS}{len(written) - 1}", None)  # see ``words_field``
        return {name: text for name, text in found.items() if text or name == ANYWHERE}

    def _keywords(self, document: Document) -> dict[str, str]:
        listed = ((KEYWORD + field, _list(document, field)) for field in self._layout.keywords)
        return {name: spell_all(codes) for name, codes in listed if codes}

    def _numbers(self, document: Document) -> dict[str, str | int]:
        numbers = {field: _number(document, field) for field in self._layout.numbers}
        held = {NUMBER + field: number for field, number in numbers.items() if number is not None}
        return {**held, ORDER: order_label(numbers, self._layout.ties, document["id"])}


def order_label(numbers: Mapping[str, int | None], ties: Sequence[str], one: str) -> str:
    """Sorts as the ties and the id do; a missing number comes last."""
    spelt = "".join("~" * 14 if (number := numbers[field]) is None else f"{number:014x}" for field in ties)
    return spelt + one


def _plain_words(words: str) -> str:
    if words != words.lower() or not (words.isascii() or all(fold(word) == word for word in words.split())):
        raise ValueError("a plain field holds letters that have to be folded")
    return words


def _list(document: Document, field: str) -> Sequence[str]:
    values = document.get(field) or ()
    if isinstance(values, str):
        raise TypeError(f"{field} is no list of texts.")
    return cast("Sequence[str]", values)


def _number(document: Document, field: str) -> int | None:
    number: Any = document.get(field)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= LARGEST:
        raise ValueError(f"{field} is no whole number from 0 to 2**53.")
    return number
