"""Signing out at the provider too, so that the next person at a shared machine does not come in as this one.

The provider may have to be asked where to go. That happens before a handler uses its transaction: nobody waits for the
database because somebody waits for the provider.
"""

import asyncio
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Request

from catalog.core.settings import Settings
from catalog.identity.models import Session
from catalog.identity.oidc.errors import ProviderMistaken, ProviderUnavailable
from catalog.identity.oidc.provider import Provider
from catalog.web.security import origin_of

WAY = "oidc"
BACK = "/sign-in"
PATIENCE = 2.0
"""Seconds: signing out here must not depend on the provider."""
LONGEST_HINT = 4000


class WayOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session by the provider is ended there; nowhere, if the provider has no such address or did not say."""

    address: str = ""
    client_id: str = ""
    back: str = ""

    def address_for(self, ended: Session) -> str:
        """Where the browser goes on to after its session here has ended; "": nowhere."""
        if not self.address or ended.way != WAY:
            return ""
        told = {"client_id": self.client_id, "post_logout_redirect_uri": self.back}
        if ended.id_token and len(ended.id_token) <= LONGEST_HINT:
            told["id_token_hint"] = ended.id_token
        return self.address + ("&" if urlsplit(self.address).query else "?") + urlencode(told)


async def find_way_out(request: Request[Any, Any, Any]) -> WayOut:
    """Ask before the session is used; never fails, and takes two seconds at most."""
    provider: Provider | None = request.app.state.provider
    settings: Settings = request.app.state.settings
    if provider is None:
        return WayOut()
    try:
        async with asyncio.timeout(PATIENCE):
            metadata = await provider.discover()
    except (ProviderUnavailable, ProviderMistaken, TimeoutError):
        return WayOut()
    address = metadata.end_session_endpoint or ""
    if origin_of(address) != origin_of(settings.oidc_issuer):
        return WayOut()  # our security policy lets a form lead to the issuer's own address only
    return WayOut(address=address, client_id=settings.oidc_client_id, back=settings.base_url.rstrip("/") + BACK)
