"""A service that does everything and stores nothing, so that a thousand requests meet the same rows."""

from catalog.core.db import Database


def store_nothing(database: Database) -> None:
    """From here on every COMMIT of this database is a ROLLBACK, and is answered like a COMMIT."""
    dialect = database.engine.sync_engine.dialect
    dialect.do_commit = dialect.do_rollback  # type: ignore[method-assign]  # the one point that all commits pass
