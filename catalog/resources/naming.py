"""Names for addresses: what a title becomes in a URL."""

import re
import unicodedata

_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ß": "ss", "ð": "d", "þ": "th"})
MAX_SLUG = 80


def slug_of(title: str) -> str:
    """Lower-case ASCII words with hyphens between, at most ``MAX_SLUG`` letters; ``x`` where nothing is left."""
    spelt = unicodedata.normalize("NFC", title).casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    words = "-".join(re.findall("[a-z0-9]+", plain))
    return words[:MAX_SLUG].strip("-") or "x"
