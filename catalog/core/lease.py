"""One of several workers leads: it holds a lease that it renews, and that another takes when it stops doing so."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from catalog.core.db import Base


class Lease(Base):
    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until_at: Mapped[datetime]


async def hold(session: AsyncSession, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Take or renew the lease; False while another holder's has not run out. One guarded UPDATE decides."""
    taken = await session.scalar(
        update(Lease)
        .where(Lease.name == name, (Lease.holder == holder) | (Lease.until_at < now))
        .values(holder=holder, until_at=now + lasts)
        .returning(Lease.name)
        .execution_options(synchronize_session=False)
    )
    if taken is not None:
        return True
    try:
        async with session.begin_nested():
            session.add(Lease(name=name, holder=holder, until_at=now + lasts))
    except IntegrityError:
        return False
    return True
