"""Head counts: figures of a day and a source; who may state them, and nobody writes over another unseen."""

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core.actor import SYSTEM, Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid, NotFound
from catalog.core.roles import Role
from catalog.organisations.counts.schemas import StateCounts
from catalog.organisations.counts.service import counting_day, counts_of, latest_counts, state_counts
from catalog.organisations.errors import HeadCountsChanged
from catalog.organisations.fleet.errors import SchoolClosed
from catalog.organisations.lifecycle import close_school
from catalog.vocabularies.region import Region
from tests.conftest import TODAY, Client, OpenClient, sign_in
from tests.forms import form_in

DAY = date(2026, 9, 5)
ENGLISH = {"accept-language": "en"}


def said(school: uuid.UUID, pupils: dict[str, int | None], **more: object) -> StateCounts:
    known = {"school_id": school, "counted_on": DAY, "source": "skolen", "pupils": pupils, **more}
    return StateCounts(**known)  # type: ignore[arg-type]


async def test_the_official_day_is_the_countrys_and_never_to_come() -> None:
    assert counting_day("dk", date(2026, 11, 25)) == date(2026, 9, 5)
    assert counting_day("dk", date(2026, 9, 4)) == date(2025, 9, 5)
    assert counting_day("se", date(2026, 10, 15)) == date(2026, 10, 15)


@given(st.sampled_from(["dk", "se"]), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_official_day_lies_within_the_year_before_today(country: str, today: date) -> None:
    assert 0 <= (today - counting_day(country, today)).days < 366


async def test_figures_are_stored_changed_and_taken_away(database: Database, region: Region, gull: uuid.UUID) -> None:
    async with transaction(database.writers) as session:
        first = await state_counts(session, SYSTEM, region, said(gull, {"0": 20, "1": 21, "2": None}), TODAY)
        again = await state_counts(session, SYSTEM, region, said(gull, {"0": 20, "1": 22}), TODAY)
        gone = await state_counts(session, SYSTEM, region, said(gull, {"0": None}), TODAY)
        assert (first, again, gone) == (["0", "1"], ["1"], ["0"])
        assert [each.pupils for each in await counts_of(session, SYSTEM, gull)] == [{"1": 22}]
        latest = await latest_counts(session, gull)
        assert latest is not None
        assert (latest.total, latest.counted_on) == (22, DAY)


async def test_whoever_was_overtaken_is_told(database: Database, region: Region, gull: uuid.UUID) -> None:
    async with transaction(database.writers) as session:
        await state_counts(session, SYSTEM, region, said(gull, {"0": 20}), TODAY)
        with pytest.raises(HeadCountsChanged) as refused:
            await state_counts(
                session, SYSTEM, region, said(gull, {"0": 25, "1": 3}, seen={"0": None, "1": None}), TODAY
            )
        assert refused.value.grades == ["0"]
        await state_counts(session, SYSTEM, region, said(gull, {"0": 25}, seen={"0": 20}), TODAY)


async def test_impossible_figures_are_all_told(database: Database, region: Region, gull: uuid.UUID) -> None:
    wrong = said(gull, {"0": -1, "1": 10_001, "x": 2}, counted_on=date(2027, 1, 1), source="")
    with pytest.raises(Invalid) as refused:
        async with transaction(database.writers) as session:
            await state_counts(session, SYSTEM, region, wrong, TODAY)
    assert refused.value.errors == {
        "counted_on": "day-to-come",
        "source": "field-missing",
        "pupils-0": "not-a-head-count",
        "pupils-1": "not-a-head-count",
        "pupils-x": "unknown-grade",
    }


async def test_nobody_is_counted_at_a_school_that_is_closed(
    database: Database, region: Region, gull: uuid.UUID
) -> None:
    async with transaction(database.writers) as session:
        await close_school(session, SYSTEM, gull, DAY, "", 1)
        with pytest.raises(SchoolClosed):
            await state_counts(session, SYSTEM, region, said(gull, {"0": 1}), TODAY)
        await state_counts(session, SYSTEM, region, said(gull, {"0": 1}, counted_on=date(2025, 9, 5)), TODAY)


async def test_another_schools_figures_do_not_exist(
    database: Database, region: Region, gull: uuid.UUID, klit: uuid.UUID
) -> None:
    rights = dict.fromkeys((Permission.READ_SCHOOLS, Permission.MANAGE_HEAD_COUNTS), frozenset({gull}))
    leader = Actor(id=uuid.UUID(int=9), at_schools=rights)
    async with transaction(database.writers) as session:
        await state_counts(session, leader, region, said(gull, {"0": 1}), TODAY)
        with pytest.raises(NotFound):
            await state_counts(session, leader, region, said(klit, {"0": 1}), TODAY)
        with pytest.raises(NotFound):
            await counts_of(session, leader, klit)


async def test_one_form_states_all_grades_of_the_official_day(admin: Client, gull: uuid.UUID) -> None:
    path = f"/schools/{gull}/pupils"
    form = form_in((await admin.get(path, headers=ENGLISH)).text, path)
    assert (form["counted_on"], form["pupils-9"], len(form["source"][0]) > 3) == (["2026-09-05"], [""], True)
    sent = form | {"pupils-0": ["20"], "pupils-9": ["31"]}
    assert (await admin.post(path, data=sent, headers=ENGLISH, follow_redirects=False)).status_code == 303
    page = (await admin.get(path, headers=ENGLISH)).text
    assert ">51<" in page
    assert form_in(page, path)["seen-9"] == ["31"]
    stale = await admin.post(path, data=sent | {"pupils-0": ["22"]}, headers=ENGLISH)
    assert stale.status_code == 422
    assert "Somebody else saved while you were writing" in stale.text
    assert 'value="22"' in stale.text
    again = form_in(stale.text, path)
    assert (await admin.post(path, data=again, headers=ENGLISH, follow_redirects=False)).status_code == 303
    assert form_in((await admin.get(path, headers=ENGLISH)).text, path)["pupils-0"] == ["22"]


async def test_a_mistyped_figure_loses_no_other(admin: Client, gull: uuid.UUID) -> None:
    path = f"/schools/{gull}/pupils"
    form = form_in((await admin.get(path, headers=ENGLISH)).text, path)
    answer = await admin.post(path, data=form | {"pupils-0": ["tyve"], "pupils-1": ["7"]}, headers=ENGLISH)
    assert answer.status_code == 422
    assert 'value="tyve"' in answer.text
    assert 'id="pupils-0-error"' in answer.text
    fixed = form_in(answer.text, path) | {"pupils-0": ["20"]}
    assert (await admin.post(path, data=fixed, headers=ENGLISH, follow_redirects=False)).status_code == 303


async def test_teachers_read_and_do_not_state(open_client: OpenClient, gull: uuid.UUID, klit: uuid.UUID) -> None:
    async with open_client() as client:
        await sign_in(client, Role.TEACHER, schools=[gull])
        path = f"/schools/{gull}/pupils"
        page = (await client.get(path, headers=ENGLISH)).text
        assert "pupils-0" not in page
        assert (await client.post(path, data={"pupils-0": "1"})).status_code == 403
        assert (await client.get(f"/schools/{klit}/pupils")).status_code == 404
        await sign_in(client, Role.SCHOOL_LEADER, schools=[gull])
        assert (await client.post(f"/schools/{klit}/pupils", data={"pupils-0": "1"})).status_code == 404
