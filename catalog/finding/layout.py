"""Which parts of a search document are searched, filtered and compared; the order of ``texts`` is their weight."""

from search.port import Layout

LAYOUT = Layout(
    texts=("titles", "subject_names", "publisher_names", "title_terms", "descriptions", "search_terms"),
    plain=("title_terms", "search_terms"),
    hidden=("title_terms", "search_terms", "pairs", "placed_now", "placed_next"),
    keywords=(
        "subjects",
        "grades",
        "pairs",
        "placed_now",
        "placed_next",
        "languages",
        "publisher",
        "service",
        "logins",
        "platforms",
        "price",
        "form",
        "kind",
    ),
    numbers=("turns_on", "turns_again", "standing", "rank", "changed"),
    ties=("standing", "rank"),
)
FORMAT = 2
"""Raised when documents of an earlier version must be written anew."""
