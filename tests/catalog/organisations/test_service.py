"""The register of schools: entering, changing, closing, and who may."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.errors import Forbidden, Invalid
from catalog.organisations.errors import SchoolChanged, SchoolCodeTaken, SchoolOpen
from catalog.organisations.fleet.errors import SchoolClosed
from catalog.organisations.lifecycle import close_school, reopen_school
from catalog.organisations.models import CodeScheme
from catalog.organisations.reading import follow_code, list_lines
from catalog.organisations.schemas import CodeFact, SchoolFacts, SiteFact
from catalog.organisations.service import add_school, change_school, keep_schools, list_schools
from catalog.vocabularies.region import Region
from tests.catalog.organisations.register import enter, facts, stil, stored
from tests.conftest import TODAY

LEADER = Actor(id=uuid.UUID(int=9), at_schools={Permission.READ_SCHOOLS: frozenset({uuid.UUID(int=5)})})


async def change(database: Database, region: Region, school: uuid.UUID, wanted: SchoolFacts, version: int) -> list[str]:
    async with transaction(database.writers) as session:
        return await change_school(session, SYSTEM, region, school, wanted, version, TODAY)


async def test_a_school_is_stored_with_its_numbers_and_addresses(database: Database, region: Region) -> None:
    site = SiteFact(name="Skolen", street="Klitten 3", postcode="9999", city="Sundby")
    cvr = CodeFact(scheme=CodeScheme.CVR, value="13 58 56 28")
    school = await enter(database, region, " Ny  Skole ", "999103", codes=[stil("999103"), cvr], sites=[site])
    found = (await stored(database, school)).facts
    assert (found.name, found.sites) == ("Ny Skole", [site])
    assert found.codes == [CodeFact(scheme=CodeScheme.CVR, value="13585628"), stil("999103")]
    assert [each.kind for each in (await stored(database, school)).history] == ["opened"]


async def test_all_faults_are_told_at_once(database: Database, region: Region) -> None:
    wrong = SchoolFacts(
        code="to ord", name="", kind="akademi", grades=["99"], web="javascript:x", codes=[stil("1"), stil("999101")]
    )
    with pytest.raises(Invalid) as refused:
        async with transaction(database.writers) as session:
            await add_school(session, SYSTEM, region, wrong, TODAY)
    assert refused.value.errors == {
        "code": "wrong-form",
        "name": "field-missing",
        "kind": "unknown-code",
        "grades": "unknown-grade",
        "web": "not-a-web-address",
        "codes-0-value": "wrong-form",
    }


async def test_a_number_is_one_schools_but_an_owners_number_may_be_many(
    database: Database, region: Region, gull: uuid.UUID
) -> None:
    cvr = [CodeFact(scheme=CodeScheme.CVR, value="13585628")]
    await enter(database, region, "A", "999120", codes=cvr)
    await enter(database, region, "B", "999121", codes=cvr)
    for taken in (facts("C", "999101"), facts("C", "999122", codes=[stil("999101")])):
        with pytest.raises(SchoolCodeTaken):
            async with transaction(database.writers) as session:
                await add_school(session, SYSTEM, region, taken, TODAY)


async def test_a_renaming_and_a_new_number_keep_what_was(database: Database, region: Region, gull: uuid.UUID) -> None:
    before = await stored(database, gull)
    changed = await change(database, region, gull, facts("Havskolen", "999150"), before.version)
    after = await stored(database, gull)
    assert changed == ["code", "name"]
    assert [(each.kind, each.detail) for each in after.history if each.kind == "renamed"] == [
        ("renamed", "Mågebakkeskolen")
    ]
    assert [each.value for each in after.old_codes] == ["999101"]
    async with transaction(database.readers) as session:
        for code in ("999101", "999150"):
            led = await follow_code(session, code, TODAY)
            assert led is not None
            assert led.id == gull
        assert await follow_code(session, "999999", TODAY) is None
        assert [line.found_by for line in await list_lines(session, "dk", TODAY, "999101")] == ["999101"]
    assert await change(database, region, gull, facts("Havskolen", "999150"), after.version) == []


async def test_of_two_who_edit_one_version_one_succeeds(database: Database, region: Region, gull: uuid.UUID) -> None:
    version = (await stored(database, gull)).version
    names = [f"Skole {number}" for number in range(8)]
    done = await asyncio.gather(
        *(change(database, region, gull, facts(name), version) for name in names), return_exceptions=True
    )
    won = [name for name, outcome in zip(names, done, strict=True) if not isinstance(outcome, BaseException)]
    assert len(won) == 1
    assert all(isinstance(outcome, SchoolChanged) for outcome in done if isinstance(outcome, BaseException))
    after = await stored(database, gull)
    assert (after.facts.name, after.version) == (won[0], version + 1)


async def test_a_closed_school_is_offered_to_nobody_and_can_be_opened_again(
    database: Database, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    async with transaction(database.writers) as session:
        await close_school(session, SYSTEM, gull, TODAY + timedelta(days=30), "Få elever", 1)
    async with transaction(database.readers) as session:
        offered = [each.id for each in await list_schools(session, "dk", today=TODAY)]
        later = [each.id for each in await list_schools(session, "dk", today=TODAY + timedelta(days=30))]
        assert (offered, later) == ([klit, gull], [klit])
        assert len(await list_schools(session)) == 2
    async with transaction(database.writers) as session:
        with pytest.raises(SchoolClosed):
            await close_school(session, SYSTEM, gull, TODAY, "", 2)
        await reopen_school(session, SYSTEM, gull, TODAY, "", 2)
        with pytest.raises(SchoolOpen):
            await reopen_school(session, SYSTEM, gull, TODAY, "", 3)
    after = await stored(database, gull)
    assert after.closed_on is None
    assert {each.kind for each in after.history} == {"opened", "closed", "reopened"}


async def test_no_school_closes_before_it_opened(database: Database, region: Region) -> None:
    school = await enter(database, region, "Ny Skole", "999130", opened_on=TODAY)
    with pytest.raises(Invalid) as refused:
        async with transaction(database.writers) as session:
            await close_school(session, SYSTEM, school, TODAY - timedelta(days=1), "x" * 400, 1)
    assert refused.value.errors == {"closed_on": "ends-before-it-starts", "reason": "too-long"}


ACTS: list[Callable[..., Awaitable[object]]] = [
    lambda session, region, _: add_school(session, LEADER, region, facts(), TODAY),
    lambda session, region, school: change_school(session, LEADER, region, school, facts(), 1, TODAY),
    lambda session, _, school: close_school(session, LEADER, school, TODAY, "", 1),
    lambda session, _, school: reopen_school(session, LEADER, school, TODAY, "", 1),
    lambda session, *_: keep_schools(session, LEADER, []),
]


@pytest.mark.parametrize("number", range(len(ACTS)))
async def test_only_who_manages_schools_changes_the_register(
    database: Database, region: Region, gull: uuid.UUID, number: int
) -> None:
    with pytest.raises(Forbidden):
        async with transaction(database.writers) as session:
            await ACTS[number](session, region, gull)


async def test_what_a_person_wrote_no_seed_overwrites(database: Database, region: Region, gull: uuid.UUID) -> None:
    async with transaction(database.writers) as session:
        new = facts("Ny", "999140")
        assert await keep_schools(session, SYSTEM, [facts("Andet navn"), new]) == 1
        assert await keep_schools(session, SYSTEM, [replace(new, name="Nyt navn")]) == 1
        assert await keep_schools(session, SYSTEM, [replace(new, name="Nyt navn")]) == 0
    assert (await stored(database, gull)).facts.name == "Mågebakkeskolen"


async def test_every_act_is_in_the_audit_log_without_a_word_of_it(database: Database, gull: uuid.UUID) -> None:
    async with transaction(database.writers) as session:
        await close_school(session, SYSTEM, gull, TODAY, "hemmelig grund", 1)
    async with transaction(database.readers) as session:
        rows = (await session.scalars(select(AuditEntry).where(AuditEntry.object_id == str(gull)))).all()
    assert [row.action for row in rows] == ["add-school", "close-school"]
    assert not any("hemmelig" in f"{row.fields}{row.action}" for row in rows)
