"""What only the owner of a database can do: lift what it refuses, to show that the chain of the audit log tells."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.db import Database, is_postgresql

SQLITE = ("audit_update", "audit_delete", "audit_replace")


@asynccontextmanager
async def as_owner(database: Database) -> AsyncIterator[AsyncSession]:
    """A session in which the audit log can be changed; it commits, and leaves the database as closed as it was."""
    async with database.writers() as session, session.begin():
        if is_postgresql(session):
            await session.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
            yield session
            await session.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))
            return
        kept = await session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        triggers = {row.name: row.sql for row in kept if row.name in SQLITE}
        for name in triggers:
            await session.execute(text(f"DROP TRIGGER {name}"))
        yield session
        for statement in triggers.values():
            await session.execute(text(statement))
