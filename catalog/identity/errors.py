"""Why somebody was not let in, or a person not changed."""

from dataclasses import dataclass

from catalog.core.errors import Conflict, DomainError


class LinkSpent(DomainError):
    status, code, title = 410, "link-spent", "The link was used before or has run out; ask for a new one"


class WrongPassword(DomainError):
    """The same for a name that nobody has, a password that is wrong and a person who has left."""

    status, code, title = 422, "wrong-password", "The user name and the password do not belong together"


class LocalAccountsOff(DomainError):
    status, code, title = 403, "local-accounts-off", "Nobody signs in by a password here"


class UsernameTaken(Conflict):
    code, title = "username-taken", "Somebody else has this user name"


class LastAdministrator(Conflict):
    code, title = "last-administrator", "Nobody else could administer"


@dataclass(kw_only=True, eq=False)
class StillOwns(Conflict):
    code, title = "still-owns", "What the person owns has to be given to somebody first"
    number: int


class HasLeft(Conflict):
    code, title = "has-left", "The person has left"


@dataclass(kw_only=True, eq=False)
class PersonChanged(Conflict):
    code, title = "person-changed", "Somebody else changed this person since the page was read"
    current_version: int
