"""What ``hylde doctor`` finds: nothing in a sound installation, and each thing that was broken on purpose."""

import asyncio
import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from msgspec.structs import replace
from sqlalchemy import create_engine, delete, select, text, update

from catalog.core import outbox
from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.core.settings import Settings
from catalog.doctor import Finding, examine
from catalog.finding.models import SearchDocument
from catalog.identity.models import ExternalIdentity, User
from catalog.migrations import runner
from catalog.organisations.models import School
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools
from catalog.resources.models import Resource
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.vocabularies.region import Region
from catalog.worker import Worker
from tests.conftest import NOON, open_session_for
from tests.factories import store
from tests.tampering import as_owner

Statement: TypeAlias = Any
PUBLIC = "https://hylde.sundby.example"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Those of a municipality whose readers come from elsewhere."""
    return replace(settings, base_url=PUBLIC)


@pytest.fixture
async def sound(database: Database, region: Region, settings: Settings) -> Database:
    """A small catalogue in which everything is as it should be."""
    school = SchoolFacts(code="999101", name="Mågebakkeskolen", kind="folkeskole", grades=["0", "1"])
    async with transaction(database.writers) as session:
        await keep_schools(session, SYSTEM, [school])
        for title in ("Brøker 4", "Æbler", "Ørken", "Åbne vinduer"):
            await store(session, region, title)
    await Worker(settings, database, region, lambda: NOON).drain()
    await open_session_for(database)
    return database


async def complaints(settings: Settings, database: Database | None = None, **more: Any) -> list[Finding]:
    """What is wrong; every complaint names its fix, and nothing that is right has one."""
    findings = await examine(settings, database, **more)
    assert all(bool(finding.fix) is not finding.ok for finding in findings)
    assert all(finding.what.endswith(".") for finding in findings)
    return [finding for finding in findings if not finding.ok]


async def change(database: Database, *statements: Statement) -> None:
    """Change rows behind the service's back."""
    async with database.writers() as session, session.begin():
        for statement in statements:
            await session.execute(statement)


async def test_a_sound_installation_has_no_complaint(settings: Settings, sound: Database) -> None:
    assert await complaints(settings, sound) == []


async def test_it_opens_the_database_of_the_settings_itself(settings: Settings, sound: Database) -> None:
    assert await complaints(settings) == []


async def test_it_says_how_much_there_is(settings: Settings, sound: Database) -> None:
    said = [finding.what for finding in await examine(settings, sound)]
    assert "4 resources to find." in said
    assert "1 school to choose." in said
    assert "The search answers from 4 documents." in said


def is_root() -> bool:
    return os.geteuid() == 0


async def test_a_data_folder_that_is_a_file_is_found(settings: Settings, sound: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [found] = await complaints(replace(settings, data_folder=tmp_path / "file" / "data"), sound)
    assert "cannot be written to" in found.what


@pytest.mark.skipif(is_root(), reason="root may write everywhere")
async def test_a_data_folder_of_somebody_else_is_found(settings: Settings, sound: Database, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    [found] = await complaints(replace(settings, data_folder=tmp_path / "closed"), sound)
    assert "cannot be written to" in found.what


@pytest.mark.parametrize(
    ("content", "mode", "said"), [("short", 0o600, "is damaged"), ("long enough " * 4, 0o644, "Others can read")]
)
async def test_a_secret_that_is_none_is_found(
    settings: Settings, sound: Database, tmp_path: Path, content: str, mode: int, said: str
) -> None:
    place = tmp_path / "secret"
    place.write_text(content)
    place.chmod(mode)
    [found] = await complaints(replace(settings, secret=""), sound)
    assert said in found.what


async def test_an_address_that_only_this_machine_can_open_is_found(settings: Settings, sound: Database) -> None:
    [found] = await complaints(replace(settings, base_url="http://127.0.0.1:8000"), sound)
    assert "HYLDE_BASE_URL" in found.fix


async def test_the_demo_may_be_opened_from_this_machine_alone(settings: Settings, sound: Database) -> None:
    assert await complaints(replace(settings, base_url="http://127.0.0.1:8000", demo=True), sound) == []


async def test_a_clock_that_stands_before_the_version_is_found(settings: Settings, sound: Database) -> None:
    [found] = await complaints(settings, sound, now=lambda: datetime(1970, 1, 1, tzinfo=UTC))
    assert "1970-01-01" in found.what


async def test_an_unknown_time_zone_is_found(settings: Settings, sound: Database) -> None:
    [found] = await complaints(replace(settings, time_zone="Europe/Atlantis"), sound)
    assert "Europe/Atlantis" in found.what


async def test_vocabularies_that_cannot_be_read_are_found(settings: Settings, sound: Database, tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "subject.toml").write_text("[dansk\n")
    [found] = await complaints(replace(settings, vocabularies=tmp_path / "words"), sound)
    assert "subject.toml" in found.what


async def test_a_missing_translation_is_found(settings: Settings, sound: Database, tmp_path: Path) -> None:
    (tmp_path / "da" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "da" / "LC_MESSAGES" / "messages.po").write_text("")
    [found] = await complaints(settings, sound, locale=tmp_path)
    assert "Svenska" in found.what


async def test_a_database_that_is_not_there_is_found_and_not_made(settings: Settings, tmp_path: Path) -> None:
    [found] = await complaints(replace(settings, database_url=f"sqlite:///{tmp_path}/none.sqlite"))
    assert found.fix == "Run «hylde migrate»."
    assert not (tmp_path / "none.sqlite").exists()


async def test_a_server_that_does_not_answer_is_found(settings: Settings, tmp_path: Path) -> None:
    [found] = await complaints(replace(settings, database_url=f"postgresql://nobody@/none?host={tmp_path}"))
    assert "cannot be reached" in found.what


async def test_a_file_that_is_no_database_is_found(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "letter.sqlite").write_text("Kære kommune, her er vores ansøgning. " * 50)
    [found] = await complaints(replace(settings, database_url=f"sqlite:///{tmp_path}/letter.sqlite"))
    assert "cannot be reached" in found.what


async def test_an_earlier_schema_is_found(settings: Settings, database_url: str) -> None:
    await asyncio.to_thread(runner.downgrade, database_url, "base")
    [found] = await complaints(settings)
    assert "this version needs" in found.what
    assert found.fix == "Run «hylde migrate»."


async def test_a_broken_audit_chain_is_found(settings: Settings, sound: Database) -> None:
    async with as_owner(sound) as session:
        await session.execute(update(AuditEntry).where(AuditEntry.seq == 2).values(action="nothing-happened"))
    [found] = await complaints(settings, sound)
    assert found.what == "The audit log is broken at row 2."


async def test_a_resource_without_its_document_is_found(settings: Settings, sound: Database) -> None:
    await change(sound, delete(SearchDocument))
    [found] = await complaints(settings, sound)
    assert found.what == "4 resources have no search document."


async def test_documents_that_nobody_writes_are_found_after_a_minute(settings: Settings, sound: Database) -> None:
    async with transaction(sound.writers) as session:
        outbox.enqueue(session, DOCUMENT_TOPIC, [uuid.uuid4()])
    assert await complaints(settings, sound) == []
    late = utc_now() - timedelta(seconds=61)
    await change(sound, update(OutboxEntry).values(written_at=late))
    [found] = await complaints(settings, sound)
    assert found.what.startswith("1 search document waits since ")


async def test_ranks_out_of_order_are_found(settings: Settings, sound: Database) -> None:
    await change(sound, update(Resource).where(Resource.slug == "aebler").values(rank=2**53 - 1))
    [found] = await complaints(settings, sound)
    assert found.what == "1 resource stands out of the order of titles."


async def test_a_document_that_cannot_be_read_is_found(settings: Settings, sound: Database) -> None:
    await change(sound, update(SearchDocument).values(document="{"))
    [found] = await complaints(settings, sound)
    assert found.fix == "Run «hylde reindex»."


async def test_an_engine_that_is_none_is_found(settings: Settings, sound: Database) -> None:
    [found] = await complaints(replace(settings, search_url="nowhere:"), sound)
    assert "nowhere" in found.fix


async def test_an_empty_catalogue_is_found(settings: Settings, database: Database) -> None:
    found = await complaints(settings, database)
    assert [each.what for each in found] == [
        "There are no schools to choose.",
        "The catalogue is empty.",
        "Nobody can administer who has ever signed in.",
    ]


async def test_schools_that_are_missing_are_found(settings: Settings, sound: Database) -> None:
    await change(sound, delete(School))
    [found] = await complaints(settings, sound)
    assert found.what == "There are no schools to choose."


@pytest.fixture
def spoil(sound: Database, database_url: str) -> Callable[..., None]:
    """Change an SQLite file with another program, which keeps none of our rules."""
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps these rules itself")

    def run(*statements: str) -> None:
        engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    return run


async def test_a_row_that_points_to_nothing_is_found(
    settings: Settings, sound: Database, spoil: Callable[..., None]
) -> None:
    spoil(f"UPDATE resource SET publisher_id = '{uuid.uuid4().hex}' WHERE slug = 'oerken'")
    found = await complaints(settings, sound)
    assert "1 row points to nothing, the first in the table resource." in [each.what for each in found]


async def test_a_journal_in_another_mode_is_found(
    settings: Settings, sound: Database, spoil: Callable[..., None], database_url: str
) -> None:
    await sound.close()
    spoil("PRAGMA journal_mode = DELETE")
    path = database_url.removeprefix("sqlite:///")
    shared_disk = f"sqlite:///file:{path}?vfs=unix-dotfile&uri=true"  # locks as on a disk where WAL cannot be had
    [found] = await complaints(replace(settings, database_url=shared_disk))
    assert found.what == "SQLite keeps its journal in delete mode."


async def test_nobody_who_can_administer_is_found_but_in_the_demo(settings: Settings, sound: Database) -> None:
    await change(sound, update(User).values(seen_at=None))
    [found] = await complaints(settings, sound)
    assert ("Nobody can administer" in found.what, "hylde admin-link" in found.fix) == (True, True)
    assert await complaints(replace(settings, demo=True), sound) == []


async def test_local_accounts_switched_off_too_early_are_found(settings: Settings, sound: Database) -> None:
    off = replace(settings, local_accounts=False, oidc_issuer="https://id.example", oidc_client_id="hylde")
    [found] = await complaints(off, sound)
    assert "knows nobody who can administer" in found.what
    assert await complaints(replace(off, oidc_roles="chiefs=admin"), sound) == []
    async with sound.writers() as session, session.begin():
        user_id = (await session.scalars(select(User.id))).one()
        session.add(ExternalIdentity(user_id=user_id, issuer="https://id.example", subject="1"))
    assert await complaints(off, sound) == []
