"""Words, typos and marks by themselves: what folding keeps, which words are near, and marks against a slow hand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search import marks
from search.marks import Marking
from search.vocabulary import Near, Vocabulary
from search.words import WORD, Word, fold, fold_fields, read
from tests.search import oracle

LETTERS = "abmtæøåéß1"
plain_words = st.text(LETTERS, min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ÆØÅ", "aeoa"),
        ("Ä Ö", "ao"),
        ("œuvre", "oeuvre"),
        ("ßẞ", "ssss"),
        ("Đðþł", "ddthl"),
        ("ﬁn", "fin"),
        ("ｗｉｄｅ", "wide"),
        ("a\u0301b\u00adc\u200bd", "abcd"),
        ("Ёж", "ёж"),
        ("漢字", "漢字"),
    ],
)
def test_folding_takes_what_a_keyboard_may_lack_and_nothing_else(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_fields_are_folded_in_one_go_and_come_back_apart() -> None:
    fields = ["Læs, op!\x1eÅ", "", "!?\x1e4. klasse", "one two three four five six seven eight nine ten eleven"]
    folded = [(words.split(), whole.split()) for words, whole in fold_fields(fields)]
    assert folded == [
        (["laes", "op", "a"], ["laes_op", "a"]),
        ([], []),
        (["4", "klasse"], ["4_klasse"]),
        (fields[3].split(), []),
    ]


def test_a_query_is_read_as_words_of_which_only_the_last_is_unfinished() -> None:
    assert [(word.folded, word.typed, word.prefix) for word in read("Læs 4. Læs klas").words] == [
        ("laes", "læs", False),
        ("4", "", False),
        ("klas", "", True),
    ]
    assert not any(word.prefix for word in read("læs læs").words)
    assert (read("læs op ").whole, read("a " * 11).whole) == ("laes_op", "")


@settings(max_examples=300)
@given(st.lists(plain_words, max_size=40), plain_words, st.booleans())
def test_near_words_are_those_within_as_many_typos_as_are_forgiven(held: list[str], typed: str, prefix: bool) -> None:
    folded, known = oracle.fold(typed), {oracle.fold(one) for one in held}
    most = oracle.forgiven(folded)
    expected, begun = {}, {}
    for other in known:
        if any(map(str.isdigit, other)) or other == folded:
            continue
        if (typos := oracle.distance(folded, other)) <= most:
            expected[other] = typos
        ends = range(max(len(folded) - most, 1), min(len(folded) + most, len(other)) + 1)
        typos = min((oracle.distance(folded, other[:end]) for end in ends), default=9)
        if prefix and not other.startswith(folded) and typos <= most:
            begun[other] = typos

    near = Vocabulary(known).near(Word(folded=folded, prefix=prefix))

    assert dict(near.words) == (expected if most else {})
    assert dict(near.beginnings) == (begun if most else {})


@pytest.mark.parametrize("few", [0, 80])
def test_marks_are_the_same_however_they_are_looked_for(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_FEW", few)

    @settings(max_examples=300)
    @given(st.lists(st.text(LETTERS + "AÆØÅ,-_\n ñ\u0301\u00ad", max_size=30), max_size=4), plain_words, st.booleans())
    def check(texts: list[str], typed: str, prefix: bool) -> None:
        word = Word(folded=fold(typed), prefix=prefix)
        marking = Marking([word], {word.folded: Near()}, ["names", "notes"])
        document: dict[str, Any] = {"names": texts[:2], "notes": texts[2:]}
        found = marking.marks(document)
        for field in ("names", "notes"):
            cut = [document[field][one.index][one.start : one.end] for one in found.get(field, ())]
            expected = _cut_by_hand(document[field], word)
            assert cut == expected

    check()


def _cut_by_hand(texts: list[str], word: Word) -> list[str]:
    cut = []
    for text in texts:
        for written in WORD.findall(text):
            folded = fold(written)
            if folded == word.folded or (word.prefix and folded.startswith(word.folded)):
                ends = [end for end in range(1, len(written) + 1) if len(fold(written[:end])) >= len(word.folded)]
                end = max(one for one in ends if len(fold(written[:one])) == len(fold(written[: ends[0]])))
                cut.append(written[:end])
    return cut
