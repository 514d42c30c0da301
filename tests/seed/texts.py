"""Finding descriptions that were made from one template: they share words in a row."""

import re
from collections.abc import Sequence

import msgspec

RUN = 6


class Description(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    text: str


def shared_runs(descriptions: Sequence[Description], length: int = RUN) -> list[tuple[str, str, str]]:
    """Every pair of descriptions with the first words in a row that both have, whatever stands between the words."""
    first: dict[tuple[str, ...], str] = {}
    shared: dict[tuple[str, str], str] = {}
    for each in descriptions:
        words = re.findall(r"\w+", each.text.casefold())
        for run in zip(*(words[start:] for start in range(length)), strict=False):
            other = first.setdefault(run, each.key)
            if other != each.key:
                shared.setdefault((other, each.key), " ".join(run))
    return [(one, other, run) for (one, other), run in shared.items()]
