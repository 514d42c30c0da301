"""Which titles and publishers begin with what is typed: a query that names a thing is not taken apart."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from catalog.lexicon.fold import fold


class Beginnings:
    """Folded names of all documents, each followed by a space, so that a whole word is told from a beginning."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, ...]] = {}
        self._sorted: list[str] = []

    def fill(self, documents: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Replace everything."""
        self.fill_folded((key, folded_names(names)) for key, names in documents)

    def fill_folded(self, documents: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Replace everything with names that ``folded_names`` has folded."""
        self._of = dict(documents)
        self._sorted = sorted(name for names in self._of.values() for name in names)

    def put(self, key: str, names: Iterable[str]) -> None:
        new = folded_names(names)
        if new != self._of.get(key):
            self.drop(key)
            self._of[key] = new
            for name in new:
                insort(self._sorted, name)

    def drop(self, key: str) -> None:
        for name in self._of.pop(key, ()):
            del self._sorted[bisect_left(self._sorted, name)]

    def any_with(self, start: str) -> bool:
        """Whether a name begins with folded text."""
        place = bisect_left(self._sorted, start)
        return place < len(self._sorted) and self._sorted[place].startswith(start)


def folded_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{fold(name)} " for name in dict.fromkeys(names))
