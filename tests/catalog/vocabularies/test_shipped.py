import json
from collections import Counter
from pathlib import Path

import pytest

from catalog.vocabularies.store import Vocabularies, shipped
from tests.catalog.vocabularies.shared import shared_data

LANGUAGES = ("da", "sv", "en")


@pytest.fixture
def vocabularies() -> Vocabularies:
    return shipped()


def test_every_concept_has_a_label_in_all_three_languages(vocabularies: Vocabularies) -> None:
    missing = [
        (scheme, concept.code, language)
        for scheme in vocabularies.schemes
        for concept in vocabularies.concepts(scheme)
        for language in LANGUAGES
        if not concept.labels.get(language)
    ]
    assert missing == []


@pytest.mark.parametrize("scheme", shipped().schemes)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_concepts_of_a_scheme_are_called_the_same(
    vocabularies: Vocabularies, scheme: str, language: str
) -> None:
    counts = Counter(concept.labels[language].casefold() for concept in vocabularies.concepts(scheme))
    assert [label for label, count in counts.items() if count > 1] == []


def test_grades_are_in_the_order_of_a_school_life_and_grade_10_is_danish(vocabularies: Vocabularies) -> None:
    codes = [concept.code for concept in vocabularies.concepts("grade", country="se")]
    assert codes == ["fs", *map(str, range(10)), "gy1", "gy2", "gy3", "vux", "uni"]
    assert vocabularies.concept("grade", "10").countries == ("dk",)


def test_labels_are_the_countrys_own_words(vocabularies: Vocabularies) -> None:
    assert vocabularies.label("outcome", "conditional", "da") == "Godkendt med vilkår"
    assert vocabularies.label("outcome", "conditional", "sv") == "Godkänd med villkor"
    assert vocabularies.label("outcome", "conditional", "en") == "Approved with conditions"
    assert vocabularies.label("grade", "4", "da") == "4. klasse"
    assert vocabularies.label("grade", "4", "sv") == "årskurs 4"
    assert vocabularies.label("reason", "dpa_not_obtainable", "da") == "Der kan ikke laves en databehandleraftale"


def test_a_label_in_a_fourth_language_is_english_and_an_unknown_code_is_its_own_label(
    vocabularies: Vocabularies,
) -> None:
    assert vocabularies.label("subject", "matematik", "fi") == "Mathematics"
    assert vocabularies.label("subject", "alkymi", "da") == "alkymi"
    assert vocabularies.label("no-such-scheme", "x", "da") == "x"
    assert not vocabularies.knows("subject", "alkymi")
    with pytest.raises(KeyError):
        vocabularies.concept("subject", "alkymi")


def test_a_subject_of_both_countries_is_one_concept_and_one_of_a_single_country_is_not_offered_in_the_other(
    vocabularies: Vocabularies,
) -> None:
    danish = {concept.code for concept in vocabularies.concepts("subject", country="dk")}
    swedish = {concept.code for concept in vocabularies.concepts("subject", country="se")}
    assert {"matematik", "historie", "idraet"} <= danish & swedish
    assert "natur-teknologi" in danish - swedish
    assert "kemi" in swedish - danish


def test_codes_that_only_one_public_list_gives_are_marked(vocabularies: Vocabularies) -> None:
    assert vocabularies.concept("subject", "slojd").unconfirmed == ("skolverket",)
    assert vocabularies.concept("subject", "matematik").unconfirmed == ()


CODE_LISTS = {
    "rejection_reasons": "reason",
    "login_methods": "login",
    "platforms": "platform",
    "price_models": "price",
}
RECORD_LISTS = {
    "request_states": "request_state",
    "decision_outcomes": "outcome",
    "computed_states": "outcome",
    "resource_states": "status",
}


def test_every_code_of_the_agreed_lists_is_there(vocabularies: Vocabularies) -> None:
    lists = json.loads(_codelists().read_text(encoding="utf-8"))
    wanted = [(scheme, code) for name, scheme in CODE_LISTS.items() for code in lists[name]]
    wanted += [(scheme, record["code"]) for name, scheme in RECORD_LISTS.items() for record in lists[name]]
    wanted += [("accessibility", code) for code in lists["wcag_status"]["items"]]
    wanted += [("evidence_origin", code) for code in lists["evidence_origin"]["items"]]
    wanted += [("kind", text.split(" ")[0]) for text in lists["material_kinds"]["items"]]
    assert len(wanted) > 60
    assert [pair for pair in wanted if not vocabularies.knows(*pair)] == []


def test_danish_subjects_have_the_grades_of_the_agreed_list(vocabularies: Vocabularies) -> None:
    lists = json.loads(_codelists().read_text(encoding="utf-8"))
    for code, label, _group, first, last in lists["dk_subjects"]["items"]:
        concept = vocabularies.concept("subject", code)
        assert concept.labels["da"] == label
        assert concept.grades["dk"] == tuple(str(grade) for grade in range(first, last + 1))


def test_swedish_subjects_have_the_codes_and_names_of_the_agreed_list(vocabularies: Vocabularies) -> None:
    lists = json.loads(_codelists().read_text(encoding="utf-8"))["se_grundskola_subjects"]
    by_notation = {
        concept.notations["skolverket"]: concept
        for concept in vocabularies.concepts("subject")
        if "skolverket" in concept.notations
    }
    for notation, name in (lists["items"] | lists["single_source_only"]).items():
        assert by_notation[notation].labels["sv"] == name
        assert bool(by_notation[notation].unconfirmed) == (notation in lists["single_source_only"])


def _codelists() -> Path:
    path = shared_data().parent / "design" / "codelists.json"
    if not path.exists():
        pytest.skip("the agreed code lists are not on this machine (HYLDE_TEST_DATA)")
    return path
