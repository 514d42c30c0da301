import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.vocabularies.identifiers import IdentifierRefused, is_web_address, normalise_identifier


@pytest.mark.parametrize(
    ("scheme", "written", "stored"),
    [
        ("isbn13", "978-0-306-40615-7", "9780306406157"),
        ("isbn13", "0-306-40615-2", "9780306406157"),
        ("isbn13", "0 8044 2957 x", "9780804429573"),
        ("ean", "5701234 567899", "5701234567899"),
        ("ean", "73513537", "73513537"),
        ("apple_track_id", "id0123456789", "123456789"),
        ("apple_bundle_id", "dk.eksempel.Regneark", "dk.eksempel.Regneark"),
        ("google_package", "dk.eksempel.regn_2", "dk.eksempel.regn_2"),
        ("source:emu", " a/b ", "a/b"),
        ("url", "HTTPS://WWW.Eksempel.DK:443/Sti/?utm_source=x&b=2&fbclid=3#top", "https://www.eksempel.dk/Sti?b=2"),
        ("url", "http://eksempel.dk:80", "http://eksempel.dk"),
        ("url", "http://eksempel.dk:8080/", "http://eksempel.dk:8080"),
        ("url", "https://eksempel.dk/?q=a/", "https://eksempel.dk?q=a/"),
        ("url", "http://[2001:DB8::1]/x", "http://[2001:db8::1]/x"),
    ],
)
def test_one_thing_has_one_spelling(scheme: str, written: str, stored: str) -> None:
    assert normalise_identifier(scheme, written) == stored
    assert normalise_identifier(scheme, stored) == stored


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.eksempel.dk", "https://eksempel.dk"),
        ("https://eksempel.dk/a", "https://eksempel.dk/A"),
        ("https://eksempel.dk?id=1", "https://eksempel.dk?id=2"),
        ("http://eksempel.dk", "https://eksempel.dk"),
    ],
)
def test_addresses_that_may_be_different_pages_stay_different(one: str, other: str) -> None:
    assert normalise_identifier("url", one) != normalise_identifier("url", other)


@pytest.mark.parametrize(
    ("scheme", "written", "code"),
    [
        ("isbn13", "978-0-306-40615-8", "wrong-check-digit"),
        ("isbn13", "0-306-40615-3", "wrong-check-digit"),
        ("isbn13", "978-0-306", "wrong-form"),
        ("isbn13", "9780306406١57", "wrong-form"),
        ("ean", "5701234567890", "wrong-check-digit"),
        ("ean", "abc", "wrong-form"),
        ("apple_track_id", "12a", "wrong-form"),
        ("apple_bundle_id", "eksempel", "wrong-form"),
        ("google_package", "1dk.eksempel", "wrong-form"),
        ("url", "javascript:alert(1)", "not-a-web-address"),
        ("url", "JaVaScRiPt://eksempel.dk/%0aalert(1)", "not-a-web-address"),
        ("url", "data:text/html,x", "not-a-web-address"),
        ("url", "//eksempel.dk", "not-a-web-address"),
        ("url", "eksempel.dk", "not-a-web-address"),
        ("url", "http://", "not-a-web-address"),
        ("url", "http://[::1", "not-a-web-address"),
        ("url", "http://eksempel.dk:99999", "not-a-web-address"),
        ("url", "http://eksempel.dk/a b", "not-a-web-address"),
        ("url", "https://eksempel.dk/" + "a" * 2_001, "too-long"),
        ("url", "", "empty"),
        ("isbn", "9780306406157", "unknown-scheme"),
        ("source:", "x", "unknown-scheme"),
        ("source:Æ", "x", "unknown-scheme"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_code(scheme: str, written: str, code: str) -> None:
    with pytest.raises(IdentifierRefused) as refused:
        normalise_identifier(scheme, written)
    assert refused.value.code == code
    assert refused.value.members["scheme"] == scheme


@given(
    st.sampled_from(["isbn13", "ean", "apple_track_id", "apple_bundle_id", "google_package", "url", "source:x"]),
    st.text(),
)
def test_any_text_is_refused_or_has_one_lasting_spelling(scheme: str, written: str) -> None:
    try:
        stored = normalise_identifier(scheme, written)
    except IdentifierRefused:
        return
    assert normalise_identifier(scheme, stored) == stored


@given(st.text(alphabet=st.sampled_from("htps:/.dk?=&#[]@%aA1 \\\u202e-_")).map("https://".__add__))
def test_an_address_that_may_be_shown_has_a_lasting_spelling(address: str) -> None:
    if is_web_address(address):
        stored = normalise_identifier("url", address)
        assert normalise_identifier("url", stored) == stored
        assert is_web_address(stored)
