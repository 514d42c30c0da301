"""Keys of programs: made by a person for some of their own rights, told once, looked up by a hash, taken back at will.

What a program may is worked out anew for each request (``identity.visiting``): never more than its person may then.
"""

import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Invalid, NotFound
from catalog.core.roles import BY_SCHOOL
from catalog.identity.models import ApiToken, User
from catalog.identity.secrets import TOKEN_BEGINNING, hash_secret, new_secret
from catalog.identity.tokens.errors import TooManyTokens
from catalog.identity.tokens.schemas import MadeToken, MakeToken, ShownToken
from catalog.organisations.models import School

LONGEST = timedelta(days=365)
USUAL = timedelta(days=90)
MOST = 50
"""Tokens of one person that hold."""
USED_STEP = timedelta(minutes=5)
"""How often the last use is noted."""
NAME = 100
SHOWN = len(TOKEN_BEGINNING) + 6
"""Letters of a token that its owner is shown later."""


async def make_token(
    session: AsyncSession, actor: Actor, wanted: MakeToken, now: datetime, today: date, zone: ZoneInfo
) -> MadeToken:
    """Make a key for a program; the secret is in the answer and nowhere else.

    Raises:
        NotFound: whoever asks is no person.
        Invalid: a right is not theirs, means nothing for one school, or it would hold too long.
        TooManyTokens: they have as many as anybody may.
    """
    if actor.user_id is None or actor.id != actor.user_id:  # a program makes no programs
        raise NotFound
    if errors := _faults(actor, wanted, today):
        raise Invalid(errors=errors)
    if wanted.school_id is not None and await session.get(School, wanted.school_id) is None:
        raise Invalid(errors={"school": "unknown-code"})
    await session.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))
    if await _count(session, actor.user_id, now) >= MOST:
        raise TooManyTokens
    secret = TOKEN_BEGINNING + new_secret()
    token = ApiToken(
        user_id=actor.user_id,
        name=wanted.name,
        hash=hash_secret(secret),
        beginning=secret[:SHOWN],
        permissions=[each.value for each in Permission if each.value in wanted.permissions],
        created_at=now,
        expires_at=datetime.combine(wanted.ends_on + timedelta(days=1), time(), zone),
        school_id=wanted.school_id,
    )
    session.add(token)
    audit.record(session, actor, "make-token", "token", token.id, ("name", "permissions", "school", "expires_at"))
    await session.flush()
    return MadeToken(id=token.id, secret=secret)


def _faults(actor: Actor, wanted: MakeToken, today: date) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not wanted.name:
        errors["name"] = "field-missing"
    elif len(wanted.name) > NAME:
        errors["name"] = "too-long"
    known = {each.value: each for each in Permission}
    rights = [known[code] for code in wanted.permissions if code in known]
    may = all(_may(actor, each, wanted.school_id) for each in rights)
    if not wanted.permissions:
        errors["permissions"] = "choose-one"
    elif len(rights) < len(wanted.permissions) or not may:
        errors["permissions"] = "not-your-right"
    elif wanted.school_id is not None and not BY_SCHOOL.issuperset(rights):
        errors["permissions"] = "not-for-one-school"
    if wanted.ends_on < today:
        errors["ends_on"] = "day-over"
    elif wanted.ends_on > today + LONGEST:
        errors["ends_on"] = "more-than-a-year"
    return errors


def _may(actor: Actor, permission: Permission, school: uuid.UUID | None) -> bool:
    return actor.may_somewhere(permission) if school is None else actor.may(permission, school)


async def _count(session: AsyncSession, user_id: uuid.UUID, now: datetime) -> int:
    holding = (ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    return await session.scalar(select(func.count()).select_from(ApiToken).where(*holding)) or 0


async def list_tokens(session: AsyncSession, actor: Actor, now: datetime) -> list[ShownToken]:
    """A person's own, the newest first, those that were revoked left out."""
    query = (
        select(ApiToken, School.name)
        .outerjoin(School, School.id == ApiToken.school_id)
        .where(ApiToken.user_id == actor.user_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    return [
        ShownToken(
            id=row.id,
            name=row.name,
            beginning=row.beginning,
            permissions=row.permissions,
            lost=[code for code in row.permissions if not _may(actor, Permission(code), row.school_id)],
            school=school or "",
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            is_over=row.expires_at <= now,
        )
        for row, school in await session.execute(query)
    ]


async def revoke_token(session: AsyncSession, actor: Actor, token_id: uuid.UUID, now: datetime) -> None:
    """Take one's own key back, at once.

    Raises:
        NotFound: it is not theirs, or was revoked.
    """
    token = await session.get(ApiToken, token_id, with_for_update=True)
    if token is None or token.user_id != actor.user_id or token.revoked_at is not None:
        raise NotFound
    token.revoked_at = now
    audit.record(session, actor, "revoke-token", "token", token_id, ("revoked_at",))


async def note_use(session: AsyncSession, token_id: uuid.UUID, now: datetime) -> None:
    """Note that a key is in use; at most one write in five minutes."""
    await session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at < now - USED_STEP))
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )
