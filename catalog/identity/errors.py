"""Why somebody was not let in."""

from catalog.core.errors import DomainError


class LinkSpent(DomainError):
    status, code, title = 403, "link-spent", "The link was used before or has run out; ask for a new one"
