"""Which parts of a search document are searched, filtered and compared; the order of ``texts`` is their weight."""

from search.port import Layout

_KEYWORDS = (
    "subjects",
    "grades",
    "pairs",
    "placed_now",
    "placed_next",
    "scoped_schools",
    "languages",
    "publisher",
    "service",
    "logins",
    "platforms",
    "runs_on",
    "price",
    "form",
    "kind",
)
_TERMS = ("title_terms", "search_terms")
LAYOUT = Layout(
    texts=("titles", "subject_names", "publisher_names", "title_terms", "descriptions", "search_terms"),
    plain=_TERMS,
    hidden=(*_TERMS, *_KEYWORDS, "identifiers"),  # what of them a card shows, it holds itself
    keywords=_KEYWORDS,
    numbers=("turns_on", "turns_again", "standing", "rank", "changed"),
    ties=("standing", "rank"),
)
FORMAT = 4
"""Raised when documents of an earlier version, or what was prepared of them, must be written anew."""
