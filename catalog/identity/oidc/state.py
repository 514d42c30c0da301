"""A sign-in on its way to the provider and back: sealed, for one browser, for ten minutes.

Nothing is stored when somebody sets out. What must come back travels in ``state``, encrypted with a key made of the
installation's secret and of a secret that only this browser has, in a cookie: another browser, a foreign page or the
provider itself can neither read nor make one. Nonce and PKCE verifier are derived from the same two secrets and travel
nowhere. So setting out is the GET that it looks like: a foreign page that sends a thousand browsers to it fills no
table and locks nobody out, which it could if each left a row. A row is written with the sign-in that succeeds, in its
transaction, and makes the state good for one (``models.SpentSignIn``).
"""

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from catalog.identity.oidc.errors import SignInOutdated

LASTS = timedelta(minutes=10)
SEALED = ["dir", "A256GCM"]
LONGEST = 3000
LONGEST_NEXT = 1000
"""Bytes of the address to go on to; providers give up on a state of several thousand."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in remembers of its beginning."""

    id: str
    expires_at: datetime
    next: str = "/"
    invitation_id: uuid.UUID | None = None
    """Set: the one who comes back is the one who was invited."""


class OneTime(msgspec.Struct, frozen=True, kw_only=True):
    """What only this sign-in knows."""

    nonce: str
    verifier: str


def begin(now: datetime, next_page: str = "/", invitation_id: uuid.UUID | None = None) -> Begun:
    return Begun(
        id=secrets.token_urlsafe(16),
        expires_at=now + LASTS,
        next=next_page if len(next_page.encode()) <= LONGEST_NEXT else "/",
        invitation_id=invitation_id,
    )


def one_time(installation: bytes, browser: str, begun: Begun) -> OneTime:
    return OneTime(
        nonce=_derived(installation, "nonce", browser, begun.id).hex(),
        verifier=_derived(installation, "verifier", browser, begun.id).hex(),
    )


def seal(installation: bytes, browser: str, begun: Begun) -> str:
    header = {"alg": SEALED[0], "enc": SEALED[1]}
    return jwe.encrypt_compact(header, msgspec.json.encode(begun), _key(installation, browser), SEALED)


def unseal(installation: bytes, browser: str, state: str, now: datetime) -> Begun:
    """What was sealed for this browser.

    Raises:
        SignInOutdated: it was not, or too long ago.
    """
    if not browser or len(state) > LONGEST:
        raise SignInOutdated
    try:
        opened = jwe.decrypt_compact(state, _key(installation, browser), SEALED).plaintext
        begun = msgspec.json.decode(opened or b"", type=Begun)
    except (JoseError, msgspec.MsgspecError, ValueError, TypeError) as error:  # anything may have been sent
        raise SignInOutdated from error
    if begun.expires_at <= now:
        raise SignInOutdated
    return begun


def _key(installation: bytes, browser: str) -> OctKey:
    return OctKey.import_key(_derived(installation, "state", browser))


def _derived(installation: bytes, *parts: str) -> bytes:
    return hmac.new(installation, "\n".join(("provider", *parts)).encode(errors="replace"), hashlib.sha256).digest()
