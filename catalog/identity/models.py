"""People, what they may do, and how they come in; of every secret only a hash is stored."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.clock import utc_now
from catalog.core.db import Base, new_id
from catalog.core.roles import Role


class User(Base):
    """A member of staff; works without name and mail, for some providers tell neither. No pupil is ever stored."""

    __tablename__ = "person"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    name: Mapped[str] = mapped_column(String(200), default="")
    mail: Mapped[str] = mapped_column(String(254), default="")
    username: Mapped[str | None] = mapped_column(String(100), unique=True, default=None)
    """Of a local account, folded to small letters."""
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    """argon2id; "" where there is no local account."""
    language: Mapped[str] = mapped_column(String(8), default="")
    """"" : as the browser asks."""
    school_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("school.id"), index=True, default=None)
    """The school whose answers the person sees first."""
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    rights_changed_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    """A session whose secret is older gets a new one."""
    seen_at: Mapped[datetime | None] = mapped_column(default=None)
    """The last sign-in."""
    left_at: Mapped[datetime | None] = mapped_column(default=None)
    """Set: nothing lets the person in any more."""
    erased_at: Mapped[datetime | None] = mapped_column(default=None)
    is_demo: Mapped[bool] = mapped_column(default=False)
    """Invented; the demo's sign-in page offers it."""
    version: Mapped[int] = mapped_column(default=1)


class ExternalIdentity(Base):
    """A person as an identity provider knows them."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)


class RoleGrant(Base):
    """A role, for the municipality or for one school, from a day until a day."""

    __tablename__ = "role_grant"
    __table_args__ = (CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="period"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role]
    school_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("school.id"), index=True)
    """None: the whole municipality."""
    starts_on: Mapped[date]
    granted_by: Mapped[uuid.UUID]
    """The actor."""
    ends_on: Mapped[date | None] = mapped_column(default=None)
    """The last day on which it holds; None: until it is ended."""
    origin: Mapped[str] = mapped_column(String(32), default="person")
    """person: given here; provider: follows from what the identity provider says."""
    granted_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    """Ended by hand, at once, whatever the days say."""


class Session(Base):
    """A browser that is signed in; the cookie's secret changes, the id stays."""

    __tablename__ = "session"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The absolute end, however busy the session is."""
    way: Mapped[str] = mapped_column(String(16))
    """local, oidc, link or demo."""
    previous_hash: Mapped[str] = mapped_column(String(64), index=True, default="")
    """The secret before the last renewal; requests that were under way still bring it."""
    previous_until: Mapped[datetime | None] = mapped_column(default=None)
    browser: Mapped[str] = mapped_column(String(100), default="")
    """«Firefox, Windows»: for the person to recognise it, no more."""
    id_token: Mapped[str] = mapped_column(default="")
    """Hint for the provider's own sign-out; of a session by OIDC."""


class Invitation(Base):
    """A one-time link: the first way in for somebody new, and the way back for who lost theirs."""

    __tablename__ = "invitation"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID]
    """The actor."""
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    mailed_at: Mapped[datetime | None] = mapped_column(default=None)


class ApiToken(Base):
    """The key of a program: acts for the person who made it, and may never do more than they may themselves."""

    __tablename__ = "api_token"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    beginning: Mapped[str] = mapped_column(String(16))
    """The first letters, to know it again by."""
    permissions: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    school_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("school.id"), index=True, default=None)
    """Set: for this school only."""
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInAttempt(Base):
    """A sign-in that failed, by hashed account and by hashed address; rows older than a day are dropped."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_key_at", "key", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    key: Mapped[str] = mapped_column(String(64))
    """HMAC of «account:name» or «address:…»."""
    at: Mapped[datetime]


class SpentSignIn(Base):
    """A sign-in that came back from the identity provider and let somebody in: the same answer lets nobody in again."""

    __tablename__ = "spent_sign_in"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, init=False, default_factory=new_id)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    """When the state is too old in any case, and the row can go."""
