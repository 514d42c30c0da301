"""The history of the schema: run once by however many, up and down with data, and equal to the models."""

import re
import shutil
import subprocess
import sys
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Column, Engine, Integer, MetaData, create_engine, event, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from catalog.core.actor import SYSTEM
from catalog.core.db import open_database, transaction
from catalog.identity.invitations import invite
from catalog.identity.people import add_user
from catalog.migrations import runner
from catalog.migrations.metadata import METADATA
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from catalog.vocabularies.region import Region
from tests import check_schema
from tests.cluster import create_database
from tests.conftest import NOON, ROOT
from tests.factories import places, rule, runs_on, store

MakeEmpty = Callable[[], str]
only_sqlite = pytest.mark.parametrize("make_empty", ["sqlite"], indirect=True)
START = "import sys; from catalog.migrations import runner; print(runner.upgrade(sys.argv[1]))"


@pytest.fixture(params=["sqlite", "postgresql"])
def make_empty(request: pytest.FixtureRequest, tmp_path: Path) -> MakeEmpty:
    """Make a database without anything in it."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.sqlite"
    server = request.getfixturevalue("postgresql")
    return lambda: create_database(server, f"empty_{uuid.uuid4().hex}")


def with_driver(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


def open_engine(url: str) -> Engine:
    return create_engine(with_driver(url), poolclass=NullPool)


async def fill(url: str, region: Region) -> None:
    """Rows in as many tables as the services fill."""
    database = open_database(url)
    async with transaction(database.writers) as session:
        more: dict[str, Any] = {
            "placements": places(("dansk", "4")),
            "claims": runs_on("web"),
            "publisher": "Forlaget Nordvest",
        }
        key = await store(session, region, url="https://nordvest.example/a", **more)
        await rule(session, region, key)
        await keep_schools(session, SYSTEM, [SchoolFacts(code="1", name="Åskolen", kind="folkeskole", grades=["1"])])
        user = await add_user(session, SYSTEM, now=NOON, name="Nina Nord")
        await invite(session, SYSTEM, user.id, b"only for tests", NOON)
    await database.close()


def rows(url: str) -> dict[str, list[Any]]:
    """Every row of every table there is, but the history's own."""
    engine = open_engine(url)
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {
            name: [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()] for name in names
        }


def same(left: list[Any], right: list[Any]) -> bool:
    """Whether rows are the same in every column that both sides have: a revision may take columns away."""
    shared = set(left[0] if left else ()) & set(right[0] if right else ())
    seen = [sorted(repr([(name, row[name]) for name in sorted(shared)]) for row in rows) for rows in (left, right)]
    return seen[0] == seen[1]


def test_processes_that_start_at_once_migrate_once(make_empty: MakeEmpty) -> None:
    url = make_empty()
    starting = [
        subprocess.Popen([sys.executable, "-c", START, url], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]
    said = sorted(process.communicate()[0].strip() for process in starting)
    assert [process.returncode for process in starting] == [0] * 3
    assert said == sorted(["None", *[str(runner.head())] * 2])
    assert runner.current(url) == runner.head()


async def test_every_revision_goes_down_and_up_again_and_loses_no_row(make_empty: MakeEmpty, region: Region) -> None:
    url = make_empty()
    assert runner.current(url) is None
    assert runner.upgrade(url) is None
    await fill(url, region)
    before = rows(url)
    assert sum(bool(kept) for kept in before.values()) > 8

    history, left = ScriptDirectory(str(ROOT / "catalog/migrations")), before
    for revision in history.walk_revisions():
        runner.downgrade(url, str(revision.down_revision or "base"))
        left = rows(url)
        known = before.keys() & left.keys()
        assert [name for name in known if not same(left[name], before[name])] == []
        runner.upgrade(url)
        again = rows(url)
        assert [name for name in known if not same(again[name], before[name])] == []

    assert left == {}  # the first revision takes everything along
    assert runner.differences(url) == []
    await fill(url, region)
    assert {name: len(kept) for name, kept in rows(url).items()} == {name: len(kept) for name, kept in before.items()}


def test_what_is_migrated_is_what_the_models_say(make_empty: MakeEmpty) -> None:
    url = make_empty()
    runner.upgrade(url)
    assert runner.differences(url) == []


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        ("ALTER TABLE school ADD COLUMN planted INTEGER", "remove_column"),
        ("DROP INDEX ix_outbox_topic", "add_index"),
        ("DROP TABLE error_report", "add_table"),
        ("CREATE TABLE planted (id INTEGER)", "remove_table"),
    ],
)
def test_control_a_difference_is_found(make_empty: MakeEmpty, spoil: str, found: str) -> None:
    url = make_empty()
    runner.upgrade(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(spoil))
    assert [difference[0] for difference in runner.differences(url)][:1] == [found]


def test_control_a_column_that_only_the_models_have_is_found(
    make_empty: MakeEmpty, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_empty()
    runner.upgrade(url)
    planted = copy_of(METADATA)
    planted.tables["school"].append_column(Column("planted", Integer))
    monkeypatch.setattr(runner, "METADATA", planted)
    assert [difference[0] for difference in runner.differences(url)] == ["add_column"]


def test_make_check_says_which_database_it_could_not_look_at_and_fails_on_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)  # a machine without PostgreSQL
    assert check_schema.main() == 0
    assert "PostgreSQL: NOT CHECKED, no PostgreSQL here" in capsys.readouterr().out
    planted = copy_of(METADATA)
    planted.tables["school"].append_column(Column("planted", Integer))
    monkeypatch.setattr(runner, "METADATA", planted)
    assert check_schema.main() == 1
    assert "add_column" in capsys.readouterr().err


def copy_of(metadata: MetaData) -> MetaData:
    copied = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(copied)
    return copied


def checks(url: str) -> set[tuple[str, str, str]]:
    """Table, name and text of every CHECK, as the database itself says them."""
    found: set[tuple[str, str, str]] = set()
    with open_engine(url).connect() as connection:
        looking = inspect(connection)
        for table in looking.get_table_names():
            for check in looking.get_check_constraints(table):
                found.add((table, str(check["name"]), re.sub(r"\s+", " ", check["sqltext"])))
    return found


def created(url: str, metadata: MetaData) -> str:
    metadata.create_all(open_engine(url))
    return url


def test_the_checks_of_the_migrated_schema_are_those_of_the_models_in_name_and_text(make_empty: MakeEmpty) -> None:
    """Alembic's own comparison passes them by."""
    url = make_empty()
    runner.upgrade(url)
    wanted = checks(created(make_empty(), METADATA))
    assert checks(url) == wanted
    assert {("decision", "ck_decision_outcome"), ("resource", "ck_resource_rank")} <= {each[:2] for each in wanted}

    planted = copy_of(METADATA)
    constraint = next(each for each in planted.tables["resource"].constraints if each.name == "ck_resource_rank")
    assert isinstance(constraint, CheckConstraint)
    constraint.sqltext = text("rank >= 1")
    assert checks(url) != checks(created(make_empty(), planted))


@pytest.mark.parametrize(
    "spoil", ["outcome = 'fine'", "service_id = NULL, resource_id = NULL", "valid_until = '2000-01-01'"]
)
async def test_the_checks_bite(make_empty: MakeEmpty, region: Region, spoil: str) -> None:
    url = make_empty()
    runner.upgrade(url)
    await fill(url, region)
    with pytest.raises(IntegrityError, match=r"CHECK|check"), open_engine(url).begin() as connection:
        connection.execute(text(f"UPDATE decision SET {spoil}"))


PLANTED = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "planted", {head!r}, None, None
def upgrade():
    {body}
def downgrade():
    pass
"""
REWRITE = """with op.batch_alter_table("resource", recreate="always") as batch:
        batch.alter_column("designation", existing_type=sa.String(120), type_=sa.String(240))"""
TWICE = """op.execute("CREATE TABLE planted (name VARCHAR(40) UNIQUE)")
    for _ in range(2):
        op.get_bind().execute(sa.text("INSERT INTO planted VALUES (:name)"), {{"name": "secret" * 3}})"""
ORPHAN = """op.execute("INSERT INTO placement VALUES ('00000000000000000000000000000007', 'dansk', '4')")"""


def plant(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """Put one more revision at the end of a copy of the history, and run that."""
    shutil.copytree(ROOT / "catalog/migrations", folder / "migrations")
    revision = PLANTED.format(head=runner.head(), body=body)
    (folder / "migrations/versions/9999_planted.py").write_text(revision)
    monkeypatch.setattr(runner, "__file__", str(folder / "migrations/runner.py"))


@only_sqlite
async def test_a_table_that_is_written_anew_keeps_the_rows_that_point_to_it(
    make_empty: MakeEmpty, region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_empty()
    runner.upgrade(url)
    await fill(url, region)
    before = rows(url)
    plant(monkeypatch, tmp_path, REWRITE)
    runner.upgrade(url)
    assert runner.current(url) == "planted"
    assert rows(url) == before


@only_sqlite
async def test_control_with_foreign_keys_on_the_same_rewrite_fails(make_empty: MakeEmpty, region: Region) -> None:
    url = make_empty()
    runner.upgrade(url)
    await fill(url, region)
    engine = open_engine(url)
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))

    def rewrite() -> None:
        with engine.begin() as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("resource", recreate="always") as batch:
                batch.alter_column("designation", nullable=False)

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        rewrite()


@only_sqlite
def test_a_revision_that_leaves_rows_pointing_to_nothing_is_undone(
    make_empty: MakeEmpty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_empty()
    runner.upgrade(url)
    before = runner.current(url)
    plant(monkeypatch, tmp_path, ORPHAN)
    with pytest.raises(runner.MigrationBroken, match="1 rows point to nothing, the first in placement"):
        runner.upgrade(url)
    assert runner.current(url) == before
    assert rows(url)["placement"] == []


def test_what_a_revision_that_fails_was_writing_is_not_told(
    make_empty: MakeEmpty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors are logged, and so would be what people wrote."""
    plant(monkeypatch, tmp_path, TWICE.format())
    with pytest.raises(IntegrityError, match="INSERT INTO planted") as refused:
        runner.upgrade(make_empty())
    told = "".join(traceback.format_exception(refused.value))
    assert "secret" * 3 not in told
