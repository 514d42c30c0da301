"""A register's list: the own municipality's schools, every row told, nobody's words written over, nothing closed."""

import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select

from catalog.core.actor import ANONYMOUS, SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.errors import Forbidden
from catalog.intake.files.rows import Row
from catalog.intake.models import ImportBatch
from catalog.organisations.errors import UploadSpent
from catalog.organisations.lists import uploads
from catalog.organisations.lists.drafts import SchoolDrafts, read_schools
from catalog.organisations.lists.mapping import load_mapping, shipped_names
from catalog.organisations.lists.planning import plan_schools
from catalog.organisations.lists.service import TakenIn, take_in_schools
from catalog.organisations.lists.undoing import foresee_undo, undo_schools
from catalog.organisations.models import School, SchoolCode, SchoolEvent, Site
from catalog.organisations.reading import follow_code
from catalog.organisations.service import change_school
from catalog.vocabularies.faults import DataFileRefused
from catalog.vocabularies.region import Region
from tests.catalog.organisations.lists.files import LEADER, THREE, read, read_stil, source_of, stil_list, stil_row
from tests.catalog.organisations.register import enter, stored
from tests.catalog.organisations.test_merging import merge
from tests.catalog.vocabularies.shared import shared_file
from tests.conftest import NOON, TODAY


async def take_in(database: Database, region: Region, found: SchoolDrafts, mapping: str = "stil") -> TakenIn:
    async with transaction(database.writers) as session:
        return await take_in_schools(session, SYSTEM, region, source_of(mapping), found, TODAY, NOON)


async def by_code(database: Database, code: str) -> uuid.UUID:
    async with transaction(database.readers) as session:
        school = await follow_code(session, code, TODAY)
        assert school is not None
        return school.id


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
async def test_a_list_is_read_in_every_encoding_and_only_of_the_own_municipality(
    region: Region, tmp_path: Path, encoding: str
) -> None:
    found = read_stil(tmp_path, region, THREE, encoding=encoding)
    assert [(each.code, each.name) for each in found.drafts] == [
        ("999101", "Mågebakkeskolen"),
        ("999102", "Klitskolen"),
        ("999103", "Klitskolen, afdeling Havn"),
    ]
    assert found.skipped == 1
    assert not any(each.problems for each in found.drafts)


@pytest.mark.parametrize(("own", "count"), [("999", 3), ("0999", 3), ("Sundby Kommune", 3), ("Nordby", 1), ("", 0)])
async def test_the_municipality_is_named_by_number_or_name(
    region: Region, tmp_path: Path, own: str, count: int
) -> None:
    assert len(read_stil(tmp_path, region, THREE, own=own).drafts) == count


async def test_a_list_becomes_schools_and_the_second_time_changes_nothing(
    database: Database, region: Region, tmp_path: Path
) -> None:
    found = read_stil(tmp_path, region, THREE)
    done = await take_in(database, region, found)
    assert (done.counts.accepted, done.counts.refused, done.skipped, done.gone) == (3, 0, 1, ())
    klit = (await stored(database, await by_code(database, "999102"))).facts
    assert klit.grades == list("0123456")
    assert [(site.name, site.street) for site in klit.sites] == [
        ("", "Klitten 1"),
        ("Klitskolen, afdeling Havn", "Havnen 4"),
    ]
    assert await by_code(database, "999103") == await by_code(database, "999102")  # a department's number leads there
    again = await take_in(database, region, found)
    assert (again.counts.accepted, again.counts.unchanged) == (0, 3)
    versions = [(await stored(database, await by_code(database, code))).version for code in ("999101", "999102")]
    assert versions == [1, 1]


async def test_no_name_of_a_person_is_stored(database: Database, region: Region, tmp_path: Path) -> None:
    found = read_stil(tmp_path, region, THREE)
    waiting = uploads.Understood(source=source_of(), schools=found)
    async with transaction(database.writers) as session:
        await uploads.keep(session, SYSTEM, waiting, NOON)
    await take_in(database, region, found)
    async with transaction(database.readers) as session:
        for table in (School, SchoolCode, Site, SchoolEvent, ImportBatch):
            for row in await session.scalars(select(table)):
                assert LEADER not in str(vars(row))
    assert LEADER not in str(found)


async def test_what_a_person_edited_stays_and_the_rest_follows_the_list(
    database: Database, region: Region, tmp_path: Path
) -> None:
    await take_in(database, region, read_stil(tmp_path, region, THREE))
    school = await by_code(database, "999101")
    before = await stored(database, school)
    async with transaction(database.writers) as session:
        mine = replace(before.facts, name="Mågen")
        await change_school(session, SYSTEM, region, school, mine, before.version, TODAY)
    later = THREE.replace("https://maage.example", "https://ny.example").replace("Mågebakkeskolen", "Bakkeskolen")
    done = await take_in(database, region, read_stil(tmp_path, region, later))
    after = (await stored(database, school)).facts
    assert (after.name, after.web) == ("Mågen", "https://ny.example")
    assert [(each.code, each.members) for each in done.outcomes if each.code == "kept-edited"] == [
        ("kept-edited", {"fields": "name"})
    ]


async def test_a_school_that_is_gone_is_told_and_not_closed(database: Database, region: Region, tmp_path: Path) -> None:
    await enter(database, region, "Ikke fra listen", "999500")
    await take_in(database, region, read_stil(tmp_path, region, THREE))
    rest = stil_list(stil_row("999102", "Klitskolen", UNDERV_NIV="0-6"))
    done = await take_in(database, region, read_stil(tmp_path, region, rest))
    assert done.gone == ("Mågebakkeskolen",)
    assert (await stored(database, await by_code(database, "999101"))).closed_on is None
    nothing = await take_in(database, region, read_stil(tmp_path, region, THREE, own="Ingenby"))
    assert nothing.gone == ()  # of a list without any row of ours nothing follows


async def test_broken_rows_are_told_and_take_no_good_one_with_them(
    database: Database, region: Region, tmp_path: Path
) -> None:
    text = stil_list(
        stil_row("999101", "Mågebakkeskolen"),
        stil_row("12", "For kort nummer"),
        stil_row("999104", ""),
        stil_row("999105", "En cirkusskole", INST_TYPE_NAVN="Cirkus"),
        stil_row("999106", "Uden klasser", UNDERV_NIV="alle mulige"),
        stil_row("999107", "Forkert CVR", CVR_NR="13585629"),
        stil_row("999108", "Afdeling uden skole", HOVEDSKOLE_INST="777777"),
        stil_row("999109", "To gange, her"),
        stil_row("999109", "To gange, der"),
        stil_row("999101", "Mågebakkeskolen"),
        "for;faa;kolonner",
        "=HYPERLINK(1);" + stil_row("999110", "=cmd|' /C calc'!A0")[1:],
    )
    done = await take_in(database, region, read_stil(tmp_path, region, text))
    told = {each.line: each.code for each in done.outcomes if each.outcome == "refused"}
    assert told == {
        3: "wrong-form",
        4: "field-missing",
        5: "unknown-kind",
        8: "parent-missing",
        9: "number-twice",
        10: "number-twice",
        12: "too-narrow",
        13: "wrong-form",
    }
    notes = {each.line: each.code for each in done.outcomes if each.outcome == "note"}
    assert notes == {6: "grades-unread", 7: "wrong-check-digit"}
    assert done.counts.accepted == 3


async def test_the_row_of_a_school_that_became_part_of_another_is_refused(
    database: Database, region: Region, tmp_path: Path
) -> None:
    found = read_stil(tmp_path, region, THREE)
    await take_in(database, region, found)
    gull, klit = await by_code(database, "999101"), await by_code(database, "999102")
    await merge(database, region, gull, klit)
    done = await take_in(database, region, found)
    assert [(each.line, each.code) for each in done.outcomes if each.outcome == "refused"] == [(2, "school-merged")]
    assert (await stored(database, klit)).facts.name == "Klitskolen"


async def test_a_department_that_is_a_school_of_its_own_here_stays_one(
    database: Database, region: Region, tmp_path: Path
) -> None:
    havn = await enter(database, region, "Havneskolen", "999103")
    await take_in(database, region, read_stil(tmp_path, region, THREE))
    assert await by_code(database, "999103") == havn


async def test_an_import_is_taken_back(database: Database, region: Region, tmp_path: Path, gull: uuid.UUID) -> None:
    done = await take_in(database, region, read_stil(tmp_path, region, THREE))
    klit = await by_code(database, "999102")
    async with transaction(database.readers) as session:
        assert dict((await foresee_undo(session, done.batch_id)).goes) == {"school": 1}
    undone = await undo_schools(database, SYSTEM, region, done.batch_id, NOON, TODAY)
    assert (undone.restored, list(undone.kept)) == (1, [])
    async with transaction(database.readers) as session:
        assert await session.get(School, klit) is None
        assert await session.get(School, gull) is not None


async def test_undoing_brings_facts_back_and_keeps_what_is_used(
    database: Database, region: Region, tmp_path: Path
) -> None:
    first = await take_in(database, region, read_stil(tmp_path, region, THREE))
    second = await take_in(database, region, read_stil(tmp_path, region, THREE.replace("Klitten 1", "Klitten 2")))
    gull = await by_code(database, "999101")
    assert [site.street for site in (await stored(database, gull)).facts.sites] == ["Klitten 2"]
    await undo_schools(database, SYSTEM, region, second.batch_id, NOON, TODAY)
    assert [site.street for site in (await stored(database, gull)).facts.sites] == ["Klitten 1"]
    kept = (await undo_schools(database, SYSTEM, region, first.batch_id, NOON, TODAY)).kept
    assert {each[2] for each in kept} == {"changed-since"}


async def test_only_who_manages_schools_takes_a_list_in(database: Database, region: Region, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        async with transaction(database.writers) as session:
            await take_in_schools(
                session, ANONYMOUS, region, source_of(), read_stil(tmp_path, region, THREE), TODAY, NOON
            )


async def test_a_waiting_list_is_one_persons_and_taken_once(database: Database, region: Region, tmp_path: Path) -> None:
    found = uploads.Understood(source=source_of(), schools=read_stil(tmp_path, region, THREE))
    async with transaction(database.writers) as session:
        upload = await uploads.keep(session, SYSTEM, found, NOON)
        assert await uploads.look(session, SYSTEM, upload, NOON) == found
        assert await uploads.spend(session, SYSTEM, upload, NOON) == found
    async with transaction(database.writers) as session:
        with pytest.raises(UploadSpent):
            await uploads.spend(session, SYSTEM, upload, NOON)


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_mapping_can_be_meant(region: Region, name: str) -> None:
    assert load_mapping(name, region.vocabularies).title


def test_a_mapping_that_cannot_be_meant_says_why(region: Region, tmp_path: Path) -> None:
    path = tmp_path / "egen.toml"
    path.write_text('title = "x"\nscheme = "stil"\ncode = "{a}"\nname = "{b}"\nkind = "{c}"\nkinds = {x = "slot"}\n')
    with pytest.raises(DataFileRefused, match="'slot' is no kind of school"):
        load_mapping(str(path), region.vocabularies)
    path.write_text('title = "x"\nskema = 1\n')
    with pytest.raises(DataFileRefused, match="skema"):
        load_mapping(str(path), region.vocabularies)
    with pytest.raises(DataFileRefused, match="no such mapping"):
        load_mapping("../../etc/passwd", region.vocabularies)


def test_the_header_of_the_danish_register_is_read(region: Region, tmp_path: Path) -> None:
    header = shared_file("vocab/dk/stil_institutionsregister_header.csv").read_bytes()
    row = stil_row("999101", "Mågebakkeskolen").encode()
    found = read(tmp_path, region, header.rstrip() + b"\r\n" + row + b"\r\n", "stil", "999")
    assert [(each.code, each.problems) for each in found.drafts] == [("999101", ())]


async def test_a_foreign_register_is_read_by_its_own_mapping(
    database: Database, region: Region, tmp_path: Path
) -> None:
    content = shared_file("schools_no/grunnskoler.csv").read_bytes()
    found = read(tmp_path, region, content, "grunnskoler_no", "Halden")
    assert "Berg skole" in {each.name for each in found.drafts}
    assert found.skipped > 2000
    done = await take_in(database, region, found, "grunnskoler_no")
    assert done.counts.accepted == len(found.drafts)
    again = await take_in(database, region, found, "grunnskoler_no")
    assert again.counts.accepted == 0
    twice = read(tmp_path, region, content, "grunnskoler_no", "Nordre Follo")
    assert {each.code for each in twice.drafts if each.problems} == {"974593564"}
    everyone = [read(tmp_path, region, content, "grunnskoler_no", own) for own in ("Asker", "Tromsø", "1160")]
    codes = {note.code for each in everyone for draft in each.drafts for note in draft.notes}
    assert "grades-missing" in codes


async def test_a_swedish_register_is_read(database: Database, region: Region, tmp_path: Path) -> None:
    text = (
        "Skolenhetskod;Skolenhetsnamn;Kommunkod;Kommunnamn;Skolform;Status;Organisationsnummer;Årskurser\n"
        "12345678;Måsskolan;0180;Sundby;Grundskola;Aktiv;123456-7897;F-6\n"
        "12345679;Nedlagda skolan;0180;Sundby;Grundskola;Upphörd;123456-7897;F-6\n"
    )
    swedish = replace(region, country="se")
    found = read(tmp_path, swedish, text.encode(), "skolenhetsregistret", "180")
    assert [(each.code, each.kind, each.problems) for each in found.drafts] == [("12345678", "gr", ())]
    assert found.skipped == 1
    assert found.drafts[0].grades == tuple("0123456")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                name: st.text(max_size=20) | st.sampled_from(["999101", "999102", "Sundby", "Folkeskoler", "0-9"])
                for name in ("INST_NR", "HOVEDSKOLE_INST", "INST_NAVN", "INST_TYPE_NAVN", "UNDERV_NIV", "CVR_NR")
            },
        ),
        max_size=8,
    )
)
def test_whatever_a_row_holds_it_is_a_draft_or_refused_or_counted(region: Region, rows: list[dict[str, str]]) -> None:
    mapping = load_mapping("stil", region.vocabularies)
    sent = [
        Row(line=number, values={"KOMMUNE_NR": "999", **{name: text or None for name, text in row.items()}})
        for number, row in enumerate(rows, start=2)
    ]
    found = read_schools(sent, mapping, region, "999")
    assert len(found.drafts) + found.skipped == len(rows)
    for draft in found.drafts:
        assert draft.problems or (draft.code and draft.name)
    good = [draft.code for draft in found.drafts if not draft.problems]
    assert len(good) == len(set(good))


async def test_the_plan_reads_only(database: Database, region: Region, tmp_path: Path) -> None:
    async with transaction(database.readers) as session:
        plan = await plan_schools(session, region, read_stil(tmp_path, region, THREE), TODAY)
    assert [row.outcome for row in plan.rows] == ["new", "new"]
    assert [len(row.departments) for row in plan.rows] == [0, 1]
