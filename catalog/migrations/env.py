"""Alembic's entry: it is handed an open connection and never makes one."""

from typing import Any

from alembic import context

from catalog.migrations.metadata import METADATA

connection: Any = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    compare_type=True,
    compare_server_default=True,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
