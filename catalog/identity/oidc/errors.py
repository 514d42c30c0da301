"""Why nobody was let in by way of the identity provider; the reason in detail is in the log, never in the answer."""

from dataclasses import dataclass

from catalog.core.errors import Conflict, DomainError, Unavailable


@dataclass(kw_only=True, eq=False)
class ProviderUnavailable(Unavailable):
    status, code, title = 503, "provider-unavailable", "The identity provider does not answer"
    retry_after: int = 10


class ProviderMistaken(DomainError):
    status, code, title = 502, "provider-mistaken", "The identity provider's answer cannot be trusted"


class SignInOutdated(DomainError):
    status, code, title = 400, "sign-in-outdated", "The sign-in is too old, was used, or began in another browser"


class SignInRefused(DomainError):
    status, code, title = 403, "sign-in-refused", "The identity provider did not sign the person in"


class NotAdmitted(DomainError):
    status, code, title = 403, "not-admitted", "What the identity provider says of somebody new lets them in nowhere"


class PersonLeft(DomainError):
    status, code, title = 403, "person-left", "The person has left the municipality"


class IdentityTaken(Conflict):
    status, code, title = 409, "identity-taken", "The account at the identity provider belongs to somebody else here"
