"""What is stored about a member of staff: shown whole, and erased so that an empty row is left which acts point to.

The row stays, without a name, because the audit log, decisions and imports say by its id who did something; nothing
else leads from that id to a person any more.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core import audit
from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict
from catalog.core.idempotency import KeptAnswer
from catalog.core.mail import forget_failures
from catalog.core.outbox import OutboxEntry
from catalog.core.registries import PersonalSource
from catalog.identity import mailing
from catalog.identity.models import ApiToken, ExternalIdentity, Invitation, RoleGrant, Session
from catalog.identity.people import get_user, require_other_admin
from catalog.organisations.models import School, SchoolUpload

EXPORTED: Sequence[tuple[str, type[Any], tuple[str, ...]]] = (
    ("sign-in by a provider", ExternalIdentity, ("issuer", "subject", "created_at")),
    ("session", Session, ("way", "browser", "created_at", "renewed_at", "last_seen_at", "expires_at")),
    ("invitation", Invitation, ("created_at", "expires_at", "used_at", "mailed_at")),
    (
        "program's key",
        ApiToken,
        ("name", "beginning", "permissions", "created_at", "expires_at", "last_used_at", "revoked_at"),
    ),
)
"""What each row of a table is called, and which of its columns are told; of every secret only a hash is stored."""
OF_PERSON = ("name", "mail", "username", "language", "created_at", "seen_at", "left_at", "erased_at", "is_demo")
OF_ROLE = ("role", "starts_on", "ends_on", "origin", "granted_at", "ended_at")


async def export_person(
    session: AsyncSession, actor: Actor, sources: Iterable[PersonalSource], user_id: uuid.UUID
) -> dict[str, list[dict[str, Any]]]:
    """Everything that is stored about somebody, by the slice that keeps it.

    Raises:
        NotFound: there is no such person.
    """
    actor.require(Permission.MANAGE_PERSONAL_DATA)
    await get_user(session, user_id)
    return {source.name: await source.export(session, user_id) for source in sources}


async def erase_person(
    session: AsyncSession,
    actor: Actor,
    sources: Sequence[PersonalSource],
    user_id: uuid.UUID,
    *,
    now: datetime,
    today: date,
) -> int:
    """Make somebody a former employee without a name, at once; the number of rows touched.

    The first source keeps the person and is asked last: the others still learn from it who is meant.

    Raises:
        NotFound: there is no such person.
        Conflict: they were erased before.
        LastAdministrator: nobody else could administer.
    """
    actor.require(Permission.MANAGE_PERSONAL_DATA)
    user = await get_user(session, user_id)
    await session.refresh(user, with_for_update=True)
    if user.erased_at is not None:
        raise Conflict
    await require_other_admin(session, user_id, today)
    touched = [await source.erase(session, actor, user_id) for source in reversed(sources)]
    user.left_at = user.left_at or now
    user.erased_at = user.rights_changed_at = now
    user.version += 1
    audit.record(session, actor, "erase-person", "person", user_id, OF_PERSON[:4])
    await session.flush()
    return sum(touched)


async def export(session: AsyncSession, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """The person, their roles, and all that lets them in."""
    user = await get_user(session, user_id)
    chosen = await session.get(School, user.school_id) if user.school_id else None
    rows = [
        {"what": "person", **_told(user, OF_PERSON), "school": chosen.name if chosen else ""}
        | {"password": "a hash is stored" if user.password_hash else ""}
    ]
    of_school = select(RoleGrant, School.name).outerjoin(School, School.id == RoleGrant.school_id)
    granted = await session.execute(of_school.where(RoleGrant.user_id == user_id).order_by(RoleGrant.granted_at))
    rows += [{"what": "role", **_told(grant, OF_ROLE), "school": name or ""} for grant, name in granted]
    for what, model, columns in EXPORTED:
        kept = await session.scalars(select(model).where(model.user_id == user_id).order_by(model.created_at))
        rows += [{"what": what, **_told(row, columns)} for row in kept]
    return rows


def _told(row: Any, columns: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in columns}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


async def erase(session: AsyncSession, _: Actor, user_id: uuid.UUID) -> int:
    """Everything but the person's row, which is emptied."""
    invited = (await session.scalars(select(Invitation.id).where(Invitation.user_id == user_id))).all()
    keys = [str(each) for each in invited]
    own = {user_id, *(await session.scalars(select(ApiToken.id).where(ApiToken.user_id == user_id))).all()}
    await forget_failures(session, mailing.TOPIC, keys)
    doomed = [
        delete(OutboxEntry).where(OutboxEntry.topic == mailing.TOPIC, OutboxEntry.key.in_(keys)),
        *(delete(model).where(model.actor_id.in_(own)) for model in (KeptAnswer, SchoolUpload)),
        *(delete(model).where(model.user_id == user_id) for model in (Invitation, Session, ApiToken)),
        *(delete(model).where(model.user_id == user_id) for model in (ExternalIdentity, RoleGrant)),
    ]
    touched = 1
    for each in doomed:
        touched += (await session.execute(each.execution_options(synchronize_session=False))).rowcount  # type: ignore[attr-defined]  # of a DELETE
    user = await get_user(session, user_id)
    user.name = user.mail = user.password_hash = user.language = ""
    user.username = user.school_id = user.seen_at = None
    return touched


SOURCE = PersonalSource(name="identity", export=export, erase=erase)
