"""An identity provider on a loopback port that keeps to the standard, until a test makes it do something else.

It gives each code once, checks the PKCE verifier, and signs with keys of its own. ``answers`` replaces what an address
says; ``hold`` makes it slow.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from typing_extensions import override

from catalog.core.settings import Settings
from tests.catalog.web.direct import Browser, Clock

CLIENT, SECRET = "hylde", "only-for-tests"
Answer: TypeAlias = tuple[int, bytes, str]
"""Status, body, kind."""
MakeToken: TypeAlias = Callable[[dict[str, Any], "Issuer"], str]


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": kid, "use": "sig"})


def as_json(value: Any, status: int = 200) -> Answer:
    return status, json.dumps(value).encode(), "application/json"


FIRST = new_key("first")


@dataclass
class Code:
    """What a code stands for until somebody brings it."""

    challenge: str
    nonce: str
    claims: dict[str, Any]


@dataclass
class Issuer:
    """The provider's mind: what it is asked for, and what it says."""

    clock: Clock
    address: str = ""
    signing: RSAKey | ECKey = field(default_factory=lambda: FIRST)
    algorithm: str = "RS256"
    published: list[RSAKey | ECKey] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """How often each address was asked for."""
    hold: dict[str, float] = field(default_factory=dict)
    """Seconds that an address takes."""
    dribble: set[str] = field(default_factory=set)
    """Addresses whose answer comes byte by byte."""
    answers: dict[str, Answer] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    """What the description says otherwise; None: does not say."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    """What is said of a person to whoever has their access token, beside the subject."""
    subjects: dict[str, str] = field(default_factory=dict)
    """By the access token."""
    make_token: MakeToken | None = None

    def __post_init__(self) -> None:
        self.published = self.published or [self.signing]

    def now(self) -> int:
        return int(self.clock.now.timestamp())

    def description(self) -> dict[str, Any]:
        at = self.address
        told = {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
            "userinfo_endpoint": f"{at}/userinfo",
            "end_session_endpoint": f"{at}/end",
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        } | self.described
        return {name: value for name, value in told.items() if value is not None}

    def sign_in(self, location: str, subject: str = "p-1", **claims: Any) -> str:
        """Somebody signs in at the provider; the address to which it sends the browser back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(
            challenge=asked["code_challenge"], nonce=asked["nonce"], claims={"sub": subject, **claims}
        )
        answer = {"code": code, "state": asked["state"], "iss": self.address}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(answer)}"

    def claims_for(self, code: Code, access_token: str) -> dict[str, Any]:
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        return {
            "iss": self.address,
            "aud": CLIENT,
            "exp": self.now() + 300,
            "iat": self.now(),
            "nonce": code.nonce,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **code.claims,
        }

    def sign(self, claims: dict[str, Any], key: RSAKey | ECKey | None = None, algorithm: str = "") -> str:
        key, algorithm = key or self.signing, algorithm or self.algorithm
        return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])

    def token(self, form: dict[str, str], authorization: str) -> Answer:
        right = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != f"Basic {right}":
            return as_json({"error": "invalid_client"}, 401)
        code = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if code is None or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != code.challenge:
            return as_json({"error": "invalid_grant"}, 400)
        access_token = secrets.token_urlsafe(16)
        self.subjects[f"Bearer {access_token}"] = code.claims["sub"]
        claims = self.claims_for(code, access_token)
        signed = self.make_token(claims, self) if self.make_token else self.sign(claims)
        return as_json({"access_token": access_token, "token_type": "Bearer", "id_token": signed, "expires_in": 60})

    def answer(self, path: str, form: dict[str, str], authorization: str) -> Answer:
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return as_json(self.description())
        if path == "/keys":
            return as_json({"keys": [key.as_dict(private=False) for key in self.published]})
        if path == "/token":
            return self.token(form, authorization)
        if path == "/userinfo":
            return as_json({"sub": self.subjects[authorization]} | self.userinfo)
        return 404, b"", "text/plain"


@contextmanager
def serving(issuer: Issuer) -> Iterator[Issuer]:
    """The provider on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self._answer(dict(parse_qsl(body.decode())))

        def _answer(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            issuer.asked[path] += 1
            time.sleep(issuer.hold.get(path, 0))
            status, body, kind = issuer.answer(path, form, self.headers.get("authorization", ""))
            try:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                if status in {301, 302, 303}:
                    self.send_header("location", body.decode())
                self.end_headers()
                for part in [body[at : at + 1] for at in range(len(body))] if path in issuer.dribble else [body]:
                    self.wfile.write(part)
                    time.sleep(0.05 if path in issuer.dribble else 0)
            except OSError:  # who asked has given up
                self.close_connection = True

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def settings_for(issuer: Issuer, settings: Settings, **more: Any) -> Settings:
    """The same installation, with this provider."""
    given = {name: getattr(settings, name) for name in settings.__struct_fields__}
    provider = {
        "oidc_issuer": issuer.address,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "Kommune-login",
        "oidc_claims": "name=name mail=email school=institution roles=groups",
    }
    return Settings(**(given | provider | more))


OF_OUR_PAGE = {"sec-fetch-site": "same-origin"}
"""What a browser says of a link on a page of the service."""


async def sign_in_by(browser: Browser, issuer: Issuer, subject: str = "p-1", *, ask: str = "", **claims: Any) -> Any:
    """The whole way, as a browser goes it; the service's last answer."""
    out = await browser.get(f"/sign-in/provider{ask}", headers=OF_OUR_PAGE)
    assert out.status_code == 303, out.text
    return await browser.get(issuer.sign_in(out.headers["location"], subject, **claims))
