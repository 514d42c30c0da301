"""Two schools become one: everything that is kept about the first is at the second, and its numbers lead there."""

import asyncio
import uuid
from datetime import date, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid
from catalog.core.outbox import OutboxEntry
from catalog.core.roles import Role
from catalog.decisions.models import Decision
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide
from catalog.identity.models import ApiToken, RoleGrant, User
from catalog.identity.people import grant_role
from catalog.organisations.counts.schemas import StateCounts
from catalog.organisations.counts.service import counts_of, state_counts
from catalog.organisations.errors import SameSchool, SchoolChanged, SchoolCloses, SchoolMerged
from catalog.organisations.fleet.errors import SchoolClosed
from catalog.organisations.lifecycle import Merge, Moved, close_school, foresee_merger, merge_schools, reopen_school
from catalog.organisations.models import DeviceGroup, School
from catalog.organisations.reading import follow_code
from catalog.organisations.schemas import SiteFact
from catalog.resources.publishers import DOCUMENT_TOPIC
from catalog.resources.schemas import ResourceFacts, Text
from catalog.resources.service import create_resource
from catalog.vocabularies.region import Region
from catalog.wiring import SCHOOL_FOLLOWERS
from tests.catalog.organisations.fleet.schools import state, tablets
from tests.catalog.organisations.register import enter, stored
from tests.conftest import NOON, TODAY, Client, OpenClient, settle, sign_in

DAY = date(2026, 9, 5)
BOOK = ResourceFacts(form="app", texts=[Text(language="da", title="Mågespillet")])


async def merge(database: Database, region: Region, old: uuid.UUID, new: uuid.UUID, on: date = TODAY) -> Moved:
    versions = [(await stored(database, each)).version for each in (old, new)]
    asked = Merge(old=old, old_version=versions[0], new=new, new_version=versions[1], on=on)
    async with transaction(database.writers) as session:
        return await merge_schools(session, SYSTEM, region, asked, SCHOOL_FOLLOWERS, TODAY)


async def count(database: Database, region: Region, school: uuid.UUID, source: str, **pupils: int) -> None:
    figures = {grade.removeprefix("g"): number for grade, number in pupils.items()}
    command = StateCounts(school_id=school, counted_on=DAY, source=source, pupils=figures)
    async with transaction(database.writers) as session:
        await state_counts(session, SYSTEM, region, command, TODAY)


async def test_head_counts_of_one_grade_day_and_source_are_added_up(
    database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    await count(database, region, gull, "register", g1=20, g8=30)
    await count(database, region, gull, "skolen", g1=21)
    await count(database, region, klit, "register", g1=10, g2=11)
    moved = await merge(database, region, gull, klit)
    async with transaction(database.readers) as session:
        found = {each.source: each.pupils for each in await counts_of(session, SYSTEM, klit)}
        assert await counts_of(session, SYSTEM, gull) == []
    assert found == {"register": {"1": 30, "2": 11, "8": 30}, "skolen": {"1": 21}}
    assert (moved.rows["head-counts"], moved.summed, list(moved.grades)) == (3, 1, ["7", "8", "9"])


async def test_devices_addresses_and_grades_go_along_and_both_tell_of_it(
    database: Database, region: Region, klit: uuid.UUID
) -> None:
    old = await enter(database, region, "Havskolen", "999160", "789", sites=[SiteFact(street="Havnen 1")])
    await state(database, region, old, "7", tablets())
    await merge(database, region, old, klit)
    before, after = await stored(database, old), await stored(database, klit)
    async with transaction(database.readers) as session:
        groups = (await session.scalars(select(DeviceGroup))).all()
        led = await follow_code(session, "999160", TODAY)
    assert [(each.school_id, each.grade) for each in groups] == [(klit, "7")]
    assert after.facts.grades == list("0123456789")
    assert [site.street for site in after.facts.sites] == ["Havnen 1"]
    assert led is not None
    assert led.id == klit
    assert before.merged_into is not None
    assert (before.merged_into.id, before.closed_on) == (klit, TODAY)
    assert [each.other.name for each in after.history if each.kind == "joined" and each.other] == ["Havskolen"]
    assert [(each.value, each.school) for each in after.old_codes] == [("999160", "Havskolen")]


async def test_what_is_foreseen_is_what_happens_and_changes_nothing(
    database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    await count(database, region, gull, "register", g1=20)
    await count(database, region, klit, "register", g1=10)
    asked = Merge(old=gull, old_version=1, new=klit, new_version=1, on=TODAY)
    async with transaction(database.writers) as session:
        foreseen = await foresee_merger(session, SYSTEM, region, asked, SCHOOL_FOLLOWERS, TODAY)
    assert (await stored(database, gull)).merged_into is None
    assert (await stored(database, klit)).version == 1
    async with transaction(database.readers) as session:
        assert [each.total for each in await counts_of(session, SYSTEM, klit)] == [10]
    assert await merge(database, region, gull, klit) == foreseen


async def test_a_chain_of_mergers_leads_to_the_last_school(
    database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    last = await enter(database, region, "Sundskolen", "999170")
    await merge(database, region, gull, klit)
    await merge(database, region, klit, last)
    async with transaction(database.readers) as session:
        led = await follow_code(session, "999101", TODAY)
    assert led is not None
    assert led.id == last
    assert [each.value for each in (await stored(database, last)).old_codes] == ["999101", "999102"]


async def test_roles_keys_and_the_own_school_of_people_follow(
    database: Database, region: Region, open_client: OpenClient, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    async with open_client() as client:
        user_id = await sign_in(client, Role.TEACHER, schools=[gull, klit])
    async with transaction(database.writers) as session:
        user = await session.get_one(User, user_id)
        user.school_id = gull
        ended = await grant_role(
            session,
            SYSTEM,
            user_id,
            Role.IT,
            now=NOON,
            starts_on=date(2025, 1, 1),
            ends_on=date(2025, 6, 1),
            school_id=gull,
        )
        key = ApiToken(
            user_id=user_id,
            name="script",
            hash="0" * 64,
            beginning="hylde_",
            permissions=["read-schools"],
            created_at=NOON,
            expires_at=NOON + timedelta(days=9),
            school_id=gull,
        )
        session.add(key)
    moved = await merge(database, region, gull, klit)
    async with transaction(database.readers) as session:
        grants = (await session.scalars(select(RoleGrant).where(RoleGrant.user_id == user_id))).all()
        held = [(each.role, each.school_id) for each in grants if each.ended_at is None and each.id != ended.id]
        assert held == [(Role.TEACHER, klit)]  # once, though both schools gave it
        assert next(each.school_id for each in grants if each.id == ended.id) == gull  # what was, was there
        assert (await session.get_one(User, user_id)).school_id == klit
        assert (await session.get_one(ApiToken, key.id)).school_id == klit
    assert moved.rows["roles"] == 1


async def test_whoever_is_signed_in_has_the_new_schools_rights_at_the_next_request(
    database: Database, region: Region, open_client: OpenClient, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    async with open_client() as client:
        client.headers["accept-language"] = "en"
        await sign_in(client, Role.SCHOOL_LEADER, schools=[gull])
        assert (await client.get(f"/schools/{gull}/pupils")).status_code == 200
        assert (await client.get(f"/schools/{klit}/pupils")).status_code == 404
        await merge(database, region, gull, klit)
        assert (await client.get(f"/schools/{klit}/pupils")).status_code == 200
        assert (await client.get(f"/schools/{gull}/pupils")).status_code == 404
        sent = {"counted_on": "2026-09-05", "source": "skolen", "pupils-1": "20"}
        answer = await client.post(f"/schools/{klit}/pupils", data=sent, follow_redirects=False)
        assert answer.status_code == 303
        page = await client.get("/schools")
        assert "Your schools" in page.text
        assert page.text.index("Klitskolen") < page.text.index("</section>")


async def test_a_decision_for_the_old_school_holds_at_the_new_one_and_its_document_is_promised(
    database: Database, region: Region, admin: Client, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    async with transaction(database.writers) as session:
        resource = await create_resource(session, SYSTEM, region, BOOK, TODAY)
    command = Decide(resource_id=resource, outcome="approved", decided_on=TODAY, schools=["999101", "999102", "999199"])
    async with transaction(database.writers) as session:
        decision = await decide(session, SYSTEM, region, command)
    await settle(admin)
    moved = await merge(database, region, gull, klit)
    async with transaction(database.readers) as session:
        assert (await session.get_one(Decision, decision)).scope_schools == ["999102", "999199"]
        promised = (await session.scalars(select(OutboxEntry.key).where(OutboxEntry.topic == DOCUMENT_TOPIC))).all()
    assert moved.rows["decisions"] == 1
    assert promised == [str(resource)]


async def test_the_kept_school_of_a_readers_browser_leads_on(
    database: Database, region: Region, client: Client, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    client.headers["accept-language"] = "en"
    kept = await client.post("/choose", data={"school": "999101"}, follow_redirects=False)
    assert kept.status_code == 303
    assert 'value="999101" selected' in (await client.get("/choose")).text
    await merge(database, region, gull, klit)
    page = (await client.get("/choose")).text
    assert 'value="999102" selected' in page
    assert "999101" not in page


async def test_what_cannot_be_merged_is_refused(
    database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    async def refused(asked: Merge) -> str:
        with pytest.raises((SameSchool, SchoolChanged, SchoolClosed, SchoolMerged, Invalid)) as error:
            async with transaction(database.writers) as session:
                await merge_schools(session, SYSTEM, region, asked, SCHOOL_FOLLOWERS, TODAY)
        return str(error.value.code)

    fine = Merge(old=gull, old_version=1, new=klit, new_version=1, on=TODAY)
    assert await refused(replace(fine, new=gull)) == "same-school"
    assert await refused(replace(fine, old_version=7)) == "school-changed"
    assert await refused(replace(fine, new_version=7)) == "school-changed"
    assert await refused(replace(fine, on=TODAY + timedelta(days=1))) == "invalid"
    async with transaction(database.writers) as session:
        await close_school(session, SYSTEM, klit, TODAY, "", 1)
    assert await refused(replace(fine, new_version=2)) == "school-closed"
    async with transaction(database.writers) as session:
        await reopen_school(session, SYSTEM, klit, TODAY, "", 2)
    await merge(database, region, gull, klit)
    assert await refused(replace(fine, old_version=2, new_version=4)) == "school-merged"
    async with transaction(database.writers) as session:
        with pytest.raises(SchoolMerged):
            await reopen_school(session, SYSTEM, gull, TODAY, "", 2)


async def test_a_school_that_will_close_takes_nobody_over(
    database: Database, region: Region, admin: Client, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    async with transaction(database.writers) as session:
        await close_school(session, SYSTEM, klit, TODAY + timedelta(days=30), "", 1)
    with pytest.raises(SchoolCloses):
        await merge(database, region, gull, klit)
    admin.headers["accept-language"] = "en"
    page = await admin.post(f"/schools/{gull}/merge", data={"into": str(klit), "on": TODAY.isoformat()})
    assert (page.status_code, "closes itself on a day to come" in page.text) == (422, True)
    async with transaction(database.writers) as session:
        await reopen_school(session, SYSTEM, klit, TODAY, "", 2)
    await merge(database, region, gull, klit)


@pytest.mark.parametrize("which", ["old", "new"])
async def test_no_merger_lies_before_one_of_the_schools_opened(database: Database, region: Region, which: str) -> None:
    opened = {which: date(2026, 8, 1)}
    old = await enter(database, region, "Bakkeskolen", "999180", opened_on=opened.get("old"))
    new = await enter(database, region, "Sundskolen", "999181", opened_on=opened.get("new"))
    with pytest.raises(Invalid) as error:
        await merge(database, region, old, new, date(2026, 7, 31))
    assert error.value.errors == {"on": "ends-before-it-starts"}
    await merge(database, region, old, new, date(2026, 8, 1))


async def test_of_two_mergers_of_one_school_at_once_one_happens(
    database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    other = await enter(database, region, "Sundskolen", "999170")
    done = await asyncio.gather(
        merge(database, region, gull, klit), merge(database, region, gull, other), return_exceptions=True
    )
    assert sum(isinstance(each, Moved) for each in done) == 1
    async with transaction(database.readers) as session:
        merged = (await session.scalars(select(School).where(School.merged_into_id.is_not(None)))).all()
    assert [each.id for each in merged] == [gull]
