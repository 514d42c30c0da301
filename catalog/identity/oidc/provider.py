"""The identity provider as we meet it over HTTP: it may be down, slow or lie, and none of it reaches further.

Every question has an end: seconds to connect, to read and altogether, and a largest answer. No redirect is followed.
What it says of itself and its keys are kept for an hour; a key we do not know is asked for once more, at most twice a
minute, and a provider that has just failed is not asked again at once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import msgspec
import structlog
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # carries no types
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from typing_extensions import override

from catalog.core.settings import Settings
from catalog.identity.oidc.claims import Told, is_complete, read_claims
from catalog.identity.oidc.errors import ProviderMistaken, ProviderUnavailable, SignInOutdated
from catalog.identity.oidc.metadata import WELL_KNOWN, Metadata, MetadataRefused, read_metadata
from catalog.identity.oidc.state import OneTime
from catalog.identity.oidc.tokens import Expected, KeyUnknown, PublicKey, TokenRefused, read_keys, verify

log = structlog.get_logger(__name__)
RETURN = "/sign-in/provider/return"
CONNECT, READ, ALTOGETHER = 3.0, 5.0, 8.0
"""Seconds."""
LARGEST = 512_000
"""Bytes of an answer."""
FRESH = timedelta(hours=1)
KEYS_AGAIN = timedelta(seconds=30)
NOT_AGAIN = timedelta(seconds=5)
"""After a failure: who comes meanwhile is told at once, instead of waiting in line."""
NEVER = datetime.min.replace(tzinfo=UTC)
AWAY = {"temporarily_unavailable", "server_error"}


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the provider signed in."""

    told: Told
    id_token: str


class _Tokens(msgspec.Struct, frozen=True, kw_only=True):
    id_token: str
    access_token: str = ""


class Provider:
    """The provider of the settings, with what it said lately."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now
        self._tls = httpx2.create_ssl_context()
        self._asking = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._told_at = self._failed_at = self._keys_at = self._keys_again_at = self._keys_failed_at = NEVER
        self._keys: tuple[PublicKey, ...] = ()

    @property
    def return_address(self) -> str:
        return self._settings.base_url.rstrip("/") + RETURN

    async def discover(self) -> Metadata:
        """What the provider says of itself.

        Raises:
            ProviderUnavailable: it does not answer.
            ProviderMistaken: what it says cannot be used.
        """
        async with self._asking:
            if self._metadata is not None and self._now() - self._told_at < FRESH:
                return self._metadata
            if self._now() - self._failed_at < NOT_AGAIN:
                raise ProviderUnavailable
            issuer = self._settings.oidc_issuer
            try:
                self._metadata = read_metadata(await self._get(issuer.rstrip("/") + WELL_KNOWN), issuer)
            except MetadataRefused as error:
                self._failed_at = self._now()
                raise self._mistaken(str(error)) from error
            except (ProviderUnavailable, ProviderMistaken):
                self._failed_at = self._now()
                raise
            self._told_at = self._now()
            return self._metadata

    async def address_to_sign_in(self, state: str, secrets: OneTime) -> str:
        """Where the browser goes. Raises as ``discover`` does."""
        metadata = await self.discover()
        async with self._client(metadata) as client:
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint, state=state, code_verifier=secrets.verifier, nonce=secrets.nonce
            )
        return str(address)

    async def redeem(self, code: str, secrets: OneTime) -> SignedIn:
        """Who stands behind a code that came back.

        Raises:
            SignInOutdated: the provider knows the code no more, or gave it for another sign-in.
            ProviderUnavailable: it does not answer.
            ProviderMistaken: its answer cannot be believed.
        """
        metadata = await self.discover()
        tokens = await self._tokens(metadata, code, secrets)
        expected = Expected(
            issuer=metadata.issuer,
            client_id=self._settings.oidc_client_id,
            nonce=secrets.nonce,
            access_token=tokens.access_token,
        )
        claims = await self._verified(metadata, tokens.id_token, expected)
        if metadata.userinfo_endpoint and tokens.access_token and not is_complete(claims, self._settings):
            claims = await self._further(metadata.userinfo_endpoint, tokens.access_token, claims["sub"]) | claims
        return SignedIn(told=read_claims(claims, self._settings), id_token=tokens.id_token)

    async def _verified(self, metadata: Metadata, token: str, expected: Expected) -> dict[str, Any]:
        try:
            try:
                return verify(token, await self._keys_of(metadata), expected, self._now())
            except KeyUnknown:
                return verify(token, await self._keys_of(metadata, again=True), expected, self._now())
        except TokenRefused as error:
            raise self._mistaken(f"ID token: {error}") from error

    async def _keys_of(self, metadata: Metadata, *, again: bool = False) -> tuple[PublicKey, ...]:
        async with self._asking:
            now = self._now()
            if again and now - self._keys_again_at >= KEYS_AGAIN:
                self._keys_again_at = now
            elif again or (self._keys and now - self._keys_at < FRESH):
                return self._keys
            elif now - self._keys_failed_at < NOT_AGAIN:
                raise ProviderUnavailable
            try:
                self._keys = read_keys(await self._get(metadata.jwks_uri))
            except (ProviderUnavailable, ProviderMistaken, TokenRefused):
                self._keys_failed_at = self._now()
                raise
            self._keys_at = now
            return self._keys

    async def _tokens(self, metadata: Metadata, code: str, secrets: OneTime) -> _Tokens:
        try:
            async with asyncio.timeout(ALTOGETHER), self._client(metadata) as client:
                answer = await client.fetch_token(metadata.token_endpoint, code=code, code_verifier=secrets.verifier)
            return msgspec.convert(dict(answer), _Tokens)
        except OAuthError as error:
            reason = str(error.error)  # it may be anything
            if reason == "invalid_grant":
                raise SignInOutdated from error
            if reason in AWAY:
                raise ProviderUnavailable from error
            raise self._mistaken(f"no token: {reason[:100]!r}") from error
        except httpx2.HTTPStatusError as error:
            raise self._by_status(error.response.status_code) from error
        except (TimeoutError, httpx2.HTTPError) as error:
            raise ProviderUnavailable from error
        except (ValueError, TypeError, OverflowError, RecursionError) as error:  # a token in no form that we know
            raise self._mistaken("no token that can be read") from error

    async def _further(self, address: str, access_token: str, subject: str) -> dict[str, Any]:
        """What the provider says of the same person when asked with the access token."""
        answer = await self._get(address, authorization=f"Bearer {access_token}")
        try:
            claims = msgspec.json.decode(answer, type=dict[str, Any])
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise self._mistaken("no claims") from error
        if claims.get("sub") != subject:
            raise self._mistaken("the claims are of somebody else")
        return claims

    async def _get(self, address: str, **headers: str) -> bytes:
        try:
            async with asyncio.timeout(ALTOGETHER), self._client() as client:
                answer = await client.request("GET", address, withhold_token=True, headers=headers)
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise ProviderUnavailable from error
        if answer.status_code != httpx2.codes.OK:
            raise self._by_status(answer.status_code)
        content: bytes = answer.content
        return content

    def _client(self, metadata: Metadata | None = None) -> AsyncOAuth2Client:
        settings = self._settings
        return AsyncOAuth2Client(
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            token_endpoint_auth_method=metadata.way_of_client(settings.oidc_client_secret) if metadata else "none",
            scope=settings.oidc_scope,
            redirect_uri=self.return_address,
            code_challenge_method="S256",
            timeout=httpx2.Timeout(READ, connect=CONNECT),
            verify=self._tls,
            headers={"accept-encoding": "identity"},  # nothing small that becomes large
            event_hooks={"response": [_bound]},
        )

    def _by_status(self, status: int) -> ProviderUnavailable | ProviderMistaken:
        is_away = status >= httpx2.codes.INTERNAL_SERVER_ERROR or status == httpx2.codes.TOO_MANY_REQUESTS
        return ProviderUnavailable() if is_away else self._mistaken(f"status {status}")

    def _mistaken(self, reason: str) -> ProviderMistaken:
        log.warning("the provider's answer is not taken", reason=reason)
        return ProviderMistaken()


class _Bounded(httpx2.AsyncByteStream):
    """An answer that is given up when it grows too large."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > LARGEST:
                raise httpx2.ReadError("the answer is too large")
            yield part

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise httpx2.DecodingError("the answer is packed, against our asking")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


def open_provider(settings: Settings, now: Callable[[], datetime]) -> Provider | None:
    """The provider, if the settings name one; it is not asked before somebody comes."""
    return Provider(settings, now) if settings.oidc_issuer else None
