"""The audit log is for adding only, and is found in faster; mails that were not taken are kept."""

import sqlalchemy as sa
from alembic import op

from catalog.core.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _nobody_changes_audit()
    op.create_table(
        "mail_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_failure")),
        sa.UniqueConstraint("topic", "key", name=op.f("uq_mail_failure_topic_key")),
    )


def _nobody_changes_audit() -> None:
    """The database refuses; whoever owns it can lift that, and the chain shows what they did then.

    SQLite's REPLACE removes rows without a word to triggers, so that there a row that is taken already is refused too.
    """
    op.create_index(op.f("ix_audit_action"), "audit", ["action"])
    op.create_index(op.f("ix_audit_object_id"), "audit", ["object_id"])
    if op.get_bind().dialect.name == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        taken = "EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq OR hash = NEW.hash)"
        op.execute(f"CREATE TRIGGER audit_update BEFORE UPDATE ON audit {refuse}")
        op.execute(f"CREATE TRIGGER audit_delete BEFORE DELETE ON audit {refuse}")
        op.execute(f"CREATE TRIGGER audit_replace BEFORE INSERT ON audit WHEN {taken} {refuse}")
        return
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
    )
    for event, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"audit_{event.split()[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON audit FOR EACH {each} EXECUTE FUNCTION audit_refuse()")


def _audit_may_be_changed() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("audit_update", "audit_delete", "audit_replace"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP FUNCTION audit_refuse CASCADE")
    op.drop_index(op.f("ix_audit_object_id"), "audit")
    op.drop_index(op.f("ix_audit_action"), "audit")


def downgrade() -> None:
    _audit_may_be_changed()
    op.drop_table("mail_failure")
