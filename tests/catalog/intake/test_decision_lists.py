from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.intake.decision_cells import group_in, names_in, sentences_in
from catalog.intake.decision_rows import DecisionDraft, decision_drafts
from catalog.intake.drafts import RefusedRow
from catalog.intake.files.rows import Row
from catalog.intake.mapping_file import load_mapping
from catalog.vocabularies.store import shipped


@pytest.mark.parametrize(
    ("cell", "names", "group"),
    [
        ("Regnehaven", ["Regnehaven"], ""),
        ("Skolehuset (flere tilbud)", ["Skolehuset"], ""),
        (
            "Skolehuset (flere apps) – bl.a. Ord og Leg Trin 0-3; Læs 1 og 2",
            ["Ord og Leg Trin 0-3", "Læs 1 og 2"],
            "Skolehuset",
        ),
        ("Skolehuset - f.eks. Tysk; Fransk", ["Tysk", "Fransk"], "Skolehuset"),
        ("Skolhuset (flera appar) – bl.a. Räkna, Läsa och Skriva", ["Räkna", "Läsa", "Skriva"], "Skolhuset"),
        ("Portalen (bl.a. Quizzen, Kortet og Pletten)", ["Quizzen", "Kortet", "Pletten"], "Portalen"),
        ("Forlaget (flere portaler): Dansk; Engelsk", ["Dansk", "Engelsk"], "Forlaget"),
        ("Regn; Leg ;Regn;", ["Regn", "Leg"], ""),
        ("Bogbyggeren\nDukketeater", ["Bogbyggeren", "Dukketeater"], ""),
        ("Matematik – 4. klasse", ["Matematik – 4. klasse"], ""),
        ("Leg, lær og regn", ["Leg, lær og regn"], ""),
        ("Skoletube, Skoletube App", ["Skoletube, Skoletube App"], ""),
        ("Blåbær – fx Sanne", ["Sanne"], "Blåbær"),
        ("", [], ""),
        (" ; – ", [], ""),
    ],
)
def test_a_cell_names_one_or_several_resources(cell: str, names: list[str], group: str) -> None:
    assert names_in(cell) == names
    assert group_in(cell) == group


@pytest.mark.parametrize(
    ("cell", "sentences"),
    [
        ("Skal anvendes med Unilogin.", ["Skal anvendes med Unilogin."]),
        ("Kun med Unilogin. Ingen billeder!", ["Kun med Unilogin.", "Ingen billeder!"]),
        ("Må bruges fra 4. Klasse. Kun på iPad", ["Må bruges fra 4. Klasse.", "Kun på iPad"]),
        ("Brug f.eks. Unilogin, bl.a. Aula", ["Brug f.eks. Unilogin, bl.a. Aula"]),
        ("- Kun iPad\n• Ingen billeder; intet navn", ["Kun iPad", "Ingen billeder", "intet navn"]),
        ("Endast via skolans konto. Åldersgräns 13 år", ["Endast via skolans konto.", "Åldersgräns 13 år"]),
        ("", []),
    ],
)
def test_conditions_come_one_by_one(cell: str, sentences: list[str]) -> None:
    assert sentences_in(cell) == sentences


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("forhåndsgodkendt", "approved"),
        ("Forhåndsgodkendt ", "approved"),
        ("betinget anvendelse", "conditional"),
        ("afvist", "rejected"),
        ("godkänd", "approved"),
        ("godkänd med restriktioner", "conditional"),
        ("icke godkänd", "rejected"),
        ("Nekad", "rejected"),
        ("Godkjent", "approved"),
        ("Ikke godkjent", "rejected"),
        ("conditional", "conditional"),
    ],
)
def test_the_words_of_three_countries_become_one_outcome(status: str, outcome: str) -> None:
    draft = _draft({"navn": "Regnehaven", "status": status})
    assert (draft.outcome, draft.status_term) == (outcome, status.strip())


def test_a_row_becomes_a_decision_as_published() -> None:
    draft = _draft(
        {
            "navn": "Skolehuset (flere apps) – bl.a. Ord; Læs",
            "status": "betinget anvendelse",
            "type": "Apps",
            "krav": "Kun med Unilogin. Ingen billeder.",
            "begrundelse": "Har databehandleraftale",
            "gyldig til": "31-07-2027",
        }
    )
    assert (draft.names, draft.group, draft.form) == (("Ord", "Læs"), "Skolehuset", "app")
    assert draft.conditions == ("Kun med Unilogin.", "Ingen billeder.")
    assert (draft.grounds, draft.reasons, draft.body) == ("Har databehandleraftale", (), "municipality")
    assert (draft.decided_on, draft.valid_until) == (None, date(2027, 7, 31))
    assert draft.written == "Skolehuset (flere apps) – bl.a. Ord; Læs"


@pytest.mark.parametrize(
    ("grounds", "reasons"),
    [
        ("Der kan ikke laves en databehandleraftale", ("dpa_not_obtainable",)),
        (
            "Der er ingen databehandleraftale, og der er reklamer",
            ("dpa_not_obtainable", "advertising_or_aggressive_marketing"),
        ),
        ("Har databehandleraftale, men aldersgrænsen er 16 år", ("age_terms",)),
        ("Saknar personuppgiftsbiträdesavtal", ("dpa_not_obtainable",)),
        ("Det er vi ikke enige om", ()),
    ],
)
def test_reasons_are_recognised_only_in_a_no_and_the_words_are_kept(grounds: str, reasons: tuple[str, ...]) -> None:
    rejected = _draft({"navn": "Pletten", "status": "afvist", "begrundelse": grounds})
    approved = _draft({"navn": "Pletten", "status": "forhåndsgodkendt", "begrundelse": grounds})
    assert (rejected.reasons, rejected.grounds) == (reasons, grounds)
    assert (approved.reasons, approved.grounds) == ((), grounds)


def test_a_type_that_is_not_known_is_left_open() -> None:
    assert _draft({"navn": "Pletten", "status": "afvist", "type": "dims"}).form == ""


def test_an_unknown_status_refuses_the_row_with_everything_else_that_is_wrong() -> None:
    refused = _found({"navn": " ; ", "status": "måske", "gyldig fra": "1.8.2027", "gyldig til": "1.8.2026"})
    assert isinstance(refused, RefusedRow)
    assert {(problem.field, problem.code) for problem in refused.problems} == {
        ("names", "missing"),
        ("outcome", "unknown-code"),
        ("valid_until", "ends-before-it-begins"),
    }
    assert next(problem for problem in refused.problems if problem.field == "outcome").members == {"value": "måske"}


def test_a_row_without_a_status_is_refused() -> None:
    refused = _found({"navn": "Pletten", "status": None})
    assert isinstance(refused, RefusedRow)
    assert [(problem.field, problem.code) for problem in refused.problems] == [("outcome", "missing")]


@given(st.text() | st.text(alphabet=st.sampled_from("Ab ,;.–-(\n)blog1é")))
def test_any_cell_gives_clean_names_and_sentences_each_once(cell: str) -> None:
    for parts in (names_in(cell), sentences_in(cell)):
        assert len(set(parts)) == len(parts)
        assert all(part and part == part.strip() and "\n" not in part for part in parts)


@given(st.text(alphabet=st.sampled_from("Abc 12-"), min_size=1, max_size=30))
def test_a_plain_name_stays_whole(name: str) -> None:
    plain = " ".join(name.split()).strip("- ")
    assert names_in(name) == ([plain] if plain else [])


def _draft(values: dict[str, str]) -> DecisionDraft:
    found = _found(dict(values))
    assert isinstance(found, DecisionDraft), found
    return found


def _found(values: dict[str, str | None]) -> DecisionDraft | RefusedRow:
    (found,) = decision_drafts([Row(line=2, values=values)], load_mapping("decision_list", shipped()), shipped())
    return found
