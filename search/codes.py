"""Codes of a keyword field in one string, parted by white space: a code that holds some is spelt without, and back."""

from collections.abc import Collection

_SPELT = dict(zip(" \t\n\r\x0c", map(chr, range(0xFDD0, 0xFDD5)), strict=True))
"""What tantivy parts words at, as characters that Unicode keeps for a program's own use."""
_NOTHING = chr(0xFDD5)
_SPELLING = str.maketrans(_SPELT)
_READING = str.maketrans({spelt: letter for letter, spelt in _SPELT.items()} | {_NOTHING: ""})


def spell(code: str) -> str:
    return code.translate(_SPELLING) or _NOTHING


def read(spelt: str) -> str:
    return spelt if spelt.isascii() else spelt.translate(_READING)


def spell_all(codes: Collection[str]) -> str:
    """Spell each code once."""
    different = list(dict.fromkeys(codes))
    joined = " ".join(different)
    return joined if joined.split() == different else " ".join(map(spell, different))
