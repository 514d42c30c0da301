"""Words of texts and of queries: folded by the same rules on both sides, so that they meet in the index.

Folding: compatibility forms become plain (NFKC), invisible format characters vanish, letters become small, and Latin
letters lose what a keyboard may lack: å ä -> a, ö ø -> o, æ -> ae, œ -> oe, ß -> ss, ð đ -> d, þ -> th, ł -> l, accents
go. Other scripts stay as they are. A word is a run of letters and digits; everything else parts words, and no sign
has a meaning of its own.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec
import tantivy

from search.port import MAX_WORDS

_TEXT, _FIELD = "ꙮ", "ꙩ"
"""Letters that no language uses alone mark where texts and fields end while they are folded in one go."""
_BORDER = "\x1e"
LONGEST_QUERY = 10_000
LONGEST_WORD = 100
"""A longer word is found as it stands, but never as a prefix or with a typo."""
_INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_DROPPED = re.compile(f"[{_INVISIBLE}{_TEXT}{_FIELD}]")
WORD = re.compile(rf"[^\W_]+(?:[{_INVISIBLE}{_TEXT}{_FIELD}\u0300-\u036f]+[^\W_]*)*")
"""A word in a text as it was written, with the marks and invisible characters that folding drops."""


def _analyzer(*filters: tantivy.Filter) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    for one in filters:
        builder = builder.filter(one)
    return builder.build()


FOLDING = _analyzer(tantivy.Filter.ascii_fold())
TYPING = _analyzer()


_ONE_FOR_ONE = (("ø", "o"), ("å", "a"), ("ä", "a"), ("ö", "o"), ("é", "e"))
IN_PLACE = (("æ", "ae"), ("ß", "ss"))


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One word of a query."""

    folded: str
    typed: str = ""
    """In small letters as it was typed, where that says more than the folded form."""
    prefix: bool = False

    @property
    def typos(self) -> int:
        """How many are forgiven: none up to four letters or beside digits, one up to eight, then two."""
        if len(self.folded) > LONGEST_WORD or any(map(str.isdigit, self.folded)):
            return 0
        return (len(self.folded) > 4) + (len(self.folded) > 8)  # noqa: PLR2004


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What a query asks for: its different words, and the whole of them in sequence."""

    words: tuple[Word, ...] = ()
    whole: str = ""
    """Empty when the query has more words than are read: then no text is all of it."""


def clean(text: str) -> str:
    """Bring a text into the form that is cut into words; whatever it held, the engine can take it."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
    return _DROPPED.sub("", plain)


@lru_cache(maxsize=50_000)
def _folded(word: str) -> str:
    return "".join(FOLDING.analyze(clean(word)))


def fold(word: str) -> str:
    """Fold one word as it stands in a text."""
    return word.lower() if word.isascii() else _folded(word)


def fold_in_place(text: str) -> str | None:
    """Fold a text letter by letter, each where it stands; None where that would leave out what folding does.

    Letters that fold to two stay as they are (``IN_PLACE``).
    """
    plain = text.lower()
    if plain.isascii():
        return plain
    for letter, folded in _ONE_FOR_ONE:
        plain = plain.replace(letter, folded)
    rest = plain
    for letter, _ in IN_PLACE:
        rest = rest.replace(letter, "")
    return plain if rest.isascii() and len(plain) == len(text) else None


def clean_all(texts: Sequence[str]) -> str:
    """Clean the texts of one field, in one string."""
    return clean(_BORDER.join(texts))


def fold_fields(fields: Sequence[str]) -> list[tuple[str, str]]:
    """Fold cleaned fields in one go: per field all of its words, and its short texts each as one term."""
    marked = (field.replace(_BORDER, f" {_TEXT} ") for field in fields)
    folded = " ".join(FOLDING.analyze(f" {_FIELD} ".join(marked)))
    return [(field.replace(_TEXT, ""), " ".join(_whole_terms(field))) for field in folded.split(_FIELD)]


def _whole_terms(folded: str) -> Iterator[str]:
    """Spell each text that a query can be the whole of: it has words, and no more than are read."""
    for text in folded.replace(" ", "_").split(_TEXT):
        term = text.strip("_")
        if term and term.count("_") < MAX_WORDS:
            yield term


def typed_words(field: str) -> list[str]:
    """Find the words whose letters the folding would change."""
    return [] if field.isascii() else [word for word in field.split() if not word.isascii()]


def read(text: str) -> Text:
    """Read the first words of a query; the last one counts as unfinished unless white space follows it."""
    plain = clean(text[:LONGEST_QUERY])
    folded, typed = FOLDING.analyze(plain), TYPING.analyze(plain)
    unfinished = len(folded) <= MAX_WORDS and not _space_follows(plain)
    kept = folded[:MAX_WORDS]
    words: dict[str, Word] = {}
    for place, (one, as_typed) in enumerate(zip(kept, typed, strict=False), start=1):
        prefix = unfinished and place == len(kept) and len(one) <= LONGEST_WORD
        if one not in words:  # the same word again asks for nothing more
            words[one] = Word(folded=one, typed="" if as_typed.isascii() else as_typed, prefix=prefix)
    return Text(words=tuple(words.values()), whole="_".join(kept) if len(folded) == len(kept) else "")


def _space_follows(text: str) -> bool:
    for letter in reversed(text):
        if letter.isspace():
            return True
        if letter.isalnum():
            return False
    return False
