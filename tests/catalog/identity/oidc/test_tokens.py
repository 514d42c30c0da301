"""Forged ID tokens let nobody in, and the one token that only differs in being right does."""

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from catalog.core.db import Database
from catalog.identity.models import Session, User
from catalog.identity.oidc.tokens import Expected, TokenRefused, read_keys, verify
from tests.catalog.identity.oidc.conftest import OpenBrowser, count
from tests.catalog.identity.oidc.issuer import CLIENT, Issuer, new_key, sign_in_by
from tests.catalog.web.direct import Clock
from tests.conftest import NOON

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Claims: TypeAlias = dict[str, Any]
Forge: TypeAlias = Callable[[Claims, Issuer], str]
OTHER = new_key("first")
"""Of the provider's key only the name."""
LATER = int((NOON + timedelta(hours=1)).timestamp())
EARLIER = int((NOON - timedelta(hours=1)).timestamp())


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def but(**other: Any) -> Forge:
    """Signed by the provider, with other claims; None: without one."""
    return lambda claims, issuer: issuer.sign(
        {name: value for name, value in (claims | other).items() if value is not None}
    )


def unsigned(algorithm: str) -> Forge:
    return lambda claims, _: f"{segment({'alg': algorithm})}.{segment(claims)}."


def signed_with_what_all_know(claims: Claims, issuer: Issuer) -> str:
    """The provider's public key as the secret of an HMAC."""
    key = issuer.signing.as_pem(private=False)
    text = f"{segment({'alg': 'HS256', 'kid': issuer.signing.kid})}.{segment(claims)}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def signed_with_our_secret(claims: Claims, _: Issuer) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("k" * 40), algorithms=["HS256"])


def tampered(claims: Claims, issuer: Issuer) -> str:
    head, _, signature = issuer.sign(claims).split(".")
    return f"{head}.{segment(claims | {'sub': 'somebody-else'})}.{signature}"


def brings_its_key(claims: Claims, _: Issuer) -> str:
    own = new_key("own")
    return jwt.encode({"alg": "RS256", "jwk": own.as_dict(private=False)}, claims, own, algorithms=["RS256"])


FORGED: Mapping[str, Forge] = {
    "for another client": but(aud="somebody"),
    "for others, us not among them": but(aud=["a", "b"]),
    "for nobody": but(aud=None),
    "of another issuer": but(iss="https://evil.example"),
    "of an issuer with a slash more": lambda claims, issuer: issuer.sign(claims | {"iss": issuer.address + "/"}),
    "of no issuer": but(iss=None),
    "run out": but(exp=EARLIER),
    "for ever": but(exp=None),
    "until no number": but(exp="tomorrow"),
    "with another nonce": but(nonce="guess"),
    "with a list of nonces": lambda claims, issuer: issuer.sign(claims | {"nonce": [claims["nonce"]]}),
    "without a nonce": but(nonce=None),
    "issued in the future": but(iat=LATER, exp=LATER + 60),
    "issued at no time": but(iat=None),
    "not good yet": but(nbf=LATER),
    "unsigned": unsigned("none"),
    "unsigned, in capitals": unsigned("NONE"),
    "with an empty signature": unsigned("RS256"),
    "signed with another key": lambda claims, issuer: issuer.sign(claims, OTHER),
    "signed with a key of its own": brings_its_key,
    "signed with the public key": signed_with_what_all_know,
    "signed with a secret": signed_with_our_secret,
    "of nobody": but(sub=None),
    "of an empty name": but(sub=""),
    "of a number": but(sub=7),
    "of a name with a NUL": but(sub="p\x00"),
    "tampered with": tampered,
    "for us and others, without a party": but(aud=[CLIENT, "somebody"]),
    "for another party": but(aud=[CLIENT, "somebody"], azp="somebody"),
    "for us, by another party": but(azp="somebody"),
    "with another access token": but(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "no token": lambda *_: "not.a.token",
    "nothing": lambda *_: "",
    "a list": lambda _, issuer: f"{issuer.sign({}).split('.')[0]}.{segment([1])}.AAAA",
}
RIGHT: Mapping[str, Forge] = {
    "as the standard has it": but(),
    "for us among others": but(aud=[CLIENT, "somebody"], azp=CLIENT),
    "for us alone, in a list": but(aud=[CLIENT]),
    "without the hash of the access token": but(at_hash=None),
    "issued by a clock that is ahead": but(iat=int(NOON.timestamp()) + 55),
    "run out by a clock that is behind": but(exp=int(NOON.timestamp()) - 55),
}


@only_sqlite
async def test_no_forged_token_lets_anybody_in_and_the_right_ones_do(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser, accepted, wrong = open_browser(), [], {}
    for name, forge in FORGED.items():
        issuer.make_token = forge
        answer = await sign_in_by(browser, issuer, "forger")
        if answer.status_code != 502 or "set-cookie" in answer.headers:
            wrong[name] = answer.status_code
        if await count(database, Session):
            accepted.append(name)
    print(f"forged tokens accepted: {len(accepted)} of {len(FORGED)}")
    assert (accepted, wrong, await count(database, User)) == ([], {}, 0)
    for number, (name, make) in enumerate(RIGHT.items()):
        issuer.make_token = make
        answer = await sign_in_by(open_browser(browser), issuer, f"right-{number}")
        assert (name, answer.status_code, await count(database, Session)) == (name, 303, number + 1)


@only_sqlite
@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", new_key("a")),
        ("PS256", new_key("b")),
        ("ES256", ECKey.generate_key("P-256", parameters={"kid": "c", "use": "sig"})),
    ],
)
async def test_each_allowed_algorithm_is_understood(
    issuer: Issuer, open_browser: OpenBrowser, algorithm: str, key: RSAKey | ECKey
) -> None:
    issuer.signing, issuer.algorithm, issuer.published = key, algorithm, [OTHER, key]
    assert (await sign_in_by(open_browser(), issuer)).status_code == 303


@only_sqlite
@pytest.mark.parametrize(
    "forge", [but(iat=int(NOON.timestamp()) + 65), but(exp=int(NOON.timestamp()) - 65)], ids=["ahead", "behind"]
)
async def test_a_clock_that_differs_by_more_than_a_minute_is_not_believed(
    issuer: Issuer, open_browser: OpenBrowser, forge: Forge
) -> None:
    issuer.make_token = forge
    assert (await sign_in_by(open_browser(), issuer)).status_code == 502


EXPECTED = Expected(issuer="https://issuer.example", client_id=CLIENT, nonce="n", access_token="")
KEY = new_key("k")


def make(claims: Claims, **header: Any) -> str:
    return jwt.encode({"alg": "RS256", **header}, claims, KEY, algorithms=["RS256"])


GOOD: Claims = {
    "iss": EXPECTED.issuer,
    "aud": CLIENT,
    "sub": "p-1",
    "nonce": "n",
    "iat": int(NOON.timestamp()),
    "exp": LATER,
}


def test_a_token_that_names_no_key_is_tried_with_each() -> None:
    assert verify(make(GOOD), [OTHER, KEY], EXPECTED, NOON)["sub"] == "p-1"
    with pytest.raises(TokenRefused, match="no key of ours fits"):
        verify(make(GOOD), [OTHER], EXPECTED, NOON)


def test_of_a_set_only_keys_that_can_sign_for_us_are_read() -> None:
    entries = [
        KEY.as_dict(private=False),
        {"kty": "oct", "k": "AAAA", "kid": "secret"},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": "LATTICE"},
        KEY.as_dict(private=False) | {"use": "enc"},
        "no key",
    ]
    assert [key.kid for key in read_keys(json.dumps({"keys": entries}).encode())] == ["k"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps({"keys": value}).encode()))
def test_whatever_a_set_of_keys_is_it_is_read_or_refused(answer: bytes) -> None:
    with contextlib.suppress(TokenRefused):
        assert isinstance(read_keys(answer), tuple)


@given(st.sampled_from(sorted([*GOOD, "nbf", "azp", "at_hash"])), json_values)
def test_whatever_a_claim_holds_the_token_is_believed_or_refused(name: str, value: Any) -> None:
    try:
        claims = verify(make(GOOD | {name: value}, kid="k"), [KEY], EXPECTED, NOON)
    except TokenRefused:
        return
    assert isinstance(claims["sub"], str)
    assert claims["nonce"] == "n"


@given(st.text(max_size=200) | st.lists(st.text(max_size=30), min_size=3, max_size=3).map(".".join))
def test_whatever_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        verify(text, [KEY], EXPECTED, NOON)


def test_the_clock_of_the_tests_is_the_issuers(clock: Clock) -> None:
    assert Issuer(clock).now() == int(NOON.timestamp())
