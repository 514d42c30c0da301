"""Who tested a resource: a name that an erase takes off everywhere, however it is spelt, and that is then heard of."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from catalog import wiring
from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity.personal import erase_person, export_person
from catalog.intake.batches import Source
from catalog.intake.drafts import DraftText, ResourceDraft
from catalog.intake.models import ImportEffect
from catalog.resources.importing import import_resources
from catalog.resources.models import CompatibilityClaim, Resource
from catalog.resources.schemas import ClaimFact
from catalog.vocabularies.region import Region
from tests.catalog.operations.test_personal_data import found_anywhere
from tests.conftest import NOON, TODAY, open_session_for
from tests.factories import store

NAME = "Ærinne Østvind"
LONG_AGO = NOON - timedelta(days=400)


async def erase(database: Database, user_id: uuid.UUID) -> None:
    async with transaction(database.writers) as session:
        await erase_person(session, SYSTEM, wiring.PERSONAL_SOURCES, user_id, now=NOON, today=TODAY)


async def somebody(database: Database) -> uuid.UUID:
    return (await open_session_for(database, Role.REVIEWER, name=NAME))[1]


async def store_tested(database: Database, region: Region, title: str, *names: str) -> uuid.UUID:
    claims = [ClaimFact(platform="web", browser=str(number), tested_by=each) for number, each in enumerate(names)]
    async with transaction(database.writers) as session:
        key = await store(session, region, title, claims=claims)
        await session.execute(update(Resource).where(Resource.id == key).values(updated_at=LONG_AGO))
    return key


async def test_every_spelling_of_the_name_is_taken_off_and_no_other_name(database: Database, region: Region) -> None:
    user_id = await somebody(database)
    theirs = await store_tested(database, region, "Et", NAME, "ÆRINNE ØSTVIND", "Ærinne Østvindsen", "Jens Jord")
    await store_tested(database, region, "To", "Jens Jord")
    async with transaction(database.writers) as session:  # as an earlier version may have stored it
        claim = update(CompatibilityClaim).where(
            CompatibilityClaim.browser == "1", CompatibilityClaim.resource_id == theirs
        )
        await session.execute(claim.values(tested_by="  ÆRINNE\N{NO-BREAK SPACE}  østvind "))
    await erase(database, user_id)
    async with database.readers() as session:
        left = await session.scalars(select(CompatibilityClaim.tested_by).order_by(CompatibilityClaim.tested_by))
        assert list(left) == ["", "", "Jens Jord", "Jens Jord", "Ærinne Østvindsen"]


async def test_an_erase_is_a_change_of_each_resource_and_of_no_other(database: Database, region: Region) -> None:
    user_id = await somebody(database)
    begun = utc_now()
    theirs = await store_tested(database, region, "Et", NAME, NAME)
    other = await store_tested(database, region, "To", "Jens Jord")
    await erase(database, user_id)
    async with database.readers() as session:
        changed = await session.get_one(Resource, theirs)
        assert (changed.version, changed.updated_at >= begun) == (2, True), "programs that keep a copy hear of it"
        untouched = await session.get_one(Resource, other)
        assert (untouched.version, untouched.updated_at) == (1, LONG_AGO)
        acts = select(AuditEntry.object_id, AuditEntry.fields).where(AuditEntry.action == "change-resource")
        assert [tuple(each) for each in await session.execute(acts)] == [(str(theirs), "claims")]


@pytest.fixture
async def effect(database: Database, region: Region) -> uuid.UUID:
    """An import that changed a resource which somebody had tested; whose name it kept, to take the import back."""
    user_id = await somebody(database)
    await take_in(database, region, "chromeos")
    async with transaction(database.writers) as session:
        key = (await session.scalars(select(Resource.id))).one()
        session.add_all(_claim(key, platform, who) for platform, who in (("web", NAME), ("android", "Jens Jord")))
    await take_in(database, region, "ipados")
    return user_id


async def take_in(database: Database, region: Region, *platforms: str) -> None:
    lines: dict[str, Any] = dict.fromkeys(("url", "publisher", "creator", "service", "kind", "price"), "")
    several: dict[str, Any] = dict.fromkeys(("languages", "logins", "end_users", "placements", "source_terms"), ())
    draft = ResourceDraft(
        key="1",
        form="app",
        texts=(DraftText("da", "Brøker", ""),),
        identifiers=(("source:list", "1"),),
        platforms=platforms,
        content_licence="",
        published_on=None,
        lines=(1,),
        **lines,
        **several,
    )
    source = Source(kind="resources", file_name="rows.jsonl", file_hash="-", mapping="list")
    _, tally = await import_resources(database, SYSTEM, region, source, [draft], TODAY)
    assert tally.accepted == 1


def _claim(key: uuid.UUID, platform: str, who: str) -> CompatibilityClaim:
    claim = CompatibilityClaim(platform=platform, tested_by=who)
    claim.resource_id = key
    return claim


async def named_before(database: Database) -> list[str]:
    async with database.readers() as session:
        found = await session.scalars(select(ImportEffect.before).where(ImportEffect.created.is_(False)))
        claims = [claim for before in found for claim in before.get("claims", [])]
        return sorted(filter(None, (claim.get("testedBy") for claim in claims)))


async def test_an_erase_reaches_what_an_import_replaced(database: Database, effect: uuid.UUID) -> None:
    assert await named_before(database) == ["Jens Jord", NAME], "control: the import kept it"
    async with database.readers() as session:
        told = await export_person(session, SYSTEM, wiring.PERSONAL_SOURCES, effect)
    assert [each["platform"] for each in told["acts"] if each["what"] == "test"] == ["web"]
    await erase(database, effect)
    assert await named_before(database) == ["Jens Jord"]
    assert await found_anywhere(database, [NAME]) == []
