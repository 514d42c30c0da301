"""Numbers of schools: one spelling of each, and no number with a wrong check digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.organisations.codes import CodeRefused, normalise_code
from catalog.organisations.models import CodeScheme

RIGHT = [
    (CodeScheme.STIL, "999101", "999101"),
    (CodeScheme.STIL, " 99a101 ", "99A101"),
    (CodeScheme.CVR, "13585628", "13585628"),
    (CodeScheme.CVR, "DK 13 58 56 28", "13585628"),
    (CodeScheme.P_NUMBER, "1003 312 345", "1003312345"),
    (CodeScheme.GLN, "5790000000005", "5790000000005"),
    (CodeScheme.SKOLENHETSKOD, "1234 5678", "12345678"),
    (CodeScheme.ORGNR, "123456-7897", "1234567897"),
    (CodeScheme.ORGNR, "988 077 917", "988077917"),
    (CodeScheme.LOCAL, "S-17", "S-17"),
]
WRONG = [
    (CodeScheme.CVR, "13585629", "wrong-check-digit"),
    (CodeScheme.GLN, "5790000000006", "wrong-check-digit"),
    (CodeScheme.GLN, "73513537", "wrong-form"),
    (CodeScheme.ORGNR, "1234567890", "wrong-check-digit"),
    (CodeScheme.ORGNR, "988077918", "wrong-check-digit"),
    (CodeScheme.CVR, "1358562", "wrong-form"),
    (CodeScheme.CVR, "١٣٥٨٥٦٢٨", "wrong-form"),
    (CodeScheme.STIL, "99910", "wrong-form"),
    (CodeScheme.SKOLENHETSKOD, "1234567", "wrong-form"),
    (CodeScheme.P_NUMBER, "100331234x", "wrong-form"),
    (CodeScheme.LOCAL, "to ord", "wrong-form"),
    (CodeScheme.LOCAL, "", "field-missing"),
    (CodeScheme.LOCAL, "x" * 33, "too-long"),
]


@pytest.mark.parametrize(("scheme", "written", "kept"), RIGHT)
def test_a_number_has_one_spelling(scheme: CodeScheme, written: str, kept: str) -> None:
    assert normalise_code(scheme, written) == kept


@pytest.mark.parametrize(("scheme", "written", "why"), WRONG)
def test_what_is_no_such_number_is_refused_with_the_reason(scheme: CodeScheme, written: str, why: str) -> None:
    with pytest.raises(CodeRefused) as refused:
        normalise_code(scheme, written)
    assert refused.value.code == why


@given(st.sampled_from(CodeScheme), st.text(max_size=40))
def test_whatever_is_written_is_kept_in_one_spelling_or_refused(scheme: CodeScheme, written: str) -> None:
    kept = kept_or_reason(scheme, written)
    if kept in {"field-missing", "too-long", "wrong-form", "wrong-check-digit"}:
        return
    assert 0 < len(kept) <= 32
    assert normalise_code(scheme, kept) == kept


def kept_or_reason(scheme: CodeScheme, written: str) -> str:
    try:
        return normalise_code(scheme, written)
    except CodeRefused as refused:
        return refused.code


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.integers(0, 7))
def test_one_wrong_digit_is_found(number: str, place: int) -> None:
    try:
        right = normalise_code(CodeScheme.CVR, number)
    except CodeRefused:
        return
    wrong = f"{right[:place]}{(int(right[place]) + 1) % 10}{right[place + 1 :]}"
    with pytest.raises(CodeRefused):
        normalise_code(CodeScheme.CVR, wrong)
