"""Grades and dates are said in few words, and stay on one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from catalog.resources.spans import grade_short, grade_span, nobreak, pieces

CODES = ["fs", *map(str, range(11)), "gy1", "gy2", "gy3", "vux"]


@pytest.mark.parametrize(
    ("codes", "language", "said"),
    [
        (["2", "3", "4"], "da", "2.–4. klasse"),
        (["2", "3", "4"], "sv", "årskurs 2–4"),
        (["2", "3", "4"], "en", "grades 2–4"),
        (["4"], "da", "4. klasse"),
        (["4"], "sv", "årskurs 4"),
        (["4"], "en", "grade 4"),
        (["0"], "da", "0. klasse"),
        (["0"], "sv", "förskoleklass"),
        (["0"], "en", "grade 0"),
        (["0", "1", "2", "3"], "sv", "årskurs F–3"),
        (["10", "9", "8"], "da", "8.–10. klasse"),
        (["1", "3", "5"], "da", "1., 3. og 5. klasse"),
        (["1", "2", "3", "7", "8"], "sv", "årskurs 1–3 och 7–8"),
        (["8", "9", "gy1"], "da", "8.–9. klasse og ungdomsuddannelse, 1. år"),
        (["gy1", "gy2"], "en", "upper secondary, years 1–2"),
        (["gy3", "gy2", "gy1"], "sv", "gymnasiet"),
        (["fs", "0"], "sv", "förskola och förskoleklass"),
        (["7", "vux"], "en", "grade 7 and adult education"),
        (["*"], "da", "alle klasser"),
        ([], "da", ""),
    ],
)
def test_a_set_of_grades_is_said_as_its_language_says_it(codes: list[str], language: str, said: str) -> None:
    assert grade_span(codes, language) == said


def test_an_unknown_code_is_said_as_it_is_and_an_unknown_language_is_danish() -> None:
    assert grade_span(["4", "K-12", "04", "11"], "da") == "4. klasse, K-12, 04 og 11"
    assert grade_span(["4"], "fo") == "4. klasse"


@given(st.lists(st.sampled_from(CODES)), st.sampled_from(["da", "sv", "en"]))
def test_neither_order_nor_repetition_changes_what_is_said(codes: list[str], language: str) -> None:
    assert grade_span(sorted(codes), language) == grade_span([*sorted(codes, reverse=True), *codes], language)


@given(st.sets(st.sampled_from(CODES), min_size=1))
def test_different_grades_are_never_said_alike(codes: set[str]) -> None:
    for code in CODES:
        assert grade_span(codes ^ {code}, "da") != grade_span(codes, "da")


@pytest.mark.parametrize(
    ("code", "da", "sv", "en"), [("0", "0.", "F", "0"), ("10", "10.", "10", "10"), ("vux", "", "", "")]
)
def test_a_tile_has_room_for_the_number_only(code: str, da: str, sv: str, en: str) -> None:
    assert [grade_short(code, language) for language in ("da", "sv", "en")] == [da, sv, en]


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("Godkendt med vilkår for dansk 2.–4. klasse, til 31. juli 2027", ["2.–4. klasse", "31. juli 2027"]),
        ("5. klasse er ikke vurderet", ["5. klasse"]),
        ("Afprøvet 3. sep. 2026 og 12. aug.", ["3. sep. 2026", "12. aug."]),
        ("Godkänd för årskurs F–3 till 31 juli 2027", ["årskurs F–3", "31 juli 2027"]),
        ("Approved for grades 2–4, until 31 July 2027", ["grades 2–4", "31 July 2027"]),
        ("Decided July 3, 2026", ["July 3, 2026"]),
        ("Læs 3 marchsange i 2 klasser", []),
        ("Ingen tal her", []),
    ],
)
def test_spans_of_grades_and_dates_stay_together(text: str, together: list[str]) -> None:
    assert [piece for piece, kept in pieces(text) if kept] == together


@given(st.one_of(st.text(), st.text(alphabet="123. –juliklase<&'\"")))
def test_keeping_together_loses_no_letter_and_escapes_every_one(text: str) -> None:
    assert "".join(piece for piece, _ in pieces(text)) == text
    assert str(nobreak(text)).replace('<span class="nb">', "").replace("</span>", "") == str(escape(text))
