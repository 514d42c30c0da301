"""What to ask where a question finds nothing: the same words written in another way, and only then fewer words.

A word that finds something without the filters is spelled right: only what finds nothing anywhere is written anew.
Each try is a count; there are few, and the first that finds something is taken.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec

from catalog.lexicon.retries import joined_forms, query_forms

MAX_TRIES = 6
MAX_JOINED = 3
Count: TypeAlias = Callable[[str], Awaitable[int]]
"""How many resources a text finds."""


class Retreat(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    """What to ask instead."""
    respelled: tuple[str, ...] = ()
    """Words of it that stand for others."""
    dropped: tuple[str, ...] = ()
    """Words left out."""


async def retreat(text: str, count: Count, count_anywhere: Count) -> Retreat | None:
    """The most that can be asked of a text that finds nothing; None: nothing of it finds anything.

    ``count`` counts with the filters of the question, ``count_anywhere`` without.
    """
    words = text.split()
    respelling = not await count_anywhere(text)
    tries = MAX_TRIES if respelling else 0
    for place, joined in joined_forms(text)[: min(MAX_JOINED, tries)]:
        tries -= 1
        asked = _text([*words[:place], joined, *words[place + 2 :]], text)
        if await count(asked):
            return Retreat(text=asked, respelled=(joined,))
    kept, respelled, dropped = list[str](), list[str](), list[str]()
    ends_complete = True
    for place, word in enumerate(words, start=1):
        typed = text if place == len(words) else " "
        if len(words) > 1 and await count(_text([*kept, word], typed)):
            kept.append(word)
            ends_complete = typed.endswith(" ")
            continue
        for form in query_forms(word)[:tries]:
            tries -= 1
            if await count(_text([*kept, *form], typed)):
                kept += form
                respelled += form
                ends_complete = typed.endswith(" ")
                break
        else:
            dropped.append(word)
    if not kept:
        return None
    asked = " ".join(kept) + " " * ends_complete
    return Retreat(text=asked, respelled=tuple(respelled), dropped=tuple(dropped))


def _text(words: Sequence[str], typed: str) -> str:
    """A last word that is still being typed stays the beginning of one."""
    return " ".join(words) + " " * typed.endswith(" ")
