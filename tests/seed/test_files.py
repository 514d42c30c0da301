"""Reading the demo's files: spans become codes, and what nobody knows is refused with its place."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seed.files import DATA, DataFileRefused, Plan, grade_codes, read_plan
from tests.seed.texts import Description, shared_runs

PUBLISHER = """
[publisher]
name = "Forlaget Prøven"
homepage = "https://proeven.example"
country = "dk"

[[resources]]
key = "proeven"
form = "app"
kind = "didactic"
placements = [{ subject = "dansk", grades = "1" }]
languages = ["da"]
logins = ["none"]
platforms = [{ platform = "web" }]
price = "free"
end_users = ["pupil"]
url = "https://proeven.example/app"
texts.da = { title = "Prøven", description = "En prøve." }
"""
LAST = 'texts.da = { title = "Prøven", description = "En prøve." }'


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_plan()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Data files with one publisher, to be broken."""
    (tmp_path / "publishers").mkdir()
    shutil.copy(DATA / "municipality.toml", tmp_path)
    (tmp_path / "publishers" / "proeven.toml").write_text(PUBLISHER, "utf-8")
    return tmp_path


def test_the_demo_holds_what_it_promises(plan: Plan) -> None:
    assert len(plan.resources) == 300
    assert len(plan.shelves) >= 25
    assert len(plan.schools) == 14
    assert plan.municipality.demo


def test_about_half_of_the_publishers_have_a_service_with_titles_under_it(plan: Plan) -> None:
    used = {resource.service for resource in plan.resources}
    with_titles = [shelf for shelf in plan.shelves if any(service.key in used for service in shelf.services)]
    assert len(with_titles) >= len(plan.shelves) // 2


def test_everything_in_it_is_invented(plan: Plan) -> None:
    addresses = [plan.municipality.homepage]
    addresses += [shelf.publisher.homepage for shelf in plan.shelves]
    addresses += [service.url for shelf in plan.shelves for service in shelf.services]
    addresses += [address for each in plan.resources for address in (each.url, each.accessibility_url) if address]
    hosts = {address.split("/")[2] for address in addresses}
    assert {host.rpartition(".")[2] for host in hosts} == {"example"}
    assert all(school.institution_number.startswith("999") for school in plan.schools)


def test_no_two_descriptions_share_six_words_in_a_row(plan: Plan) -> None:
    descriptions = [
        Description(key=f"{resource.key} ({language})", text=text.description)
        for resource in plan.resources
        for language, text in resource.texts.items()
    ]
    assert len(descriptions) > 300
    assert shared_runs(descriptions) == []


def test_a_planted_pair_is_found() -> None:
    planted = [
        Description(key="one", text="Eleverne læser, skriver og tegner en historie om havet."),
        Description(key="two", text="Her gør man meget: læser, skriver og tegner en historie!"),
        Description(key="three", text="Læser skriver og tegner en"),
    ]
    assert shared_runs(planted) == [("one", "two", "læser skriver og tegner en historie")]


@pytest.mark.parametrize(
    ("span", "codes"),
    [("4", ["4"]), ("0-3", ["0", "1", "2", "3"]), ("fs,0,1", ["fs", "0", "1"]), ("fs", ["fs"]), ("", [])],
)
def test_spans_become_codes(span: str, codes: list[str]) -> None:
    assert grade_codes(span) == codes


@given(st.integers(0, 10), st.integers(0, 10))
def test_a_span_holds_both_its_ends_or_runs_backwards(first: int, last: int) -> None:
    if first > last:
        with pytest.raises(DataFileRefused):
            grade_codes(f"{first}-{last}")
    else:
        assert grade_codes(f"{first}-{last}") == [str(grade) for grade in range(first, last + 1)]


def test_a_sound_folder_is_read(folder: Path) -> None:
    assert [resource.key for resource in read_plan(folder).resources] == ["proeven"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('price = "free"', 'price = "free"\ncolour = "red"', "proeven.toml, resources proeven: .*`colour`"),
        ('country = "dk"', 'country = "dk"\nowner = "?"', "proeven.toml, publisher: .*`owner`"),
        ('platform = "web"', 'platform = "web", app_only = true', "proeven.toml, resources proeven: .*`app_only`"),
        ("[[resources]]", "[[resource]]", "proeven.toml: nobody knows the key resource"),
        ('price = "free"\n', "", "proeven.toml, resources proeven: .*`price`"),
        ("[publisher]", "[publisher", "proeven.toml: .*line 2"),
        (LAST, f'{LAST}\nservice = "none-such"', "proeven names none-such, which stands in no file"),
        (LAST, LAST + PUBLISHER.partition("country")[2].partition("\n")[2], "proeven stands in the files twice"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_place(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / "publishers" / "proeven.toml"
    path.write_text(PUBLISHER.replace(old, new), "utf-8")
    with pytest.raises(DataFileRefused, match=said):
        read_plan(folder)


def test_an_alternative_that_stands_in_no_file_is_refused(folder: Path) -> None:
    decision = (
        '{ outcome = "rejected", decided_on = 2026-01-02, body = "municipality", evidence = "", use_instead = "gone" }'
    )
    path = folder / "publishers" / "proeven.toml"
    path.write_text(f"{PUBLISHER}decisions = [{decision}]\n", "utf-8")
    with pytest.raises(DataFileRefused, match="proeven names gone"):
        read_plan(folder)
