"""A request that changes something comes from our own page, in the very session that it changes things for."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import post
from litestar.params import JSONBody
from msgspec import Struct

from catalog.core.db import Database
from catalog.core.settings import Settings
from catalog.web.access import PUBLIC, SIGNED_IN
from catalog.web.security import FIELD, HEADER, csrf_token
from catalog.web.uploads import TAKES_FILES
from tests.catalog.web.direct import Browser, build
from tests.catalog.web.routes import Door, doors_of
from tests.conftest import PROOF_KEY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE = "http://127.0.0.1:8000"
OTHER = csrf_token(PROOF_KEY.encode(), "another session")
Attack = Callable[[str], dict[str, Any]]
ATTACKS: dict[str, Attack] = {
    "no proof": lambda _: {"data": {"a": "b"}},
    "an empty proof": lambda _: {"data": {FIELD: ""}, "headers": {HEADER: ""}},
    "another session's proof": lambda _: {"data": {FIELD: OTHER}},
    "another session's proof in the header": lambda _: {"headers": {HEADER: OTHER}},
    "a proof made with another secret": lambda proof: {"headers": {HEADER: csrf_token(b"guess", proof)}},
    "letters that are no proof": lambda _: {"data": {FIELD: "søren"}},
    "another site": lambda proof: {"headers": {HEADER: proof, "sec-fetch-site": "cross-site"}},
    "a sibling host": lambda proof: {"headers": {HEADER: proof, "sec-fetch-site": "same-site"}},
    "a foreign origin": lambda proof: {"headers": {HEADER: proof, "origin": "https://evil.example"}},
    "an origin that hides": lambda proof: {"headers": {HEADER: proof, "origin": "null"}},
    "another port": lambda proof: {"headers": {HEADER: proof, "origin": "http://127.0.0.1:9000"}},
    "multipart without proof": lambda _: {"data": {"a": "b"}, "files": {"file": b"x"}},
    "multipart with another's": lambda _: {"data": {FIELD: OTHER}, "files": {"file": b"x"}},
    "JSON as plain text": lambda _: {"content": b'{"n": 1}', "headers": {"content-type": "text/plain"}},
    "JSON": lambda _: {"json": {"n": 1}},
    "a body of nothing": lambda _: {},
}
RIGHT: dict[str, Attack] = {
    "in the form": lambda proof: {"data": {FIELD: proof}},
    "in the header": lambda proof: {"headers": {HEADER: proof}},
    "from our own page": lambda proof: {"headers": {HEADER: proof, "sec-fetch-site": "same-origin", "origin": HERE}},
    "from our own page, to an old browser": lambda proof: {"headers": {HEADER: proof, "origin": HERE}},
    "from the address bar": lambda proof: {"headers": {HEADER: proof, "sec-fetch-site": "none"}},
}


class Body(Struct):
    n: int


@post("/api/probe", opt=SIGNED_IN)
async def program(data: JSONBody[Body]) -> int:
    return data.n


@post("/probe", opt=SIGNED_IN)
async def form() -> str:
    return "done"


@post("/probe/everybody", opt=PUBLIC)
async def for_everybody() -> str:
    return "done"


@pytest.fixture
async def probing(settings: Settings, database: Database) -> Browser:
    return Browser(build(settings, database, program, form, for_everybody))


@pytest.mark.parametrize("name", ATTACKS)
async def test_no_unsafe_route_is_moved_by_a_forged_request(probing: Browser, name: str) -> None:
    proof = await probing.sign_in()
    doors = {door: handler.opt for door, handler in doors_of(probing.app) if door.method not in {"GET", "HEAD"}}
    assert len(doors) > 5
    for door, opt in doors.items():
        answer = await probing.request(door.method, door.address, **ATTACKS[name](proof))
        refused = 400 if name.startswith("multipart") and not opt.get(TAKES_FILES) else 403
        assert (answer.status_code, "done" in answer.text) == (refused, False), door
        if door.path.startswith("/api/") and refused == 403:
            assert answer.json()["type"] == "/problems/forged-request"
    assert (await probing.post("/probe", headers={HEADER: proof})).status_code == 201  # the session lives on


@pytest.mark.parametrize("name", RIGHT)
async def test_control_the_right_proof_is_taken(probing: Browser, name: str) -> None:
    proof = await probing.sign_in()
    assert (await probing.post("/probe", **RIGHT[name](proof))).status_code == 201
    if "form" not in name:
        sent = RIGHT[name](proof)
        assert (await probing.post("/api/probe", json={"n": 5}, **sent)).text == "5"


async def test_control_a_json_route_does_read_a_plain_text_body(probing: Browser) -> None:
    """Why JSON routes need the proof too: a form on a foreign page could send this."""
    headers = {HEADER: await probing.sign_in(), "content-type": "text/plain"}
    assert (await probing.post("/api/probe", content=b'{"n": 5}', headers=headers)).text == "5"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"origin": HERE}, 201),
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": HERE}, 403),
    ],
)
async def test_of_a_reader_without_a_session_only_the_origin_is_asked(
    probing: Browser, headers: dict[str, str], status: int
) -> None:
    assert (await probing.post("/probe/everybody", headers=headers)).status_code == status


async def test_a_proof_dies_with_its_session(probing: Browser) -> None:
    proof = await probing.sign_in()
    assert (await probing.post("/sign-out", headers={HEADER: proof})).status_code == 303
    fresh = await probing.sign_in()
    assert fresh != proof
    assert (await probing.post("/probe", headers={HEADER: proof})).status_code == 403
    assert (await probing.post("/probe", headers={HEADER: fresh})).status_code == 201


async def test_reading_needs_no_proof_even_across_sites(probing: Browser) -> None:
    await probing.sign_in()
    assert (await probing.get("/health/live", headers={"sec-fetch-site": "cross-site"})).status_code == 200
    assert Door("GET", "/health/live") in dict(doors_of(probing.app))
