"""Secrets that let somebody in: made here, told once, and kept as a hash only."""

import hashlib
import hmac
import secrets
import uuid

TOKEN_BEGINNING = "hylde_"  # noqa: S105 - what every key of a program begins with, so that scanners know it


def new_secret() -> str:
    """256 random bits, to be used in a cookie or an address."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """What is stored: a fast hash is enough for what nobody can guess."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def new_person_id(installation: bytes, actor: uuid.UUID, key: str) -> uuid.UUID:
    """The id of who is added by one form: the same if it is sent twice, and of nobody's choosing."""
    made = hmac.new(installation, f"person:{actor}:{key}".encode(), hashlib.sha256).digest()
    return uuid.UUID(bytes=made[:16], version=4)


def invitation_secret(installation: bytes, invitation: uuid.UUID) -> str:
    """Of a one-time link: made from the installation's secret, so that a mail can be written after the commit."""
    return hmac.new(installation, f"invitation:{invitation}".encode(), hashlib.sha256).hexdigest()
