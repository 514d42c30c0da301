from datetime import date
from pathlib import Path

import pytest

from catalog.vocabularies.faults import DataFileRefused
from catalog.vocabularies.store import load_vocabularies


def test_a_municipality_renames_ends_and_adds_and_everything_else_stays(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "subject",
        """
        [madkundskab]
        da = "Mad og måltider"
        valid_until = 2026-07-31
        synonyms.da = ["kokkeskole"]

        [naturvejledning]
        da = "Naturvejledning"
        sv = "Naturvägledning"
        en = "Nature guidance"
        countries = ["dk"]
        broader = "natur-teknologi"
        valid_from = 2026-08-01
        """,
    )
    vocabularies = load_vocabularies(tmp_path)
    food = vocabularies.concept("subject", "madkundskab")
    assert food.labels == {"da": "Mad og måltider", "sv": "Hem- och konsumentkunskap", "en": "Food and home economics"}
    assert food.synonyms["da"] == ("kokkeskole",)
    assert "hemkunskap" in food.synonyms["sv"]
    assert food.notations == {"skolverket": "GRGRHKK01"}
    before = {concept.code for concept in vocabularies.concepts("subject", country="dk", on=date(2026, 7, 31))}
    after = {concept.code for concept in vocabularies.concepts("subject", country="dk", on=date(2026, 8, 1))}
    assert before - after == {"madkundskab"}
    assert after - before == {"naturvejledning"}
    assert vocabularies.concepts("subject")[-1].code == "naturvejledning"


def test_the_last_folder_wins(tmp_path: Path) -> None:
    for name in ("region", "town"):
        folder = tmp_path / name
        folder.mkdir()
        _write(folder, "platform", f'[smartboard]\nda = "Tavle i {name}"')
    vocabularies = load_vocabularies(tmp_path / "region", tmp_path / "town")
    assert vocabularies.label("platform", "smartboard", "da") == "Tavle i town"


def test_a_folder_may_bring_a_scheme_of_its_own(tmp_path: Path) -> None:
    _write(tmp_path, "theme", '[skov]\nda = "Skov"\nsv = "Skog"\nen = "Forest"')
    assert load_vocabularies(tmp_path).label("theme", "skov", "sv") == "Skog"


@pytest.mark.parametrize(
    ("text", "place", "problem", "fix"),
    [
        ('[x]\nda = "X"\nsv = "X"', "x", "label in en is missing", 'Add en = "…"'),
        ('[x]\nda = "X"\nsv = " "\nen = "X"', "x", "label in sv is missing", "Add sv"),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\nbroader = "alkymi"', "x", "'alkymi', which is not there", "Correct"),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\nbroader = "x"', "x", "leads back to the concept itself", "Remove"),
        (
            '[x]\nda = "X"\nsv = "X"\nen = "X"\ngrades.dk = ["1", "13"]',
            "x",
            "'13', which is not there",
            "Use one of fs",
        ),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\ngrades.dk = ["9", "1"]', "x", "ends before it begins", "first grade"),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\ncountries = ["fi"]', "x", "country 'fi' is unknown", "Use dk or se"),
        (
            '[x]\nda = "X"\nsv = "X"\nen = "X"\nvalid_from = 2026-08-01\nvalid_until = 2026-07-31',
            "x",
            "before it begins",
            "Swap",
        ),
        (
            '[x]\nda = "X"\nsv = "X"\nen = "X"\nnotations.skolverket = "GRGRMAT01"',
            "x",
            "GRGRMAT01 is already that of matematik",
            "its own code",
        ),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\nunconfirmed = ["ukm"]', "x", "no such notation", "Remove it"),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\nsynonyms.no = ["y"]', "x", "synonyms in 'no' are not read", "Use da"),
        ('["Ø"]\nda = "X"\nsv = "X"\nen = "X"', "Ø", "goes into URLs", "Use a-z"),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\nlabel = "X"', "x", "unknown field `label`", "Use the keys da, sv"),
        ('[x]\nda = "X"\nsv = "X"\nen = "X"\nvalid_from = "i morgen"', "x", "valid_from", "Use the keys"),
        ('x = "X"', "x", "a concept is a table", "Write [x]"),
        ('[x]\nda = "X"\n[x]\nda = "Y"', "", "not valid TOML", "Write every concept once"),
    ],
)
def test_a_mistake_is_said_with_the_file_the_concept_and_the_fix(
    tmp_path: Path, text: str, place: str, problem: str, fix: str
) -> None:
    _write(tmp_path, "subject", text)
    with pytest.raises(DataFileRefused) as refused:
        load_vocabularies(tmp_path)
    (fault,) = refused.value.faults
    assert fault.file == str(tmp_path / "subject.toml")
    assert fault.place == place
    assert problem in fault.problem
    assert fault.fix.startswith(fix) or fix in fault.fix
    assert str(tmp_path) in str(refused.value)


def test_all_mistakes_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    _write(tmp_path, "subject", '[a]\nda = "A"\n[b]\nda = "B"\nsv = "B"\nen = "B"\nbroader = "c"')
    _write(tmp_path, "login", "[a")
    with pytest.raises(DataFileRefused) as refused:
        load_vocabularies(tmp_path, tmp_path / "nowhere")
    places = [(Path(fault.file).name, fault.place) for fault in refused.value.faults]
    assert places == [
        ("login.toml", ""),
        ("nowhere", ""),
        ("subject.toml", "a"),
        ("subject.toml", "a"),
        ("subject.toml", "b"),
    ]


def test_a_file_in_another_encoding_is_refused_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "subject.toml").write_bytes('[x]\nda = "Færdsel"'.encode("cp1252"))
    with pytest.raises(DataFileRefused, match="Save it as UTF-8"):
        load_vocabularies(tmp_path)


def _write(folder: Path, scheme: str, text: str) -> None:
    lines = (line.strip() for line in text.splitlines())
    (folder / f"{scheme}.toml").write_text("\n".join(lines), encoding="utf-8")
