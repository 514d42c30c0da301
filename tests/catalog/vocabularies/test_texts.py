import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.vocabularies.texts import clean_line, clean_text, html_to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Brøker <b>for</b> alle", "Brøker for alle"),
        ("<p>Første</p><p>Andet</p>", "Første\n\nAndet"),
        ("A&nbsp;&amp;&nbsp;B", "A & B"),
        ("<script>alert(1)</script>Titel", "Titel"),
        ("<style>p{}</style>Titel<!-- skjult -->", "Titel"),
        ('<img alt="x > y" src=x onerror=alert(1)>Titel', "Titel"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Titel", "Titel"),
        ("&amp;lt;b&amp;gt;Titel", "Titel"),
        ("Er 3 < x og x > 2?", "Er 3 < x og x > 2?"),
        ("if x<y then", "if x<y then"),
        ("I <3 matematik", "I <3 matematik"),
        ("Titel <b", "Titel <b"),
        ('<a title="glemt>Titel</a> slut', "Titel slut"),
    ],
)
def test_markup_is_read_and_what_only_looks_like_it_stays(markup: str, text: str) -> None:
    assert clean_text(html_to_text(markup)) == text


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("  Dansk \t nu\r\n\u00a0igen ", "Dansk nu igen"),
        ("ni\u202egol\u202c", "nigol"),
        ("A\x00B\x1b[31mC", "AB[31mC"),
        ("\ufeffTitel\u200b", "Titel"),
        ("Ska\u030ane", "Skåne"),
        ("\ud800Titel", "Titel"),
        ("Ska\u200b\u030ane", "Skåne"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_line_keeps_its_letters_and_loses_what_cannot_be_seen(written: str, line: str) -> None:
    assert clean_line(written) == line


def test_paragraphs_keep_one_empty_line_between_them() -> None:
    assert clean_text("a \r\n\r\n\r\n\u2029 b\nc\x0b") == "a\n\nb\nc"


@given(st.one_of(st.text(), st.text(alphabet="a\u030a\u200b\u2060\u0301 \n\r")))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.text(alphabet=st.sampled_from('<>/"&;!-?= abps#xlt\n')))
def test_no_tag_survives_however_it_is_nested(markup: str) -> None:
    text = html_to_text(markup)
    assert html_to_text(text) == text
    assert "<script>" not in text
    assert "</a>" not in text


@pytest.mark.parametrize(
    "piece", ["<!--", "<a ", '<a b="', "<a b='", "</", "<p", "<script", "<svg></svg", "<?", "&#", "<"]
)
def test_200_kb_of_hostile_markup_take_less_than_three_seconds(piece: str) -> None:
    began = time.process_time()
    html_to_text("<p>" + piece * (200_000 // len(piece)))
    assert time.process_time() - began < 3
