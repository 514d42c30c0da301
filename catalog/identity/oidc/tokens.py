"""Whether an ID token may be believed: signed by the provider, for us, now, and for the very sign-in that asked.

Only asymmetric algorithms count: «none» and those in which our own secret or a public key would sign are refused.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

PublicKey = RSAKey | ECKey
KINDS: Mapping[str, type[PublicKey]] = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey}
LEEWAY = 60
"""Seconds by which the provider's clock and ours may differ."""
LONGEST_SUBJECT = 255
LARGEST = 100_000
MOST_KEYS = 50


class TokenRefused(Exception):
    """Not to be believed; the text says why, for the log."""


class KeyUnknown(TokenRefused):
    """None of the keys we have signed it: the provider may have new ones."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the token of a sign-in has to say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str
    """That came with it."""


def read_keys(answer: bytes) -> tuple[PublicKey, ...]:
    """The keys of a set that can sign for us; others, and broken ones, are left out.

    Raises:
        TokenRefused: it is no set of keys.
    """
    try:
        entries = json.loads(answer)["keys"]
        candidates = [entry for entry in entries if isinstance(entry, dict) and entry.get("use", "sig") == "sig"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise TokenRefused("no set of keys") from error
    found = (_key(entry) for entry in candidates[:MOST_KEYS])
    return tuple(key for key in found if key is not None)


def _key(entry: dict[str, Any]) -> PublicKey | None:
    if entry.get("kty") not in {RSAKey.key_type, ECKey.key_type}:
        return None
    try:
        key = JWKRegistry.import_key(entry)
        return key if isinstance(key, RSAKey | ECKey) else None
    except (JoseError, ValueError, TypeError, KeyError):  # whatever a parser of keys stumbles over
        return None


def verify(token: str, keys: Iterable[PublicKey], expected: Expected, now: datetime) -> dict[str, Any]:
    """The claims of a token that may be believed.

    Raises:
        KeyUnknown: no key that we have fits.
        TokenRefused: it may not be believed.
    """
    claims = _signed(token, keys)
    try:
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": expected.issuer},
            aud={"essential": True, "value": expected.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": expected.nonce},
        )
        registry.validate(claims)
    except JoseError as error:
        raise TokenRefused(str(error)) from error
    for reason, holds in _further(claims, expected):
        if not holds:
            raise TokenRefused(reason)
    return claims


def _signed(token: str, keys: Iterable[PublicKey]) -> dict[str, Any]:
    """The claims, if one of our keys signed them."""
    if len(token) > LARGEST:
        raise TokenRefused("too large")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("no token") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in KINDS:
        raise TokenRefused("the algorithm is not allowed")
    fitting = [
        key
        for key in keys
        if isinstance(key, KINDS[algorithm])
        and key.get("alg") in {None, algorithm}
        and (kid is None or key.get("kid") == kid)
    ]
    refused: Exception | None = None
    for key in fitting:
        try:
            return jwt.decode(token, key, algorithms=list(KINDS)).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            refused = error
    if not fitting or kid is None:
        raise KeyUnknown("no key of ours fits") from refused
    raise TokenRefused("the signature is wrong") from refused


def _further(claims: Mapping[str, Any], expected: Expected) -> list[tuple[str, bool]]:
    """What the library leaves to us."""
    audience, party, subject, nonce = (claims.get(name) for name in ("aud", "azp", "sub", "nonce"))
    several = isinstance(audience, list) and len(audience) > 1
    return [
        ("azp is missing", party is not None or not several),
        ("azp is somebody else", party in {None, expected.client_id} if isinstance(party, str | None) else False),
        ("nonce is no text", isinstance(nonce, str)),
        ("sub cannot be kept", _can_be_kept(subject)),
        ("at_hash is wrong", "at_hash" not in claims or _is_hash(claims["at_hash"], expected.access_token)),
    ]


def _can_be_kept(subject: object) -> bool:
    return isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()


def _is_hash(told: object, access_token: str) -> bool:
    """Left half of the hash; all algorithms allowed here go with SHA-256."""
    half = hashlib.sha256(access_token.encode(errors="replace")).digest()[:16]
    right = base64.urlsafe_b64encode(half).rstrip(b"=")
    return isinstance(told, str) and hmac.compare_digest(told.encode(errors="replace"), right)
