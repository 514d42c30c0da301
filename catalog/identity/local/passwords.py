"""What a user name and a password may be: long, and nothing that many people use; of what it is made, nobody is told.

The list of common passwords is the one of the package zxcvbn (MIT licence): 30,000 of them, beside 60,000 common words
and names. The package also finds rows of keys, repetitions, dates and sequences.
"""

import re
import unicodedata
from collections.abc import Iterable
from threading import Lock

from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # it carries no types

SHORTEST, LONGEST = 15, 200
GOOD_ENOUGH = 3
"""Of zxcvbn's scores 0 to 4: more than a hundred million guesses."""
RATED = 72
"""Characters that zxcvbn looks at: longer ones would take it long."""
USERNAME = re.compile(r"\w[\w.@+'-]{0,98}\w")
_one_at_a_time = Lock()
"""zxcvbn writes into a table of its module that another thread may be reading."""


def fold_username(text: str) -> str:
    """A user name as it is compared: capitals and the two spellings of «é» make no difference."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_username(folded: str) -> bool:
    return USERNAME.fullmatch(folded) is not None


def normalise(password: str) -> str:
    """Machines spell «å» in two ways; here it is one."""
    return unicodedata.normalize("NFC", password)


def password_fault(password: str, known: Iterable[str]) -> str:
    """The code of what is wrong with a normalised password, "" for nothing; ``known`` are words that others know of.

    Slow for some: not for the loop.
    """
    if len(password) > LONGEST:
        return "too-long"
    if len(password) < SHORTEST:
        return "password-short"
    words = sorted({part for text in known for part in (text, *text.split()) if len(part) > 2}, key=len, reverse=True)  # noqa: PLR2004 - «in» and «og» are no names
    left = password.casefold()
    for word in words:
        left = left.replace(word.casefold(), "")
    if len(left) < SHORTEST:
        return "password-of-names"
    with _one_at_a_time:
        rated = zxcvbn(left[:RATED])
    return "" if rated["score"] >= GOOD_ENOUGH else "password-common"
