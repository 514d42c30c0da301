from collections.abc import Mapping as Table
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.intake.cells import read_day
from catalog.intake.drafts import RefusedRow, ResourceDraft, resource_drafts
from catalog.intake.files.rows import Row
from catalog.intake.mapping import Mapping
from catalog.intake.mapping_file import load_mapping
from catalog.intake.tally import Tally
from catalog.vocabularies.store import shipped

Values = Table[str, str | None]
MAPPING = """
source = "emu"
item = "{id}"
separators = ["|"]

[fields]
url = "{url}"
publisher = "{forlag}"
form = ["{form}", "web_resource"]
price = "{pris}"
languages = "{sprog}"
platforms = "{platforme}"
end_users = "{brugere}"
published_on = "{dato}"

[[texts]]
language = "da"
title = "{titel}"
description = "{tekst}"

[[texts]]
language = "en"
title = "{title}"

[identifiers]
isbn13 = "{isbn}"

[values.price]
"Gratis" = "free"
"Ukendt" = ""

[values.platforms]
"Apple" = ["ipados", "macos"]

[placements]
crosswalk = "fag.toml"
subjects = ["{fag}", "{omraade}"]
grades = "{trin}"
"""
CROSSWALK = """
[subject]
"Regning" = ["matematik"]
"Natur" = ["natur-teknologi", "biologi"]
[grade]
"Indskoling" = ["1", "2"]
"4th grade (U.S.)" = ["4"]
"""
WHOLE = {"id": "1", "titel": "Regn", "url": "https://eksempel.dk"}


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    folder = tmp_path_factory.mktemp("mapping")
    (folder / "fag.toml").write_text(CROSSWALK, encoding="utf-8")
    path = folder / "emu.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return load_mapping(str(path), shipped())


def test_a_row_becomes_a_resource_with_everything_the_source_says(mapping: Mapping) -> None:
    draft = _draft(
        mapping,
        {
            **WHOLE,
            "url": "HTTPS://Eksempel.dk/side/?utm_source=nyhed",
            "forlag": "Forlaget  <b>Emu</b>",
            "form": "App",
            "pris": "gratis",
            "sprog": "da|pt_BR|en-GB",
            "platforme": "apple|web|Apple",
            "brugere": "pupil|teacher",
            "dato": "31-12-2024",
            "title": "Count",
            "tekst": "<p>Første</p><p>Andet</p>",
            "isbn": "0-306-40615-2",
            "fag": "regning",
            "trin": "Indskoling|4th grade (U.S.)",
        },
    )
    assert draft.key == "1"
    assert draft.url == "HTTPS://Eksempel.dk/side/?utm_source=nyhed"
    assert [(text.language, text.title, text.description) for text in draft.texts] == [
        ("da", "Regn", "Første\n\nAndet"),
        ("en", "Count", ""),
    ]
    assert draft.identifiers == (
        ("isbn13", "9780306406157"),
        ("url", "https://eksempel.dk/side"),
        ("source:emu", "1"),
    )
    assert (draft.publisher, draft.form, draft.price) == ("Forlaget Emu", "app", "free")
    assert draft.languages == ("da", "pt", "en")
    assert draft.platforms == ("ipados", "macos", "web")
    assert draft.end_users == ("pupil", "teacher")
    assert draft.published_on == date(2024, 12, 31)
    assert draft.placements == (("matematik", "1"), ("matematik", "2"), ("matematik", "4"))
    assert draft.source_terms == (("subject", "regning"), ("grade", "Indskoling"), ("grade", "4th grade (U.S.)"))
    assert draft.lines == (2,)


def test_a_term_that_no_crosswalk_knows_gives_no_placement_and_is_kept(mapping: Mapping) -> None:
    draft = _draft(mapping, {**WHOLE, "fag": "Alkymi", "omraade": "Magi", "trin": "PhD"})
    assert draft.placements == ()
    assert draft.source_terms == (("subject", "Alkymi"), ("subject", "Magi"), ("grade", "PhD"))
    assert draft.names_place


def test_the_first_template_whose_term_is_known_decides_the_subject(mapping: Mapping) -> None:
    narrow = _draft(mapping, {**WHOLE, "fag": "Regning", "omraade": "Natur", "trin": "Indskoling"})
    wide = _draft(mapping, {**WHOLE, "fag": "Alkymi", "omraade": "Natur", "trin": "Indskoling"})
    assert {subject for subject, _ in narrow.placements} == {"matematik"}
    assert {subject for subject, _ in wide.placements} == {"natur-teknologi", "biologi"}


def test_rows_of_one_item_are_joined_wherever_they_stand(mapping: Mapping) -> None:
    rows = [
        {**WHOLE, "fag": "Regning", "trin": "Indskoling"},
        {"id": "2", "titel": "Andet"},
        {
            **WHOLE,
            "titel": "Regn med",
            "tekst": "Om tal",
            "forlag": "Emu",
            "fag": "Regning",
            "trin": "4th grade (U.S.)",
        },
    ]
    first, second = _found(mapping, rows)
    assert isinstance(first, ResourceDraft)
    assert isinstance(second, ResourceDraft)
    assert first.lines == (2, 4)
    assert first.placements == (("matematik", "1"), ("matematik", "2"), ("matematik", "4"))
    assert (first.texts[0].title, first.texts[0].description, first.publisher) == ("Regn", "Om tal", "Emu")
    assert (second.key, second.lines) == ("2", (3,))


def test_a_broken_row_of_an_item_does_not_take_the_others_with_it(mapping: Mapping) -> None:
    rows = [{**WHOLE, "dato": "31-02-2024"}, WHOLE]
    refused, draft = _found(mapping, rows)
    assert isinstance(refused, RefusedRow)
    assert isinstance(draft, ResourceDraft)
    assert (refused.line, draft.lines) == (2, (3,))


def test_everything_that_is_wrong_with_a_row_is_told_at_once(mapping: Mapping) -> None:
    row: dict[str, str | None] = {
        "id": "1",
        "titel": " <b></b> ",
        "url": "javascript:alert(1)",
        "forlag": "x" * 201,
        "form": "spil",
        "pris": "dyr",
        "sprog": "xx|da",
        "dato": "30-02-2024",
        "isbn": "978-0-306-40615-8",
    }
    (refused,) = _found(mapping, [row])
    assert isinstance(refused, RefusedRow)
    assert {(problem.field, problem.code) for problem in refused.problems} == {
        ("title", "missing"),
        ("url", "not-a-web-address"),
        ("publisher", "too-long"),
        ("form", "unknown-code"),
        ("price", "unknown-code"),
        ("languages", "unknown-language"),
        ("published_on", "impossible-date"),
        ("identifiers.isbn13", "wrong-check-digit"),
    }
    assert all(problem.row == row and problem.line == 2 for problem in refused.problems)


def test_a_row_without_its_items_key_is_refused(mapping: Mapping) -> None:
    (refused,) = _found(mapping, [{"titel": "Regn"}])
    assert isinstance(refused, RefusedRow)
    assert [(problem.field, problem.code) for problem in refused.problems] == [("item", "missing")]


def test_a_word_that_is_known_to_say_nothing_is_no_problem(mapping: Mapping) -> None:
    assert _draft(mapping, {**WHOLE, "pris": "Ukendt"}).price == ""


def test_a_title_is_one_clean_line_and_one_that_is_too_long_is_refused(mapping: Mapping) -> None:
    draft = _draft(mapping, {**WHOLE, "titel": "\u202eRegn\n<script>x</script> 3 < 4\x00"})
    assert draft.texts[0].title == "Regn 3 < 4"
    assert _draft(mapping, {**WHOLE, "titel": "a" * 300}).texts[0].title == "a" * 300
    (refused,) = _found(mapping, [{**WHOLE, "titel": "a" * 301}])
    assert isinstance(refused, RefusedRow)
    assert refused.problems[0].code == "too-long"
    assert refused.problems[0].members == {"limit": 300, "length": 301}


def test_a_description_is_cut_with_a_note(mapping: Mapping) -> None:
    draft = _draft(mapping, {**WHOLE, "tekst": "ord " * 750_000})
    assert len(draft.texts[0].description) <= 10_000
    assert [(note.field, note.code) for note in draft.notes] == [("description", "cut")]


def test_a_space_in_an_address_is_written_as_a_browser_does(mapping: Mapping) -> None:
    assert (
        _draft(mapping, {**WHOLE, "url": " https://eksempel.dk/min fil.pdf "}).url
        == "https://eksempel.dk/min%20fil.pdf"
    )


def test_a_broken_line_is_refused_with_what_can_be_shown(mapping: Mapping) -> None:
    row = Row(line=7, values={"": "a;b;c"}, problem="too-wide", members={"columns": 3, "expected": 2})
    (refused,) = resource_drafts([row], mapping, shipped())
    assert isinstance(refused, RefusedRow)
    (problem,) = refused.problems
    assert (problem.line, problem.code, problem.row) == (7, "too-wide", {"": "a;b;c"})


def test_the_tally_counts_rows_refusals_and_the_share_without_a_placement(mapping: Mapping) -> None:
    tally = Tally()
    rows = [
        {**WHOLE, "fag": "Regning", "trin": "Indskoling"},
        {**WHOLE, "id": "2", "fag": "Alkymi", "trin": "Indskoling"},
        {**WHOLE, "id": "3"},
        {"id": "4"},
    ]
    for found in _found(mapping, rows):
        tally.add(found)
    assert (tally.rows, tally.drafts, dict(tally.refused)) == (4, 3, {"missing": 1})
    assert tally.share_without_placement == pytest.approx(2 / 3)
    assert tally.share_of_named_placed == pytest.approx(1 / 2)
    assert tally.unplaced_terms["subject", "Alkymi"] == 1


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2016-09-09T14:18:24", date(2016, 9, 9)),
        ("1.8.2026", date(2026, 8, 1)),
        ("01/08/2026", date(2026, 8, 1)),
        ("29-02-2023", None),
        ("2024-13-01", None),
        ("0001-01-01", None),
        ("9999-01-01", None),
        ("i morgen", None),
        ("١-٨-٢٠٢٦", date(2026, 8, 1)),
    ],
)
def test_a_day_is_read_day_first_or_as_iso_and_an_impossible_one_not_at_all(text: str, day: date | None) -> None:
    assert read_day(text) == day


VALUES = st.dictionaries(
    st.sampled_from(["id", "titel", "url", "sprog", "fag", "trin", "tekst", "isbn", "dato", "pris", "platforme"]),
    st.none()
    | st.text(max_size=20)
    | st.sampled_from(["1", "2", "da", "Regning", "Indskoling", "https://eksempel.dk"]),
)


@given(st.lists(VALUES, max_size=8))
def test_every_row_is_in_one_draft_or_refused(mapping: Mapping, rows: list[dict[str, str | None]]) -> None:
    found = _found(mapping, rows)
    drafts = [each for each in found if isinstance(each, ResourceDraft)]
    lines = [line for draft in drafts for line in draft.lines]
    lines += [each.line for each in found if isinstance(each, RefusedRow)]
    assert sorted(lines) == list(range(2, len(rows) + 2))
    assert len({draft.key for draft in drafts}) == len(drafts)
    assert all(draft.texts and draft.texts[0].title for draft in drafts)


def _draft(mapping: Mapping, values: Values) -> ResourceDraft:
    (found,) = _found(mapping, [values])
    assert isinstance(found, ResourceDraft), found
    return found


def _found(mapping: Mapping, rows: Sequence[Values]) -> list[ResourceDraft | RefusedRow]:
    numbered = (Row(line=number, values=dict(values)) for number, values in enumerate(rows, start=2))
    return list(resource_drafts(numbered, mapping, shipped()))
