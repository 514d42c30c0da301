import csv
import re
import time

import pytest

from catalog.intake.decision_rows import DecisionDraft, decision_drafts
from catalog.intake.drafts import ResourceDraft, resource_drafts
from catalog.intake.files.readers import read_rows
from catalog.intake.mapping_file import load_mapping
from catalog.intake.tally import Tally
from catalog.vocabularies.store import shipped
from tests.catalog.vocabularies.shared import shared_file


def test_khan_academy_is_read_whole_and_its_placements_are_joined() -> None:
    tally, drafts = _import("khan_academy", "web_resources/khan_academy.jsonl")
    assert (tally.rows, tally.drafts, tally.refused.total()) == (7_003, 5_282, 0)
    assert tally.share_of_named_placed >= 0.8
    joined = [draft for draft in drafts if len(draft.lines) > 1]
    assert len(joined) > 1_000
    fourth = [draft for draft in drafts if ("grade", "4th grade (U.S.)") in draft.source_terms]
    assert fourth
    assert all(("matematik", "4") in draft.placements for draft in fourth)


def test_oer_commons_is_read_whole_but_for_the_row_without_a_title() -> None:
    tally, drafts = _import("oer_commons", "web_resources/oer_commons_records.csv")
    assert (tally.rows, dict(tally.refused)) == (1_503, {"missing": 1})
    assert len({draft.url for draft in drafts}) == tally.drafts == 1_351
    assert tally.share_of_named_placed >= 0.8
    assert not any(re.search(r"</?\w", draft.texts[0].title) for draft in drafts)


def test_the_malformed_sample_loses_no_good_row() -> None:
    path = shared_file("web_resources/oer_commons_malformed_sample.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        whole = sum(len(row) == 17 for row in csv.reader(stream, delimiter=";")) - 1
    tally, _ = _import("oer_commons", "web_resources/oer_commons_malformed_sample.csv")
    assert (tally.rows, tally.drafts, dict(tally.refused)) == (30, whole, {"too-wide": 20})


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [
        ("apps/google_play_2019_education.csv", ","),
        ("apps/apple_app_store_2017_education.csv", ","),
        ("web_resources/mit_ocw_courses.csv", ","),
        ("web_resources/wlo_youtube_channels.csv", ","),
        ("schools_no/grunnskoler.csv", ","),
    ],
)
def test_other_public_files_are_read_as_python_reads_them(name: str, delimiter: str) -> None:
    path = shared_file(name)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rest = csv.reader(stream, delimiter=delimiter)
    expected = [row for row in rest if any(cell.strip() for cell in row)]
    rows = list(read_rows(path))
    assert len(rows) == len(expected)
    good = [(row, cells) for row, cells in zip(rows, expected, strict=True) if len(cells) == len(header)]
    assert all(not row.problem for row, _ in good)
    assert all([value or "" for value in row.values.values()] == cells for row, cells in good)


def test_the_excerpt_of_a_published_list_gives_its_decisions() -> None:
    mapping = load_mapping("decision_list", shipped())
    path = shared_file("vocab/dk/frederiksberg_2023-01-19_excerpt.csv")
    rows = read_rows(path, options=mapping.options, wanted=mapping.wanted)
    drafts = [each for each in decision_drafts(rows, mapping, shipped()) if isinstance(each, DecisionDraft)]
    assert [(len(draft.names), draft.outcome, draft.form) for draft in drafts] == [
        (1, "approved", "web_resource"),
        (2, "approved", "app"),
    ]
    assert [draft.conditions for draft in drafts] == [("Skal anvendes med Unilogin.",)] * 2


def _import(name: str, file: str) -> tuple[Tally, list[ResourceDraft]]:
    mapping = load_mapping(name, shipped())
    tally, drafts = Tally(), []
    began = time.perf_counter()
    rows = read_rows(shared_file(file), options=mapping.options, wanted=mapping.wanted)
    for found in resource_drafts(rows, mapping, shipped()):
        tally.add(found)
        if isinstance(found, ResourceDraft):
            drafts.append(found)
    seconds = time.perf_counter() - began
    print(f"{file}: {tally.rows} rows in {seconds:.1f} s, {tally.drafts} drafts, refused {dict(tally.refused)}")
    print(f"  of {tally.named} rows with subject and grade {tally.share_of_named_placed:.1%} are placed")
    print(f"  {tally.share_without_placement:.1%} of the drafts are without placement")
    return tally, drafts
