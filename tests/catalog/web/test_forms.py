"""Forms: what was typed becomes values or faults, all at once, and what was typed is never lost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.datastructures import FormMultiDict

from catalog.web.forms import ROW_LIMIT, FormReader
from catalog.web.sentences import FAULTS

names = st.sampled_from(["title", "lix", "valid_until", "outcome", "row-a", "row-b"])
typed = st.lists(st.tuples(names, st.text(max_size=40)), max_size=12)


def reader(*pairs: tuple[str, str]) -> FormReader:
    return FormReader(FormMultiDict(list(pairs)))


def test_every_wrong_field_is_told_at_once_and_what_was_typed_is_kept() -> None:
    form = reader(("title", " "), ("lix", "1.000"), ("on", "2027-02-30"), ("outcome", "fine"), ("note", "x" * 11))
    form.text("title", required=True)
    form.number("lix")
    form.day("on", required=True)
    form.choice("outcome", ["approved"])
    form.text("note", longest=10)
    form.refuse({"resourceId": "exactly-one", "title": "too-long"}, {"resourceId": "resource"})

    assert form.errors == {
        "title": "field-missing",
        "lix": "not-a-number",
        "on": "not-a-date",
        "outcome": "unknown-code",
        "note": "too-long",
        "resource": "exactly-one",
    }
    assert form.errors.keys() - {"resource"} == form.typed.keys()
    assert form.typed["lix"] == ["1.000"]
    assert set(form.errors.values()) <= FAULTS.keys()


@pytest.mark.parametrize("text", ["1.000", "1,5", "1e2", "null", "0x10", "²", "٣", "1 000", "--1", "9" * 16])
def test_what_is_no_whole_number_as_people_write_one_is_a_fault(text: str) -> None:
    form = reader(("n", text))
    assert form.number("n") is None
    assert form.errors == {"n": "not-a-number"}


@pytest.mark.parametrize(("text", "value"), [("0", 0), (" 42 ", 42), ("-7", -7), ("007", 7), ("", None), ("  ", None)])
def test_control_whole_numbers_are_taken_and_blank_is_none(text: str, value: int | None) -> None:
    form = reader(("n", text))
    assert (form.number("n"), form.errors) == (value, {})


@pytest.mark.parametrize("text", ["2027-02-29", "31-07-2027", "2027-7-1", "2027-00-10", "i morgen", "0000-00-00"])
def test_a_day_that_does_not_exist_is_a_fault(text: str) -> None:
    form = reader(("on", text))
    assert form.day("on") is None
    assert form.errors == {"on": "not-a-date"}
    assert reader(("on", "2028-02-29")).day("on") == date(2028, 2, 29)


def test_of_a_repeated_field_the_last_that_says_something_counts_and_all_are_offered() -> None:
    form = reader(("s", "dansk"), ("s", ""), ("s", "matematik"), ("s", "dansk"), ("s", " "))
    assert form.text("s") == "dansk"
    assert form.texts("s") == ["dansk", "matematik"]
    assert form.texts("absent") == []
    assert not form.flag("absent")
    assert form.flag("s")


def test_a_question_can_be_answered_yes_no_or_not_at_all() -> None:
    form = reader(("a", "yes"), ("b", "no"), ("c", ""))
    assert [form.yes_no(name) for name in "abcd"] == [True, False, None, None]


def test_rows_are_cut_together_and_wholly_blank_ones_left_out() -> None:
    form = reader(("row-a", "1"), ("row-b", "x"), ("row-a", ""), ("row-b", ""), ("row-a", "3"))
    assert form.rows("row-a", "row-b") == [{"row-a": "1", "row-b": "x"}, {"row-a": "3", "row-b": ""}]
    many = reader(*[("row-a", "1")] * 5000)
    assert len(many.rows("row-a")) == ROW_LIMIT


def test_lines_are_trimmed_and_blank_ones_left_out() -> None:
    assert reader(("t", " a \r\n\r\n b\n")).lines("t") == ["a", "b"]


@given(typed)
def test_whatever_is_sent_is_read_or_a_fault_with_a_sentence_and_kept(pairs: list[tuple[str, str]]) -> None:
    form = reader(*pairs)
    form.text("title", required=True, longest=10)
    form.number("lix")
    form.day("valid_until")
    form.choice("outcome", ["approved"], required=True)
    form.rows("row-a", "row-b")

    assert set(form.errors.values()) <= FAULTS.keys()
    kept = [(name, value) for name, values in form.typed.items() for value in values]
    assert sorted(kept) == sorted(pairs)
