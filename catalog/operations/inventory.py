"""Every column that holds something about a person: whose, what for, for how long, how it is shown and how erased.

A test walks all tables: a column that looks personal is in one of the two lists below, or the test fails. The table in
docs/personal-data.md says the same, which another test compares.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Column, Table

PERSON = "person"
_WORDS = re.compile(r"[a-z0-9]+")
LOOKS = frozenset(
    _WORDS.findall(
        "actor address author before birth birthday body born browser by city comment contact cpr creator detail"
        " details editor email employee file gender holder ip issuer key limits mail mobile name note owner"
        " password person personnummer phone picture postcode pupil reason recipient row sender signature source"
        " street student subject surname teacher text token user username"
    )
)
"""Words in the name of a column that speak of people, or of a text in which somebody may be named."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of one table that are kept for the same purpose and go at the same time."""

    table: str
    columns: tuple[str, ...]
    whose: str
    purpose: str
    kept: str
    shown: str
    """To the person, by the export."""
    erased: str
    """When the person is erased."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(f"{self.table}.{column}" for column in self.columns)


STAFF = "member of staff"
GONE = "row removed"
WITH_PERSON = "until the person is erased"
INVENTORY: tuple[Stored, ...] = (
    Stored(
        table="person",
        columns=("name", "mail", "username"),
        whose=STAFF,
        purpose="to know who is meant, to write to them, to sign in",
        kept=WITH_PERSON,
        shown="yes",
        erased="emptied",
    ),
    Stored(
        table="person",
        columns=("password_hash",),
        whose=STAFF,
        purpose="to sign in by a local account",
        kept=WITH_PERSON,
        shown="that there is one",
        erased="emptied",
    ),
    Stored(
        table="person",
        columns=("language", "school_id", "seen_at"),
        whose=STAFF,
        purpose="to show pages in their language and about their school; to find accounts that nobody uses",
        kept=WITH_PERSON,
        shown="yes",
        erased="emptied",
    ),
    Stored(
        table="person",
        columns=("id", "created_at", "rights_changed_at", "left_at", "erased_at", "is_demo", "version"),
        whose=STAFF,
        purpose="the row that acts point to",
        kept="for good, without a name: «former employee»",
        shown="the dates",
        erased="kept",
    ),
    Stored(
        table="external_identity",
        columns=("id", "user_id", "issuer", "subject", "created_at"),
        whose=STAFF,
        purpose="to know somebody again who signs in by an identity provider",
        kept=WITH_PERSON,
        shown="yes",
        erased=GONE,
    ),
    Stored(
        table="role_grant",
        columns=("id", "user_id", "role", "school_id", "starts_on", "ends_on", "origin", "granted_at", "ended_at"),
        whose=STAFF,
        purpose="what somebody may do, and could do when",
        kept=WITH_PERSON,
        shown="yes",
        erased=GONE,
    ),
    Stored(
        table="role_grant",
        columns=("granted_by",),
        whose="whoever gave the role",
        purpose="to account for rights",
        kept="as long as the role's row",
        shown="as an act",
        erased="kept: an id without a name",
    ),
    Stored(
        table="session",
        columns=("id", "user_id", "way", "browser", "created_at", "renewed_at", "last_seen_at", "expires_at"),
        whose=STAFF,
        purpose="to stay signed in, and to see and end one's own sessions",
        kept="an hour after it ended: 12 hours, or 2 without use",
        shown="yes",
        erased=GONE,
    ),
    Stored(
        table="session",
        columns=("hash", "previous_hash", "previous_until", "id_token"),
        whose=STAFF,
        purpose="to prove the session, and to end it at the identity provider",
        kept="as the session",
        shown="no: secrets; what the provider told stands beside",
        erased=GONE,
    ),
    Stored(
        table="invitation",
        columns=("id", "user_id", "created_at", "expires_at", "used_at", "mailed_at"),
        whose=STAFF,
        purpose="the first way in, and the way back",
        kept="an hour after it was used or ran out: 7 days",
        shown="yes",
        erased=GONE,
    ),
    Stored(
        table="invitation",
        columns=("hash", "created_by"),
        whose="the one invited; whoever invited",
        purpose="to prove the link; to account for it",
        kept="as the invitation",
        shown="no: a secret; as an act",
        erased="with the invitation",
    ),
    Stored(
        table="api_token",
        columns=(
            "id",
            "user_id",
            "name",
            "beginning",
            "permissions",
            "school_id",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ),
        whose=STAFF,
        purpose="to let a program act for them",
        kept="30 days after it was revoked or ran out",
        shown="yes",
        erased=GONE,
    ),
    Stored(
        table="api_token",
        columns=("hash",),
        whose=STAFF,
        purpose="to prove the program",
        kept="as the key",
        shown="no: a secret",
        erased=GONE,
    ),
    Stored(
        table="sign_in_attempt",
        columns=("key", "at"),
        whose="whoever failed to sign in",
        purpose="to slow down who guesses passwords",
        kept="a day",
        shown="no: a keyed hash, which leads to nobody",
        erased="kept for its day",
    ),
    Stored(
        table="kept_answer",
        columns=("actor_id", "key", "body", "body_hash", "address"),
        whose="whoever sent an import",
        purpose="to answer the same request again instead of doing it twice",
        kept="a day",
        shown="no: an answer about rows of a file",
        erased=GONE,
    ),
    Stored(
        table="school_upload",
        columns=("actor_id",),
        whose="whoever sent a list of schools or of numbers of pupils",
        purpose="to show them what was understood before they confirm it",
        kept="a day",
        shown="no: what was sent is about schools",
        erased=GONE,
    ),
    Stored(
        table="mail_failure",
        columns=("key", "reason"),
        whose="the one invited",
        purpose="to try a mail again, and to show why it was not taken",
        kept="as the invitation",
        shown="no: an id, and the server's words without the address",
        erased=GONE,
    ),
    Stored(
        table="outbox",
        columns=("key",),
        whose="the one invited",
        purpose="a promise to send a mail; an id",
        kept="until the mail is taken",
        shown="no: an id",
        erased=GONE,
    ),
    Stored(
        table="audit",
        columns=("actor_id", "object_id"),
        whose="whoever acts, and who is acted upon",
        purpose="to account for every change",
        kept="for good",
        shown="yes, as acts",
        erased="kept: an id without a name",
    ),
    Stored(
        table="import_batch",
        columns=("actor_id",),
        whose="whoever took a file in",
        purpose="to account for it, and to take it back",
        kept="for good",
        shown="yes",
        erased="kept: an id without a name",
    ),
    Stored(
        table="compatibility_claim",
        columns=("tested_by",),
        whose="whoever tested a resource on a device",
        purpose="to say how reliable the claim is",
        kept="as the entry",
        shown="yes, where it is the person's name",
        erased="emptied, where it is the person's name",
    ),
    Stored(
        table="import_effect",
        columns=("before",),
        whose="whoever tested a resource on a device, before an import changed it",
        purpose="to take the import back: fields of a resource, a decision or a school as they were",
        kept="for good",
        shown="yes, where it is the person's name",
        erased="the name is taken out, where it is the person's",
    ),
    Stored(
        table="error_report",
        columns=("text",),
        whose="whomever a reader may name",
        purpose="to correct the catalogue",
        kept="90 days after it was dealt with",
        shown="no: nobody's name is asked for or kept with it",
        erased="kept for its days",
    ),
)

NOT_PERSONAL: Mapping[str, str] = {
    "audit.fields": "names of fields, never values",
    "compatibility_claim.browser": "a product",
    "compatibility_claim.limits": "what does not work on a device",
    "decision.body": "which body decided: the municipality, a committee",
    "decision.note": "the ground of a public decision, for everybody to read",
    "decision.source_key": "names a row of a list",
    "device_group.source": "which list a number of devices comes from",
    "feed.key": "id of a resource, or a day",
    "head_count.source": "which list or count a number of pupils comes from",
    "import_batch.file_hash": "of a file",
    "import_batch.file_name": "of a list of resources, decisions or schools",
    "lease.holder": "a random name that a worker gives itself",
    "lease.name": "of a job",
    "name_question.name": "of a resource or a service in a list",
    "name_question.name_key": "the same, folded",
    "name_question.row": "a row of a list of decisions",
    "placement.subject": "a school subject",
    "publisher.succeeded_by_id": "another publisher",
    "resource.succeeded_by_id": "another resource",
    "publisher.name": "of a publisher",
    "publisher.name_key": "the same, folded",
    "resource.creator": "of a published work, as its publisher names it",
    "resource.sort_key": "of the title",
    "resource_event.details": "fields of a resource",
    "resource_text.language": "of a title",
    "school.name": "of a school",
    "school_event.detail": "an earlier name of a school, or a reason",
    "school_upload.file_hash": "of a file",
    "school_upload.file_name": "of a list of schools or of numbers of pupils",
    "school_site.city": "of a school",
    "school_site.name": "of a school's building",
    "school_site.postcode": "of a school",
    "school_site.street": "of a school",
    "service.key": "a short name of a product",
    "service.name": "of a product",
}
"""What looks personal and is not, with the reason."""


def looks_personal(column: Column[object]) -> bool:
    """Whether a column may hold something about a person: by its table's reference to people, or by its name."""
    return _is_of_a_person(column.table) or not LOOKS.isdisjoint(_WORDS.findall(column.name))


def _is_of_a_person(table: object) -> bool:
    if not isinstance(table, Table):
        return False
    return table.name == PERSON or any(key.column.table.name == PERSON for key in table.foreign_keys)


def unaccounted(tables: Iterable[Table]) -> list[str]:
    """Columns that look personal and that neither list names, and names in the lists that no column has any more."""
    tables = list(tables)
    listed = {name for stored in INVENTORY for name in stored.names} | NOT_PERSONAL.keys()
    there = {f"{table.name}.{column.name}": column for table in tables for column in table.columns}
    forgotten = [name for name, column in there.items() if looks_personal(column) and name not in listed]
    return sorted(forgotten + [f"{name} (gone)" for name in listed - there.keys()])
