"""People and access: accounts, roles, sessions of people, tokens; more about schools, their pupils' number and devices.

Sessions and one-time links of before belong to nobody: they end, and whoever administers makes a new link.
"""

import sqlalchemy as sa
from alembic import op

from catalog.core.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _more_about_schools()
    _room_for_prepared_texts()
    op.create_table(
        "kept_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("kept_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answer")),
        sa.UniqueConstraint("actor_id", "address", "key", name=op.f("uq_kept_answer_actor_id_address_key")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_key_at", "sign_in_attempt", ["key", "at"])

    op.create_table(
        "device_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column(
            "ownership",
            sa.Enum(
                "municipal", "byod", "none", name="ownership", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("os_version", sa.String(length=32), nullable=False),
        sa.Column("replace_in", sa.Integer(), nullable=True),
        sa.Column("pupils_per_device", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_device_group_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_group")),
        sa.UniqueConstraint(
            *("school_id", "grade", "ownership", "platform", "os_version", "replace_in"),
            name=op.f("uq_device_group_kind"),
        ),
        sa.CheckConstraint("pupils_per_device >= 1", name=op.f("ck_device_group_pupils_per_device")),
    )
    op.create_index(op.f("ix_device_group_school_id"), "device_group", ["school_id"])

    op.create_table(
        "head_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_head_count_pupils")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_head_count_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_count")),
        sa.UniqueConstraint(
            "school_id", "grade", "counted_on", "source", name=op.f("uq_head_count_school_id_grade_counted_on_source")
        ),
    )
    op.create_index(op.f("ix_head_count_school_id"), "head_count", ["school_id"])

    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("rights_changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("left_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("erased_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_person_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_index(op.f("ix_person_school_id"), "person", ["school_id"])

    op.create_table(
        "school_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column(
            "scheme",
            sa.Enum(
                "stil",
                "cvr",
                "p_number",
                "gln",
                "skolenhetskod",
                "orgnr",
                "local",
                name="codescheme",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_code_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_code")),
        sa.UniqueConstraint("scheme", "value", "school_id", name=op.f("uq_school_code_scheme_value_school_id")),
    )
    op.create_index(op.f("ix_school_code_school_id"), "school_code", ["school_id"])
    op.create_index("ix_school_code_value", "school_code", ["value"])
    of_one = sa.text("scheme IN ('stil', 'skolenhetskod')")
    op.create_index(
        "ix_school_code_own",
        "school_code",
        ["scheme", "value"],
        unique=True,
        sqlite_where=of_one,
        postgresql_where=of_one,
    )
    op.create_table(
        "school_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.String(length=120), nullable=False),
        sa.Column("drafts", sa.JSON(), nullable=False),
        sa.Column("sent_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_upload")),
    )

    op.create_table(
        "school_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["school.id"], name=op.f("fk_school_event_other_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_event_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_event")),
    )
    op.create_index(op.f("ix_school_event_other_id"), "school_event", ["other_id"])
    op.create_index(op.f("ix_school_event_school_id"), "school_event", ["school_id"])

    op.create_table(
        "school_site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=16), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_site_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_site")),
    )
    op.create_index(op.f("ix_school_site_school_id"), "school_site", ["school_id"])

    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("beginning", sa.String(length=16), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_api_token_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["person.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
    )
    op.create_index(op.f("ix_api_token_school_id"), "api_token", ["school_id"])
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"])

    op.create_table(
        "external_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["person.id"], name=op.f("fk_external_identity_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_external_identity_user_id"), "external_identity", ["user_id"])

    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["person.id"], name=op.f("fk_invitation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("hash", name=op.f("uq_invitation_hash")),
    )
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"])

    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "teacher",
                "reviewer",
                "it",
                "school_leader",
                "purchasing",
                "data_protection",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name=op.f("ck_role_grant_period")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_role_grant_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["person.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_school_id"), "role_grant", ["school_id"])
    op.create_index(op.f("ix_role_grant_user_id"), "role_grant", ["user_id"])

    op.create_table(
        "spent_sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_sign_in")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_spent_sign_in_state_hash")),
    )
    op.drop_table("session")
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("previous_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.String(length=100), nullable=False),
        sa.Column("id_token", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["person.id"], name=op.f("fk_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("hash", name=op.f("uq_session_hash")),
    )
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"])
    op.create_index(op.f("ix_session_previous_hash"), "session", ["previous_hash"])
    op.drop_table("admin_link")


def _room_for_prepared_texts() -> None:
    """Empty at first: a start reads the documents until they are written anew."""
    op.add_column("search_document", sa.Column("prepared", sa.String(), nullable=True))
    op.execute("UPDATE search_document SET prepared = ''")
    with op.batch_alter_table("search_document") as document:
        document.alter_column("prepared", nullable=False)


def _more_about_schools() -> None:
    op.add_column("school", sa.Column("opened_on", sa.Date(), nullable=True))
    op.add_column("school", sa.Column("closed_on", sa.Date(), nullable=True))
    op.add_column("school", sa.Column("web", sa.String(length=500), nullable=True))
    op.add_column("school", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("school", sa.Column("origin", sa.String(length=64), nullable=True))
    op.add_column("school", sa.Column("edited_fields", sa.JSON(), nullable=True))
    op.execute("UPDATE school SET web = '', version = 1, origin = '', edited_fields = '[]'")
    with op.batch_alter_table("school") as school:
        school.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        school.alter_column("web", nullable=False)
        school.alter_column("version", nullable=False)
        school.alter_column("origin", nullable=False)
        school.alter_column("edited_fields", nullable=False)
        school.create_foreign_key(op.f("fk_school_merged_into_id"), "school", ["merged_into_id"], ["id"])
    op.create_index(op.f("ix_school_merged_into_id"), "school", ["merged_into_id"])


def downgrade() -> None:
    op.drop_column("search_document", "prepared")
    for table in (
        "session",
        "spent_sign_in",
        "role_grant",
        "invitation",
        "external_identity",
        "api_token",
        "school_upload",
        "school_site",
        "school_event",
        "school_code",
        "person",
        "head_count",
        "device_group",
        "sign_in_attempt",
        "kept_answer",
    ):
        op.drop_table(table)
    op.drop_index(op.f("ix_school_merged_into_id"), "school")
    with op.batch_alter_table("school") as school:
        school.drop_constraint(op.f("fk_school_merged_into_id"), type_="foreignkey")
        for column in ("merged_into_id", "edited_fields", "origin", "version", "web", "closed_on", "opened_on"):
            school.drop_column(column)
    op.create_table(
        "admin_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_link")),
        sa.UniqueConstraint("hash", name=op.f("uq_admin_link_hash")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("hash", name=op.f("uq_session_hash")),
    )
