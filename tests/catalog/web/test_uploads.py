"""Forms with a file: read strictly, one file, nothing believed that the sender says about it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Request, post

from catalog.core.db import Database
from catalog.core.settings import Settings
from catalog.web.access import SIGNED_IN
from catalog.web.security import FIELD
from catalog.web.uploads import TAKES_FILES, read_upload
from tests.catalog.web.direct import Browser, build

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LIMIT = 2_000


@post("/probe", opt={**SIGNED_IN, TAKES_FILES: True}, status_code=200, request_max_body_size=LIMIT)
async def probe(request: Request[Any, Any, Any]) -> dict[str, Any]:
    upload = await read_upload(request)
    return {"name": upload.name, "size": len(upload.content), "note": upload.form.get("note", "")}


@pytest.fixture
async def browser(settings: Settings, database: Database) -> Browser:
    found = Browser(build(settings, database, probe))
    await found.sign_in()
    return found


def part(head: str, body: bytes) -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + body + b"\r\n"


def whole(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--x--\r\n"


async def send(browser: Browser, body: bytes, kind: str = "multipart/form-data; boundary=x") -> Any:
    return await browser.post("/probe", content=body, headers={"content-type": kind})


async def test_a_file_comes_with_its_fields_and_the_proof_in_one_of_them(browser: Browser) -> None:
    sent = {FIELD: browser.proof, "note": "æble"}
    answer = await browser.post("/probe", data=sent, files={"file": ("skoler.csv", b"a;b")})
    assert answer.json() == {"name": "skoler.csv", "size": 3, "note": "æble"}
    plain = await browser.post("/probe", data=sent)
    assert plain.json() == {"name": "", "size": 0, "note": "æble"}


async def test_without_the_proof_nothing_is_taken(browser: Browser) -> None:
    for field in ("", "0" * 64):
        answer = await browser.post("/probe", data={FIELD: field}, files={"file": b"a"})
        assert answer.status_code == 403


def hostile(proof: str) -> dict[str, bytes]:
    field = part(f'name="{FIELD}"', proof.encode())
    return {
        "not UTF-8": whole(field, part('name="note"', b"\xff\xfe\xfa")),
        "cut off": field + part('name="file"; filename="a"', b"abc"),
        "nothing": b"",
        "another boundary": whole(field).replace(b"--x", b"--y"),
        "two files": whole(field, part('name="a"; filename="a"', b"1"), part('name="b"; filename="b"', b"2")),
        "many parts": whole(field, *[part('name="n"', b"") for _ in range(30)] * 4),
        "no name": whole(field, b"--x\r\n\r\nabc\r\n"),
        "a header without end": b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 1500,
    }


@pytest.mark.parametrize("name", hostile(""))
async def test_a_malformed_form_is_refused_whole(browser: Browser, name: str) -> None:
    answer = await send(browser, hostile(browser.proof)[name])
    assert answer.status_code in {400, 413}, answer.text


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary="']
)
async def test_a_form_without_a_boundary_is_refused(browser: Browser, kind: str) -> None:
    assert (await send(browser, whole(part('name="a"', b"b")), kind)).status_code == 400


async def test_more_than_the_route_takes_is_refused(browser: Browser) -> None:
    sent = {FIELD: browser.proof}
    assert (await browser.post("/probe", data=sent, files={"file": b"a" * LIMIT})).status_code == 413
    assert (await browser.post("/probe", data=sent, files={"file": b"a" * 100})).status_code == 200


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\lister\\skoler.csv", "skoler.csv"),
        ("a/\u202egnp.exe", "gnp.exe"),
        ("/", "file"),
        ("x" * 500, "x" * 200),
    ],
)
async def test_the_name_of_a_file_leads_nowhere(browser: Browser, given: str, shown: str) -> None:
    field = part(f'name="{FIELD}"', browser.proof.encode())
    answer = await send(browser, whole(field, part(f'name="f"; filename="{given}"', b"1")))
    assert answer.json()["name"] == shown


async def test_a_codec_that_the_sender_names_is_not_used(browser: Browser) -> None:
    field = part(f'name="{FIELD}"', browser.proof.encode())
    odd = part('name="note"', b"+AOY-").replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n")
    assert (await send(browser, whole(field, odd))).json()["note"] == "+AOY-"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(body=st.binary(max_size=300))
async def test_no_bytes_end_in_a_bug(browser: Browser, body: bytes) -> None:
    proof = part(f'name="{FIELD}"', browser.proof.encode())
    assert (await send(browser, proof + body)).status_code in {200, 400, 403, 413}
    assert (await send(browser, whole(proof, part('name="note"', body)))).status_code in {200, 400}
