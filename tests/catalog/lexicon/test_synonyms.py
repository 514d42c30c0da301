"""Synonyms: one thing, three languages; a word calls its group in its own language only."""

import pytest

from catalog.lexicon.synonyms import read_line, thesaurus


def _found_under(word: str, language: str) -> set[str]:
    book = thesaurus()
    return {name for number in book.called(tuple(word.split()), language) for name in book.added[number]}


def test_a_word_is_found_under_the_same_thing_in_other_languages() -> None:
    assert {"matematik", "math", "räkna"} <= _found_under("regne", "da")
    assert {"brøk", "fraction"} <= _found_under("bråk", "sv")
    assert {"ordbog", "ordlista"} <= _found_under("dictionary", "en")
    assert {"smartboard", "tavla"} <= _found_under("tavle", "da")


def test_a_narrower_word_is_found_under_the_wider_one_and_not_the_other_way() -> None:
    assert "dyr" in _found_under("hund", "da")
    assert "hund" not in _found_under("dyr", "da")


def test_a_word_calls_nothing_in_a_language_where_it_means_something_else() -> None:
    assert "matte" not in _found_under("bild", "da")
    assert "rolig" not in _found_under("rolig", "da")
    assert "matematik" in _found_under("räkning", "sv")


def test_the_words_of_another_nordic_language_are_heard_where_they_are_no_word_of_the_text_s_own() -> None:
    assert "matematik" in _found_under("räkning", "da")
    assert "dikt" not in _found_under("bild", "sv")
    assert _found_under("bråk", "en") == set()


def test_english_words_call_their_group_in_nordic_texts_unless_they_are_a_nordic_word() -> None:
    assert "programmering" in _found_under("coding", "da")
    assert "gratis" not in _found_under("fri", "da")


def test_words_that_follow_one_another_call_their_group() -> None:
    book = thesaurus()
    called = [book.added[number] for number in book.in_text(["om", "global", "opvarmning"], "da")]

    assert any("climate" in words for words in called)
    assert list(book.in_text(["om", "opvarmning", "global"], "da")) == [], "control: another order is no phrase"


def test_words_that_follow_one_another_may_be_inflected() -> None:
    book = thesaurus()
    called = [word for number in book.in_text(["mundtlige", "prøver"], "da") for word in book.added[number]]

    assert "oral" in called


def test_words_that_are_only_alike_do_not_call_one_another() -> None:
    assert "lion" in _found_under("løve", "da")
    assert "tiger" not in _found_under("løve", "da")
    assert "elephant" not in _found_under("løve", "da")


def test_the_one_is_found_under_the_many_where_letters_change() -> None:
    assert {"story", "stories"} <= _found_under("novelle", "da")


def test_a_line_is_one_group_or_as_many_as_its_columns_are_long() -> None:
    (group,) = read_line("hund, vovse | hund | dog | pudel")
    assert group.phrases == (("da", "hund"), ("da", "vovse"), ("sv", "hund"), ("en", "dog"))
    assert group.narrower == ("pudel",)
    cat, dog = read_line("= kat, hund | katt, hund | cat, dog")
    assert cat.phrases == (("da", "kat"), ("sv", "katt"), ("en", "cat"))
    assert dog.words == ("hund", "dog")


@pytest.mark.parametrize(
    "line", ["kat | katt", "= kat, hund | katt | cat, dog", "a | b | c | d | e", "= a | b | c | d"]
)
def test_a_line_that_says_something_else_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="column"):
        list(read_line(line))


def test_there_are_groups_enough_and_each_speaks_every_language_once() -> None:
    groups = thesaurus().groups
    lonely = [group.phrases for group in groups if len({language for language, _ in group.phrases}) < 3]

    assert len(groups) >= 900
    assert lonely == []
    assert len({group.phrases for group in groups}) == len(groups)
