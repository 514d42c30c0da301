"""What a provider says of itself, taken only where it fits the settings and leads to safe addresses."""

from urllib.parse import urlsplit

import msgspec

from catalog.core.settings import LOOPBACK

WELL_KNOWN = "/.well-known/openid-configuration"


class MetadataRefused(Exception):
    """The provider's description of itself cannot be used; the text says why, for the log."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part of OpenID Connect Discovery that we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    says_issuer: bool = msgspec.field(name="authorization_response_iss_parameter_supported", default=False)
    """Whether every answer at the return names the issuer (RFC 9207)."""
    ways_of_clients: tuple[str, ...] = msgspec.field(
        name="token_endpoint_auth_methods_supported", default=("client_secret_basic",)
    )

    def way_of_client(self, secret: str) -> str:
        """How we say who we are: by Basic, as the standard has it, unless the provider knows only the form."""
        if not secret:
            return "none"
        by_form = "client_secret_basic" not in self.ways_of_clients and "client_secret_post" in self.ways_of_clients
        return "client_secret_post" if by_form else "client_secret_basic"


def read_metadata(answer: bytes, issuer: str) -> Metadata:
    """Raises MetadataRefused: it is no description, is another provider's, or names an address that is not safe."""
    try:
        told = msgspec.json.decode(answer, type=Metadata)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MetadataRefused("no description of a provider") from error
    if told.issuer != issuer:
        raise MetadataRefused("the issuer is another one")
    required = (told.authorization_endpoint, told.token_endpoint, told.jwks_uri)
    optional = (told.userinfo_endpoint, told.end_session_endpoint)
    if not all(is_safe(address, issuer) for address in (*required, *filter(None, optional))):
        raise MetadataRefused("an address is not https")
    return told


def is_safe(address: str, issuer: str) -> bool:
    """https; on the machine itself http too, but only for a provider that is there."""
    try:
        parts, home = urlsplit(address), urlsplit(issuer)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.fragment or not address.isprintable():
        return False
    here = parts.hostname in LOOPBACK and home.hostname in LOOPBACK
    return parts.scheme == "https" or (parts.scheme == "http" and here)
